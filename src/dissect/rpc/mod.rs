//! DCE/RPC over a connection.

use super::{Heard, Step};

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Rpc {}

impl Rpc {
    /// Looks at the bytes that a speaker has sent and that were not passed yet.
    pub fn hear(&mut self, _speaker: usize, _bytes: &[u8], _heard: &mut Heard) -> Step {
        Step::Deaf
    }
}
