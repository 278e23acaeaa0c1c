//! How far the three-way handshake of a TCP connection came (RFC 9293, section 3.5).

use bitflags::bitflags;

bitflags! {
    /// Facts about the handshake and the resets after it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(in crate::flow) struct Facts: u16 {
        /// The client acknowledged the SYN-ACK.
        const CLIENT_ACKED = 1;
        /// The server sent something else than SYN-ACK or RST that fits the connection.
        const SERVER_WENT_ON = 2;
        /// The client sent its SYN again after the SYN-ACK.
        const SYN_AFTER_SYN_ACK = 4;
        /// The client answered the SYN-ACK with an RST at once.
        const CLIENT_RESET_AT_ONCE = 8;
        /// A reset of the server before the client closed and before any payload of the server.
        const SERVER_RESET_EARLY = 16;
        /// That reset's number shows that the server had sent payload before.
        const RESET_AFTER_PAYLOAD = 32;
        /// A reset that acknowledges nothing answered the SYN, with a number of its own.
        const UNPROVEN_RESET = 64;
        /// A FIN of the server before the client closed and before any payload of the server.
        const SERVER_CLOSED_EARLY = 256;
        /// A reset of the client whose number shows that it had sent payload that was not captured.
        const CLIENT_SENT_UNSEEN = 512;
        /// A reset by which the client ended the connection by itself.
        const CLIENT_ABORTED = 1024;
        /// Its end was captured, from the SYN to the client's acknowledgement.
        const COMPLETED = 2048;
        /// SYNs in separate packets, by their IP identification.
        const SEPARATE_SYNS = 128;
    }
}

/// The handshake as far as it was captured. Times are milliseconds on the connection's own clock.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(in crate::flow) struct Handshake {
    pub facts: Facts,
    /// SYN-ACKs that were sent apart from each other, and those after the client's acknowledgement.
    pub syn_acks: u8,
    pub syn_acks_after_ack: u8,
    last_syn_ack: u32,
    last_syn_id: u16,
    last_syn_ack_id: u16,
    /// The number of a second SYN-ACK, of another server behind the same address; 0 where there is none.
    pub other_number: u32,
}

/// Two SYNs or SYN-ACKs closer to each other than this may be one packet that was recorded twice, as
/// at a mirror port: no stack repeats them so soon.
const APART_MILLIS: u32 = 200;
/// An RST this soon after a repeated SYN-ACK is the reply to it.
const AT_ONCE_MILLIS: u32 = 500;

impl Handshake {
    /// The client sent a SYN, `again` where it had sent one before.
    pub fn syn(&mut self, again: bool, ip_id: u16, now: u32) {
        let separate = ip_id != 0 && self.last_syn_id != 0 && ip_id != self.last_syn_id;
        if again && separate {
            self.facts |= Facts::SEPARATE_SYNS;
        }
        self.last_syn_id = ip_id;
        let apart = separate || now.saturating_sub(self.last_syn_ack) >= APART_MILLIS;
        if self.syn_acks > 0 && again && apart {
            self.facts |= Facts::SYN_AFTER_SYN_ACK;
        }
    }

    /// The server sent a SYN-ACK that acknowledges the SYN.
    pub fn syn_ack(&mut self, ip_id: u16, now: u32) {
        let separate = ip_id != 0 && self.last_syn_ack_id != 0 && ip_id != self.last_syn_ack_id;
        let apart = separate || now.saturating_sub(self.last_syn_ack) >= APART_MILLIS;
        if self.syn_acks == 0 || apart {
            self.syn_acks = self.syn_acks.saturating_add(1);
            let crossing = now.saturating_sub(self.last_syn_ack) < APART_MILLIS;
            self.last_syn_ack = now;
            if !crossing && self.facts.contains(Facts::CLIENT_ACKED) {
                self.syn_acks_after_ack = self.syn_acks_after_ack.saturating_add(1);
            }
        }
        self.last_syn_ack_id = ip_id;
    }

