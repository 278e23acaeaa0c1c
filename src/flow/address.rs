//! Where a packet belongs: its ends, as they are looked up.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::{
    Endpoint, Transport,
    endpoint::{ends, hash_ends, tenant},
};
use crate::decode::{Packet, PlainEnds, Tenant};

/// Parts that conversations fall into by their ends. What is forgotten for lack of room depends on
/// what is in the same part alone, so that it does not matter how parts are shared out among tables.
pub const PARTS: usize = 16;

/// The part of conversations that spread to a number.
pub(super) fn part_of(spread: u64) -> usize {
    (spread >> 32) as usize % PARTS
}

/// Who a packet is from and to, as it is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    pub(super) ends: (Endpoint, Endpoint, Transport),
    pub(super) tenant: Option<Tenant>,
    /// Alike in all tables and all runs.
    pub(super) spread: u64,
}

impl Address {
    /// Where a packet belongs, or the packet that it speaks of; `None` for an error about a packet of
    /// another protocol.
    #[must_use]
    pub fn of(packet: &Packet<'_>) -> Option<Self> {
        let mut address = Self::with_spread(packet, 0)?;
        let hasher = FixedState::default().build_hasher();
        address.spread = hash_ends(hasher, address.ends, address.tenant);
        Some(address)
    }

    /// The same where its [`Self::spread`] is known already.
    #[must_use]
    pub fn with_spread(packet: &Packet<'_>, spread: u64) -> Option<Self> {
        Some(Self { ends: ends(packet)?, tenant: tenant(packet), spread })
    }

    /// The same of a plain frame, which is in no virtual network.
    #[must_use]
    pub fn of_plain(plain: &PlainEnds) -> Self {
        let end = |(ip, port)| Endpoint { ip, port };
        let transport = if plain.is_udp { Transport::Udp } else { Transport::Tcp };
        let ends = (end(plain.from), end(plain.to), transport);
        let hasher = FixedState::default().build_hasher();
        Self { ends, tenant: None, spread: hash_ends(hasher, ends, None) }
    }

    /// The hash of its ends, alike in all tables and all runs.
    #[must_use]
    pub fn spread(&self) -> u64 {
        self.spread
    }

    /// Which of the [`PARTS`] its conversation is in.
    #[must_use]
    pub fn part(&self) -> usize {
        part_of(self.spread)
    }
}
