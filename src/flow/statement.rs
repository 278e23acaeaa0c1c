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
