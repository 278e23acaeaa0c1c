//! What segments do to the handshake, and how resets end it.

use super::{BEGUN, NEVER, Sent, Tcp, delivery::Delivery, handshake::Facts};
use crate::{
    capture::Timestamp,
    decode::{Flags, Segment},
    flow::{Side, sequence::is_after},
};

impl Tcp {
    pub(super) fn note_handshake(
        &mut self,
        side: Side,
        (time, now): (Timestamp, u32),
        ip_id: u16,
        segment: &Segment<'_>,
    ) {
        let (flags, at) = (segment.flags, side as usize);
        if flags.contains(Flags::SYN) {
            self.renumber(side, segment);
            if flags.contains(Flags::ACK) {
                if !self.sent(!side).contains(Sent::SYN) {
                    // The SYN is not in the capture, but its number is known.
                    self.initial_seq[!side as usize] = segment.ack.wrapping_sub(1);
                    self.talk[!side as usize] |= BEGUN;
                }
                self.handshake.syn_ack(ip_id, now);
                // The client's acknowledgement may have been recorded first.
                let is_first = !self.sent(side).contains(Sent::SYN_ACK);
                let acked = self.deliveries[at].acked();
                if is_first && acked.is_some_and(|acked| is_after(acked, segment.seq)) {
                    self.handshake.facts |= Facts::CLIENT_ACKED;
                }
                return;
            }
            let again = self.syn_tries[at] > 0;
            self.handshake.syn(again, ip_id, now);
            if again && self.handshake.facts.contains(Facts::UNPROVEN_RESET) {
                // The client took no notice of that reset, so it was none of this connection.
                self.handshake.facts.remove(Facts::UNPROVEN_RESET);
                self.sent[!side as usize].remove(Sent::RST);
            }
            self.syn_tries[at] = self.syn_tries[at].saturating_add(1);
            let known = self.first_syn != NEVER;
            self.first_syn = if known { self.first_syn.min(time) } else { time };
            self.last_syn = self.last_syn.max(time);
            return;
        }
        if flags.contains(Flags::RST) {
            self.note_reset(side, now, segment);
        } else if self.sent(side).contains(Sent::SYN_ACK) {
            self.handshake.facts |= Facts::SERVER_WENT_ON;
            let first = self.first_number(side) == Some(segment.seq) && segment.payload_len == 0;
            let closes = first && flags.contains(Flags::FIN);
            if closes && !self.sent(!side).intersects(Sent::FIN | Sent::RST) {
                self.handshake.facts |= Facts::SERVER_CLOSED_EARLY;
            }
        }
        // What a side had sent before a segment in the middle is not known; only its numbering is.
        if !self.has_begun(side) {
            self.initial_seq[at] = segment.seq.wrapping_sub(1);
            self.talk[at] |= BEGUN;
        }
        let acks = flags.contains(Flags::ACK) && !flags.contains(Flags::RST);
        let acks_syn_ack = self.sent(!side).contains(Sent::SYN_ACK)
            && is_after(segment.ack, self.initial_seq[!side as usize]);
        if acks && acks_syn_ack {
            self.handshake.facts |= Facts::CLIENT_ACKED;
            if self.sent(side).contains(Sent::SYN) && self.handshake_end == NEVER {
                self.handshake_end = time;
                self.handshake.facts |= Facts::COMPLETED;
            }
        }
    }

    /// Of two SYN-ACKs with different numbers, as servers behind one address send them, the client's
    /// acknowledgement chooses one.
    pub(super) fn choose_number(&mut self, side: Side, segment: &Segment<'_>) {
        if self.handshake.facts.contains(Facts::CLIENT_ACKED) {
            return;
        }
        let flags = segment.flags;
        if flags.contains(Flags::SYN | Flags::ACK) {
            let known = self.sent(side).contains(Sent::SYN_ACK);
            let another = self.initial_seq[side as usize] != segment.seq;
            if known && another && self.acknowledges_syn(side, segment.ack) {
                self.handshake.other_number = segment.seq;
            }
            return;
        }
        let other = self.handshake.other_number;
        let chosen = flags.contains(Flags::ACK) && segment.ack == other.wrapping_add(1);
        let fits = self.sent(!side).contains(Sent::SYN_ACK) && self.is_near(side, segment.seq);
        if other != 0 && chosen && fits {
            let at = !side as usize;
            self.deliveries[at] = Delivery::default();
            self.deliveries[at].begin(segment.ack);
            self.next_seq[at] = segment.ack;
            self.initial_seq[at] = other;
        }
    }

    /// A SYN or SYN-ACK gives the number that its side begins with.
    pub(super) fn renumber(&mut self, side: Side, segment: &Segment<'_>) {
        let at = side as usize;
        self.initial_seq[at] = segment.seq;
        self.talk[at] |= BEGUN;
    }

