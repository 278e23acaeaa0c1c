//! DCE/RPC over a connection.

use super::{Heard, Step};

/// Connection-oriented, version 5.0 or 5.1, a known type, a data representation that exists
/// (C706, chapter 12).
pub(super) fn starts(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [5, 0 | 1, 0 | 2 | 3 | 0x0b..=0x13, _, 0x00 | 0x01 | 0x10 | 0x11, 0..=3, 0, 0, ..]
    )
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Rpc {}

impl Rpc {
    /// Looks at the bytes that a speaker has sent and that were not passed yet.
    pub fn hear(&mut self, _speaker: usize, _bytes: &[u8], _heard: &mut Heard) -> Step {
        Step::Deaf
    }
}
