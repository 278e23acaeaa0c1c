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