    pub(super) fn note_reset(&mut self, side: Side, now: u32, segment: &Segment<'_>) {
        let (own, peer) = (self.sent(side), self.sent(!side));
        let first = self.first_number(side);
        if own.contains(Sent::SYN) {
            // In reply to a segment for a closed connection it acknowledges nothing (RFC 9293, 3.10.7.1).
            if segment.flags.contains(Flags::ACK) {
                self.handshake.facts |= Facts::CLIENT_ABORTED;
            }
            if !own.contains(Sent::DATA) && first.is_some_and(|first| is_after(segment.seq, first))
            {
                self.handshake.facts |= Facts::CLIENT_SENT_UNSEEN;
            }
            self.handshake.client_reset(first == Some(segment.seq), now);
            return;
        }
        let acknowledges = segment.flags.contains(Flags::ACK);
        if !own.contains(Sent::SYN_ACK) && !acknowledges && segment.seq != 0 {
            self.handshake.facts |= Facts::UNPROVEN_RESET;
        }
        let acked = self.deliveries[side as usize].acked();
        let replied = own.contains(Sent::DATA)
            || first.zip(acked).is_some_and(|(first, acked)| is_after(acked, first));
        if !replied && !peer.intersects(Sent::FIN | Sent::RST) {
            self.handshake.facts |= Facts::SERVER_RESET_EARLY;
            let later = first.is_some_and(|first| is_after(segment.seq, first));
            self.handshake.facts.set(Facts::RESET_AFTER_PAYLOAD, later);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::tcp::script::after;

    /// The facts after a script.
    fn facts(script: &str) -> Facts {
        after(script).handshake.facts
    }

    #[test]
    fn a_handshake_is_completed_by_the_acknowledgement_of_the_syn_ack() {
        let completed = Facts::CLIENT_ACKED | Facts::COMPLETED;
        for (script, expected) in [
            ("0 > S 100; 1 < SA 500 101", Facts::empty()),
            ("0 > S 100; 1 < SA 500 101; 2 > A 101 500", Facts::empty()),
            ("0 > S 100; 1 < SA 500 101; 2 > A 101 501", completed),
            ("0 > S 100; 1 < SA 500 101; 2 > P 101 501 4", Facts::empty()),
            ("0 > S 100; 1 < SA 500 101; 2 < A 501 101", Facts::SERVER_WENT_ON),
            ("1 < SA 500 101; 2 > A 101 501", Facts::CLIENT_ACKED),
            // The acknowledgement was recorded first.
            ("0 > S 100; 1 > A 101 501; 2 < SA 500 101", Facts::CLIENT_ACKED),
            ("0 > S 100; 1 > A 101 500; 2 < SA 500 101", Facts::empty()),
        ] {
            assert_eq!(facts(script), expected, "{script}");
        }
    }

    #[test]
    fn the_client_chooses_among_servers_that_number_differently() {
        let two = "0 > S 100; 1 < SA 500 101; 2 < SA 900 101;";
        for (script, number) in [
            (format!("{two}3 > A 101 501"), 500),
            (format!("{two}3 > A 101 901"), 900),
            (format!("{two}3 > A 101 902"), 500),
            (format!("{two}3 > P 101 901"), 500),
            (format!("{two}3 > A 9999999 901"), 500),
            // The other SYN-ACK acknowledges another SYN.
            ("0 > S 100; 1 < SA 500 101; 2 < SA 900 777; 3 > A 101 901".to_owned(), 500),
            // The client has chosen.
            (
                "0 > S 100; 1 < SA 500 101; 2 > A 101 501; 3 < SA 900 101; 4 > A 101 901"
                    .to_owned(),
                500,
            ),
        ] {
            assert_eq!(after(&script).initial_seq[1], number, "{script}");
        }
        let tcp = after(&format!("{two}3 > A 101 901; 4 < A 901 101 4"));
        assert_eq!((tcp.next_seq[1], tcp.delivery(Side::B).acked()), (905, Some(901)));
    }

    #[test]
    fn a_syn_ack_gives_the_number_of_a_syn_that_was_not_captured_alone() {
        for (script, first) in [
            ("0 < SA 500 101", Some(101)),
            // It acknowledges the payload of the SYN, too (RFC 7413).
            ("0 > S 100 0 4; 1 < SA 500 105", Some(101)),
        ] {
            let tcp = after(script);
            let client = if tcp.sent(Side::A).contains(Sent::SYN_ACK) { Side::B } else { Side::A };
            assert_eq!(tcp.first_number(client), first, "{script}");
        }
        let late = facts("0 < SA 500 101; 900 > S 100");
        assert!(!late.contains(Facts::SYN_AFTER_SYN_ACK), "the first SYN, recorded late");
    }

    #[test]
    fn a_reset_ends_a_connection_early_before_a_reply_and_before_the_client_closes() {
        let opened = "0 > S 100; 1 < SA 500 101; 2 > A 101 501;";
        let early = Facts::SERVER_RESET_EARLY;
        let unseen = early | Facts::RESET_AFTER_PAYLOAD;
        let of_reset = early | Facts::RESET_AFTER_PAYLOAD | Facts::UNPROVEN_RESET;
        for (script, expected) in [
            (format!("{opened}3 < R 501"), early),
            (format!("{opened}3 < R 505"), unseen),
            (format!("{opened}3 < A 501 101 4; 4 < R 505"), Facts::empty()),
            (format!("{opened}3 > A 101 505; 4 < R 505"), Facts::empty()),
            (format!("{opened}3 > FA 101 501; 4 < R 501"), Facts::empty()),
            (format!("{opened}3 > RA 101 501; 4 < R 501"), Facts::empty()),
            // Without a SYN-ACK it answers the SYN; with a number of its own it may be anybody's.
            ("0 > S 100; 1 < RA 0 101".to_owned(), early),
            ("0 > S 100; 1 < R 0".to_owned(), early),
            ("0 > S 100; 1 < R 77".to_owned(), early | Facts::UNPROVEN_RESET),
        ] {
            assert_eq!(facts(&script) & of_reset, expected, "{script}");
        }
    }

    #[test]
    fn a_client_that_takes_no_notice_of_a_reset_shows_that_it_was_not_for_it() {
        let ignored = after("0 > S 100; 1 < R 77; 1000 > S 100");
        assert!(!ignored.sent(Side::B).contains(Sent::RST));
        assert!(!ignored.handshake.facts.contains(Facts::UNPROVEN_RESET));
        let heeded = after("0 > S 100; 1 < RA 0 101; 1000 > S 100");
        assert!(heeded.sent(Side::B).contains(Sent::RST));
    }

    #[test]
    fn a_clients_reset_states_whether_it_gave_up_and_what_it_had_sent() {
        let of_client =
            Facts::CLIENT_ABORTED | Facts::CLIENT_SENT_UNSEEN | Facts::CLIENT_RESET_AT_ONCE;
        let opened = "0 > S 100; 1 < SA 500 101;";
        let at_once = Facts::CLIENT_RESET_AT_ONCE;
        let aborted = Facts::CLIENT_ABORTED;
        for (script, expected) in [
            (format!("{opened}2 > R 101"), at_once),
            (format!("{opened}2 > RA 101 501"), at_once | aborted),
            (format!("{opened}2 > R 105"), Facts::CLIENT_SENT_UNSEEN),
            (format!("{opened}2 > A 101 501 4; 3 > RA 105 501"), aborted),
            ("0 > S 100; 1 > R 101".to_owned(), Facts::empty()),
            // After a repeated SYN-ACK only soon.
            (format!("{opened}1000 < SA 500 101; 1499 > R 101"), at_once),
            (format!("{opened}1000 < SA 500 101; 1500 > R 101"), Facts::empty()),
            (format!("{opened}1000 > S 100; 1500 > R 101"), Facts::empty()),
            (format!("{opened}9000 > R 101"), at_once),
        ] {
            assert_eq!(facts(&script) & of_client, expected, "{script}");
        }
    }

    #[test]
    fn a_server_closes_early_where_it_has_sent_nothing_and_the_client_goes_on() {
        let opened = "0 > S 100; 1 < SA 500 101; 2 > A 101 501;";
        for (script, expected) in [
            ("3 < FA 501 101", true),
            ("3 < FA 501 101 4", false),
            ("3 < FA 505 101", false),
            ("3 < A 501 101", false),
            ("3 > FA 101 501; 4 < FA 501 102", false),
            ("3 > RA 101 501; 4 < FA 501 101", false),
        ] {
            let found = facts(&format!("{opened}{script}")).contains(Facts::SERVER_CLOSED_EARLY);
            assert_eq!(found, expected, "{script}");
        }
    }

    #[test]
    fn tries_are_counted_with_the_time_from_the_first_to_the_last() {
        let tcp =
            after("1000 > S 100; 0 > S 100; 3000 > S 100; 3001 < SA 500 101; 3005 > A 101 501");
        assert_eq!((tcp.syn_tries(Side::A), tcp.syn_span()), (3, 3_000_000_000));
        assert_eq!(tcp.handshake(), Some(3_005_000_000));
        assert_eq!(after("0 < SA 500 101; 1 > A 101 501").handshake(), None);
        assert_eq!(after("0 > S 100; 1 < SA 500 101").handshake(), None);
    }
}
