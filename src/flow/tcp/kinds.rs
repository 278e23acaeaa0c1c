//! Kinds of segments.

use bitflags::bitflags;

use crate::decode::{Flags, Segment};

bitflags! {
    /// Kinds of segments that a side has sent.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Sent: u8 {
        /// A SYN without ACK.
        const SYN = 1;
        /// A SYN with ACK.
        const SYN_ACK = 2;
        /// A segment with ACK and without SYN or RST.
        const ACK = 4;
        /// Payload.
        const DATA = 8;
        /// A FIN.
        const FIN = 16;
        /// An RST.
        const RST = 32;
    }
}

/// Wireshark's bits of `tcp.completeness`.
mod complete {
    pub const SYN: u8 = 1;
    pub const SYN_ACK: u8 = 2;
    pub const ACK: u8 = 4;
    pub const DATA: u8 = 8;
    pub const FIN: u8 = 16;
    pub const RST: u8 = 32;
}

/// The kinds that a segment is of.
pub(super) fn kinds(segment: &Segment<'_>) -> Sent {
    let flags = segment.flags;
    if flags & (Flags::SYN | Flags::FIN | Flags::RST | Flags::ACK) == Flags::ACK {
        return if segment.payload_len > 0 { Sent::ACK | Sent::DATA } else { Sent::ACK };
    }
    let mut sent = Sent::empty();
    let ack = flags.contains(Flags::ACK);
    if flags.contains(Flags::SYN) {
        sent |= if ack { Sent::SYN_ACK } else { Sent::SYN };
    } else if ack && !flags.contains(Flags::RST) {
        sent |= Sent::ACK;
    }
    sent.set(Sent::DATA, segment.payload_len > 0 && !flags.contains(Flags::RST));
    sent.set(Sent::FIN, flags.contains(Flags::FIN));
    sent.set(Sent::RST, flags.contains(Flags::RST));
    sent
}

/// Wireshark's bits for a segment.
pub(super) fn completeness(segment: &Segment<'_>) -> u8 {
    let flags = segment.flags;
    if flags & (Flags::SYN | Flags::FIN | Flags::RST | Flags::ACK) == Flags::ACK {
        return if segment.payload_len > 0 { complete::DATA } else { complete::ACK };
    }
    let (syn, ack) = (flags.contains(Flags::SYN), flags.contains(Flags::ACK));
    let opening = match (syn, ack) {
        (true, false) => complete::SYN,
        (true, true) => complete::SYN_ACK,
        (false, true) if segment.payload_len == 0 => complete::ACK,
        (false, _) => 0,
    };
    let data = if segment.payload_len > 0 { complete::DATA } else { 0 };
    let closing = if flags.contains(Flags::RST) {
        complete::RST
    } else if flags.contains(Flags::FIN) && ack {
        complete::FIN
    } else {
        0
    };
    opening | data | closing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::tcp::script::segment;

    #[test]
    fn a_segment_has_the_kinds_and_wiresharks_bits_of_its_flags_and_payload() {
        let (syn, syn_ack, ack) = (Sent::SYN, Sent::SYN_ACK, Sent::ACK);
        let (data, fin, rst) = (Sent::DATA, Sent::FIN, Sent::RST);
        for (text, expected, bits) in [
            ("S 1", syn, 1),
            ("S 1 0 9", syn | data, 1 | 8),
            ("SA 1 1", syn_ack, 2),
            ("SA 1 1 9", syn_ack | data, 2 | 8),
            ("A 1 1", ack, 4),
            ("PA 1 1 9", ack | data, 8),
            ("FA 1 1", ack | fin, 4 | 16),
            ("FA 1 1 9", ack | data | fin, 8 | 16),
            ("F 1", fin, 0),
            ("R 1", rst, 32),
            ("RA 1 1", rst, 4 | 32),
            // What an RST carries is a text for people (RFC 9293, 3.5.3).
            ("RA 1 1 9", rst, 8 | 32),
            ("R 1 0 9", rst, 8 | 32),
            ("P 1 0 9", data, 8),
            ("FRA 1 1", rst | fin, 4 | 32),
        ] {
            let segment = segment(text);
            assert_eq!((kinds(&segment), completeness(&segment)), (expected, bits), "{text}");
        }
    }
}
