//! A conversation and what is remembered of it.

use super::{
    Act, Endpoint, Event, IcmpErrorSeen, Key, Meaning, Side, Statement, Tcp, Timeline, Transport,
    fold::{Recent, content},
    listening::Listening,
    tcp::Sent,
};
use crate::{
    capture::Timestamp,
    decode::{Body, Datagram, Flags, Packet, Segment, Tenant},
    dissect::{self, Heard, Protocol},
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
    /// Packets of each side that were recorded more than once, counted here and nowhere else.
    pub copies: [u32; 2],
    /// What was heard of what is spoken; `None` where nothing was.
    pub heard: Option<Box<Heard>>,
    /// More about a TCP conversation.
    pub tcp: Option<Box<Tcp>>,
    /// The ICMP error that says most about it.
    pub icmp_error: Option<IcmpErrorSeen>,
    /// What systems themselves said of it.
    pub statements: Vec<Statement>,
    /// When its telling moments were.
    pub timeline: Timeline,
    /// Whether each side sent the very same datagram again.
    pub(super) asks_again: [bool; 2],
    latest_datagram: [Option<u64>; 2],
    ears: Ears,
}

/// What is needed only to take further packets in; a copy of a conversation takes none.
#[derive(Debug, Default)]
struct Ears {
    listening: Option<Box<Listening>>,
    has_listened: bool,
    recent: Recent,
}

impl Clone for Ears {
    fn clone(&self) -> Self {
        Self::default()
    }
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
            copies: [0; 2],
            heard: None,
            asks_again: [false; 2],
            latest_datagram: [None; 2],
            ears: Ears::default(),
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

    /// Takes a packet of `side` in. A copy of one that was taken before adds only what the recorder
    /// says of it.
    ///
    /// True where it was no copy.
    pub(super) fn take(&mut self, side: Side, packet: &Packet<'_>) -> bool {
        if packet.said.dropped {
            self.state(Statement::dropped_by_recorder(side, packet.said.direction));
        }
        if self.ears.recent.is_copy(side, packet) {
            self.copies[side as usize] = self.copies[side as usize].saturating_add(1);
            return false;
        }
        self.first = self.first.min(packet.time);
        self.last = self.last.max(packet.time);
        self.timeline.note(side, packet);
        let payload_len = match &packet.body {
            Body::Tcp(segment) => {
                self.take_segment(side, packet, segment);
                segment.payload_len
            }
            Body::Udp(datagram) => {
                self.take_datagram(side, datagram);
                datagram.payload_len
            }
            Body::Echo(echo) => echo.payload_len,
            Body::Error(_) | Body::Neighbour(_) => 0,
        };
        let counters = &mut self.counters[side as usize];
        counters.packets += 1;
        counters.ip_bytes += u64::from(packet.ip_len);
        counters.payload_bytes += u64::from(payload_len);
        true
    }

    fn take_datagram(&mut self, side: Side, datagram: &Datagram<'_>) {
        let ports = self.ends.map(|end| end.port);
        match self.heard.as_mut() {
            Some(heard) => dissect::datagram(datagram.payload, side as usize, ports, heard),
            None => {
                let mut heard = Heard::default();
                dissect::datagram(datagram.payload, side as usize, ports, &mut heard);
                self.heard = (heard != Heard::default()).then(|| Box::new(heard));
            }
        }
        let this = Some(content(datagram));
        let before = std::mem::replace(&mut self.latest_datagram[side as usize], this);
        self.asks_again[side as usize] |= before == this;
    }

    fn take_segment(&mut self, side: Side, packet: &Packet<'_>, segment: &Segment<'_>) {
        let first_data = segment.payload_len > 0 && !self.ears.has_listened;
        let tcp = self.tcp.get_or_insert_default();
        let gap = tcp.take(side, packet.time, packet.ttl, segment);
        if first_data {
            let ports = self.ends.map(|end| end.port);
            let begins = [Side::A, Side::B].map(|side| tcp.first_number(side));
            self.ears.listening = Some(Box::new(Listening::new(ports, begins)));
            self.ears.has_listened = true;
        }
        let ends = segment.flags.contains(Flags::RST)
            || [Side::A, Side::B].into_iter().all(|side| tcp.sent(side).contains(Sent::FIN));
        if let Some(listening) = self.ears.listening.as_mut() {
            listening.hear(side, segment, &mut self.heard);
            if gap {
                listening.lose(!side);
            }
            if ends || listening.is_over() {
                self.ears.listening = None;
            }
        }
    }

    /// Adds a system's word; the same word again only counts.
    pub(super) fn state(&mut self, statement: Statement) {
        match self.statements.iter_mut().find(|known| known.says_the_same_as(&statement)) {
            Some(known) => known.times = known.times.saturating_add(statement.times),
            None => self.statements.push(statement),
        }
    }

    /// Takes an error in that quotes a packet of this conversation; the one that says most is kept.
    pub(super) fn take_error(&mut self, error: IcmpErrorSeen, time: Timestamp) {
        self.timeline.push(Event::IcmpError, error.about, time);
        let meaning = |seen: &IcmpErrorSeen| seen.meaning();
        if self.icmp_error.as_ref().is_none_or(|known| meaning(known) < meaning(&error)) {
            self.icmp_error = Some(error);
        }
    }

    /// Whether a system says that it dropped packets of this conversation.
    #[must_use]
    pub fn is_dropped_by_system(&self) -> bool {
        self.statements.iter().any(|one| one.act == Act::Dropped)
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
        let spoken = self.heard.as_ref()?.spoken;
        spoken[client as usize].or(spoken[!client as usize])
    }

    /// The ICMP error that explains why `client` got no answer.
    #[must_use]
    pub fn failure_of(&self, client: Side) -> Option<&IcmpErrorSeen> {
        self.icmp_error
            .as_ref()
            .filter(|error| error.about == client && error.meaning() > Meaning::Advice)
    }
}
