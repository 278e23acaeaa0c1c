//! What is remembered of the few conversations whose segments come late, twice or not at all.

use super::history::Steps;

/// Pieces beyond a hole: first number and number after the last, in order.
pub(super) type Islands = Vec<(u32, u32)>;

/// Beyond what every conversation needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Disorder {
    /// What came before what precedes it, by side.
    pub islands: [Islands; 2],
    /// How often something was repeated, missing or held up.
    pub steps: Steps,
}
