//! What a machine's own system said of a conversation.

use super::Side;
use crate::capture::Direction;

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Speaker {
    /// The machine that recorded the capture, in the options of the packet.
    Recorder,
    /// The firewall log of this place among the logs given.
    Log(u16),
}

/// What it did with the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// Let them through.
    Allowed,
    /// Dropped them.
    Dropped,
}

/// A system's word about the packets of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Who says it.
    pub speaker: Speaker,
    /// What it did.
    pub act: Act,
    /// Whose packets it speaks of.
    pub about: Side,
    /// Whether it got or sent them, where it says so.
    pub direction: Option<Direction>,
    /// How often it said so.
    pub times: u32,
}

impl Statement {
    /// The machine that recorded dropped a packet of a side.
    pub(super) fn dropped_by_recorder(about: Side, direction: Option<Direction>) -> Self {
        Self { speaker: Speaker::Recorder, act: Act::Dropped, about, direction, times: 1 }
    }

    /// Whether another one differs by nothing but how often it was said.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        Self { times: 0, ..*self } == Self { times: 0, ..*other }
    }
}
