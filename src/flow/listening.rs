//! Listening to what is spoken over TCP: each side's bytes in order, until nothing is left to learn.

use super::{
    Side,
    sequence::{LARGEST_STEP, is_after},
};
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    decode::{Flags, Segment},
    dissect::{Dialogue, Heard, may_start},
};

/// Segments that came too early and wait for those before them.
const MAX_WAITING: usize = 64;
/// Bytes of theirs.
const MAX_WAITING_BYTES: usize = 32 << 10;

/// Time in nanoseconds that payload waits for payload of the peer that it acknowledges. What comes
/// later was not recorded out of order.
const LONGEST_WAIT: i64 = NANOS_PER_SECOND / 10;

/// A dialogue that still has something to tell.
#[derive(Clone, Debug)]
pub(super) struct Listening {
    dialogue: Dialogue,
    ears: [Ear; 2],
}

/// The stream of one side.
#[derive(Clone, Debug, Default)]
struct Ear {
    /// Number of the next byte; `None` until the side has begun.
    next: Option<u32>,
    waiting: Vec<Waiting>,
    /// The peer acknowledges this number, though not all before it was captured; since when.
    acked: Option<(u32, Timestamp)>,
    /// The stream has a hole: nothing after it is listened to.
    lost: bool,
}

/// Payload that waits for what comes before it: earlier payload of its own side, or payload of the
/// peer that it acknowledges.
#[derive(Clone, Debug)]
struct Waiting {
    seq: u32,
    ack: Option<u32>,
    bytes: Box<[u8]>,
}

/// Whether it is worth while to listen to a side that sends its first payload: `first` is the number of
/// its first byte, where it was seen to begin. Nearly all that is not known shows it by that byte.
pub(super) fn is_worth_hearing(segment: &Segment<'_>, first: Option<u32>, ports: [u16; 2]) -> bool {
    let Some(first) = first else { return false };
    payload_seq(segment) != first
        || segment.payload.first().is_some_and(|byte| may_start(*byte, ports, None))
}

/// The sequence number after a message of which `still_to_come` bytes are missing; `None` where that is 0,
/// or more than [`LARGEST_STEP`].
fn message_end(next: Option<u32>, still_to_come: usize) -> Option<u32> {
    let rest = u32::try_from(still_to_come).ok();
    let rest = rest.filter(|rest| (1..=LARGEST_STEP.cast_unsigned()).contains(rest))?;
    next.map(|next| next.wrapping_add(rest))
}

/// The number of a segment's first byte: data on a SYN comes after the SYN's own (RFC 7413).
pub(super) fn payload_seq(segment: &Segment<'_>) -> u32 {
    segment.seq.wrapping_add(u32::from(segment.flags.contains(Flags::SYN)))
}

impl Listening {
    /// Begins to listen; `first` are the numbers of each side's first byte, where it was seen to begin.
    pub fn new(ports: [u16; 2], first: [Option<u32>; 2]) -> Self {
        let ears = first.map(|next| Ear { next, ..Ear::default() });
        Self { dialogue: Dialogue::new(ports), ears }
    }

    /// Listens to a segment of a side. Where the capture missed the beginning, nothing is heard.
    pub fn hear(
        &mut self,
        side: Side,
        time: Timestamp,
        segment: &Segment<'_>,
        heard: &mut Option<Box<Heard>>,
    ) {
        let acks = segment.flags.contains(Flags::ACK) && !segment.flags.contains(Flags::RST);
        let ack = acks.then_some(segment.ack);
        if let Some(ack) = ack {
            self.note_ack(!side, ack, time);
        }
        self.hear_payload(side, ack, segment, heard);
        self.take_waiting(heard);
        self.give_up(time, heard);
    }

    fn hear_payload(
        &mut self,
        side: Side,
        ack: Option<u32>,
        segment: &Segment<'_>,
        heard: &mut Option<Box<Heard>>,
    ) {
        let ear = &mut self.ears[side as usize];
        let seq = payload_seq(segment);
        if segment.flags.contains(Flags::SYN) {
            ear.next.get_or_insert(seq);
        }
        if segment.payload_len == 0 || ear.lost || segment.flags.contains(Flags::RST) {
            return;
        }
        let Some(next) = ear.next else {
            return self.lose(side);
        };
        if is_after(seq, next) || self.awaits_peer(side, ack) {
            self.wait(side, seq, ack, segment.payload);
        } else {
            self.take(side, seq, segment.payload, heard);
        }
        if segment.payload.len() < segment.payload_len as usize || !segment.length_known {
            self.lose(side);
        }
    }

