//! NTP (RFC 5905, 7.3) and SNTP with Windows' signature ([MS-SNTP] 2.2.1).

const HEADER: usize = 48;

/// Whether a datagram has a header of versions 1 to 4 and modes 1 to 5.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    bytes.len() >= HEADER && matches!(bytes[0] >> 3 & 7, 1..=4) && matches!(bytes[0] & 7, 1..=5)
}
