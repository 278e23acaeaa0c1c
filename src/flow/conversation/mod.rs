//! A conversation and what is remembered of it.

mod facts;

use super::{
    Endpoint, Event, IcmpErrorSeen, Key, Side, Statement, Tcp, Timeline, Transport,
    ears::{Begun, Ears},
    ends::Ends,
    listening::Listening,
    sequence::Acknowledged,
    tcp::Sent,
    told::Told,
};
use crate::{
    capture::Timestamp,
    decode::{Body, Datagram, Flags, Packet, Segment, Tenant},
    dissect::{self, Heard},
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

/// What two endpoints said to each other. There are many of them, so what few have is in boxes. What
/// every packet needs is in the first four cache lines: the time that a packet takes is spent waiting
/// for them.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Conversation {
    ends: Ends,
    /// Transport.
    pub transport: Transport,
    /// Sides whose first bytes begin no known protocol.
    unrecognised: [bool; 2],
    /// Bytes in boxes at the latest count.
    boxed: u32,
    /// Time of the first packet.
    pub first: Timestamp,
    /// Time of the latest packet.
    pub last: Timestamp,
    /// What each side sent.
    pub counters: [Counters; 2],
    /// What was heard of what is spoken; `None` where nothing was.
    pub heard: Option<Box<Heard>>,
    rare: Option<Box<Rare>>,
    ears: Ears,
    detail: Detail,
}

/// What only one transport has.
#[derive(Clone, Debug)]
enum Detail {
    /// Not a packet of it was seen, or there is nothing.
    None,
    Tcp(Tcp),
    Datagrams(Datagrams),
}

/// What is remembered of datagrams: the latest one of each side, to know it again.
#[derive(Clone, Copy, Debug, Default)]
struct Datagrams {
    latest: [Option<u64>; 2],
    asks_again: [bool; 2],
    /// The largest time to live of each side's.
    ttl: [u8; 2],
}

/// What few conversations have.
#[derive(Clone, Debug, Default)]
struct Rare {
    copies: [u32; 2],
    icmp_error: Option<IcmpErrorSeen>,
    statements: Vec<Statement>,
    timeline: Option<Timeline>,
}

impl Conversation {
    pub(super) fn new(
        transport: Transport,
        tenant: Option<Tenant>,
        (from, to): (Endpoint, Endpoint),
        time: Timestamp,
    ) -> Self {
        Self {
            transport,
            first: time,
            last: time,
            counters: [Counters::default(); 2],
            heard: None,
            ends: Ends::new(from, to, tenant),
            detail: Detail::None,
            rare: None,
            unrecognised: [false; 2],
            ears: Ears::default(),
            boxed: 0,
        }
    }

    /// The endpoints; index with [`Side`].
    #[must_use]
    pub fn ends(&self) -> [Endpoint; 2] {
        self.ends.endpoints()
    }

    /// The virtual network that it is in, where it was carried in one.
    #[must_use]
    pub fn tenant(&self) -> Option<Tenant> {
        self.ends.tenant()
    }

    /// More about a TCP conversation.
    #[must_use]
    pub fn tcp(&self) -> Option<&Tcp> {
        match &self.detail {
            Detail::Tcp(tcp) => Some(tcp),
            _ => None,
        }
    }

    /// Packets of each side that were recorded more than once, counted here and nowhere else.
    #[must_use]
    pub fn copies(&self) -> [u32; 2] {
        self.rare.as_ref().map_or([0; 2], |rare| rare.copies)
    }

    /// The ICMP error that says most about it.
    #[must_use]
    pub fn icmp_error(&self) -> Option<&IcmpErrorSeen> {
        self.rare.as_ref()?.icmp_error.as_ref()
    }

