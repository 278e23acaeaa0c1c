//! RMCP, which carries IPMI and ASF (DSP0136, 3.2; IPMI 2.0, 13.1.3).

use super::Heard;

mod class {
    pub const ASF: u8 = 6;
    pub const IPMI: u8 = 7;
    pub const MASK: u8 = 0x1f;
}
/// The enterprise of the Alert Standard Forum.
const ASF_ENTERPRISE: [u8; 4] = [0, 0, 0x11, 0xbe];

/// Whether a datagram is RMCP version 1.0 of class IPMI or ASF.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    match bytes {
        [6, 0, _, class, rest @ ..] => match class & class::MASK {
            class::ASF => rest.is_empty() || rest.starts_with(&ASF_ENTERPRISE),
            // An authentication type, or 6 for the format of IPMI 2.0.
            class::IPMI => matches!(rest.first(), None | Some(0 | 1 | 2 | 4 | 5 | 6)),
            _ => false,
        },
        _ => false,
    }
}

/// Tells what kind of message it is.
pub(super) fn tell(bytes: &[u8], heard: &mut Heard) {
    let Some(class) = bytes.get(3).map(|class| class & class::MASK) else { return };
    match (class, bytes.get(4), bytes.get(8)) {
        (class::ASF, _, Some(0x80)) => heard.detail("ASF presence ping"),
        (class::ASF, _, Some(0x40)) => heard.detail("ASF presence pong"),
        (class::IPMI, Some(6), _) => heard.detail("IPMI 2.0 (RMCP+)"),
        (class::IPMI, Some(_), _) => heard.detail("IPMI 1.5 session"),
        _ => {}
    }
}
