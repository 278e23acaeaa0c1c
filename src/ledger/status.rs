//! How the reading or listening stands, beside what it has found.

use std::collections::VecDeque;

use crate::capture::{Drops, Timestamp};

/// How the reading or listening stands.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Frames taken in.
    pub frames: u64,
    /// Frames left out.
    pub skipped: u64,
    /// Bytes read from captures.
    pub bytes_read: u64,
    /// Packets lost while listening.
    pub drops: Drops,
    /// The latest time.
    pub now: Option<Timestamp>,
    /// Frames in each of the last seconds, the present one last.
    pub per_second: VecDeque<u64>,
    /// Whether nothing more will come.
    pub ended: bool,
    /// What went wrong, known when all has ended.
    pub problems: Vec<String>,
}
