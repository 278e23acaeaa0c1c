//! How far the payload of each side came.

use super::{COUNT, ENOUGH_TALK, NUMBERED, Sent, Tcp, delivery::Ack, handshake::Facts};
use crate::{
    decode::{Flags, Segment},
    flow::{Side, sequence::is_after},
};

impl Tcp {
    /// The number after the last byte of a side that is known to have been sent.
    pub(in crate::flow) fn highest(&self, side: Side) -> Option<u32> {
        let at = side as usize;
        (self.talk[at] & NUMBERED != 0).then(|| {
            let islands = self.disorder.as_ref().map(|disorder| &disorder.islands[at]);
            islands.and_then(|islands| islands.last()).map_or(self.next_seq[at], |last| last.1)
        })
    }

    /// The number after the last byte of payload of a side that is known to have been sent.
    pub(super) fn payload_end(&self, side: Side) -> Option<u32> {
        let fin = u32::from(self.sent(side).contains(Sent::FIN));
        self.highest(side).map(|highest| highest.wrapping_sub(fin))
    }

    /// Whether the numbers of a side after its handshake show payload that was not captured.
    pub(in crate::flow) fn has_sent_unseen(&self, side: Side) -> bool {
        let end = self.payload_end(side);
        let first = self.first_number(side);
        let by_fin = first.zip(end).is_some_and(|(first, end)| is_after(end, first));
        !self.sent(side).contains(Sent::DATA)
            && (by_fin || self.handshake.facts.contains(Facts::CLIENT_SENT_UNSEEN))
    }

    /// Bytes of a side that the peer acknowledged, a FIN included; 0 where the side was not captured from
    /// its first byte.
    pub(in crate::flow) fn bytes_acked(&self, side: Side) -> u32 {
        let acked = self.delivery(side).acked().zip(self.first_number(side));
        let bytes = acked.map_or(0, |(acked, first)| acked.wrapping_sub(first).cast_signed());
        u32::try_from(bytes).unwrap_or(0)
    }

    /// Whether the peer acknowledged payload of a side, more than its FIN.
    pub(in crate::flow) fn was_acked(&self, side: Side) -> bool {
        self.bytes_acked(side) > u32::from(self.sent(side).contains(Sent::FIN))
    }

    /// Whether the peer acknowledged payload of a side.
    pub(in crate::flow) fn has_delivered(&self, side: Side) -> bool {
        let acked = self.deliveries[side as usize].acked();
        let first = self.initial_seq[side as usize].wrapping_add(1);
        self.has_begun(side) && acked.is_some_and(|acked| is_after(acked, first))
    }

    /// Whether the acknowledgements of a side's payload stop where the capture lacks bytes of it, while
    /// later ones were captured.
    pub(in crate::flow) fn stops_at_hole(&self, side: Side) -> bool {
        let of_side = self.disorder.as_ref().map(|disorder| &disorder.islands[side as usize]);
        of_side.is_some_and(|islands| !islands.is_empty())
            && self.deliveries[side as usize].acked() == Some(self.next_seq[side as usize])
    }

    /// Whether a segment acknowledges payload of `side`, the peer of its sender, that was not captured
    /// before it.
    pub(in crate::flow) fn lacks_acknowledged(&self, side: Side, segment: &Segment<'_>) -> bool {
        let gap = self.disorder.as_ref().and_then(|disorder| disorder.gaps[side as usize]);
        segment.flags.contains(Flags::ACK) && gap.is_some_and(|gap| gap.to == segment.ack)
    }

    /// Whether payload of a side was acknowledged that the capture lacks.
    pub(in crate::flow) fn lacks_payload(&self, side: Side) -> bool {
        let more_than_fin = self.bytes_acked(side) > 1;
        self.has_gaps(side) || more_than_fin && !self.sent(side).contains(Sent::DATA)
    }

    /// Whether bytes of a side were acknowledged that were not captured before.
    pub(in crate::flow) fn has_gaps(&self, side: Side) -> bool {
        self.disorder.as_ref().is_some_and(|disorder| disorder.steps.has_gaps(side))
    }

    /// Whether payload of a side, and not only its FIN, waits for an acknowledgement.
    #[must_use]
    pub fn has_outstanding(&self, side: Side) -> bool {
        let acked = self.deliveries[side as usize].acked();
        let end = self.payload_end(side);
        self.sent(side).contains(Sent::DATA)
            && acked.zip(end).is_some_and(|(acked, end)| is_after(end, acked))
    }