    /// The client sent an RST; `is_first` where its number says that it had sent nothing but the SYN.
    pub fn client_reset(&mut self, is_first: bool, now: u32) {
        let once = self.syn_acks == 1 && !self.facts.contains(Facts::SYN_AFTER_SYN_ACK);
        let soon = now.saturating_sub(self.last_syn_ack) < AT_ONCE_MILLIS;
        if self.syn_acks > 0 && is_first && (once || soon) {
            self.facts |= Facts::CLIENT_RESET_AT_ONCE;
        }
    }

    /// Whether the server repeats its SYN-ACK although the client's acknowledgement is in the
    /// capture: it does not reach the server. Once may be a crossing on the way.
    pub fn ack_is_lost(&self) -> bool {
        self.syn_acks_after_ack >= 2 && !self.facts.contains(Facts::SERVER_WENT_ON)
    }

    /// Whether the SYN-ACK was repeated, or the SYN after it.
    pub fn is_repeated(&self) -> bool {
        self.syn_acks >= 2 || self.facts.contains(Facts::SYN_AFTER_SYN_ACK)
    }

    /// When the latest SYN-ACK was sent.
    pub fn last_syn_ack(&self) -> u32 {
        self.last_syn_ack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syn_acks_count_apart_by_time_or_by_their_packets() {
        // Identifications and times of SYN-ACKs, how many there are.
        for (sent, expected) in [
            (&[(1, 1_000)][..], 1),
            (&[(1, 1_000), (1, 1_199)], 1),
            (&[(1, 1_000), (1, 1_200)], 2),
            (&[(1, 1_000), (2, 1_001)], 2),
            (&[(0, 1_000), (2, 1_001)], 1),
            (&[(1, 1_000), (0, 1_001)], 1),
        ] {
            let mut handshake = Handshake::default();
            sent.iter().for_each(|(id, now)| handshake.syn_ack(*id, *now));
            assert_eq!(handshake.syn_acks, expected, "{sent:?}");
            assert_eq!(handshake.is_repeated(), expected > 1, "{sent:?}");
        }
    }

    #[test]
    fn a_repeated_syn_ack_counts_after_the_acknowledgement_unless_they_crossed() {
        for (id, now, expected) in [(1, 1_199, 0), (1, 1_200, 1), (2, 1_199, 0), (2, 1_200, 1)] {
            let mut handshake = Handshake::default();
            handshake.syn_ack(1, 1_000);
            handshake.facts |= Facts::CLIENT_ACKED;
            handshake.syn_ack(id, now);
            assert_eq!(handshake.syn_acks_after_ack, expected, "{id} at {now}");
            assert!(!handshake.ack_is_lost());
            handshake.syn_ack(id, 3_000);
            assert_eq!(handshake.ack_is_lost(), expected > 0, "{id} at {now}");
            handshake.facts |= Facts::SERVER_WENT_ON;
            assert!(!handshake.ack_is_lost());
        }
    }

    #[test]
    fn a_syn_after_the_syn_ack_counts_apart_from_it() {
        // Identification and time of the second SYN; the first was packet 1, the SYN-ACK came at 1000.
        for (id, now, after, separate) in [
            (1, 1_199, false, false),
            (1, 1_200, true, false),
            (2, 1_001, true, true),
            (0, 1_001, false, false),
        ] {
            let mut handshake = Handshake::default();
            handshake.syn(false, 1, 500);
            handshake.syn_ack(1, 1_000);
            handshake.syn(true, id, now);
            let facts = handshake.facts;
            assert_eq!(facts.contains(Facts::SYN_AFTER_SYN_ACK), after, "{id} at {now}");
            assert_eq!(facts.contains(Facts::SEPARATE_SYNS), separate, "{id} at {now}");
        }
        let mut unanswered = Handshake::default();
        unanswered.syn(false, 1, 500);
        unanswered.syn(true, 2, 2_500);
        assert_eq!(unanswered.facts, Facts::SEPARATE_SYNS);
        unanswered.syn_ack(1, 3_000);
        unanswered.syn(false, 3, 4_000);
        assert!(!unanswered.facts.contains(Facts::SYN_AFTER_SYN_ACK), "the other side's first SYN");
    }
}
