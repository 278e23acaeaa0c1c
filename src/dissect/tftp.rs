//! TFTP (RFC 1350, 5).

/// Whether a datagram is a read or a write request: a file's name, a zero, a mode, a zero.
pub(super) fn is_request(bytes: &[u8]) -> bool {
    let [0, 1 | 2, rest @ ..] = bytes else { return false };
    let mut parts = rest.split(|byte| *byte == 0);
    let (name, mode) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let printable = !name.is_empty() && name.iter().all(|byte| (0x20..0x7f).contains(byte));
    let known = [&b"octet"[..], b"netascii", b"mail"];
    printable && known.iter().any(|known| mode.eq_ignore_ascii_case(known))
}
