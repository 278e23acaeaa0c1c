//! Which segments on the same ports are of a connection, by their numbers.

use super::{Sent, Tcp};
use crate::{
    decode::{Flags, Segment},
    flow::{Side, tcp::handshake::Facts},
};

/// Bytes by which a number may be beyond what was captured of a connection whose handshake is not
/// complete: some initial windows (RFC 6928).
const NEAR: u32 = 1 << 18;
/// The same for a connection that is known to have gone on.
const FAR: u32 = 1 << 24;

impl Tcp {
    /// Whether a SYN cannot belong to this conversation: its side numbered otherwise before, or the
    /// peer's packets are about another numbering, so the port is used again.
    pub(in crate::flow) fn is_reused_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        if segment.flags & (Flags::SYN | Flags::ACK) != Flags::SYN {
            return false;
        }
        if self.has_begun(side) {
            return self.initial_seq[side as usize] != segment.seq;
        }
        let acked = self.deliveries[side as usize].acked();
        let opens_too = self.sent(!side).contains(Sent::SYN);
        !opens_too && acked.is_none_or(|acked| acked != segment.seq.wrapping_add(1))
    }

    /// Whether a segment's numbers are those of this connection, as far as they are known.
    pub(in crate::flow) fn fits(&self, side: Side, segment: &Segment<'_>) -> bool {
        let flags = segment.flags;
        if flags & (Flags::SYN | Flags::ACK) == Flags::SYN {
            return true;
        }
        let acks = flags.contains(Flags::ACK);
        if flags.contains(Flags::SYN) {
            let opens_itself =
                self.sent(side).contains(Sent::SYN) && !self.sent(!side).contains(Sent::SYN);
            return !opens_itself
                && self.acknowledges_syn(side, segment.ack)
                && !(self.sent(side).contains(Sent::SYN_ACK)
                    && self.initial_seq[side as usize] != segment.seq);
        }
        let unanswered =
            self.sent(!side).contains(Sent::SYN) && !self.sent(side).contains(Sent::SYN_ACK);
        if flags.contains(Flags::RST) {
            return if unanswered {
                !acks || self.acknowledges_syn(side, segment.ack)
            } else {
                self.is_near(side, segment.seq)
            };
        }
        if self.handshake.facts.contains(Facts::CLIENT_ACKED) {
            // A capture may lack much of one direction, but hardly of both at once.
            return self.is_somewhat_continued_by(side, segment);
        }
        let known = self.first_number(side).is_none() || self.is_near(side, segment.seq);
        let acks_known = !acks
            || self.first_number(!side).is_none()
            || is_near(segment.ack, self.first_number(!side), self.highest(!side));
        known && acks_known
    }

    /// Whether a segment's numbers show that it is of this connection: near those that are known, of
    /// its own side and of the peer.
    pub(in crate::flow) fn is_continued_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        // A SYN is sent again with the very same number.
        if segment.flags & (Flags::SYN | Flags::ACK) == Flags::SYN && self.has_begun(side) {
            return self.initial_seq[side as usize] == segment.seq;
        }
        match (self.own_nearness(side, segment), self.acked_nearness(side, segment)) {
            // A reset's acknowledgement may be anything.
            (Some(own), _) if segment.flags.contains(Flags::RST) => own,
            (own, acked) => own.or(acked).is_some() && own.unwrap_or(true) && acked.unwrap_or(true),
        }
    }

    /// The same by either of the numbers.
    pub(super) fn is_somewhat_continued_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        let own = self.own_nearness(side, segment);
        own.is_none_or(|own| own || self.acked_nearness(side, segment) == Some(true))
    }

    /// Whether a segment's own number is near those that are known of its side.
    fn own_nearness(&self, side: Side, segment: &Segment<'_>) -> Option<bool> {
        let first = self.has_begun(side).then(|| self.initial_seq[side as usize])?;
        Some(near(segment.seq, first, self.highest(side), FAR))
    }

    /// Whether the number that a segment acknowledges is near those that are known of the peer.
    fn acked_nearness(&self, side: Side, segment: &Segment<'_>) -> Option<bool> {
        let acks = segment.flags.contains(Flags::ACK) && self.has_begun(!side);
        let first = acks.then(|| self.initial_seq[!side as usize])?;
        Some(near(segment.ack, first, self.highest(!side), FAR))
    }

    /// Whether an acknowledgement is about the peer's SYN, or the payload that came with it.
    pub(super) fn acknowledges_syn(&self, side: Side, ack: u32) -> bool {
        if !self.sent(!side).contains(Sent::SYN) {
            return true;
        }
        let first = self.initial_seq[!side as usize].wrapping_add(1);
        let last = self.highest(!side).unwrap_or(first);
        ack.wrapping_sub(first) <= last.wrapping_sub(first)
    }

    /// Whether a side began to number and a number is near what it sent.
    pub(in crate::flow) fn has_sent_near(&self, side: Side, seq: u32) -> bool {
        self.has_begun(side) && self.is_near(side, seq)
    }

    pub(super) fn is_near(&self, side: Side, seq: u32) -> bool {
        let from = self
            .first_number(side)
            .or_else(|| self.has_begun(side).then(|| self.initial_seq[side as usize]));
        from.is_none() || is_near(seq, from, self.highest(side))
    }
}

