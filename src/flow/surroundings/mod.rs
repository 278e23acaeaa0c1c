//! What the packets of all conversations together tell of addresses, so that one conversation can be
//! held against it.

mod hops;
mod neighbours;
mod services;
mod sight;
mod tftp;

use std::net::IpAddr;

pub use neighbours::Neighbourhood;
pub use services::Learned;
pub use tftp::TFTP;

use self::{hops::Hops, neighbours::Neighbours, services::Services, sight::Sight, tftp::Transfers};
use super::{Conversation, Endpoint, Side, Transport, told::Told};
use crate::{
    capture::Timestamp,
    decode::{Body, Neighbour, Packet},
};

/// Addresses, pairs of them or services that each part remembers of a table's conversations. What
/// comes later than the first so many tells nothing more, so that a flood of forged addresses cannot
/// take the memory. Merging keeps all, so that its order does not matter.
const MOST: usize = 8_192;

/// What is known beside the conversations.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    sight: Sight,
    neighbours: Neighbours,
    hops: Hops,
    services: Services,
    transfers: Transfers,
    acks: u64,
    gaps: u64,
}

impl Surroundings {
    /// Whether what a packet told its conversation matters here.
    pub(super) fn care_about(told: &Told, conversation: &Conversation) -> bool {
        told.first_of_side || told.alone_now || told.learns(conversation)
    }

    /// Takes in what a packet of a side told its conversation.
    pub(super) fn take(
        &mut self,
        told: &Told,
        side: Side,
        conversation: &Conversation,
        packet: &Packet<'_>,
    ) {
        if told.first_of_side {
            self.sight.sees(packet.src, packet.dst);
            if told.other_talks {
                self.sight.two_way(conversation.transport == Transport::Tcp, told.other_was_alone);
            }
            match conversation.ttl(side) {
                Some(ttl) => self.hops.note(packet.src, ttl),
                None => self.neighbours.sends(packet.src),
            }
        }
        if told.first_of_side
            && let Body::Udp(datagram) = &packet.body
        {
            let ends = conversation.ends();
            let (from, to) = (ends[side as usize], ends[!side as usize]);
            self.transfers.take(from, to, datagram.payload);
        }
        if told.alone_now {
            self.sight.alone(packet.src, packet.dst);
        }
        let endpoints = conversation.heard.as_ref().map_or(&[][..], |heard| &heard.endpoints);
        for endpoint in endpoints.iter().skip(usize::from(told.endpoints_before)) {
            self.services.learn(packet.src, endpoint, packet.time);
        }
    }

    pub(super) fn acks_and_gaps(&self) -> (u64, u64) {
        (self.acks, self.gaps)
    }

    pub(super) fn set_acks_and_gaps(&mut self, acks: u64, gaps: u64) {
        (self.acks, self.gaps) = (acks, gaps);
    }

    /// Takes in a question for a neighbour, or the answer.
    pub(super) fn take_neighbour(&mut self, from: IpAddr, neighbour: Neighbour, time: Timestamp) {
        // Whether an address is free is asked from nobody's (RFC 4862, section 5.4.2).
        if !from.is_unspecified() {
            self.neighbours.take(from, neighbour, time);
        }
    }