    /// What systems themselves said of it.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        self.rare.as_ref().map_or(&[], |rare| &rare.statements)
    }

    /// When its telling moments were; none unless it was [`Self::follow`]ed.
    #[must_use]
    pub fn timeline(&self) -> Option<&Timeline> {
        self.rare.as_ref()?.timeline.as_ref()
    }

    /// Begins to remember the moments.
    pub(super) fn follow(&mut self) {
        self.rare.get_or_insert_default().timeline = Some(Timeline::new(self.first));
    }

    /// The key it is found by.
    #[must_use]
    pub fn key(&self) -> Key {
        let [a, b] = self.ends();
        Key::new(a, b, self.transport, self.tenant())
    }

    /// The side that sends from one endpoint to another in a virtual network; `None` where this is
    /// not the conversation of these two.
    pub(super) fn side_from(
        &self,
        (from, to, transport): (Endpoint, Endpoint, Transport),
        tenant: Option<Tenant>,
    ) -> Option<Side> {
        self.ends.side(from, to, tenant).filter(|_| self.transport == transport)
    }

    /// The side that an endpoint is.
    pub(super) fn side(&self, sender: Endpoint) -> Side {
        if self.ends()[0] == sender { Side::A } else { Side::B }
    }

    /// Notes that a packet of a side was recorded once more.
    pub(super) fn copy(&mut self, side: Side) {
        let copies = &mut self.rare.get_or_insert_default().copies[side as usize];
        *copies = copies.saturating_add(1);
    }

    /// Takes a packet of `side` in that is no copy; `content` is its datagram's hash.
    pub(super) fn take(&mut self, side: Side, packet: &Packet<'_>, content: u64) -> Told {
        let talks = self.counters.map(|one| one.packets > 0);
        let (own, other) = (talks[side as usize], talks[!side as usize]);
        let goes_on = |one: &Self, side: Side| one.tcp().is_some_and(|tcp| tcp.goes_on(side));
        let mut told = Told {
            first_of_side: !own,
            other_talks: other,
            other_was_alone: !own && other && goes_on(self, !side),
            endpoints_before: self.ears.endpoints,
            ..Told::default()
        };
        let was_alone = !other && goes_on(self, side);
        self.first = self.first.min(packet.time);
        self.last = self.last.max(packet.time);
        if let Some(timeline) = self.rare.as_mut().and_then(|rare| rare.timeline.as_mut()) {
            timeline.note(side, packet);
        }
        let payload_len = match &packet.body {
            Body::Tcp(segment) => {
                told.acknowledged = self.take_segment(side, packet, segment);
                segment.payload_len
            }
            Body::Udp(datagram) => {
                self.take_datagram(side, datagram, content, packet.ttl);
                datagram.payload_len
            }
            Body::Echo(echo) => {
                self.note_datagram(side, None, packet.ttl);
                echo.payload_len
            }
            Body::Error(_) | Body::Neighbour(_) => 0,
        };
        let counters = &mut self.counters[side as usize];
        counters.packets += 1;
        counters.ip_bytes += u64::from(packet.ip_len);
        counters.payload_bytes += u64::from(payload_len);
        told.bytes = self.count_bytes();
        told.alone_now = !other && !was_alone && goes_on(self, side);
        told
    }

    /// Bytes that it took in boxes at the latest [`Self::count_bytes`], nearly.
    pub(super) fn bytes(&self) -> usize {
        self.boxed as usize
    }

    /// Counts the bytes that it takes in boxes, nearly; gives how many more they are than before.
    pub(super) fn count_bytes(&mut self) -> isize {
        let now = u32::try_from(self.bytes_in_boxes()).unwrap_or(u32::MAX);
        let before = std::mem::replace(&mut self.boxed, now);
        (now as usize).cast_signed() - (before as usize).cast_signed()
    }

    fn bytes_in_boxes(&self) -> usize {
        const OF_A_BOX: usize = 16;
        let of = |has: bool, size: usize| if has { size + OF_A_BOX } else { 0 };
        let listening = self.ears.listening.as_deref();
        of(self.heard.is_some(), size_of::<Heard>() + 64)
            + of(self.rare.is_some(), size_of::<Rare>())
            + of(self.ends.is_wide(), Ends::WIDE)
            + of(self.tcp().is_some_and(Tcp::is_in_disorder), Tcp::OF_DISORDER)
            + listening.map_or(0, |one| size_of::<Listening>() + OF_A_BOX + one.bytes())
    }

    /// RPC endpoints that were named in it so far.
    pub(super) fn endpoints(&self) -> u8 {
        self.ears.endpoints
    }

    fn count_endpoints(&mut self) {
        let heard = self.heard.as_ref().map_or(0, |heard| heard.endpoints.len());
        self.ears.endpoints = u8::try_from(heard).unwrap_or(u8::MAX);
    }

    /// Whether a side sent the very same datagram again.
    pub(super) fn asks_again(&self, side: Side) -> bool {
        matches!(&self.detail, Detail::Datagrams(one) if one.asks_again[side as usize])
    }

    fn take_datagram(&mut self, side: Side, datagram: &Datagram<'_>, content: u64, ttl: u8) {
        let ports = self.ends.ports();
        match self.heard.as_mut() {
            Some(heard) => dissect::datagram(datagram.payload, side as usize, ports, heard),
            None => {
                let mut heard = Heard::default();
                dissect::datagram(datagram.payload, side as usize, ports, &mut heard);
                self.heard = (heard != Heard::default()).then(|| Box::new(heard));
            }
        }
        self.note_datagram(side, Some(content), ttl);
    }

    fn note_datagram(&mut self, side: Side, content: Option<u64>, ttl: u8) {
        if !matches!(self.detail, Detail::Datagrams(_)) {
            self.detail = Detail::Datagrams(Datagrams::default());
        }
        if let Detail::Datagrams(known) = &mut self.detail {
            let before = std::mem::replace(&mut known.latest[side as usize], content);
            known.asks_again[side as usize] |= content.is_some() && before == content;
            known.ttl[side as usize] = known.ttl[side as usize].max(ttl);
        }
    }

    fn take_segment(
        &mut self,
        side: Side,
        packet: &Packet<'_>,
        segment: &Segment<'_>,
    ) -> Acknowledged {
        let new_data = segment.payload_len > 0
            && !segment.flags.contains(Flags::RST)
            && !self.ears.deaf[side as usize]
            && self.ears.listening.is_none();
        if !matches!(self.detail, Detail::Tcp(_)) {
            self.detail = Detail::Tcp(Tcp::new(side, packet.time, segment));
        }
        let Detail::Tcp(tcp) = &mut self.detail else { return Acknowledged::default() };
        let Packet { time, ttl, ip_id, .. } = *packet;
        let acknowledged = tcp.take(side, (time, ttl, ip_id), segment);
        if new_data {
            let first = [Side::A, Side::B].map(|side| tcp.first_number(side));
            let early = tcp.lacks_acknowledged(!side, segment);
            let begun = self.ears.begin(side, segment, first, self.ends.ports(), early);
            self.unrecognised[side as usize] |= begun == Begun::Unrecognised;
        }
        if let Some(listening) = self.ears.listening.as_mut() {
            listening.hear(side, time, segment, &mut self.heard);
            let sent = |side| tcp.sent(side);
            let ends = segment.flags.contains(Flags::RST)
                || sent(Side::A).contains(Sent::FIN) && sent(Side::B).contains(Sent::FIN);
            if ends {
                listening.end(&mut self.heard);
            }
            for side in [Side::A, Side::B] {
                self.unrecognised[side as usize] |= listening.is_unrecognised(side);
            }
            if ends || listening.is_over() {
                self.ears = Ears { deaf: [true; 2], listening: None, ..self.ears };
            }
            if segment.payload_len > 0 {
                self.count_endpoints();
            }
        }
        acknowledged
    }

    /// Looks at what every packet needs, for [`FlowTable::touch`](super::FlowTable::touch).
    pub(super) fn touch(&self) -> i64 {
        let counted = self.counters[0].packets ^ self.counters[1].payload_bytes;
        let tcp = self.tcp().map_or(0, Tcp::touch);
        self.last.0 ^ counted.cast_signed() ^ i64::from(tcp) ^ i64::from(self.ends.ports()[0])
    }

    /// Whether a segment that follows begins another conversation on the same ports.
    pub(super) fn is_reused_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        self.tcp().is_some_and(|tcp| tcp.is_reused_by(side, segment))
    }

    /// Whether a packet's numbers show that it is of this conversation, whatever its time.
    pub(super) fn is_continued_by(&self, side: Side, packet: &Packet<'_>) -> bool {
        match (&packet.body, self.tcp()) {
            (Body::Tcp(segment), Some(tcp)) => tcp.is_continued_by(side, segment),
            _ => false,
        }
    }

    /// Whether a packet goes on exactly where its side stopped.
    pub(super) fn expects(&self, side: Side, packet: &Packet<'_>) -> bool {
        match (&packet.body, self.tcp()) {
            (Body::Tcp(segment), Some(tcp)) => tcp.highest(side) == Some(segment.seq),
            _ => false,
        }
    }

    /// Adds a system's word; the same word again only counts.
    pub(super) fn state(&mut self, statement: Statement) {
        let statements = &mut self.rare.get_or_insert_default().statements;
        match statements.iter_mut().find(|known| known.says_the_same_as(&statement)) {
            Some(known) => known.times = known.times.saturating_add(statement.times),
            None => statements.push(statement),
        }
    }

    /// Takes an error in that quotes a packet of this conversation; the one that says most is kept.
    pub(super) fn take_error(&mut self, error: IcmpErrorSeen, time: Timestamp) {
        let rare = self.rare.get_or_insert_default();
        if let Some(timeline) = rare.timeline.as_mut() {
            timeline.push(Event::IcmpError, error.about, time);
        }
        let meaning = |seen: &IcmpErrorSeen| seen.meaning();
        if rare.icmp_error.as_ref().is_none_or(|known| meaning(known) < meaning(&error)) {
            rare.icmp_error = Some(error);
        }
    }
}
