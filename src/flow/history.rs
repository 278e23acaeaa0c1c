//! Zeek's history: one letter per kind of segment, in the order of appearance.

use bitflags::bitflags;

use super::{Side, end_state::Control};
use crate::decode::{Flags, Segment};

/// Letters kept; a conversation that has more to tell repeats itself.
const MAX_LETTERS: u32 = 23;

/// The letters, in the order of their codes; 0 ends the history.
const LETTERS: &[u8] = b"SHADFRIQTWG";
/// Bits of a letter's code, of which the highest says that side `B` sent it.
const BITS: u32 = 5;
const OF_B: u128 = 16;

/// The letters so far. Upper case is side `A`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct History {
    once: [Once; 2],
    codes: [u8; 15],
    last_fin: [u32; 2],
    last_rst: [u32; 2],
}

bitflags! {
    /// What a side has said, so that most letters come once.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct Once: u8 {
        const DATA = 1;
        const ACK = 2;
        const INCONSISTENT = 4;
        const MULTI_FLAG = 8;
        const SYN = 16;
        const FIN = 32;
        const RST = 64;
    }
}

/// How often each side did what gets a letter at its 1st, 10th, 100th time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    retransmissions: [u32; 2],
    zero_windows: [u32; 2],
    gaps: [u32; 2],
}

impl History {
    /// Notes a segment of a side; `same_number` where the side's latest SYN had the same number.
    pub fn note(&mut self, side: Side, segment: &Segment<'_>, same_number: bool) {
        let control = segment.flags & (Flags::SYN | Flags::FIN | Flags::RST);
        let at = side as usize;
        let letter = match control.bits().count_ones() {
            0 if segment.payload_len > 0 => self.first_time(side, Once::DATA).then_some(b'D'),
            0 if segment.flags.contains(Flags::ACK) => {
                self.first_time(side, Once::ACK).then_some(b'A')
            }
            0 => None,
            1 if control == Flags::SYN => {
                let letter = if segment.flags.contains(Flags::ACK) { b'H' } else { b'S' };
                (self.first_time(side, Once::SYN) || !same_number).then_some(letter)
            }
            1 if control == Flags::FIN => {
                let end = segment.seq.wrapping_add(segment.payload_len);
                let before = std::mem::replace(&mut self.last_fin[at], end);
                (self.first_time(side, Once::FIN) || before != end).then_some(b'F')
            }
            1 => {
                let before = std::mem::replace(&mut self.last_rst[at], segment.seq);
                (self.first_time(side, Once::RST) || before != segment.seq).then_some(b'R')
            }
            _ if control.contains(Flags::FIN | Flags::RST) => {
                self.first_time(side, Once::INCONSISTENT).then_some(b'I')
            }
            _ => self.first_time(side, Once::MULTI_FLAG).then_some(b'Q'),
        };
        if let Some(letter) = letter {
            self.push(side, letter);
        }
    }

    /// Notes what the state machine saw in the segment: repeated data, a closed window.
    pub fn note_control(&mut self, side: Side, control: Control, steps: &mut Steps) {
        let at = side as usize;
        if control.zero_window && step(&mut steps.zero_windows[at]) {
            self.push(side, b'W');
        }
        if control.retransmitted && step(&mut steps.retransmissions[at]) {
            self.push(side, b'T');
        }
    }

    /// Notes that bytes of a side were acknowledged and never seen.
    pub fn note_gap(&mut self, side: Side, steps: &mut Steps) {
        if step(&mut steps.gaps[side as usize]) {
            self.push(side, b'G');
        }
    }

    fn first_time(&mut self, side: Side, kind: Once) -> bool {
        let once = &mut self.once[side as usize];
        let first = !once.contains(kind);
        once.insert(kind);
        first
    }

    fn packed(&self) -> u128 {
        let mut bytes = [0; 16];
        bytes[..self.codes.len()].copy_from_slice(&self.codes);
        u128::from_le_bytes(bytes)
    }

    /// A full history stays as it is.
    fn push(&mut self, side: Side, letter: u8) {
        let packed = self.packed();
        let len = (u128::BITS - packed.leading_zeros()).div_ceil(BITS);
        let Some(place) = LETTERS.iter().position(|one| *one == letter) else { return };
        if len < MAX_LETTERS {
            let code = (place as u128 + 1) | if side == Side::B { OF_B } else { 0 };
            let bytes = (packed | code << (len * BITS)).to_le_bytes();
            let len = self.codes.len();
            self.codes.copy_from_slice(&bytes[..len]);
        }
    }

    /// The letters with the originator's in upper case; `^` says that side `B` is the originator.
    pub fn of(&self, originator: Side) -> String {
        let mut packed = self.packed();
        let mut text = String::new();
        if originator == Side::B {
            text.push('^');
        }
        while packed != 0 {
            let of_b = packed & OF_B != 0;
            let letter = LETTERS[(packed as usize & 15) - 1];
            let upper = of_b == (originator == Side::B);
            text.push(if upper { letter } else { letter.to_ascii_lowercase() }.into());
            packed >>= BITS;
        }
        text
    }
}

impl Steps {
    pub fn has_gaps(&self, side: Side) -> bool {
        self.gaps[side as usize] > 0
    }
}

/// Counts, and tells whether the count is 1, 10, 100 and so on.
fn step(count: &mut u32) -> bool {
    *count = count.saturating_add(1);
    10_u32.pow(count.ilog10()) == *count
}