/// Whether a number lies between the first one (less one, for keep-alives) and a little beyond the
/// highest one.
fn is_near(number: u32, first: Option<u32>, highest: Option<u32>) -> bool {
    first.is_none_or(|first| near(number, first, highest, NEAR))
}

fn near(number: u32, first: u32, highest: Option<u32>, beyond: u32) -> bool {
    let known = highest.map_or(0, |highest| highest.wrapping_sub(first));
    number.wrapping_sub(first.wrapping_sub(1)) <= known.saturating_add(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::tcp::script::{SETTLED, after, segment};

    const SYN: &str = "0 > S 100;";
    const MIDDLE: &str = "0 > A 1000 5000 10; 1 < A 5000 1010 10;";

    #[test]
    fn a_syn_reuses_the_ports_where_its_number_is_another() {
        for (script, text, expected) in [
            (SYN, "S 100", false),
            (SYN, "S 101", true),
            (SYN, "SA 101", false),
            (SYN, "A 101", false),
            (SETTLED, "S 9999", true),
            // The SYN was recorded after what follows it.
            ("0 < SA 500 101;", "S 100", false),
            ("0 < SA 500 101;", "S 101", true),
            ("0 < S 500;", "S 100", false),
            ("0 < A 500 101 4;", "S 100", false),
            ("0 < A 500 101 4;", "S 77", true),
            ("0 < R 500 0;", "S 77", true),
        ] {
            let found = after(script).is_reused_by(Side::A, &segment(text));
            assert_eq!(found, expected, "{script} {text}");
        }
    }

    #[test]
    fn a_segment_fits_by_its_numbers() {
        let near = 1 << 18;
        let far = 1 << 24;
        for (script, side, text, expected) in [
            (SYN, Side::A, "S 7".to_owned(), true),
            (SYN, Side::B, "SA 500 101".to_owned(), true),
            (SYN, Side::B, "SA 500 100".to_owned(), false),
            (SYN, Side::B, "SA 500 102".to_owned(), false),
            // Payload with the SYN (RFC 7413).
            ("0 > S 100 0 9;", Side::B, "SA 500 101".to_owned(), true),
            ("0 > S 100 0 9;", Side::B, "SA 500 110".to_owned(), true),
            ("0 > S 100 0 9;", Side::B, "SA 500 111".to_owned(), false),
            // Nobody answers its own SYN; where both open, each acknowledges the other's.
            (SYN, Side::A, "SA 500 101".to_owned(), false),
            ("0 > S 100; 1 < S 500;", Side::A, "SA 100 501".to_owned(), true),
            ("0 > S 100; 1 < SA 500 101;", Side::B, "SA 500 101".to_owned(), true),
            ("0 > S 100; 1 < SA 500 101;", Side::B, "SA 501 101".to_owned(), false),
            (SYN, Side::B, "RA 0 101".to_owned(), true),
            (SYN, Side::B, "RA 0 77".to_owned(), false),
            (SYN, Side::B, "R 77".to_owned(), true),
            (SETTLED, Side::B, "R 505".to_owned(), true),
            (SETTLED, Side::B, "R 500".to_owned(), true),
            (SETTLED, Side::B, "R 499".to_owned(), false),
            (SETTLED, Side::B, format!("R {}", 505 + near - 1), true),
            (SETTLED, Side::B, format!("R {}", 505 + near), false),
            // An open connection may lack much of one side, but not of both at once.
            (SETTLED, Side::A, format!("A {} 505", 105 + far - 1), true),
            (SETTLED, Side::A, format!("A {} 505", 105 + far), true),
            (SETTLED, Side::A, format!("A {} {}", 105 + far, 505 + far), false),
            (SETTLED, Side::A, format!("A 105 {}", 505 + far), true),
            (SETTLED, Side::A, format!("A 98 {}", 505 + far), false),
            (SETTLED, Side::A, format!("A 99 {}", 505 + far), true),
            // Before the handshake is complete each number counts.
            (SYN, Side::A, "A 101 501".to_owned(), true),
            (SYN, Side::A, format!("A {} 501", 101 + near - 1), true),
            (SYN, Side::A, format!("A {} 501", 101 + near), false),
            ("0 > S 100; 1 < SA 500 101;", Side::A, "A 101 9000000".to_owned(), false),
            (SYN, Side::B, "A 700 101".to_owned(), true),
            (SYN, Side::B, "A 700 99".to_owned(), false),
            (SYN, Side::B, "P 700 99".to_owned(), true),
            (MIDDLE, Side::A, "A 9000000 9000000".to_owned(), true),
        ] {
            let found = after(script).fits(side, &segment(&text));
            assert_eq!(found, expected, "{script} {text}");
        }
    }

    #[test]
    fn a_side_has_sent_near_a_number_only_where_it_has_sent() {
        let near = 1 << 18;
        for (side, seq, expected) in [
            (Side::A, 101, true),
            (Side::A, 99, false),
            (Side::A, 101 + near - 1, true),
            (Side::A, 101 + near, false),
            (Side::B, 101, false),
        ] {
            assert_eq!(after(SYN).has_sent_near(side, seq), expected, "{side:?} {seq}");
        }
    }

    #[test]
    fn a_segment_continues_a_connection_where_none_of_its_numbers_is_far() {
        let far = 1 << 24;
        for (script, text, expected) in [
            (SETTLED, "S 100".to_owned(), true),
            (SETTLED, "S 101".to_owned(), false),
            ("0 < SA 500 101;", "S 100".to_owned(), true),
            ("0 < SA 500 101;", "S 99".to_owned(), false),
            (SETTLED, "A 105 505".to_owned(), true),
            (SETTLED, format!("A {} 505", 105 + far), false),
            (SETTLED, format!("A 105 {}", 505 + far), false),
            (SETTLED, format!("R 105 {}", 505 + far), true),
            (SETTLED, format!("R {} 505", 105 + far), false),
            (SETTLED, format!("RA 105 {}", 505 + far), true),
            (SETTLED, "P 105".to_owned(), true),
            ("0 > A 1000 5000 10;", "A 1010 90000000".to_owned(), true),
            ("0 < A 500 101 4;", "A 101 504".to_owned(), true),
            ("0 < A 500 101 4;", format!("A 101 {}", 504 + far), false),
            ("0 < A 500 101 4;", "P 101".to_owned(), false),
            ("0 < A 500 101 4;", "R 101".to_owned(), false),
        ] {
            let found = after(script).is_continued_by(Side::A, &segment(&text));
            assert_eq!(found, expected, "{script} {text}");
        }
    }
}
