//! The framing of net.tcp, as WCF speaks it ([MC-NMF] 2.2.3), and the logon in it ([MS-NNS] 2.2).

use super::{Heard, Step, token};

mod record {
    pub const VERSION: u8 = 0;
    pub const MODE: u8 = 1;
    pub const VIA: u8 = 2;
    pub const KNOWN_ENCODING: u8 = 3;
    pub const EXTENSIBLE_ENCODING: u8 = 4;
    pub const FAULT: u8 = 8;
    pub const UPGRADE_REQUEST: u8 = 9;
    pub const UPGRADE_RESPONSE: u8 = 0x0a;
    pub const PREAMBLE_ACK: u8 = 0x0b;
    pub const PREAMBLE_END: u8 = 0x0c;
}
/// Tokens of a negotiated stream: done, error, in progress ([MS-NNS] 2.2.1).
const NEGOTIATION: [u8; 3] = [HANDSHAKE_DONE, 0x15, 0x16];
const HANDSHAKE_DONE: u8 = 0x14;
const NEGOTIATION_HEADER: usize = 5;
/// Octets of a record or token that is waited for.
const LONGEST: usize = 16 << 10;

/// Whether bytes begin with a preamble: version 1.0, then a mode.
pub(super) fn starts(bytes: &[u8]) -> bool {
    matches!(bytes, [record::VERSION, 1, 0, record::MODE, 1..=4, ..])
}

/// Whether bytes are an answer to a preamble; one octet says little by itself.
pub(super) fn answers(bytes: &[u8]) -> bool {
    matches!(bytes, [record::UPGRADE_RESPONSE | record::PREAMBLE_ACK, ..])
        || matches!(bytes, [record::FAULT, len, fault, ..] if usize::from(*len) < 0x80 && fault.is_ascii_alphabetic())
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct NetTcp {
    upgraded: bool,
    /// The speaker that began with the preamble.
    client: Option<usize>,
}

impl NetTcp {
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        let Some((kind, rest)) = bytes.split_first() else { return Step::More };
        match *kind {
            kind if self.upgraded && NEGOTIATION.contains(&kind) => {
                negotiation(bytes, self.client == Some(1 - speaker), heard)
            }
            record::VERSION => {
                self.client = Some(speaker);
                Step::Passed(3)
            }
            record::MODE | record::KNOWN_ENCODING => Step::Passed(2),
            record::VIA | record::UPGRADE_REQUEST | record::EXTENSIBLE_ENCODING | record::FAULT => {
                let Some((text, len)) = sized_text(rest) else {
                    return if bytes.len() < LONGEST { Step::More } else { Step::Deaf };
                };
                if len > LONGEST {
                    return Step::Deaf;
                }
                if *kind == record::VIA {
                    heard.dialled(host_of(&text));
                } else if *kind != record::EXTENSIBLE_ENCODING {
                    heard.detail(&text);
                }
                self.upgraded |= text == "application/negotiate";
                Step::Passed(1 + len)
            }
            record::UPGRADE_RESPONSE => Step::Passed(1),
            record::PREAMBLE_END | record::PREAMBLE_ACK if speaker < 2 => Step::Deaf,
            _ => Step::Deaf,
        }
    }
}

/// A token of the logon: state, version 1.0, length, and the token of the mechanism.
fn negotiation(bytes: &[u8], is_server: bool, heard: &mut Heard) -> Step {
    let [_, 1, 0, high, low, ..] = *bytes else {
        return if bytes.len() < NEGOTIATION_HEADER { Step::More } else { Step::Deaf };
    };
    let whole = NEGOTIATION_HEADER + usize::from(u16::from_be_bytes([high, low]));
    if whole > LONGEST {
        return Step::Deaf;
    }
    let Some(token) = bytes.get(NEGOTIATION_HEADER..whole) else { return Step::More };
    heard.offered |= token::mechanism(token);
    if is_server && bytes[0] == HANDSHAKE_DONE {
        heard.accepts();
    }
    Step::Passed(whole)
}

/// A text after its length in seven bits an octet ([MC-NMF] 2.2.2), and the octets of both.
fn sized_text(bytes: &[u8]) -> Option<(String, usize)> {
    let mut len = 0;
    for (place, octet) in bytes.iter().take(3).enumerate() {
        len |= usize::from(octet & 0x7f) << (7 * place);
        if octet & 0x80 == 0 {
            let text = bytes.get(place + 1..place + 1 + len)?;
            return Some((String::from_utf8_lossy(text).into_owned(), place + 1 + len));
        }
    }
    None
}

/// `vmm01` of `net.tcp://vmm01:8100/ServerIndigo`.
fn host_of(via: &str) -> &str {
    let authority = via.split_once("://").map_or(via, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    }
}