    /// How often, and over how many milliseconds, a side's payload was sent again without an
    /// acknowledgement, where that was often and long enough to call it stalled.
    #[must_use]
    pub fn resent_in_vain(&self, side: Side) -> Option<(u8, u32)> {
        let delivery = self.delivery(side);
        let stalled = self.has_outstanding(side) && delivery.is_resent_in_vain(u32::MAX);
        stalled.then(|| delivery.resends())
    }

    #[inline]
    pub(super) fn note_delivery(&mut self, side: Side, now: u32, segment: &Segment<'_>) {
        let Segment { seq, ack, payload_len, flags, window, length_known, .. } = *segment;
        let reset = flags.contains(Flags::RST);
        let mut is_new = false;
        let syn = flags.contains(Flags::SYN);
        let first = seq.wrapping_add(syn.into());
        if syn {
            self.deliveries[side as usize].begin(first);
        }
        if payload_len > 0 && !reset {
            let highest = self.highest(side).unwrap_or(seq);
            is_new = !syn && is_after(first.wrapping_add(payload_len), highest);
            let own = &mut self.deliveries[side as usize];
            own.send(first, payload_len, length_known, highest, now);
        }
        let mut advances = false;
        if flags.contains(Flags::ACK) {
            let known = self.payload_end(!side);
            let highest = known.unwrap_or(ack);
            let peer = &mut self.deliveries[!side as usize];
            let before = peer.acked();
            let control = flags & (Flags::SYN | Flags::FIN | Flags::RST);
            let is_pure = payload_len == 0 && control.is_empty();
            let window = window.filter(|_| !reset && !syn);
            // A reset's number may be anything; what lies beyond the peer's bytes is no acknowledgement.
            if !reset || known.is_some() && !is_after(ack, highest) {
                peer.acknowledge(Ack { number: ack, window, is_pure }, highest, now);
            }
            advances = before.is_some_and(|before| is_after(ack, before));
        }
        self.note_talk(side, now, is_new, advances);
    }

