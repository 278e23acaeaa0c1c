//! Which of the numbered bytes of a side were seen, and which were acknowledged without being seen.

use super::{
    Side,
    disorder::{Disorder, Gap, Islands},
};
use crate::capture::{NANOS_PER_SECOND, Timestamp};

/// Islands of bytes beyond a hole that are remembered; more are taken as lost.
const MAX_ISLANDS: usize = 16;
/// An acknowledgement further ahead than this is not believed: the largest window is 2^30 (RFC 7323).
pub(super) const LARGEST_STEP: i32 = 1 << 30;

/// Payload recorded this long after its acknowledgement was on the wire before it: the cards of a tap
/// and the queues of one card are read in turn. A retransmission takes longer.
const REORDERED_WITHIN: i64 = NANOS_PER_SECOND / 10;

/// What an acknowledgement said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Acknowledged {
    /// It was one to be counted.
    pub counts: bool,
    /// It is about bytes that were not captured.
    pub gap: bool,
    /// The segment itself has the bytes of an earlier gap: they were only recorded late.
    pub filled: bool,
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

    /// The side has sent more than is known: what comes next decides where it goes on.
    pub fn lose_end(&mut self) {
        *self.next = None;
        if let Some(islands) = self.islands() {
            islands.clear();
        }
    }

    /// Takes `len` bytes from `seq` on; true where they fill the latest gap so soon that they were not
    /// missing, but recorded after their acknowledgement.
    pub fn take(&mut self, seq: u32, len: u32, time: Timestamp) -> bool {
        let end = seq.wrapping_add(len);
        let Some(next) = *self.next else {
            *self.next = Some(end);
            return false;
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
        self.fills_gap(seq, end, time)
    }

    fn fills_gap(&mut self, seq: u32, end: u32, time: Timestamp) -> bool {
        let Some(disorder) = self.disorder.as_mut() else { return false };
        let gap = &mut disorder.gaps[self.side as usize];
        let Some(known) = gap.as_mut() else { return false };
        if is_after(seq, known.from) || !is_after(end, known.from) {
            return false;
        }
        if is_after(known.to, end) {
            known.from = end;
            return false;
        }
        let late = time.0.abs_diff(known.time.0) > REORDERED_WITHIN.unsigned_abs();
        *gap = None;
        !late
    }

    /// Takes an acknowledgement of the peer in.
    pub fn acknowledge(&mut self, ack: u32, time: Timestamp) -> Acknowledged {
        // Of a side that was never seen to send, nothing is missing more than anything else.
        let Some(next) = *self.next else { return Acknowledged::default() };
        let step = ack.wrapping_sub(next).cast_signed();
        if !(-LARGEST_STEP..LARGEST_STEP).contains(&step) {
            return Acknowledged::default();
        }
        let gap = step > 0;
        if gap {
            let disorder = self.disorder.get_or_insert_default();
            disorder.gaps[self.side as usize] = Some(Gap { from: next, to: ack, time });
            *self.next = Some(ack);
            self.join_islands();
        }
        Acknowledged { counts: true, gap, filled: false }
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
                sequence.take(at(*offset), *len, Timestamp(0));
            }
            assert_eq!(sequence.acknowledge(at(ack), Timestamp(0)).gap, gap, "{segments:?} {ack}");
            assert!(!sequence.acknowledge(at(ack), Timestamp(0)).gap, "a gap counts once");
        }
    }

    /// A side that has sent bytes 1 to 100, of which 51 to 80 were acknowledged before they were seen.
    fn with_gap() -> (Option<u32>, Option<Box<Disorder>>) {
        let (mut next, mut disorder) = (Some(51), None);
        let (of_next, of_disorder) = (&mut next, &mut disorder);
        let mut sequence = Sequence { next: of_next, disorder: of_disorder, side: Side::A };
        assert!(sequence.acknowledge(81, Timestamp(0)).gap);
        (next, disorder)
    }

    #[test]
    fn a_gap_is_filled_by_all_of_its_bytes_soon_after_their_acknowledgement() {
        let soon = REORDERED_WITHIN;
        // Segments with their times, whether the last one fills the gap.
        for (segments, fills) in [
            (&[(51, 30, soon)][..], true),
            (&[(51, 30, soon + 1)], false),
            (&[(51, 30, -soon)], true),
            (&[(41, 40, 0)], true),
            (&[(51, 29, 0)], false),
            (&[(52, 29, 0)], false),
            (&[(21, 30, 0)], false),
            (&[(51, 10, 0), (61, 20, 0)], true),
            (&[(51, 10, 0), (62, 19, 0)], false),
            // It was filled before.
            (&[(51, 30, 0), (51, 30, 0)], false),
        ] {
            let (mut next, mut disorder) = with_gap();
            let (next, disorder) = (&mut next, &mut disorder);
            let mut sequence = Sequence { next, disorder, side: Side::A };
            let mut filled = false;
            for (seq, len, time) in segments {
                filled = sequence.take(*seq, *len, Timestamp(*time));
            }
            assert_eq!(filled, fills, "{segments:?}");
        }
    }

    #[test]
    fn a_side_whose_end_is_lost_goes_on_wherever_it_does() {
        let (mut next, mut disorder) = (None, None);
        let (next, disorder) = (&mut next, &mut disorder);
        let mut sequence = Sequence { next, disorder, side: Side::A };
        sequence.begin(1);
        sequence.begin(5);
        assert_eq!(*sequence.next, Some(5), "an earlier number was wrong");
        sequence.begin(3);
        assert_eq!(*sequence.next, Some(5), "a SYN that is sent again says nothing new");
        sequence.take(50, 10, Timestamp(0));
        assert_eq!(*sequence.next, Some(5));
        sequence.begin(20);
        sequence.take(20, 30, Timestamp(0));
        assert_eq!(*sequence.next, Some(50), "what came before the new beginning is forgotten");
        sequence.take(60, 10, Timestamp(0));
        sequence.lose_end();
        assert_eq!(*sequence.next, None);
        sequence.take(51, 5, Timestamp(0));
        assert_eq!(*sequence.next, Some(56));
        assert!(sequence.acknowledge(60, Timestamp(0)).gap, "and so are pieces beyond a hole");
    }

    #[test]
    fn pieces_beyond_a_hole_are_joined_as_it_closes() {
        // Pieces after byte 10, the number after the last one without a hole.
        for (pieces, end) in [
            (&[(20, 10), (40, 10)][..], 10),
            (&[(20, 10), (40, 10), (10, 10)], 30),
            (&[(20, 10), (40, 10), (30, 10), (10, 10)], 50),
            (&[(20, 10), (15, 10), (10, 5)], 30),
            (&[(20, 20), (25, 5), (10, 10)], 40),
            (&[(20, 10), (30, 10), (10, 25)], 40),
            (&[(40, 10), (20, 10), (10, 10), (30, 5)], 35),
        ] {
            let (mut next, mut disorder) = (Some(10), None);
            let (next, disorder) = (&mut next, &mut disorder);
            let mut sequence = Sequence { next, disorder, side: Side::A };
            for (seq, len) in pieces {
                sequence.take(*seq, *len, Timestamp(0));
            }
            assert_eq!(*sequence.next, Some(end), "{pieces:?}");
        }
    }

    #[test]
    fn a_side_that_was_never_seen_has_no_gaps() {
        let mut sequence = Sequence { next: &mut None, disorder: &mut None, side: Side::A };
        assert_eq!(sequence.acknowledge(5, Timestamp(0)), Acknowledged::default());
    }
}
