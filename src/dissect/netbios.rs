//! NetBIOS over TCP/IP: the session service (RFC 1002, 4.3) and the name service (RFC 1002, 4.2).

/// Whether bytes begin with a session request, a positive or a negative answer or a retarget.
pub(super) fn starts_session(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x81, 0 | 1, _, _, 0x20, ..]
            | [0x82, 0, 0, 0, ..]
            | [0x83, 0, 0, 1, ..]
            | [0x84, 0, 0, 6, ..]
    )
}

/// Whether a datagram is a message of the name service: the header of a DNS message whose first name
/// is one label of 32 octets.
pub(super) fn is_name_service(bytes: &[u8]) -> bool {
    super::dns::is_message(bytes) && bytes.get(12) == Some(&0x20)
        || matches!(bytes, [_, _, flags, _, 0, 0, ..] if flags & 0x80 != 0 && bytes.get(12) == Some(&0x20))
}
