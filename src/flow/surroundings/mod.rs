//! What the packets of all conversations together tell of addresses, so that one conversation can be
//! held against it.

mod hops;
mod neighbours;
mod services;
mod sight;

use std::net::IpAddr;

pub use neighbours::Neighbourhood;
pub use services::Learned;

use self::{hops::Hops, neighbours::Neighbours, services::Services, sight::Sight};
use super::{Conversation, Side, Transport};
use crate::decode::{Neighbour, Packet};

/// Addresses, pairs of them or services that each part remembers. What comes later than the first so
/// many tells nothing more, so that a flood of forged addresses cannot take the memory.
const MOST: usize = 65_536;

/// What is known beside the conversations.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    sight: Sight,
    neighbours: Neighbours,
    hops: Hops,
    services: Services,
    acks: u64,
    gaps: u64,
}

/// How a conversation stood before it took a packet in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    packets: [u64; 2],
    acks_and_gaps: (u64, u64),
    alone: bool,
    endpoints: usize,
}

impl Before {
    pub fn of(conversation: &Conversation) -> Self {
        Self {
            packets: conversation.counters.map(|side| side.packets),
            acks_and_gaps: acks_and_gaps(conversation),
            alone: goes_on_alone(conversation).is_some(),
            endpoints: endpoints(conversation),
        }
    }

    /// Whether the packet told something that matters beyond its conversation.
    pub fn tells_more_now(&self, side: Side, conversation: &Conversation) -> bool {
        self.packets[side as usize] == 0
            || self.acks_and_gaps != acks_and_gaps(conversation)
            || !self.alone && goes_on_alone(conversation).is_some()
            || self.endpoints != endpoints(conversation)
    }
}

fn acks_and_gaps(conversation: &Conversation) -> (u64, u64) {
    conversation.tcp.as_ref().map_or((0, 0), |tcp| tcp.acks_and_gaps())
}

fn endpoints(conversation: &Conversation) -> usize {
    conversation.heard.as_ref().map_or(0, |heard| heard.endpoints.len())
}

impl Surroundings {
    /// Takes in what a packet changed in its conversation.
    pub(super) fn take(
        &mut self,
        before: Before,
        side: Side,
        conversation: &Conversation,
        packet: &Packet<'_>,
    ) {
        let (acks, gaps) = acks_and_gaps(conversation);
        self.acks += acks.saturating_sub(before.acks_and_gaps.0);
        self.gaps += gaps.saturating_sub(before.acks_and_gaps.1);
        if before.packets[side as usize] == 0 {
            self.sight.sees(packet.src, packet.dst);
            self.neighbours.sends(packet.src);
            if before.packets[!side as usize] > 0 {
                self.sight.two_way(conversation.transport == Transport::Tcp, before.alone);
            }
        }
        if !before.alone && goes_on_alone(conversation).is_some() {
            self.sight.alone(packet.src, packet.dst);
        }
        if before.packets[side as usize] == 0
            && let Some(ttl) = conversation.tcp.as_ref().and_then(|tcp| tcp.ttl(side))
        {
            self.hops.note(packet.src, ttl);
        }
        if let Some(heard) =
            conversation.heard.as_ref().filter(|heard| heard.endpoints.len() > before.endpoints)
        {
            for endpoint in &heard.endpoints[before.endpoints..] {
                self.services.learn(packet.src, endpoint, packet.time);
            }
        }
    }

    /// Takes in a question for a neighbour, or the answer.
    pub(super) fn take_neighbour(&mut self, from: IpAddr, neighbour: Neighbour) {
        // Whether an address is free is asked from nobody's (RFC 4862, section 5.4.2).
        if !from.is_unspecified() {
            self.neighbours.take(from, neighbour);
        }
    }

    /// Adds what another table saw.
    pub fn merge(&mut self, other: Self) {
        self.sight.merge(other.sight);
        self.neighbours.merge(other.neighbours);
        self.hops.merge(other.hops);
        self.services.merge(other.services);
        self.acks += other.acks;
        self.gaps += other.gaps;
    }

    /// The share of packets that the capture lacks, by the acknowledgements of what was never seen
    /// among all; Zeek's estimate (policy/misc/capture-loss).
    #[must_use]
    pub fn loss(&self) -> f64 {
        if self.acks == 0 { 0.0 } else { self.gaps as f64 / self.acks as f64 }
    }

    /// Acknowledgements of bytes that were never seen.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Whether of what `from` and `to` say to each other nothing from `to` is visible, though it must
    /// be there: a mirror port that mirrors one way.
    #[must_use]
    pub fn is_deaf_to(&self, to: IpAddr, from: IpAddr) -> bool {
        self.sight.is_deaf_to(to, from)
    }

    /// Whether of most conversations one side alone is visible.
    #[must_use]
    pub fn is_one_sided(&self) -> bool {
        self.sight.is_one_sided()
    }

    /// Whether any conversation shows that both directions can be seen.
    #[must_use]
    pub fn has_two_way(&self) -> bool {
        self.sight.has_two_way()
    }

    /// What is known of an address on its own link.
    #[must_use]
    pub fn neighbourhood(&self, ip: IpAddr) -> Neighbourhood {
        self.neighbours.of(ip)
    }

    /// Whether packets of an address usually arrive with another time to live than `ttl`.
    #[must_use]
    pub fn is_strange_ttl(&self, ip: IpAddr, ttl: u8) -> bool {
        self.hops.is_strange(ip, ttl)
    }

    /// The RPC service that an endpoint mapper or an activation named for a port.
    #[must_use]
    pub fn learned(&self, ip: IpAddr, port: u16) -> Option<&Learned> {
        self.services.get(ip, port)
    }

    /// Whether it would say something else than another one of conversations judged before.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        self.sight.verdict() != other.sight.verdict()
            || (self.gaps > 0) != (other.gaps > 0)
            || self.services.len() != other.services.len()
    }
}

/// The side that goes on as if it were answered though nothing of the other one is seen.
pub(super) fn goes_on_alone(conversation: &Conversation) -> Option<Side> {
    let tcp = conversation.tcp.as_ref()?;
    let talks = |side: Side| conversation.counters[side as usize].packets;
    let side = match (talks(Side::A), talks(Side::B)) {
        (_, 0) => Side::A,
        (0, _) => Side::B,
        _ => return None,
    };
    tcp.goes_on(side).then_some(side)
}
