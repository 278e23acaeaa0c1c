//! What is remembered of a TCP conversation beyond its counters.

use bitflags::bitflags;

use super::{
    Side,
    end_state::{self, End, State},
    history::History,
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
}

impl Tcp {
    /// Takes a segment of `side` in.
    pub(super) fn take(&mut self, side: Side, time: Timestamp, segment: &Segment<'_>) {
        let originator = *self.originator.get_or_insert_with(|| first_originator(side, segment));
        self.history.note(side, segment);
        let [a, b] = &mut self.ends;
        let (sender, peer) = if side == Side::A { (a, b) } else { (b, a) };
        let control = end_state::advance(sender, peer, side == originator, segment);
        self.history.note_control(side, control);
        self.note_handshake(side, time, segment);
        self.sent[side as usize] |= kinds(segment);
        self.completeness |= completeness(segment);
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

    /// Whether a segment's payload is the first that its side sends, and the capture saw the start.
    pub(super) fn begins_stream(&self, side: Side, segment: &Segment<'_>) -> bool {
        let saw_start = self.sent(side).intersects(Sent::SYN | Sent::SYN_ACK);
        let first = self.initial_seq[side as usize].map(|initial| initial.wrapping_add(1));
        saw_start && first == Some(segment.seq)
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
