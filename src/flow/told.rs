//! What a packet tells beyond its conversation.

use super::{Conversation, sequence::Acknowledged};

/// What a packet told that matters beyond its conversation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// It is the first one of its side.
    pub first_of_side: bool,
    /// The other side had sent something before.
    pub other_talks: bool,
    /// The other side had gone on as if it were answered.
    pub other_was_alone: bool,
    /// Its own side goes on, since this packet, as if it were answered.
    pub alone_now: bool,
    /// What it acknowledged.
    pub acknowledged: Acknowledged,
    /// RPC endpoints known before.
    pub endpoints_before: u8,
    /// Bytes that its conversation takes more.
    pub bytes: isize,
}

impl Told {
    /// Whether its conversation has heard of an RPC endpoint in it.
    pub(super) fn learns(&self, conversation: &Conversation) -> bool {
        conversation.endpoints() > self.endpoints_before
    }
}
