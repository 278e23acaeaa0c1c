//! DHCP: BOOTP with the magic cookie (RFC 2131, 3).

const COOKIE_AT: usize = 236;
const COOKIE: &[u8] = &[0x63, 0x82, 0x53, 0x63];

/// Whether a datagram is a request or a reply.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(1 | 2)) && bytes.get(COOKIE_AT..COOKIE_AT + 4) == Some(COOKIE)
}
