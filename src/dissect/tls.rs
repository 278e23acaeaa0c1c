//! TLS: version, server name, application protocol, alert, a client's certificate.
//!
//! Records: RFC 8446, 5.1. Hello messages: RFC 8446, 4.1.2 and 4.1.3. Server name: RFC 6066, 3.
//! Application protocol: RFC 7301. Alerts: RFC 8446, 6. Certificates: RFC 5246, 7.4.2 and 7.4.6.

use super::{Auth, Heard, Step};

const ALERT: u8 = 0x15;
const HANDSHAKE: u8 = 0x16;
const RECORD_HEADER: usize = 5;
/// A record holds at most 2^14 bytes and what protects them (RFC 8446, 5.2).
const MAX_RECORD: usize = (1 << 14) + 2048;
/// Handshake messages longer than this are long chains of certificates.
const MAX_MESSAGE: usize = 16 << 10;

mod message {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const CERTIFICATE: u8 = 11;
}

mod extension {
    pub const SERVER_NAME: u16 = 0;
    pub const APPLICATION_PROTOCOL: u16 = 16;
    pub const SUPPORTED_VERSIONS: u16 = 43;
}

/// Whether bytes begin with a record of a handshake or an alert, versions 3.0 to 3.4.
pub(super) fn starts(bytes: &[u8]) -> bool {
    match bytes {
        [ALERT | HANDSHAKE, 3, 0..=4, high, low, ..] => {
            (1..=MAX_RECORD).contains(&usize::from(u16::from_be_bytes([*high, *low])))
        }
        _ => false,
    }
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls {
    speakers: [Speaker; 2],
}

/// One speaker's handshake messages, which may be cut anywhere by records.
#[derive(Clone, Debug, Default)]
struct Speaker {
    messages: Vec<u8>,
    said_hello: bool,
}

impl Tls {
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        let [kind, 3, _, high, low, ..] = *bytes else {
            return if bytes.len() < RECORD_HEADER { Step::More } else { Step::Deaf };
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        let whole = RECORD_HEADER + len;
        if len == 0 || len > MAX_RECORD {
            return Step::Deaf;
        }
        let Some(body) = bytes.get(RECORD_HEADER..whole) else { return Step::More };
        match kind {
            HANDSHAKE => self.take_messages(speaker, body, heard, whole),
            ALERT => {
                tell_alert(body, heard);
                Step::Deaf
            }
            // What follows is encrypted: the server goes on, so it took the certificate.
            _ => {
                if self.speakers[speaker].said_hello {
                    heard.accepts();
                }
                Step::Deaf
            }
        }
    }

    fn take_messages(
        &mut self,
        speaker: usize,
        body: &[u8],
        heard: &mut Heard,
        whole: usize,
    ) -> Step {
        let one = &mut self.speakers[speaker];
        one.messages.extend_from_slice(body);
        while let [kind, high, middle, low, ..] = *one.messages.as_slice() {
            let len = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            let Some(message) = one.messages.get(4..4 + len) else {
                return if len > MAX_MESSAGE { Step::Deaf } else { Step::Passed(whole) };
            };
            match kind {
                message::CLIENT_HELLO => client_hello(message, heard),
                message::SERVER_HELLO => {
                    server_hello(message, heard);
                    one.said_hello = true;
                }
                // A list of certificates that is not empty, from the one that did not say hello as server.
                message::CERTIFICATE if !one.said_hello && message.len() > 3 => {
                    heard.offered |= Auth::CERTIFICATE;
                }
                _ => {}
            }
            one.messages.drain(..4 + len);
        }
        Step::Passed(whole)
    }
}

/// Reads numbers and vectors one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, octets: usize) -> Option<usize> {
        let bytes = self.bytes(octets)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// A vector with its length in so many octets before it.
    fn vector(&mut self, octets: usize) -> Option<&'a [u8]> {
        let len = self.number(octets)?;
        self.bytes(len)
    }
}

fn client_hello(message: &[u8], heard: &mut Heard) {
    let _cut = client_hello_parts(message, heard);
}

fn client_hello_parts(message: &[u8], heard: &mut Heard) -> Option<()> {
    let mut reader = Reader(message);
    reader.bytes(2 + 32)?;
    reader.vector(1)?;
    reader.vector(2)?;
    reader.vector(1)?;
    let mut extensions = Reader(reader.vector(2)?);
    while let Some(kind) = extensions.number(2) {
        let body = extensions.vector(2)?;
        if kind == usize::from(extension::SERVER_NAME) {
            server_name(body, heard);
        }
    }
    Some(())
}

fn server_name(body: &[u8], heard: &mut Heard) -> Option<()> {
    let mut names = Reader(Reader(body).vector(2)?);
    let host_name = names.number(1)? == 0;
    let name = names.vector(2)?;
    if host_name {
        heard.dialled(&String::from_utf8_lossy(name));
    }
    Some(())
}

fn server_hello(message: &[u8], heard: &mut Heard) {
    let _cut = server_hello_parts(message, heard);
}

fn server_hello_parts(message: &[u8], heard: &mut Heard) -> Option<()> {
    let mut reader = Reader(message);
    let mut version = reader.number(2)?;
    reader.bytes(32)?;
    reader.vector(1)?;
    reader.bytes(2 + 1)?;
    let mut extensions = Reader(reader.vector(2).unwrap_or_default());
    let mut protocol = None;
    while let Some(kind) = extensions.number(2) {
        let Some(body) = extensions.vector(2) else { break };
        match u16::try_from(kind) {
            Ok(extension::SUPPORTED_VERSIONS) => {
                version = Reader(body).number(2).unwrap_or(version)
            }
            Ok(extension::APPLICATION_PROTOCOL) => {
                protocol = Reader(body).vector(2).and_then(|list| Reader(list).vector(1));
            }
            _ => {}
        }
    }
    heard.detail(&version_name(version));
    if let Some(protocol) = protocol {
        heard.detail(&format!("ALPN {}", String::from_utf8_lossy(protocol)));
    }
    Some(())
}

fn version_name(version: usize) -> String {
    match version {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301..=0x0304 => format!("TLS 1.{}", version - 0x0301),
        other => format!("TLS version {other:#06x}"),
    }
}

/// An alert in the clear has two octets; an encrypted one has more.
fn tell_alert(body: &[u8], heard: &mut Heard) {
    let [1 | 2, number] = *body else { return };
    let name = match number {
        0 => "close notify",
        10 => "unexpected message",
        20 => "bad record MAC",
        40 => "handshake failure",
        42 => "bad certificate",
        43 => "unsupported certificate",
        44 => "certificate revoked",
        45 => "certificate expired",
        46 => "certificate unknown",
        47 => "illegal parameter",
        48 => "unknown CA",
        49 => "access denied",
        50 => "decode error",
        51 => "decrypt error",
        70 => "protocol version",
        71 => "insufficient security",
        80 => "internal error",
        86 => "inappropriate fallback",
        112 => "unrecognized name",
        116 => "certificate required",
        120 => "no application protocol",
        _ => "alert",
    };
    heard.detail(&format!("alert: {name} ({number})"));
}
