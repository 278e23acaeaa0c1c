//! A record as it lies in the window, and the numbers in it.

use super::{LinkType, Said, Timestamp};

/// Longest packet a record may hold in bytes: Wireshark's and libpcap's own limit.
pub(super) const MAX_CAPTURED: u32 = 262_144;

/// Where a record lies in the window and what it says of itself.
#[derive(Debug)]
pub(super) struct Head {
    pub time: Timestamp,
    pub link: LinkType,
    /// Offset of the packet's bytes in the record.
    pub at: usize,
    /// Bytes captured.
    pub captured: usize,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Bytes of the whole record.
    pub record_len: usize,
    /// What its options say.
    pub said: Said,
}

/// The 32-bit word at the start of `bytes`.
pub fn word(bytes: &[u8], big_endian: bool) -> u32 {
    let word = [bytes[0], bytes[1], bytes[2], bytes[3]];
    if big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
}

/// The 16-bit number at the start of `bytes`.
pub fn half(bytes: &[u8], big_endian: bool) -> u16 {
    let half = [bytes[0], bytes[1]];
    if big_endian { u16::from_be_bytes(half) } else { u16::from_le_bytes(half) }
}
