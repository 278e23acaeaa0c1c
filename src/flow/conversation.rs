//! A conversation and what is remembered of it.

use super::{
    Endpoint, Event, IcmpErrorSeen, Key, Meaning, Side, Statement, Tcp, Timeline, Transport,
    tcp::Sent,
};
use crate::{
    capture::Timestamp,
    decode::{Body, Packet, Tenant},
    dissect::{self, Protocol},
};

/// What one side sent, in lengths on the wire, retransmissions included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets.
    pub packets: u64,
    /// IP packets' lengths in bytes, headers included.
    pub ip_bytes: u64,
    /// TCP, UDP or ICMP payload in bytes.
    pub payload_bytes: u64,
}

/// Why one side is said to be the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It sent the SYN.
    Syn,
    /// It got the SYN-ACK.
    SynAck,
    /// Only this way round does a rule of the matrix know the roles and the port.
    Matrix,
    /// The other side's port is a known service's.
    Port,
    /// It sent the first packet seen, and nothing says more.
    FirstPacket,
}

impl Basis {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::SynAck => "syn-ack",
            Self::Matrix => "matrix",
            Self::Port => "port",
            Self::FirstPacket => "first-packet",
        }
    }
}

/// What two endpoints said to each other.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Transport.
    pub transport: Transport,
    /// The virtual network that it is in, where it was carried in one.
    pub tenant: Option<Tenant>,
    /// The endpoints; index with [`Side`].
    pub ends: [Endpoint; 2],
    /// Time of the first packet.
    pub first: Timestamp,
    /// Time of the latest packet.
    pub last: Timestamp,
    /// What each side sent.
    pub counters: [Counters; 2],
    /// What each side's first bytes are; `None` where they are not known or not seen.
    pub spoken: [Option<Protocol>; 2],
    /// More about a TCP conversation.
    pub tcp: Option<Box<Tcp>>,
    /// The ICMP error that says most about it.
    pub icmp_error: Option<IcmpErrorSeen>,
    /// What systems themselves said of it.
    pub statements: Vec<Statement>,
    /// When its telling moments were.
    pub timeline: Timeline,
}

impl Conversation {
    pub(super) fn new(key: Key, (from, to): (Endpoint, Endpoint), time: Timestamp) -> Self {
        Self {
            transport: key.transport(),
            tenant: key.tenant(),
            ends: [from, to],
            first: time,
            last: time,
            counters: [Counters::default(); 2],
            spoken: [None; 2],
            tcp: None,
            icmp_error: None,
            statements: Vec::new(),
            timeline: Timeline::new(time),
        }
    }

    /// The key it is found by.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.ends[0], self.ends[1], self.transport, self.tenant)
    }

    /// The side that an endpoint is.
    pub(super) fn side(&self, sender: Endpoint) -> Side {
        if self.ends[0] == sender { Side::A } else { Side::B }
    }

    /// Takes a packet of `side` in.
    pub(super) fn take(&mut self, side: Side, packet: &Packet<'_>) {
        self.first = self.first.min(packet.time);
        self.last = self.last.max(packet.time);
        self.timeline.note(side, packet);
        let payload_len = match &packet.body {
            Body::Tcp(segment) => {
                let tcp = self.tcp.get_or_insert_default();
                if self.spoken[side as usize].is_none()
                    && !segment.payload.is_empty()
                    && tcp.begins_stream(side, segment)
                {
                    self.spoken[side as usize] = dissect::stream_start(segment.payload);
                }
                tcp.take(side, packet.time, segment);
                segment.payload_len
            }
            Body::Udp(datagram) => {
                if self.spoken[side as usize].is_none() {
                    let ports = (datagram.src_port, datagram.dst_port);
                    self.spoken[side as usize] = dissect::datagram(datagram.payload, ports);
                }
                datagram.payload_len
            }
            Body::Echo(echo) => echo.payload_len,
            Body::Error(_) | Body::Neighbour(_) => 0,
        };
        let counters = &mut self.counters[side as usize];
        counters.packets += 1;
        counters.ip_bytes += u64::from(packet.ip_len);
        counters.payload_bytes += u64::from(payload_len);
    }

    /// Takes an error in that quotes a packet of this conversation; the one that says most is kept.
    pub(super) fn take_error(&mut self, error: IcmpErrorSeen, time: Timestamp) {
        self.timeline.push(Event::IcmpError, error.about, time);
        let meaning = |seen: &IcmpErrorSeen| seen.meaning();
        if self.icmp_error.as_ref().is_none_or(|known| meaning(known) < meaning(&error)) {
            self.icmp_error = Some(error);
        }
    }

    /// The client, where the wire itself shows it.
    #[must_use]
    pub fn opener(&self) -> Option<(Side, Basis)> {
        if self.transport == Transport::Icmp {
            // Ports are the ICMP types: the side that asks is known however the capture begins.
            let asking = if matches!(self.ends[0].port, 8 | 128) { Side::A } else { Side::B };
            return Some((asking, Basis::FirstPacket));
        }
        let tcp = self.tcp.as_ref()?;
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

    /// Whether both sides are seen to talk; asking and refusing is not talking.
    #[must_use]
    pub fn both_sides_talk(&self) -> bool {
        [Side::A, Side::B].into_iter().all(|side| match &self.tcp {
            Some(tcp) => tcp.sent(side).intersects(Sent::SYN_ACK | Sent::ACK | Sent::DATA),
            None => self.counters[side as usize].packets > 0,
        })
    }

    /// The first protocol recognised, the client's bytes before the server's.
    #[must_use]
    pub fn protocol(&self, client: Side) -> Option<Protocol> {
        self.spoken[client as usize].or(self.spoken[!client as usize])
    }

    /// The ICMP error that explains why `client` got no answer.
    #[must_use]
    pub fn failure_of(&self, client: Side) -> Option<&IcmpErrorSeen> {
        self.icmp_error
            .as_ref()
            .filter(|error| error.about == client && error.meaning() > Meaning::Advice)
    }
}