    /// Adds what another table saw.
    pub fn merge(&mut self, other: &Self) {
        self.sight.merge(&other.sight);
        self.neighbours.merge(&other.neighbours);
        self.hops.merge(&other.hops);
        self.services.merge(&other.services);
        self.transfers.merge(&other.transfers);
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

    /// What is known of an address on its own link at the time of a conversation.
    #[must_use]
    pub fn neighbourhood(&self, ip: IpAddr, first: Timestamp, last: Timestamp) -> Neighbourhood {
        self.neighbours.of(ip, self.hops.highest(ip).is_some(), (first, last))
    }

    /// Whether packets of an address usually arrive with another time to live than `ttl`.
    #[must_use]
    pub fn is_strange_ttl(&self, ip: IpAddr, ttl: u8) -> bool {
        self.hops.is_strange(ip, ttl)
    }

    /// The largest time to live of an address's packets.
    #[must_use]
    pub fn highest_ttl(&self, ip: IpAddr) -> Option<u8> {
        self.hops.highest(ip)
    }

    /// The RPC service that an endpoint mapper or an activation named for a port.
    #[must_use]
    pub fn learned(&self, ip: IpAddr, port: u16) -> Option<&Learned> {
        self.services.get(ip, port)
    }

    /// Whether an endpoint requested a file of a server by TFTP.
    #[must_use]
    pub fn requested_file(&self, client: Endpoint, server: IpAddr) -> bool {
        self.transfers.requested(client, server)
    }

    /// Whether the server replied to the request from a port of its own; `None` where it did, but nothing
    /// shows that the reply arrived.
    #[must_use]
    pub fn replied_with_file(&self, client: Endpoint, server: IpAddr) -> Option<bool> {
        self.transfers.replied(client, server)
    }

    /// Whether it would say something else than another one of conversations judged before.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        self.sight.verdict() != other.sight.verdict()
            || (self.gaps > 0) != (other.gaps > 0)
            || self.services.len() != other.services.len()
            || self.transfers.counts() != other.transfers.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::{LearnedBy, RpcEndpoint};

    #[test]
    fn each_kind_of_knowledge_makes_a_difference_and_its_amount_does_not() {
        let [one, two] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let with = |change: &dyn Fn(&mut Surroundings)| {
            let mut surroundings = Surroundings::default();
            change(&mut surroundings);
            surroundings
        };
        let endpoint =
            RpcEndpoint { host: None, port: 1, interface: None, by: LearnedBy::EndpointMapper };
        let from = Endpoint { ip: one, port: 5 };
        let to = Endpoint { ip: two, port: TFTP };
        let none = Surroundings::default();
        for (what, other, differs) in [
            ("nothing", with(&|_| {}), false),
            ("acknowledgements", with(&|all| all.set_acks_and_gaps(5, 0)), false),
            ("gaps", with(&|all| all.set_acks_and_gaps(5, 1)), true),
            ("sight", with(&|all| all.sight.two_way(true, false)), true),
            ("services", with(&|all| all.services.learn(one, &endpoint, Timestamp(0))), true),
            ("transfers", with(&|all| all.transfers.take(from, to, b"\0\x01f\0octet\0")), true),
        ] {
            assert_eq!(none.differs_from(&other), differs, "{what}");
            assert_eq!(other.differs_from(&none), differs, "{what}");
            assert!(!other.differs_from(&other), "{what}");
        }
        let [more, less] =
            [(9, 3), (5, 1)].map(|(acks, gaps)| with(&|all| all.set_acks_and_gaps(acks, gaps)));
        assert!(!more.differs_from(&less));
        assert!(!none.is_one_sided() && !none.has_two_way());
        assert!(with(&|all| all.sight.alone(one, two)).is_one_sided());
        assert!(with(&|all| all.sight.two_way(true, false)).has_two_way());
        assert!((more.loss() - 3.0 / 9.0).abs() < 1e-9 && none.loss() == 0.0);
        let mut both = more.clone();
        both.merge(&less);
        assert_eq!((both.acks_and_gaps(), both.gaps()), ((14, 4), 4));
    }

    #[test]
    fn an_address_is_not_asked_for_by_nobody() {
        let [nobody, one, two] = [[0; 4], [10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        for (from, expected) in [(nobody, Neighbourhood::Unknown), (one, Neighbourhood::Silent)] {
            let mut all = Surroundings::default();
            let time = Timestamp(0);
            all.take_neighbour(one, Neighbour { asks: false, about: one }, time);
            let request = Neighbour { asks: true, about: two };
            (0..2).for_each(|_| all.take_neighbour(from, request, time));
            assert_eq!(all.neighbourhood(two, time, time), expected, "{from}");
        }
    }
}
