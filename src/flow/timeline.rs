//! When a conversation's telling moments were, for a person to read.

use arrayvec::ArrayVec;

use super::Side;
use crate::{
    capture::Timestamp,
    decode::{Body, Flags, Packet},
};

/// Moments kept of one conversation; what comes later is in the counters.
const MOMENTS: usize = 12;
/// Moments of one kind: retries without end must not take the place of what ends them.
const OF_A_KIND: usize = 6;
/// Nanoseconds of a tick: fine enough for a round trip, coarse enough that 32 bits hold days.
const TICK: i64 = 100_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A SYN without ACK.
    Syn,
    /// A SYN with ACK.
    SynAck,
    /// The first payload of a side over TCP.
    Data,
    /// A FIN.
    Fin,
    /// An RST.
    Rst,
    /// A UDP datagram or an echo message.
    Datagram,
    /// An ICMP error about a packet of the side.
    IcmpError,
}

/// An event, who sent it, and when.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What happened.
    pub event: Event,
    /// Who sent it; of an ICMP error, whose packet it is about.
    pub side: Side,
    ticks: u32,
}

/// The first telling moments of a conversation, in the order of the capture.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    begin: Timestamp,
    moments: ArrayVec<Moment, MOMENTS>,
}

impl Timeline {
    pub(super) fn new(begin: Timestamp) -> Self {
        Self { begin, moments: ArrayVec::new() }
    }

    /// Notes a packet of a side.
    pub(super) fn note(&mut self, side: Side, packet: &Packet<'_>) {
        match &packet.body {
            Body::Tcp(segment) => {
                let flags = segment.flags;
                let syn = if flags.contains(Flags::ACK) { Event::SynAck } else { Event::Syn };
                for (flag, event) in
                    [(Flags::SYN, syn), (Flags::RST, Event::Rst), (Flags::FIN, Event::Fin)]
                {
                    if flags.contains(flag) {
                        self.push(event, side, packet.time);
                    }
                }
                if segment.payload_len > 0 && self.of(Event::Data, side) == 0 {
                    self.push(Event::Data, side, packet.time);
                }
            }
            Body::Udp(_) | Body::Echo(_) => self.push(Event::Datagram, side, packet.time),
            Body::Error(_) | Body::Neighbour(_) => {}
        }
    }

    pub(super) fn push(&mut self, event: Event, side: Side, time: Timestamp) {
        // What ends a conversation is told once; a stack may well repeat it.
        let most = if matches!(event, Event::Rst | Event::Fin) { 1 } else { OF_A_KIND };
        if self.of(event, side) < most {
            let ticks = u32::try_from(time.since(self.begin) / TICK).unwrap_or(u32::MAX);
            // A full timeline stays as it is.
            let _full = self.moments.try_push(Moment { event, side, ticks });
        }
    }

    fn of(&self, event: Event, side: Side) -> usize {
        self.moments.iter().filter(|one| one.event == event && one.side == side).count()
    }

    /// The moments, each with its time in steps of 0.1 ms.
    pub fn moments(&self) -> impl Iterator<Item = (Timestamp, Moment)> {
        self.moments.iter().map(|moment| {
            (Timestamp(self.begin.0.saturating_add(i64::from(moment.ticks) * TICK)), *moment)
        })
    }
}
