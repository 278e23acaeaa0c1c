//! What is remembered of a TCP conversation beyond its counters.

use bitflags::bitflags;

use super::{
    Side,
    end_state::{self, End, State},
    history::History,
    sequence::Sequence,
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

/// The state of a TCP conversation.
#[derive(Clone, Debug, Default)]
pub struct Tcp {
    ends: [End; 2],
    sent: [Sent; 2],
    history: History,
    completeness: u8,
    /// Sequence number that each side's numbering began with.
    initial_seq: [Option<u32>; 2],
    syn_tries: [u32; 2],
    first_syn: Option<Timestamp>,
    last_syn: Option<Timestamp>,
    handshake_end: Option<Timestamp>,
    originator: Option<Side>,
    sequences: [Sequence; 2],
    /// Segments with ACK and without SYN or RST, as far as they matter.
    talk: [u8; 2],
    ttl: [Option<u8>; 2],
    reset_ttl: [Option<u8>; 2],
}

impl Tcp {
    /// Takes a segment of `side` in.
    ///
    /// True where it acknowledges bytes of the other side that the capture does not hold.
    pub(super) fn take(
        &mut self,
        side: Side,
        time: Timestamp,
        ttl: u8,
        segment: &Segment<'_>,
    ) -> bool {
        let originator = *self.originator.get_or_insert_with(|| first_originator(side, segment));
        let gap = self.note_sequence(side, segment);
        self.note_ttl(side, ttl, segment);
        self.history.note(side, segment);
        let [a, b] = &mut self.ends;
        let (sender, peer) = if side == Side::A { (a, b) } else { (b, a) };
        let control = end_state::advance(sender, peer, side == originator, segment);
        self.history.note_control(side, control);
        self.note_handshake(side, time, segment);
        let kinds = kinds(segment);
        self.sent[side as usize] |= kinds;
        if kinds.contains(Sent::ACK) {
            self.talk[side as usize] = self.talk[side as usize].saturating_add(1);
        }
        self.completeness |= completeness(segment);
        gap
    }

    fn note_sequence(&mut self, side: Side, segment: &Segment<'_>) -> bool {
        let Segment { seq, payload_len, flags, .. } = *segment;
        if flags.contains(Flags::RST) {
            return false;
        }
        if flags.contains(Flags::SYN) {
            self.sequences[side as usize].begin(seq.wrapping_add(1));
        } else {
            let fin = u32::from(flags.contains(Flags::FIN));
            self.sequences[side as usize].take(seq, payload_len.wrapping_add(fin));
        }
        let gap =
            flags.contains(Flags::ACK) && self.sequences[!side as usize].acknowledge(segment.ack);
        if gap {
            self.history.note_gap(!side);
        }
        gap
    }

    fn note_ttl(&mut self, side: Side, ttl: u8, segment: &Segment<'_>) {
        let of =
            if segment.flags.contains(Flags::RST) { &mut self.reset_ttl } else { &mut self.ttl };
        of[side as usize] = Some(ttl);
    }

    /// Time to live of the latest segment of a side that is not an RST.
    #[must_use]
    pub fn ttl(&self, side: Side) -> Option<u8> {
        self.ttl[side as usize]
    }

    /// Time to live of the latest RST of a side.
    #[must_use]
    pub fn reset_ttl(&self, side: Side) -> Option<u8> {
        self.reset_ttl[side as usize]
    }

    /// Whether a side goes on as if the other one had answered: it acknowledges or sends data after
    /// its SYN, or more than once without one.
    pub(super) fn goes_on(&self, side: Side) -> bool {
        let sent = self.sent(side);
        let talks = sent.contains(Sent::ACK);
        talks
            && (sent.intersects(Sent::SYN | Sent::SYN_ACK)
                || self.talk[side as usize] >= ENOUGH_TALK)
    }

    /// Acknowledgements of something new, and those among them of bytes that the capture does not
    /// hold: Zeek's measure of loss (policy/misc/capture-loss).
    #[must_use]
    pub fn acks_and_gaps(&self) -> (u64, u64) {
        let sum =
            |of: fn(&Sequence) -> u32| self.sequences.iter().map(|one| u64::from(of(one))).sum();
        (sum(|one| one.acks), sum(|one| one.gaps))
    }

    fn note_handshake(&mut self, side: Side, time: Timestamp, segment: &Segment<'_>) {
        let flags = segment.flags;
        if flags.contains(Flags::SYN) {
            self.initial_seq[side as usize] = Some(segment.seq);
            if !flags.contains(Flags::ACK) {
                self.syn_tries[side as usize] += 1;
                self.first_syn = Some(self.first_syn.map_or(time, |first| first.min(time)));
                self.last_syn = self.last_syn.max(Some(time));
            }
            return;
        }
        // What a side had sent before a segment in the middle is not known; only its numbering is.
        self.initial_seq[side as usize].get_or_insert(segment.seq.wrapping_sub(1));
        let answers =
            self.sent(side).contains(Sent::SYN) && self.sent(!side).contains(Sent::SYN_ACK);
        if answers && flags.contains(Flags::ACK) && !flags.contains(Flags::RST) {
            self.handshake_end.get_or_insert(time);
        }
    }

    /// Whether a SYN cannot belong to this conversation: its side numbered otherwise before, so the
    /// port is used again.
    pub(super) fn is_reused_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        segment.flags & (Flags::SYN | Flags::ACK) == Flags::SYN
            && self.initial_seq[side as usize].is_some_and(|initial| initial != segment.seq)
    }

    /// The number of a side's first byte, where the side was seen to begin.
    pub(super) fn first_number(&self, side: Side) -> Option<u32> {
        let began = self.sent(side).intersects(Sent::SYN | Sent::SYN_ACK);
        self.initial_seq[side as usize].filter(|_| began).map(|initial| initial.wrapping_add(1))
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
        match (self.first_syn, self.last_syn) {
            (Some(first), Some(last)) => last.since(first),
            _ => 0,
        }
    }

    /// Nanoseconds from the first SYN to the ACK that completes the handshake.
    #[must_use]
    pub fn handshake(&self) -> Option<i64> {
        Some(self.handshake_end?.since(self.first_syn?))
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
