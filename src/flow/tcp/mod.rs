//! What is remembered of a TCP conversation beyond its counters.

pub(super) mod delivery;
pub(super) mod handshake;
mod kinds;
mod numbers;
mod opening;
mod progress;
#[cfg(test)]
mod script;
#[cfg(test)]
mod tests;

pub use self::kinds::Sent;
use self::{
    delivery::Delivery,
    handshake::{Facts, Handshake},
    kinds::{completeness, kinds},
};
use super::{
    Side,
    disorder::Disorder,
    end_state::{self, End, State},
    history::History,
    sequence::{Acknowledged, LARGEST_STEP, Sequence},
};
use crate::{
    capture::Timestamp,
    decode::{Flags, Segment},
};

/// Segments of a side met in the middle after which the other one's must be missing.
const ENOUGH_TALK: u8 = 3;

/// The state of a TCP conversation. There are many of them, so it is small; what an ordinary segment
/// needs stands first.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Tcp {
    disorder: Option<Box<Disorder>>,
    /// When the connection's own clock began, and what it showed at the latest segment.
    base: Timestamp,
    clock: u32,
    /// Number after the last byte of each side without a hole before it; holds with [`NUMBERED`].
    next_seq: [u32; 2],
    deliveries: [Delivery; 2],
    ends: [End; 2],
    originator: Side,
    completeness: u8,
    sent: [Sent; 2],
    /// Segments with ACK and without SYN or RST, as far as they matter, with [`NUMBERED`] and [`BEGUN`].
    talk: [u8; 2],
    /// Times to live; 0 where there was no such segment.
    ttl: [u8; 2],
    history: History,
    handshake: Handshake,
    reset_ttl: [u8; 2],
    /// Sequence number that each side's numbering began with, where it has sent anything.
    initial_seq: [u32; 2],
    /// SYNs without ACK, and when the first and the last one of them came.
    syn_tries: [u32; 2],
    first_syn: Timestamp,
    last_syn: Timestamp,
    handshake_end: Timestamp,
}

/// Beside the count of segments: the side's next sequence number is known.
const NUMBERED: u8 = 0x80;
/// Beside the count of segments: the side's first sequence number is known.
const BEGUN: u8 = 0x40;
const COUNT: u8 = 0x3f;
const NANOS_PER_MILLI: i64 = 1_000_000;
/// Stands for a time that has not come.
const NEVER: Timestamp = Timestamp(i64::MIN);

