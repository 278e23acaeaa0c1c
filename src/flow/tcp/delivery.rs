//! How far the payload of one side of a TCP connection has been acknowledged.

use bitflags::bitflags;

use crate::flow::sequence::is_after;

bitflags! {
    /// Facts about one side's payload and how the peer acknowledges it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct Facts: u8 {
        /// `acked` holds.
        const ACKED = 1;
        /// The peer repeated its acknowledgement while later payload had arrived at it.
        const DUPLICATE_ACK = 2;
        /// The peer's latest window was 0: it does not take more for now.
        const WINDOW_CLOSED = 4;
        /// A length was not known, so the end of the payload is not known either.
        const LENGTH_UNKNOWN = 8;
        /// The side repeated payload that the peer had acknowledged long before: the acknowledgements
        /// do not arrive.
        const ACK_IGNORED = 16;
    }
}

/// The payload of one side: acknowledged up to a sequence number, and what happened to the first
/// byte that is not. Times are milliseconds on the connection's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::flow) struct Delivery {
    /// The highest acknowledgement of the peer.
    acked: u32,
    /// When the payload at `acked` was first sent, or `acked` reached it.
    since: u32,
    /// When the payload at `acked` was sent again last.
    resent: u32,
    /// The peer's latest window, unscaled.
    window: u16,
    resends: u8,
    facts: Facts,
}

/// An acknowledgement as the peer sent it.
#[derive(Clone, Copy, Debug)]
pub(in crate::flow) struct Ack {
    pub number: u32,
    /// `None` where the header was cut before it, or in an RST.
    pub window: Option<u16>,
    /// No payload, SYN, FIN or RST.
    pub is_pure: bool,
}

/// Retransmissions of the same payload, and the time in milliseconds over which they were sent,
/// after which the connection is stalled.
const STALLED_RESENDS: u8 = 3;
const STALLED_MILLIS: u32 = 3_000;
/// A repeated acknowledgement this long after later payload arrived was not sent before it.
const LATE_ACK_MILLIS: u32 = 1_000;

impl Delivery {
    /// The side's numbering begins: its first byte will have the number `first`.
    pub fn begin(&mut self, first: u32) {
        if !self.facts.contains(Facts::ACKED) {
            self.acked = first;
            self.facts |= Facts::ACKED;
        }
    }

    /// Looks at it, so that it is at hand when it is needed.
    pub fn touch(&self) -> u32 {
        self.acked
    }

    /// Takes payload that the side sent; `highest` is the number after the last byte it sent before.
    pub fn send(&mut self, seq: u32, len: u32, length_known: bool, highest: u32, now: u32) {
        self.begin(seq);
        if !length_known {
            self.facts |= Facts::LENGTH_UNKNOWN;
        }
        if !is_after(seq.wrapping_add(len), self.acked) {
            // A keep-alive repeats one byte (RFC 9293, 3.8.4).
            let late = now.saturating_sub(self.since) >= LATE_ACK_MILLIS;
            if late && len > 1 {
                self.facts |= Facts::ACK_IGNORED;
            }
            return;
        }
        if !is_after(highest, self.acked) {
            (self.since, self.resends) = (now, 0);
        } else if !is_after(seq, self.acked) {
            self.resends = self.resends.saturating_add(1);
            self.resent = now;
        }
    }

    /// Takes an acknowledgement of the peer; `highest` is the number after the last byte of payload sent.
    pub fn acknowledge(&mut self, ack: Ack, highest: u32, now: u32) {
        let known = self.facts.contains(Facts::ACKED);
        let same_window = ack.window == Some(self.window);
        if let Some(window) = ack.window {
            self.window = window;
            self.facts.set(Facts::WINDOW_CLOSED, window == 0);
        }
        if !known || is_after(ack.number, self.acked) {
            // That of a FIN alone is no progress of the payload.
            if !known || is_after(highest, self.acked) {
                self.since = now;
            }
            self.acked = ack.number;
            self.resends = 0;
            self.facts.remove(Facts::DUPLICATE_ACK);
            self.facts |= Facts::ACKED;
        } else if ack.number == self.acked && is_after(highest, self.acked) {
            let late = now.saturating_sub(self.since) >= LATE_ACK_MILLIS;
            // RFC 5681, section 2.
            let duplicate = ack.is_pure && same_window;
            self.facts.set(
                Facts::DUPLICATE_ACK,
                late || duplicate || self.facts.contains(Facts::DUPLICATE_ACK),
            );
        }
    }

    /// The highest acknowledgement of the peer, where there was one or the numbering's beginning is
    /// known.
    pub fn acked(&self) -> Option<u32> {
        self.facts.contains(Facts::ACKED).then_some(self.acked)
    }

    /// When the acknowledgements last advanced, or the payload after them was first sent.
    pub fn since(&self) -> u32 {
        self.since
    }

    /// Whether the same payload was sent again at least 3 times, and at least 3 s passed until `until`
    /// without an acknowledgement of a peer that would take it.
    pub fn is_resent_in_vain(&self, until: u32) -> bool {
        self.resends >= STALLED_RESENDS
            && until.saturating_sub(self.since) >= STALLED_MILLIS
            && !self.facts.contains(Facts::WINDOW_CLOSED)
    }

