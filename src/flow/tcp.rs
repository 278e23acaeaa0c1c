//! What is remembered of a TCP conversation beyond its counters.

use bitflags::bitflags;

use super::{
    Side,
    disorder::Disorder,
    end_state::{self, End, State},
    history::History,
    sequence::{Acknowledged, Sequence},
};
use crate::{
    capture::Timestamp,
    decode::{Flags, Segment},
};

bitflags! {
    /// Kinds of segments that a side has sent.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Sent: u8 {
        /// A SYN without ACK.
        const SYN = 1;
        /// A SYN with ACK.
        const SYN_ACK = 2;
        /// A segment with ACK and without SYN or RST.
        const ACK = 4;
        /// Payload.
        const DATA = 8;
        /// A FIN.
        const FIN = 16;
        /// An RST.
        const RST = 32;
    }
}

/// Segments of a side met in the middle after which the other one's must be missing.
const ENOUGH_TALK: u8 = 3;

/// Wireshark's bits of `tcp.completeness`.
mod complete {
    pub const SYN: u8 = 1;
    pub const SYN_ACK: u8 = 2;
    pub const ACK: u8 = 4;
    pub const DATA: u8 = 8;
    pub const FIN: u8 = 16;
    pub const RST: u8 = 32;
}

/// The state of a TCP conversation. There are many of them, so it is small.
#[derive(Clone, Debug)]
pub struct Tcp {
    ends: [End; 2],
    sent: [Sent; 2],
    history: History,
    completeness: u8,
    /// Sequence number that each side's numbering began with, where it has sent anything.
    initial_seq: [u32; 2],
    /// Number after the last byte of each side without a hole before it; holds with [`NUMBERED`].
    next_seq: [u32; 2],
    /// SYNs without ACK, and when the first and the last one of them came.
    syn_tries: [u32; 2],
    first_syn: Timestamp,
    last_syn: Timestamp,
    handshake_end: Timestamp,
    originator: Side,
    /// Segments with ACK and without SYN or RST, as far as they matter, with [`NUMBERED`] and [`BEGUN`].
    talk: [u8; 2],
    /// Times to live; 0 where there was no such segment.
    ttl: [u8; 2],
    reset_ttl: [u8; 2],
    disorder: Option<Box<Disorder>>,
}

/// Beside the count of segments: the side's next sequence number is known.
const NUMBERED: u8 = 0x80;
/// Beside the count of segments: the side's first sequence number is known.
const BEGUN: u8 = 0x40;
const COUNT: u8 = 0x3f;
/// Stands for a time that has not come.
const NEVER: Timestamp = Timestamp(i64::MIN);

impl Tcp {
    /// Before its first segment, which is `segment` of `side`.
    pub(super) fn new(side: Side, segment: &Segment<'_>) -> Self {
        Self {
            ends: [End::default(); 2],
            sent: [Sent::empty(); 2],
            history: History::default(),
            completeness: 0,
            initial_seq: [0; 2],
            next_seq: [0; 2],
            syn_tries: [0; 2],
            first_syn: NEVER,
            last_syn: NEVER,
            handshake_end: NEVER,
            originator: first_originator(side, segment),
            talk: [0; 2],
            ttl: [0; 2],
            reset_ttl: [0; 2],
            disorder: None,
        }
    }

    /// Takes a segment of `side` in.
    pub(super) fn take(
        &mut self,
        side: Side,
        time: Timestamp,
        ttl: u8,
        segment: &Segment<'_>,
    ) -> Acknowledged {
        let acknowledged = self.note_sequence(side, segment);
        self.note_ttl(side, ttl, segment);
        let same_number = self.has_begun(side) && self.initial_seq[side as usize] == segment.seq;
        self.history.note(side, segment, same_number);
        let [a, b] = &mut self.ends;
        let (sender, peer) = if side == Side::A { (a, b) } else { (b, a) };
        let control = end_state::advance(sender, peer, side == self.originator, segment);
        if control.retransmitted || control.zero_window {
            let disorder = self.disorder.get_or_insert_default();
            self.history.note_control(side, control, &mut disorder.steps);
        }
        self.note_handshake(side, time, segment);
        let kinds = kinds(segment);
        self.sent[side as usize] |= kinds;
        let talk = &mut self.talk[side as usize];
        if kinds.contains(Sent::ACK) && *talk & COUNT < ENOUGH_TALK {
            *talk += 1;
        }
        self.completeness |= completeness(segment);
        acknowledged
    }

