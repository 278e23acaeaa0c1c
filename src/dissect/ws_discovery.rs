//! WS-Discovery: SOAP over UDP (WS-Discovery 1.0 and 1.1, 2.4).

/// The name spaces of both versions.
const NAME_SPACES: [&[u8]; 2] = [
    b"schemas.xmlsoap.org/ws/2005/04/discovery",
    b"docs.oasis-open.org/ws-dd/ns/discovery/2009/01",
];

/// Whether a datagram is an XML document that names the protocol.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    let xml =
        bytes.starts_with(b"<?xml") || bytes.starts_with(b"<soap") || bytes.starts_with(b"<s:");
    xml && NAME_SPACES.iter().any(|wanted| bytes.windows(wanted.len()).any(|part| part == *wanted))
}