    /// Whether the peer's acknowledgements stop before payload that it did not get, by `until`.
    /// The caller knows that the payload after them is missing from the capture, too.
    pub fn stops_before_gap(&self, until: u32) -> bool {
        self.facts.contains(Facts::DUPLICATE_ACK)
            && !self.facts.intersects(Facts::LENGTH_UNKNOWN | Facts::WINDOW_CLOSED)
            && until.saturating_sub(self.since) >= STALLED_MILLIS
    }

    /// Whether the length of all payload of the side was known.
    pub fn lengths_are_known(&self) -> bool {
        !self.facts.contains(Facts::LENGTH_UNKNOWN)
    }

    /// Whether the side goes on to repeat payload that was acknowledged.
    pub fn ignores_acks(&self) -> bool {
        self.facts.contains(Facts::ACK_IGNORED)
    }

    /// Whether the peer repeats its acknowledgement although later payload was sent.
    pub fn is_repeated(&self) -> bool {
        self.facts.contains(Facts::DUPLICATE_ACK)
    }

    /// How often, and over how many milliseconds, the payload after `acked` was sent again.
    pub fn resends(&self) -> (u8, u32) {
        (self.resends, self.resent.saturating_sub(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pure(number: u32, window: u16) -> Ack {
        Ack { number, window: Some(window), is_pure: true }
    }

    #[test]
    fn three_retransmissions_and_three_seconds_are_in_vain_and_fewer_or_less_are_not() {
        for (times, until, in_vain) in [
            (&[1_000, 2_000, 3_000][..], 3_000, true),
            (&[1_000, 2_000, 2_500], 2_999, false),
            (&[1_000, 9_000], 20_000, false),
            (&[300, 900, 2_100], 3_000, true),
        ] {
            let mut side = Delivery::default();
            side.begin(100);
            side.send(100, 50, true, 100, 0);
            times.iter().for_each(|time| side.send(100, 50, true, 150, *time));
            assert_eq!(side.is_resent_in_vain(until), in_vain, "{times:?} {until}");
        }
    }

    #[test]
    fn an_acknowledgement_a_closed_window_or_another_segment_is_no_retransmission_in_vain() {
        let resent = |between: fn(&mut Delivery)| {
            let mut side = Delivery::default();
            side.begin(100);
            side.send(100, 50, true, 100, 0);
            (1..=3).for_each(|n| side.send(100, 50, true, 150, n * 1_000));
            between(&mut side);
            side.is_resent_in_vain(20_000)
        };
        assert!(resent(|_| {}));
        assert!(!resent(|side| side.acknowledge(pure(150, 9), 150, 3_500)));
        assert!(!resent(|side| side.acknowledge(pure(101, 9), 150, 3_500)));
        assert!(resent(|side| side.acknowledge(pure(100, 9), 150, 3_500)));
        assert!(!resent(|side| side.acknowledge(pure(100, 0), 150, 3_500)));
        let mut side = Delivery::default();
        side.begin(100);
        (0..9).for_each(|n| side.send(100 + n * 50, 50, true, 100 + n * 50, n * 1_000));
        assert!(!side.is_resent_in_vain(20_000), "each segment is new");
        (9..19).for_each(|n| side.send(99, 1, true, 550, n * 1_000));
        assert!(!side.is_resent_in_vain(20_000), "a keep-alive repeats what was acknowledged");
    }

    #[test]
    fn acknowledgements_stop_before_a_gap_only_where_the_peer_repeats_them() {
        let stops = |ack: Ack, time: u32, until: u32| {
            let mut side = Delivery::default();
            side.begin(100);
            side.acknowledge(pure(100, 9), 100, 0);
            side.send(150, 50, true, 100, 10);
            side.acknowledge(ack, 200, time);
            side.stops_before_gap(until)
        };
        assert!(stops(pure(100, 9), 20, 3_010));
        assert!(!stops(pure(100, 9), 20, 3_009), "too early to say");
        assert!(!stops(pure(100, 8), 20, 9_000), "a window update");
        assert!(
            !stops(Ack { is_pure: false, ..pure(100, 9) }, 20, 9_000),
            "sent before it arrived"
        );
        assert!(stops(Ack { is_pure: false, ..pure(100, 9) }, 1_010, 9_000));
        assert!(!stops(pure(200, 9), 20, 9_000), "acknowledged");
        let stops = |length_known: bool, window: u16| {
            let mut side = Delivery::default();
            side.begin(100);
            side.acknowledge(pure(100, window), 100, 0);
            side.send(150, 50, length_known, 100, 10);
            side.acknowledge(pure(100, window), 200, 20);
            assert_eq!(side.lengths_are_known(), length_known);
            side.stops_before_gap(9_000)
        };
        assert!(stops(true, 9));
        assert!(!stops(false, 9), "where the payload ends is not known");
        assert!(!stops(true, 0), "the peer takes no more for now");
    }

    #[test]
    fn the_acknowledgement_of_a_fin_is_no_progress() {
        let mut side = Delivery::default();
        side.acknowledge(pure(100, 9), 100, 7);
        assert_eq!((side.acked(), side.since()), (Some(100), 7));
        side.send(100, 50, true, 100, 8);
        side.acknowledge(pure(150, 9), 150, 10);
        side.acknowledge(pure(151, 9), 150, 5_000);
        assert_eq!((side.acked(), side.since()), (Some(151), 10));
    }
}