    /// Bytes of what is remembered of disorder, nearly.
    pub(super) const OF_DISORDER: usize = size_of::<Disorder>() + 64;

    pub(super) fn is_in_disorder(&self) -> bool {
        self.disorder.is_some()
    }

    /// Looks at all of it.
    pub(super) fn touch(&self) -> u32 {
        self.next_seq[1] ^ u32::from(self.ttl[0]) ^ self.syn_tries[0]
    }

    fn note_sequence(&mut self, side: Side, segment: &Segment<'_>) -> Acknowledged {
        let Segment { seq, payload_len, flags, .. } = *segment;
        if flags.contains(Flags::RST) {
            return Acknowledged::default();
        }
        self.of_sequence(side, |sequence| {
            if flags.contains(Flags::SYN) {
                sequence.begin(seq.wrapping_add(1));
            } else {
                let fin = u32::from(flags.contains(Flags::FIN));
                sequence.take(seq, payload_len.wrapping_add(fin));
            }
        });
        if !flags.contains(Flags::ACK) {
            return Acknowledged::default();
        }
        let acknowledged = self.of_sequence(!side, |sequence| sequence.acknowledge(segment.ack));
        if acknowledged.gap {
            let disorder = self.disorder.get_or_insert_default();
            self.history.note_gap(!side, &mut disorder.steps);
        }
        acknowledged
    }

    fn of_sequence<T>(&mut self, side: Side, change: impl FnOnce(&mut Sequence<'_>) -> T) -> T {
        let at = side as usize;
        let known = self.talk[at] & NUMBERED != 0;
        let mut next = known.then_some(self.next_seq[at]);
        let disorder = &mut self.disorder;
        let result = change(&mut Sequence { next: &mut next, disorder, side });
        if let Some(next) = next {
            self.next_seq[at] = next;
            self.talk[at] |= NUMBERED;
        }
        result
    }

    fn note_ttl(&mut self, side: Side, ttl: u8, segment: &Segment<'_>) {
        let of =
            if segment.flags.contains(Flags::RST) { &mut self.reset_ttl } else { &mut self.ttl };
        of[side as usize] = ttl;
    }

    /// Time to live of the latest segment of a side that is not an RST.
    #[must_use]
    pub fn ttl(&self, side: Side) -> Option<u8> {
        Some(self.ttl[side as usize]).filter(|ttl| *ttl > 0)
    }

    /// Time to live of the latest RST of a side.
    #[must_use]
    pub fn reset_ttl(&self, side: Side) -> Option<u8> {
        Some(self.reset_ttl[side as usize]).filter(|ttl| *ttl > 0)
    }

    /// Whether a side goes on as if the other one had answered: it acknowledges or sends data after
    /// its SYN, or more than once without one.
    pub(super) fn goes_on(&self, side: Side) -> bool {
        let sent = self.sent(side);
        let talks = sent.contains(Sent::ACK);
        talks
            && (sent.intersects(Sent::SYN | Sent::SYN_ACK)
                || self.talk[side as usize] & COUNT >= ENOUGH_TALK)
    }

    fn note_handshake(&mut self, side: Side, time: Timestamp, segment: &Segment<'_>) {
        let (flags, at) = (segment.flags, side as usize);
        if flags.contains(Flags::SYN) {
            self.initial_seq[at] = segment.seq;
            self.talk[at] |= BEGUN;
            if !flags.contains(Flags::ACK) {
                self.syn_tries[at] = self.syn_tries[at].saturating_add(1);
                let known = self.first_syn != NEVER;
                self.first_syn = if known { self.first_syn.min(time) } else { time };
                self.last_syn = self.last_syn.max(time);
            }
            return;
        }
        // What a side had sent before a segment in the middle is not known; only its numbering is.
        if !self.has_begun(side) {
            self.initial_seq[at] = segment.seq.wrapping_sub(1);
            self.talk[at] |= BEGUN;
        }
        let answers =
            self.sent(side).contains(Sent::SYN) && self.sent(!side).contains(Sent::SYN_ACK);
        let completes = answers && flags.contains(Flags::ACK) && !flags.contains(Flags::RST);
        if completes && self.handshake_end == NEVER {
            self.handshake_end = time;
        }
    }

    /// Whether a side has sent a segment, whatever it was.
    fn has_begun(&self, side: Side) -> bool {
        self.talk[side as usize] & BEGUN != 0
    }

    /// Whether a SYN cannot belong to this conversation: its side numbered otherwise before, so the
    /// port is used again.
    pub(super) fn is_reused_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        segment.flags & (Flags::SYN | Flags::ACK) == Flags::SYN
            && self.has_begun(side)
            && self.initial_seq[side as usize] != segment.seq
    }

