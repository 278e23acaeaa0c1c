//! What is known around a conversation that a sentence about it may need.

use super::Witness;
use crate::flow::{Conversation, Learned, Neighbourhood, Side};

/// What the capture tells of a conversation's ends beside the conversation itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Whether the server answers on its own link.
    pub neighbourhood: Neighbourhood,
    /// The server's RST has come from elsewhere, by its time to live.
    pub strange_reset: bool,
    /// What the server's port was said to be.
    pub learned: Option<Learned>,
    /// The server's packets to this client are not visible.
    pub deaf: bool,
    /// The captures lack packets.
    pub lossy: bool,
    /// All packets bear the same time.
    pub clock_stands_still: bool,
}

impl Context {
    pub(super) fn of(conversation: &Conversation, client: Side, witness: &Witness) -> Self {
        let [client_end, server_end] =
            [client, !client].map(|side| conversation.ends()[side as usize]);
        let around = witness.surroundings();
        let reset = conversation.tcp().and_then(|tcp| tcp.reset_ttl(!client));
        Self {
            neighbourhood: around.neighbourhood(
                server_end.ip,
                conversation.first,
                conversation.last,
            ),
            strange_reset: reset.is_some_and(|ttl| around.is_strange_ttl(server_end.ip, ttl)),
            learned: around.learned(server_end.ip, server_end.port).copied(),
            deaf: witness.is_deaf_to(server_end.ip, client_end.ip),
            lossy: witness.loss() >= NOTICEABLE_LOSS,
            clock_stands_still: witness.clock_stands_still(),
        }
    }
}

/// One packet of a thousand: less is hardly ever the one that mattered.
const NOTICEABLE_LOSS: f64 = 0.001;

/// How far a port of the dynamic range is known to be an RPC service's. The best stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grade {
    /// An endpoint mapper or an activation named it.
    Learned,
    /// RPC is spoken there.
    Bind,
    /// It lies in the range.
    Range,
}

impl Grade {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::Bind => "bind",
            Self::Range => "range",
        }
    }
}
