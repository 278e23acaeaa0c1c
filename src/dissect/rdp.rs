//! RDP ([MS-RDPBCGR] 2.2.1.1 and 2.2.1.2): a connection request or confirmation in a TPKT.

use super::{Heard, Step};

/// Octets of a confirmation that are looked at.
const LONGEST: usize = 64;
const TPKT_HEADER: usize = 4;
/// Length indicator, code, two references and a class before the variable part (X.224, 13.3).
const X224_HEADER: usize = 7;

/// Whether bytes begin with a TPKT that holds a connection request or confirmation.
pub(super) fn starts(bytes: &[u8]) -> bool {
    match bytes {
        [3, 0, high, low, rest, 0xe0 | 0xd0, 0, 0, ..] => {
            usize::from(u16::from_be_bytes([*high, *low])) == TPKT_HEADER + 1 + usize::from(*rest)
        }
        _ => false,
    }
}

/// Tells which security was agreed upon.
pub(super) fn hear(bytes: &[u8], heard: &mut Heard) -> Step {
    const CONFIRM: u8 = 0xd0;
    const NEGOTIATION_RESPONSE: u8 = 2;
    let len = match bytes {
        [3, 0, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        _ => return Step::Deaf,
    };
    let Some(message) = bytes.get(..len.min(LONGEST)) else { return Step::More };
    let negotiation = message.get(TPKT_HEADER + X224_HEADER..).unwrap_or_default();
    if message.get(5) == Some(&CONFIRM)
        && let [NEGOTIATION_RESPONSE, _, 8, 0, protocol, ..] = negotiation
    {
        heard.detail(match protocol {
            0 => "RDP security",
            1 => "TLS security",
            2 => "CredSSP security",
            8 => "CredSSP security with early authorization",
            _ => "RDP with other security",
        });
    }
    Step::Deaf
}
