//! The protocols that are followed beyond their first bytes.

use super::{Heard, Protocol, Step, rpc::Rpc};

/// What is being said, protocol by protocol.
#[derive(Clone, Debug)]
pub(super) enum Speech {
    /// DCE/RPC over TCP.
    Rpc(Rpc),
    /// Told by its first bytes, and nothing more is asked for.
    Plain,
}

impl Speech {
    pub fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Dcerpc => Self::Rpc(Rpc::default()),
            _ => Self::Plain,
        }
    }

    /// Looks at the bytes that a speaker has sent and that were not passed yet.
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        match self {
            Self::Rpc(rpc) => rpc.hear(speaker, bytes, heard),
            Self::Plain => Step::Deaf,
        }
    }
}
