//! Zeek's history: one letter per kind of segment, in the order of appearance.

use arrayvec::ArrayString;

use super::{Side, end_state::Control};
use crate::decode::{Flags, Segment};

/// Letters kept; a conversation that has more to tell repeats itself.
const MAX_LETTERS: usize = 23;

/// The letters so far. Upper case is side `A`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
    letters: ArrayString<MAX_LETTERS>,
    sides: [Said; 2],
}

/// What a side has said, so that most letters come once.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    once: u8,
    last_syn: Option<u32>,
    last_fin: Option<u32>,
    last_rst: Option<u32>,
    retransmissions: u32,
    zero_windows: u32,
    gaps: u32,
}

const DATA: u8 = 1;
const ACK: u8 = 2;
const INCONSISTENT: u8 = 4;
const MULTI_FLAG: u8 = 8;

impl History {
    /// Notes a segment of a side; `retransmitted` where its data was sent before.
    pub fn note(&mut self, side: Side, segment: &Segment<'_>) {
        let control = segment.flags & (Flags::SYN | Flags::FIN | Flags::RST);
        let said = &mut self.sides[side as usize];
        let letter = match control.bits().count_ones() {
            0 if segment.payload_len > 0 => said.first_time(DATA).then_some('D'),
            0 if segment.flags.contains(Flags::ACK) => said.first_time(ACK).then_some('A'),
            0 => None,
            1 if control == Flags::SYN => {
                let letter = if segment.flags.contains(Flags::ACK) { 'H' } else { 'S' };
                (said.last_syn.replace(segment.seq) != Some(segment.seq)).then_some(letter)
            }
            1 if control == Flags::FIN => {
                let end = segment.seq.wrapping_add(segment.payload_len);
                (said.last_fin.replace(end) != Some(end)).then_some('F')
            }
            1 => (said.last_rst.replace(segment.seq) != Some(segment.seq)).then_some('R'),
            _ if control.contains(Flags::FIN | Flags::RST) => {
                said.first_time(INCONSISTENT).then_some('I')
            }
            _ => said.first_time(MULTI_FLAG).then_some('Q'),
        };
        self.push(side, letter);
    }

    /// Notes what the state machine saw in the segment: repeated data, a closed window.
    pub fn note_control(&mut self, side: Side, control: Control) {
        let said = &mut self.sides[side as usize];
        let window = control.zero_window && step(&mut said.zero_windows);
        let data = control.retransmitted && step(&mut said.retransmissions);
        self.push(side, window.then_some('W'));
        self.push(side, data.then_some('T'));
    }

    /// Notes that bytes of a side were acknowledged and never seen.
    pub fn note_gap(&mut self, side: Side) {
        let again = step(&mut self.sides[side as usize].gaps);
        self.push(side, again.then_some('G'));
    }

    fn push(&mut self, side: Side, letter: Option<char>) {
        if let Some(letter) = letter {
            let cased = if side == Side::A { letter } else { letter.to_ascii_lowercase() };
            // A full history stays as it is.
            let _full = self.letters.try_push(cased);
        }
    }

    /// The letters with the originator's in upper case; `^` says that side `B` is the originator.
    pub fn of(&self, originator: Side) -> String {
        if originator == Side::A {
            return self.letters.to_string();
        }
        let swapped = self.letters.chars().map(|letter| {
            if letter.is_ascii_uppercase() {
                letter.to_ascii_lowercase()
            } else {
                letter.to_ascii_uppercase()
            }
        });
        std::iter::once('^').chain(swapped).collect()
    }
}

impl Said {
    fn first_time(&mut self, kind: u8) -> bool {
        let first = self.once & kind == 0;
        self.once |= kind;
        first
    }
}

/// Counts, and tells whether the count is 1, 10, 100 and so on.
fn step(count: &mut u32) -> bool {
    *count = count.saturating_add(1);
    10_u32.pow(count.ilog10()) == *count
}
