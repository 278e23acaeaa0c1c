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
