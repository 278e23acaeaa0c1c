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