    /// The number of a side's first byte, where the side was seen to begin.
    pub(super) fn first_number(&self, side: Side) -> Option<u32> {
        let began = self.sent(side).intersects(Sent::SYN | Sent::SYN_ACK);
        began.then(|| self.initial_seq[side as usize].wrapping_add(1))
    }

    /// Kinds of segments that a side has sent.
    #[must_use]
    pub fn sent(&self, side: Side) -> Sent {
        self.sent[side as usize]
    }

    pub(super) fn state(&self, side: Side) -> State {
        self.ends[side as usize].state
    }

    /// Zeek's history, with the client's letters in upper case.
    #[must_use]
    pub fn history(&self, client: Side) -> String {
        self.history.of(client)
    }

    /// Wireshark's `tcp.completeness`.
    #[must_use]
    pub fn completeness(&self) -> u8 {
        self.completeness
    }

    /// SYNs without ACK that a side sent, retransmissions included.
    #[must_use]
    pub fn syn_tries(&self, side: Side) -> u32 {
        self.syn_tries[side as usize]
    }

    /// Nanoseconds from the first SYN to the last one.
    #[must_use]
    pub fn syn_span(&self) -> i64 {
        self.last_syn.since(self.first_syn)
    }

    /// Nanoseconds from the first SYN to the ACK that completes the handshake.
    #[must_use]
    pub fn handshake(&self) -> Option<i64> {
        let known = self.handshake_end != NEVER && self.first_syn != NEVER;
        known.then(|| self.handshake_end.since(self.first_syn))
    }
}

/// The sender of a first SYN-ACK is the server; any other first segment may be the client's.
fn first_originator(side: Side, segment: &Segment<'_>) -> Side {
    if segment.flags.contains(Flags::SYN | Flags::ACK) { !side } else { side }
}

fn kinds(segment: &Segment<'_>) -> Sent {
    let flags = segment.flags;
    let mut sent = Sent::empty();
    let ack = flags.contains(Flags::ACK);
    if flags.contains(Flags::SYN) {
        sent |= if ack { Sent::SYN_ACK } else { Sent::SYN };
    } else if ack && !flags.contains(Flags::RST) {
        sent |= Sent::ACK;
    }
    sent.set(Sent::DATA, segment.payload_len > 0 && !flags.contains(Flags::RST));
    sent.set(Sent::FIN, flags.contains(Flags::FIN));
    sent.set(Sent::RST, flags.contains(Flags::RST));
    sent
}

fn completeness(segment: &Segment<'_>) -> u8 {
    let flags = segment.flags;
    let (syn, ack) = (flags.contains(Flags::SYN), flags.contains(Flags::ACK));
    let opening = match (syn, ack) {
        (true, false) => complete::SYN,
        (true, true) => complete::SYN_ACK,
        (false, true) if segment.payload_len == 0 => complete::ACK,
        (false, _) => 0,
    };
    let data = if segment.payload_len > 0 { complete::DATA } else { 0 };
    let closing = if flags.contains(Flags::RST) {
        complete::RST
    } else if flags.contains(Flags::FIN) && ack {
        complete::FIN
    } else {
        0
    };
    opening | data | closing
}