    /// Counts what shows that a side gets replies: acknowledgements that advance, and payload that is
    /// new so long after the beginning that earlier one must have been acknowledged.
    pub(super) fn note_talk(&mut self, side: Side, now: u32, is_new: bool, advances: bool) {
        const LONGER_THAN_ANY_TIMEOUT: u32 = 3_000;
        let resent = self.deliveries[side as usize].resends().0 > 0;
        let goes_on = is_new && !resent && now >= LONGER_THAN_ANY_TIMEOUT;
        let talk = &mut self.talk[side as usize];
        if advances {
            *talk = *talk & !COUNT | ENOUGH_TALK;
        } else if goes_on && *talk & COUNT < ENOUGH_TALK {
            *talk += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::tcp::script::{SETTLED, after, segment};

    const OPENED: &str = "0 > S 100; 1 < SA 500 101; 2 > A 101 501;";

    /// Each script after a handshake with what is known of side A afterwards.
    fn each(of: impl Fn(&Tcp) -> bool, cases: &[(&str, bool)]) {
        for (script, expected) in cases {
            assert_eq!(of(&after(&format!("{OPENED}{script}"))), *expected, "{script}");
        }
    }

    #[test]
    fn the_numbers_after_the_handshake_show_payload_that_was_not_captured() {
        each(
            |tcp| tcp.has_sent_unseen(Side::A),
            &[
                ("", false),
                ("3 > FA 101 501", false),
                ("3 > FA 105 501", true),
                ("3 > RA 101 501", false),
                ("3 > RA 105 501", true),
                ("3 > A 101 501 4; 4 > FA 105 501", false),
                ("3 > A 105 501", true),
            ],
        );
    }

    #[test]
    fn an_acknowledgement_is_about_payload_where_it_is_beyond_the_syn_and_the_fin() {
        each(
            |tcp| tcp.was_acked(Side::A),
            &[
                ("3 < A 501 101", false),
                ("3 < A 501 102", true),
                ("3 > FA 101 501; 4 < A 501 102", false),
                ("3 > FA 102 501; 4 < A 501 103", true),
            ],
        );
        each(
            |tcp| tcp.has_delivered(Side::A),
            &[("3 < A 501 101", false), ("3 < A 501 102", true)],
        );
        each(
            |tcp| tcp.lacks_payload(Side::A),
            &[
                ("3 < A 501 101", false),
                ("3 < A 501 105", true),
                ("3 > FA 101 501; 4 < A 501 102", false),
                ("3 > A 101 501 4; 4 < A 501 105", false),
                ("3 > A 101 501 4; 4 < A 501 106", true),
            ],
        );
    }

    #[test]
    fn an_acknowledgement_stops_at_a_hole_where_later_bytes_were_captured() {
        each(
            |tcp| tcp.stops_at_hole(Side::A),
            &[
                ("3 > A 101 501 4", false),
                ("3 > A 101 501 4; 4 > A 109 501 4; 5 < A 501 105", true),
                ("3 > A 101 501 4; 4 > A 109 501 4", false),
                ("3 > A 101 501 4; 4 > A 109 501 4; 5 < A 501 113", false),
            ],
        );
        let tcp = after(&format!("{OPENED}3 < A 501 105"));
        for (text, expected) in [("A 501 105", true), ("A 501 104", false), ("P 501 105", false)] {
            assert_eq!(tcp.lacks_acknowledged(Side::A, &segment(text)), expected, "{text}");
        }
        assert!(!after(SETTLED).lacks_acknowledged(Side::A, &segment("A 501 105")));
    }

    #[test]
    fn the_furthest_byte_is_known_in_whatever_order_pieces_come() {
        for script in [
            "3 > A 120 501 10; 4 > A 140 501 10; 5 > A 160 501 10",
            "3 > A 160 501 10; 4 > A 140 501 10; 5 > A 120 501 10",
            "3 > A 140 501 10; 4 > A 160 501 10; 5 > A 120 501 10",
        ] {
            let tcp = after(&format!("{OPENED}{script}"));
            assert_eq!(tcp.highest(Side::A), Some(170), "{script}");
        }
    }

    #[test]
    fn what_a_side_sent_is_not_known_after_a_segment_of_unknown_length() {
        let tcp = after(&format!("{SETTLED}6 < A 505 105 9?"));
        assert_eq!([Side::A, Side::B].map(|side| tcp.highest(side)), [Some(105), None]);
    }

    #[test]
    fn payload_is_outstanding_until_all_of_it_is_acknowledged_and_a_fin_is_none() {
        each(
            |tcp| tcp.has_outstanding(Side::A),
            &[
                ("", false),
                ("3 > A 101 501 4", true),
                ("3 > A 101 501 4; 4 < A 501 104", true),
                ("3 > A 101 501 4; 4 < A 501 105", false),
                ("3 > FA 101 501", false),
                ("3 > FA 101 501 4; 4 < A 501 105", false),
                ("3 > FA 101 501 4; 4 < A 501 104", true),
                ("3 > A 109 501 4; 4 < A 501 105", true),
            ],
        );
        let resent = "3 > A 101 501 4; 300 > A 101 501 4; 900 > A 101 501 4;";
        let tcp = after(&format!("{OPENED}{resent}"));
        assert_eq!(tcp.resent_in_vain(Side::A), None);
        let tcp = after(&format!("{OPENED}{resent} 3003 > A 101 501 4"));
        assert_eq!(tcp.resent_in_vain(Side::A), Some((3, 3_000)));
        assert_eq!(tcp.resent_in_vain(Side::B), None);
        let tcp = after(&format!("{OPENED}{resent} 3003 > A 101 501 4; 3004 < A 501 105"));
        assert_eq!(tcp.resent_in_vain(Side::A), None);
    }

    #[test]
    fn only_payload_begins_a_delivery_and_only_a_bare_acknowledgement_repeats_one() {
        for (script, own, peer) in [
            ("0 > A 100 500", None, Some(500)),
            ("0 > A 100 500 4", Some(100), Some(500)),
            ("0 > RA 100 500 9", None, None),
        ] {
            let tcp = after(script);
            let acked = [Side::A, Side::B].map(|side| tcp.delivery(side).acked());
            assert_eq!(acked, [own, peer], "{script}");
        }
        for (reply, expected) in [
            ("A 501 101", true),
            ("FA 501 101", false),
            ("A 501 101 4", false),
            ("RA 501 101", false),
        ] {
            let tcp = after(&format!("{OPENED}3 < A 501 101; 4 > A 151 501 10; 5 < {reply}"));
            assert_eq!(tcp.delivery(Side::A).stops_before_gap(9_000), expected, "{reply}");
        }
    }

    #[test]
    fn a_resets_acknowledgement_counts_only_within_what_was_sent() {
        each(
            |tcp| tcp.was_acked(Side::A),
            &[
                ("3 > A 101 501 4; 4 < RA 501 105", true),
                ("3 > A 101 501 4; 4 < RA 501 106", false),
                ("3 < RA 501 900", false),
            ],
        );
    }
}
