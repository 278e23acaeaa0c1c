//! What a conversation shows.

use super::{Conversation, Detail};
use crate::{
    dissect::Protocol,
    flow::{Act, Basis, IcmpErrorSeen, Side, Transport, tcp::Sent},
};

/// A message that lacks more bytes than this is a transfer in progress, not an incomplete reply.
const MOST_OF_REPLY: i32 = 64 << 10;

impl Conversation {
    /// The client, where the wire itself shows it.
    #[must_use]
    pub fn opener(&self) -> Option<(Side, Basis)> {
        if self.transport == Transport::Icmp {
            // Ports are the ICMP types: the side that asks is known however the capture begins.
            let asking = if matches!(self.ends.ports()[0], 8 | 128) { Side::A } else { Side::B };
            return Some((asking, Basis::FirstPacket));
        }
        let tcp = self.tcp()?;
        let sent = |side| tcp.sent(side);
        match (sent(Side::A).contains(Sent::SYN), sent(Side::B).contains(Sent::SYN)) {
            // Simultaneous open: whoever was first.
            (true, _) => Some((Side::A, Basis::Syn)),
            (false, true) => Some((Side::B, Basis::Syn)),
            _ if sent(Side::A).contains(Sent::SYN_ACK) => Some((Side::B, Basis::SynAck)),
            _ if sent(Side::B).contains(Sent::SYN_ACK) => Some((Side::A, Basis::SynAck)),
            _ => None,
        }
    }

    /// Whether both sides exchange data: what each sends reaches the other one.
    #[must_use]
    pub fn exchanges_data(&self) -> bool {
        [Side::A, Side::B].into_iter().all(|side| match self.tcp() {
            Some(tcp) => {
                let arrives = if tcp.first_number(side).is_some() {
                    tcp.has_delivered(side)
                } else {
                    let delivery = tcp.delivery(side);
                    let given_up = delivery.resends().0 > 1
                        || delivery.is_repeated()
                        || tcp.sent(!side).intersects(Sent::FIN | Sent::RST);
                    !(tcp.has_outstanding(side) && given_up)
                };
                tcp.sent(side).contains(Sent::DATA) && arrives && !self.is_cut_short(side)
            }
            None => self.counters[side as usize].packets > 0,
        })
    }

    /// Whether a side's latest message states a length of which the peer did not acknowledge all. A message
    /// that lacks more than 64 KiB is a transfer, which the client may cancel at any time.
    #[must_use]
    pub fn is_cut_short(&self, side: Side) -> bool {
        let end = self.heard.as_ref().and_then(|heard| heard.message_ends[side as usize]);
        let acked = self.tcp().and_then(|tcp| tcp.delivery(side).acked());
        end.zip(acked).is_some_and(|(end, acked)| {
            (1..=MOST_OF_REPLY).contains(&end.wrapping_sub(acked).cast_signed())
        })
    }

    /// Whether both sides take part; an attempt and its refusal do not.
    #[must_use]
    pub fn both_sides_talk(&self) -> bool {
        [Side::A, Side::B].into_iter().all(|side| match self.tcp() {
            Some(tcp) => tcp.sent(side).intersects(Sent::SYN_ACK | Sent::ACK | Sent::DATA),
            None => self.counters[side as usize].packets > 0,
        })
    }

    /// The protocol: what the server speaks, and the use of it that the client's request shows. The
    /// client's bytes alone decide only where nothing is known of the server's.
    #[must_use]
    pub fn protocol(&self, client: Side) -> Option<Protocol> {
        let spoken = self.heard.as_ref()?.spoken;
        match (spoken[client as usize], spoken[!client as usize]) {
            (Some(request), Some(reply)) if request.is_a(reply) => Some(request),
            (_, Some(reply)) => Some(reply),
            (request, None) => request.filter(|_| !self.is_unrecognised(!client)),
        }
    }

    /// Whether a side's first bytes were captured and begin no protocol that is known here.
    #[must_use]
    pub fn is_unrecognised(&self, side: Side) -> bool {
        self.unrecognised[side as usize]
    }

    /// Whether payload of a side exists that the capture lacks.
    #[must_use]
    pub fn lacks_payload(&self, side: Side) -> bool {
        self.tcp().is_some_and(|tcp| tcp.lacks_payload(side))
    }

    /// Whether the server repeated its SYN-ACK, or the client its SYN after it.
    #[must_use]
    pub fn repeats_syn_ack(&self) -> bool {
        self.tcp().is_some_and(|tcp| tcp.handshake_facts().is_repeated())
    }

    /// The ICMP error that explains why `client` got no answer.
    #[must_use]
    pub fn failure_of(&self, client: Side) -> Option<&IcmpErrorSeen> {
        self.icmp_error().filter(|error| error.about == client)
    }

    /// Whether a system says that it dropped packets of this conversation.
    #[must_use]
    pub fn is_dropped_by_system(&self) -> bool {
        self.statements().iter().any(|one| one.act == Act::Dropped)
    }

    /// The largest time to live of a side's packets that are no RST.
    #[must_use]
    pub fn ttl(&self, side: Side) -> Option<u8> {
        match &self.detail {
            Detail::Tcp(tcp) => tcp.ttl(side),
            Detail::Datagrams(known) => Some(known.ttl[side as usize]).filter(|ttl| *ttl > 0),
            Detail::None => None,
        }
    }
}