impl Tcp {
    /// Before its first segment, which is `segment` of `side`.
    pub(super) fn new(side: Side, time: Timestamp, segment: &Segment<'_>) -> Self {
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
            deliveries: [Delivery::default(); 2],
            handshake: Handshake::default(),
            base: time,
            clock: 0,
            disorder: None,
        }
    }

    /// Takes a segment of `side` in.
    pub(super) fn take(
        &mut self,
        side: Side,
        (time, ttl, ip_id): (Timestamp, u8, u16),
        segment: &Segment<'_>,
    ) -> Acknowledged {
        let now = self.advance_clock(time);
        // Zeek's and Wireshark's words are about all segments on these ports.
        self.choose_number(side, segment);
        let is_next = self.is_next(side, segment);
        let fits = is_next || self.fits(side, segment);
        let same_number =
            !is_next && self.has_begun(side) && self.initial_seq[side as usize] == segment.seq;
        self.history.note(side, segment, same_number);
        let [a, b] = &mut self.ends;
        let (sender, peer) = if side == Side::A { (a, b) } else { (b, a) };
        let control = end_state::advance(sender, peer, side == self.originator, segment);
        if control.retransmitted || control.zero_window {
            let disorder = self.disorder.get_or_insert_default();
            self.history.note_control(side, control, &mut disorder.steps);
        }
        self.completeness |= completeness(segment);
        if !fits {
            return Acknowledged::default();
        }
        if !is_next {
            self.note_handshake(side, (time, now), ip_id, segment);
        }
        self.note_delivery(side, now, segment);
        let acknowledged = if is_next {
            self.next_seq[side as usize] = segment.seq.wrapping_add(segment.payload_len);
            Acknowledged { counts: true, ..Acknowledged::default() }
        } else {
            self.note_sequence(side, time, segment)
        };
        self.note_ttl(side, ttl, segment);
        self.sent[side as usize] |= kinds(segment);
        acknowledged
    }

    /// Whether a segment goes on where its side stopped, in a connection of which all is known and
    /// nothing was ever out of order: there is nothing else to be learned from it. Nearly all are such.
    fn is_next(&self, side: Side, segment: &Segment<'_>) -> bool {
        let settled = Facts::CLIENT_ACKED | Facts::SERVER_WENT_ON | Facts::COMPLETED;
        let control = Flags::SYN | Flags::FIN | Flags::RST | Flags::ACK;
        let behind = self.next_seq[!side as usize].wrapping_sub(segment.ack);
        self.talk[0] & self.talk[1] & (NUMBERED | BEGUN) == NUMBERED | BEGUN
            && segment.seq == self.next_seq[side as usize]
            && behind <= LARGEST_STEP.cast_unsigned()
            && segment.flags & control == Flags::ACK
            && segment.length_known
            && self.disorder.is_none()
            && self.handshake.facts.contains(settled)
    }

    /// Bytes of what is remembered of disorder, nearly.
    pub(super) const OF_DISORDER: usize = size_of::<Disorder>() + 64;

    pub(super) fn is_in_disorder(&self) -> bool {
        self.disorder.is_some()
    }

    /// Looks at what an ordinary segment needs.
    pub(super) fn touch(&self) -> u32 {
        let [_, delivery] = &self.deliveries;
        self.next_seq[0] ^ delivery.touch() ^ u32::from(self.handshake.facts.bits())
    }

    fn note_sequence(
        &mut self,
        side: Side,
        time: Timestamp,
        segment: &Segment<'_>,
    ) -> Acknowledged {
        let Segment { seq, payload_len, flags, .. } = *segment;
        if flags.contains(Flags::RST) {
            return Acknowledged::default();
        }
        let filled = self.of_sequence(side, |sequence| {
            if flags.contains(Flags::SYN) {
                sequence.begin(seq.wrapping_add(1));
                return sequence.take(seq.wrapping_add(1), payload_len, time);
            }
            if !segment.length_known {
                sequence.lose_end();
                return false;
            }
            let fin = u32::from(flags.contains(Flags::FIN));
            sequence.take(seq, payload_len.wrapping_add(fin), time)
        });
        if !flags.contains(Flags::ACK) {
            return Acknowledged { filled, ..Acknowledged::default() };
        }
        let acknowledged =
            self.of_sequence(!side, |sequence| sequence.acknowledge(segment.ack, time));
        let acknowledged = Acknowledged { filled, ..acknowledged };
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
        match next {
            Some(next) => {
                self.next_seq[at] = next;
                self.talk[at] |= NUMBERED;
            }
            None => self.talk[at] &= !NUMBERED,
        }
        result
    }

    fn note_ttl(&mut self, side: Side, ttl: u8, segment: &Segment<'_>) {
        let of =
            if segment.flags.contains(Flags::RST) { &mut self.reset_ttl } else { &mut self.ttl };
        of[side as usize] = ttl.max(of[side as usize]);
    }

    /// The largest time to live of a side's segments that are no RST.
    #[must_use]
    pub fn ttl(&self, side: Side) -> Option<u8> {
        Some(self.ttl[side as usize]).filter(|ttl| *ttl > 0)
    }

    /// The largest time to live of a side's RSTs.
    #[must_use]
    pub fn reset_ttl(&self, side: Side) -> Option<u8> {
        Some(self.reset_ttl[side as usize]).filter(|ttl| *ttl > 0)
    }

    /// Whether a side goes on as only a side does that gets replies: it acknowledges or sends data
    /// after its SYN, or without one acknowledges more and more, or sends new payload for longer than
    /// anybody would without an acknowledgement.
    pub(super) fn goes_on(&self, side: Side) -> bool {
        let sent = self.sent(side);
        sent.contains(Sent::ACK)
            && (sent.intersects(Sent::SYN | Sent::SYN_ACK)
                || self.talk[side as usize] & COUNT >= ENOUGH_TALK)
    }

    /// How far a side's payload was delivered.
    pub(super) fn delivery(&self, side: Side) -> &Delivery {
        &self.deliveries[side as usize]
    }

    /// How far the handshake came.
    pub(super) fn handshake_facts(&self) -> &Handshake {
        &self.handshake
    }

    /// Moves the connection's own clock on, which does not follow where the recorder's was set or wrong,
    /// and gives the milliseconds that it shows.
    fn advance_clock(&mut self, time: Timestamp) -> u32 {
        const BACK: i64 = 1_000;
        const AHEAD: i64 = 3_600_000;
        let shown = i64::from(self.clock);
        let step = time.0.saturating_sub(self.base.0) / NANOS_PER_MILLI - shown;
        if !(-BACK..=AHEAD).contains(&step) {
            self.base = Timestamp(time.0.saturating_sub(shown * NANOS_PER_MILLI));
        }
        let now = self.millis(time);
        self.clock = self.clock.max(now);
        now
    }

    /// Milliseconds on the connection's own clock at the latest segment.
    pub(super) fn last_millis(&self) -> u32 {
        self.clock
    }

    /// Milliseconds on the connection's own clock.
    pub(super) fn millis(&self, time: Timestamp) -> u32 {
        u32::try_from(time.since(self.base).max(0) / NANOS_PER_MILLI).unwrap_or(u32::MAX)
    }

    /// Whether a side has sent a segment, whatever it was.
    fn has_begun(&self, side: Side) -> bool {
        self.talk[side as usize] & BEGUN != 0
    }

    /// The number of a side's first byte, where the side was seen to begin.
    pub(super) fn first_number(&self, side: Side) -> Option<u32> {
        let began = self.sent(side).intersects(Sent::SYN | Sent::SYN_ACK)
            || self.sent(!side).contains(Sent::SYN_ACK);
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

    /// SYN-ACKs that were sent apart from each other, and those of them after the client's ACK.
    #[must_use]
    pub fn syn_acks(&self) -> (u8, u8) {
        (self.handshake.syn_acks, self.handshake.syn_acks_after_ack)
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
