//! Which of the numbered bytes of a side were seen, and which were acknowledged without being seen.

use super::{
    Side,
    disorder::{Disorder, Islands},
};

/// Islands of bytes beyond a hole that are remembered; more are taken as lost.
const MAX_ISLANDS: usize = 16;
/// An acknowledgement further ahead than this is not believed: the largest window is 2^30 (RFC 7323).
const LARGEST_STEP: i32 = 1 << 30;

/// What an acknowledgement said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Acknowledged {
    /// It was one to be counted.
    pub counts: bool,
    /// It speaks of bytes that were never seen, though it cannot have come before them.
    pub gap: bool,
}

/// The bytes that one side sent, as far as they were seen: the number after the last one without a
/// hole before it, and what came beyond. A FIN counts as a byte, as it does in acknowledgements.
pub(super) struct Sequence<'a> {
    /// The number; `None` until the side has sent something.
    pub next: &'a mut Option<u32>,
    /// Where pieces beyond a hole are kept, once there are any.
    pub disorder: &'a mut Option<Box<Disorder>>,
    /// Whose bytes they are.
    pub side: Side,
}

impl Sequence<'_> {
    /// The side begins to number: the first byte will bear `first`. Said again later, it says nothing.
    pub fn begin(&mut self, first: u32) {
        if self.next.is_some_and(|next| !is_after(first, next)) {
            return;
        }
        *self.next = Some(first);
        if let Some(islands) = self.islands() {
            islands.clear();
        }
    }

    /// Takes in that `len` bytes from `seq` on were seen.
    pub fn take(&mut self, seq: u32, len: u32) {
        let end = seq.wrapping_add(len);
        let Some(next) = *self.next else {
            *self.next = Some(end);
            return;
        };
        if is_after(end, next) {
            if is_after(seq, next) {
                let disorder = self.disorder.get_or_insert_default();
                add_island(&mut disorder.islands[self.side as usize], seq, end);
            } else {
                *self.next = Some(end);
                self.join_islands();
            }
        }
    }

    /// Takes an acknowledgement of the peer in.
    pub fn acknowledge(&mut self, ack: u32) -> Acknowledged {
        // Of a side that was never seen to send, nothing is missing more than anything else.
        let Some(next) = *self.next else { return Acknowledged::default() };
        let step = ack.wrapping_sub(next).cast_signed();
        if !(-LARGEST_STEP..LARGEST_STEP).contains(&step) {
            return Acknowledged::default();
        }
        let gap = step > 0;
        if gap {
            *self.next = Some(ack);
            self.join_islands();
        }
        Acknowledged { counts: true, gap }
    }

    fn islands(&mut self) -> Option<&mut Islands> {
        self.disorder.as_mut().map(|disorder| &mut disorder.islands[self.side as usize])
    }

    fn join_islands(&mut self) {
        let Some(mut next) = *self.next else { return };
        let Some(islands) = self.islands() else { return };
        islands.retain(|(first, end)| {
            let joins = !is_after(*first, next);
            if joins && is_after(*end, next) {
                next = *end;
            }
            !joins
        });
        *self.next = Some(next);
    }
}

fn add_island(islands: &mut Islands, seq: u32, end: u32) {
    let (mut first, mut last) = (seq, end);
    islands.retain(|(from, to)| {
        let apart = is_after(*from, last) || is_after(first, *to);
        if !apart {
            first = if is_after(first, *from) { *from } else { first };
            last = if is_after(*to, last) { *to } else { last };
        }
        apart
    });
    let place = islands.partition_point(|(from, _)| !is_after(*from, first));
    islands.insert(place, (first, last));
    // The furthest one is asked for last.
    islands.truncate(MAX_ISLANDS);
}

/// Whether one sequence number comes after another (RFC 9293, 3.4).
pub(super) fn is_after(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece is missing; many come behind it, then it comes after all.
    const FAR_AND_BEFORE: [(u32, u32); 30] = {
        let mut pieces = [(0, 1); 30];
        let mut at = 0;
        while at < 29 {
            pieces[at] = (at as u32 + 1, 1);
            at += 1;
        }
        pieces
    };

    #[test]
    fn only_an_acknowledgement_of_what_was_never_seen_is_a_gap() {
        // Segments as offset and length, the acknowledged offset, whether that is a gap.
        for (segments, ack, gap) in [
            (&[(0, 100)][..], 100, false),
            (&[(0, 100)], 101, true),
            (&[(0, 100), (200, 100)], 300, true),
            (&[(0, 100), (200, 100)], 100, false),
            (&[(0, 100), (200, 100), (100, 100)], 300, false),
            (&[(200, 100), (100, 100), (0, 100)], 300, false),
            (&[(0, 50), (0, 100), (20, 30)], 100, false),
            (&[], 0, false),
            (&[], 1, true),
            (&FAR_AND_BEFORE, 30, false),
        ] {
            let mut next = None;
            let mut disorder = None;
            let (next, disorder) = (&mut next, &mut disorder);
            let mut sequence = Sequence { next, disorder, side: Side::A };
            sequence.begin(u32::MAX - 9);
            let at = |offset: u32| (u32::MAX - 9).wrapping_add(offset);
            for (offset, len) in segments {
                sequence.take(at(*offset), *len);
            }
            assert_eq!(sequence.acknowledge(at(ack)).gap, gap, "{segments:?} {ack}");
            assert!(!sequence.acknowledge(at(ack)).gap, "a gap counts once");
        }
    }

    #[test]
    fn a_side_that_was_never_seen_has_no_gaps() {
        let mut sequence = Sequence { next: &mut None, disorder: &mut None, side: Side::A };
        assert_eq!(sequence.acknowledge(5), Acknowledged::default());
    }
}
