//! What is remembered of the few conversations whose segments come late, twice or not at all.

use super::history::Steps;
use crate::capture::Timestamp;

/// Pieces beyond a hole: first number and number after the last, in order.
pub(super) type Islands = Vec<(u32, u32)>;

/// Bytes that were acknowledged before they were captured, if they were at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub from: u32,
    pub to: u32,
    /// When they were acknowledged.
    pub time: Timestamp,
}

/// Beyond what every conversation needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Disorder {
    /// What came before what precedes it, by side.
    pub islands: [Islands; 2],
    /// The latest acknowledgement of bytes that were not captured, by side.
    pub gaps: [Option<Gap>; 2],
    /// How often something was repeated, missing or held up.
    pub steps: Steps,
}
