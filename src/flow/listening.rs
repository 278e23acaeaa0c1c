//! Listening to what is spoken over TCP: each side's bytes in order, until nothing is left to learn.

use super::{Side, sequence::is_after};
use crate::{
    decode::{Flags, Segment},
    dissect::{Dialogue, Heard, may_start},
};

/// Segments that came too early and wait for those before them.
const MAX_WAITING: usize = 64;
/// Bytes of theirs.
const MAX_WAITING_BYTES: usize = 32 << 10;

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
    waiting: Vec<(u32, Box<[u8]>)>,
    /// The stream has a hole: nothing after it is listened to.
    lost: bool,
}

/// Whether it is worth while to listen to a side that sends its first payload: `first` is the number of
/// its first byte, where it was seen to begin. Nearly all that is not known shows it by that byte.
pub(super) fn is_worth_hearing(segment: &Segment<'_>, first: Option<u32>, ports: [u16; 2]) -> bool {
    let Some(first) = first else { return false };
    payload_seq(segment) != first
        || segment.payload.first().is_some_and(|byte| may_start(*byte, ports, None))
}

/// The number of a segment's first byte: data on a SYN comes after the SYN's own (RFC 7413).
fn payload_seq(segment: &Segment<'_>) -> u32 {
    segment.seq.wrapping_add(u32::from(segment.flags.contains(Flags::SYN)))
}

impl Listening {
    /// Begins to listen; `first` are the numbers of each side's first byte, where it was seen to begin.
    pub fn new(ports: [u16; 2], first: [Option<u32>; 2]) -> Self {
        let ears = first.map(|next| Ear { next, ..Ear::default() });
        Self { dialogue: Dialogue::new(ports), ears }
    }

    /// Listens to a segment of a side. Where the capture missed the beginning, nothing is heard.
    pub fn hear(&mut self, side: Side, segment: &Segment<'_>, heard: &mut Option<Box<Heard>>) {
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
        if is_after(seq, next) {
            self.wait(side, seq, segment.payload);
        } else {
            self.take(side, seq, segment.payload, heard);
            self.take_waiting(side, heard);
        }
        if segment.payload.len() < segment.payload_len as usize {
            self.lose(side);
        }
    }

    /// The bytes of a side have a hole from here on.
    pub fn lose(&mut self, side: Side) {
        let ear = &mut self.ears[side as usize];
        if !std::mem::replace(&mut ear.lost, true) {
            ear.waiting = Vec::new();
            self.dialogue.lose(side as usize);
        }
    }

    /// Whether nothing more can be learned.
    pub fn is_over(&self) -> bool {
        self.dialogue.is_over() || self.ears.iter().all(|ear| ear.lost)
    }

    /// Bytes that it holds, nearly.
    pub fn bytes(&self) -> usize {
        let waiting: usize = self.ears.iter().map(Ear::bytes).sum();
        waiting + self.dialogue.bytes()
    }

    fn wait(&mut self, side: Side, seq: u32, bytes: &[u8]) {
        let ear = &mut self.ears[side as usize];
        let held = ear.bytes();
        if ear.waiting.len() == MAX_WAITING || held + bytes.len() > MAX_WAITING_BYTES {
            return self.lose(side);
        }
        ear.waiting.push((seq, bytes.into()));
    }

    fn take(&mut self, side: Side, seq: u32, bytes: &[u8], heard: &mut Option<Box<Heard>>) {
        let ear = &mut self.ears[side as usize];
        let known = ear.next.map_or(0, |next| next.wrapping_sub(seq)) as usize;
        if let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) {
            ear.next = Some(seq.wrapping_add(bytes.len() as u32));
            // Most of what is heard tells nothing, and then there is nothing to keep.
            match heard.as_mut() {
                Some(heard) => self.dialogue.hear(side as usize, new, heard),
                None => {
                    let mut fresh = Heard::default();
                    self.dialogue.hear(side as usize, new, &mut fresh);
                    *heard = (fresh != Heard::default()).then(|| Box::new(fresh));
                }
            }
        }
    }

    fn take_waiting(&mut self, side: Side, heard: &mut Option<Box<Heard>>) {
        loop {
            let ear = &mut self.ears[side as usize];
            let Some(next) = ear.next else { return };
            let ready = ear.waiting.iter().position(|(seq, _)| !is_after(*seq, next));
            let Some(ready) = ready else { return };
            let (seq, bytes) = ear.waiting.swap_remove(ready);
            self.take(side, seq, &bytes, heard);
        }
    }
}

impl Ear {
    fn bytes(&self) -> usize {
        self.waiting.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}
