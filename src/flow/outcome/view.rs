//! What the capture as a whole was able to see of a conversation.

use crate::capture::Timestamp;

/// What the capture as a whole was able to see of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Until when the capture would have shown a reply.
    pub until: Timestamp,
    /// The share of packets that the capture lacks, 0 to 1.
    pub loss: f64,
    /// Whether replies from the server are known not to be visible.
    pub deaf: bool,
    /// Whether the capture shows both directions of any conversation.
    pub two_way: bool,
    /// Whether all packets bear the same time, so that nothing follows from times.
    pub clock_stands_still: bool,
    /// Whether the server replied in another conversation, from a port that it chose (TFTP); `None` where
    /// it did, but nothing shows that the reply arrived.
    pub replied_elsewhere: Option<bool>,
    /// The largest TTL of any packet of the client's address.
    pub client_ttl: Option<u8>,
}

/// Silence is believed where it is less probable than this that every reply was lost by the capture.
const BELIEVABLE: f64 = 1e-4;

impl View {
    /// Whether the replies to so many attempts cannot all have been lost by the capture.
    pub(super) fn would_have_seen(&self, attempts: u64) -> bool {
        let attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
        !self.deaf && self.loss.powi(attempts) < BELIEVABLE
    }
}
