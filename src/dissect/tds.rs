//! TDS, as SQL Server speaks it ([MS-TDS] 2.2.3.1): prelogin, and a logon that is not encrypted.

use super::{Heard, Step, token};

const HEADER: usize = 8;
mod kind {
    pub const SQL_BATCH: u8 = 1;
    pub const RESPONSE: u8 = 4;
    pub const LOGIN7: u8 = 0x10;
    pub const SSPI: u8 = 0x11;
    pub const PRELOGIN: u8 = 0x12;
}
const MAX_PACKET: usize = 32_768;
/// Place of the SSPI part's offset and length in a LOGIN7 message ([MS-TDS] 2.2.6.4).
const SSPI_AT: usize = 78;
const MAX_MESSAGES: u8 = 6;

/// Whether bytes begin with a prelogin, a login, a batch or an answer, its length a packet's.
pub(super) fn starts(bytes: &[u8]) -> bool {
    match bytes {
        [
            kind::SQL_BATCH | kind::RESPONSE | kind::LOGIN7 | kind::PRELOGIN,
            0 | 1,
            high,
            low,
            _,
            _,
            _,
            0,
            ..,
        ] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            (HEADER + 1..=MAX_PACKET).contains(&len) && prelogin_fits(bytes)
        }
        _ => false,
    }
}

/// A client's prelogin begins with the option of the version, or wraps TLS.
fn prelogin_fits(bytes: &[u8]) -> bool {
    matches!(
        (bytes[0], bytes.get(HEADER)),
        (kind::PRELOGIN, Some(0 | 0x14..=0x17))
            | (kind::SQL_BATCH | kind::RESPONSE | kind::LOGIN7, _)
    )
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Tds {
    messages: [u8; 2],
}

impl Tds {
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        let [kind, _, high, low, ..] = *bytes else { return Step::More };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if !(HEADER..=MAX_PACKET).contains(&len) {
            return Step::Deaf;
        }
        self.messages[speaker] += 1;
        if self.messages[speaker] > MAX_MESSAGES {
            return Step::Deaf;
        }
        if matches!(kind, kind::LOGIN7 | kind::SSPI) {
            let Some(message) = bytes.get(HEADER..len) else {
                self.messages[speaker] -= 1;
                return Step::More;
            };
            let token = if kind == kind::SSPI { Some(message) } else { login_token(message) };
            heard.offered |= token.map_or_else(Default::default, token::mechanism);
        }
        // [MS-TDS] 2.2.7: an error, or another step of the logon, is no acceptance.
        let refused = matches!(bytes.get(HEADER), None | Some(0xaa | 0xed));
        if kind == kind::RESPONSE && !refused {
            heard.accepts();
        }
        Step::Passed(len)
    }
}

fn login_token(message: &[u8]) -> Option<&[u8]> {
    let half = |at: usize| {
        message.get(at..at + 2).map(|bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
    };
    let (at, len) = (half(SSPI_AT)?, half(SSPI_AT + 2)?);
    message.get(at..at + len)
}