    /// Notes that the peer acknowledges `side` up to a number.
    fn note_ack(&mut self, side: Side, ack: u32, time: Timestamp) {
        let ear = &mut self.ears[side as usize];
        let ahead = !ear.lost && ear.next.is_some_and(|next| is_after(ack, next.wrapping_add(1)));
        // One more than was captured may be a FIN.
        if ahead && ear.acked.is_none_or(|(known, _)| is_after(ack, known)) {
            let since = ear.acked.map_or(time, |(_, since)| since);
            ear.acked = Some((ack, since));
        }
    }

    /// Whether payload acknowledges payload of the peer that was not heard yet.
    fn awaits_peer(&self, side: Side, ack: Option<u32>) -> bool {
        let peer = &self.ears[!side as usize];
        let missing = ack.zip(peer.next).is_some_and(|(ack, next)| is_after(ack, next));
        missing && !peer.lost && peer.acked.is_some()
    }

    /// Takes what was acknowledged and has not come for lost.
    fn give_up(&mut self, time: Timestamp, heard: &mut Option<Box<Heard>>) {
        for side in [Side::A, Side::B] {
            let ear = &mut self.ears[side as usize];
            let Some((ack, since)) = ear.acked else { continue };
            if ear.next.is_some_and(|next| !is_after(ack, next)) {
                ear.acked = None;
            } else if time.0.abs_diff(since.0) > LONGEST_WAIT.unsigned_abs() {
                self.lose(side);
                self.take_waiting(heard);
            }
        }
    }

    /// The bytes of a side have a hole from here on.
    pub fn lose(&mut self, side: Side) {
        let ear = &mut self.ears[side as usize];
        if !std::mem::replace(&mut ear.lost, true) {
            (ear.waiting, ear.acked) = (Vec::new(), None);
            self.dialogue.lose(side as usize);
        }
    }

    /// Whether nothing more can be learned.
    pub fn is_over(&self) -> bool {
        self.dialogue.is_over() || self.ears.iter().all(|ear| ear.lost)
    }

    /// The connection is over: what was acknowledged and has not come will not come.
    pub fn end(&mut self, heard: &mut Option<Box<Heard>>) {
        for side in [Side::A, Side::B] {
            if self.ears[side as usize].acked.is_some() {
                self.lose(side);
            }
        }
        self.take_waiting(heard);
    }

    /// Whether a side's first bytes begin no protocol that is known here.
    pub fn is_unrecognised(&self, side: Side) -> bool {
        self.dialogue.is_unrecognised(side as usize)
    }

    /// Bytes that it holds, nearly.
    pub fn bytes(&self) -> usize {
        let waiting: usize = self.ears.iter().map(Ear::bytes).sum();
        waiting + self.dialogue.bytes()
    }

    fn wait(&mut self, side: Side, seq: u32, ack: Option<u32>, bytes: &[u8]) {
        let ear = &mut self.ears[side as usize];
        let held = ear.bytes();
        if ear.waiting.len() == MAX_WAITING || held + bytes.len() > MAX_WAITING_BYTES {
            return self.lose(side);
        }
        ear.waiting.push(Waiting { seq, ack, bytes: bytes.into() });
    }

    fn take(&mut self, side: Side, seq: u32, bytes: &[u8], heard: &mut Option<Box<Heard>>) {
        let ear = &mut self.ears[side as usize];
        let known = ear.next.map_or(0, |next| next.wrapping_sub(seq)) as usize;
        if let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) {
            ear.next = Some(seq.wrapping_add(bytes.len() as u32));
            // Most of what is heard tells nothing, and then there is nothing to keep.
            match heard.as_mut() {
                Some(heard) => {
                    self.dialogue.hear(side as usize, new, heard);
                    heard.message_ends[side as usize] =
                        message_end(ear.next, self.dialogue.still_to_come(side as usize))
                            .or(heard.message_ends[side as usize]);
                }
                None => {
                    let mut fresh = Heard::default();
                    self.dialogue.hear(side as usize, new, &mut fresh);
                    *heard = (fresh != Heard::default()).then(|| Box::new(fresh));
                }
            }
        }
    }

    /// Takes what need not wait any more, on both sides.
    fn take_waiting(&mut self, heard: &mut Option<Box<Heard>>) {
        loop {
            let ready = [Side::A, Side::B].into_iter().find_map(|side| {
                let ear = &self.ears[side as usize];
                let next = ear.next.filter(|_| !ear.lost)?;
                let is_ready =
                    |one: &Waiting| !is_after(one.seq, next) && !self.awaits_peer(side, one.ack);
                Some((side, ear.waiting.iter().position(is_ready)?))
            });
            let Some((side, place)) = ready else { return };
            let Waiting { seq, bytes, .. } = self.ears[side as usize].waiting.swap_remove(place);
            self.take(side, seq, &bytes, heard);
        }
    }
}

impl Ear {
    fn bytes(&self) -> usize {
        self.waiting.iter().map(|one| one.bytes.len()).sum()
    }
}
