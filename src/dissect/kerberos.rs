//! Kerberos (RFC 4120): the kind of message, over TCP (7.2.2) and UDP (7.2.1).

use super::{Auth, Heard, Step};

/// Octets of the length before a message over TCP.
const LENGTH: usize = 4;
const MAX_MESSAGES: u8 = 4;

/// The name of a message by its application tag (RFC 4120, 5.10).
fn name(tag: u8) -> Option<&'static str> {
    Some(match tag {
        0x6a => "AS-REQ",
        0x6b => "AS-REP",
        0x6c => "TGS-REQ",
        0x6d => "TGS-REP",
        0x6e => "AP-REQ",
        0x6f => "AP-REP",
        0x7e => "KRB-ERROR",
        _ => return None,
    })
}

/// Whether bytes begin with a length and then a message of as much.
pub(super) fn starts(bytes: &[u8]) -> bool {
    match bytes {
        [0, high, middle, low, message @ ..] => {
            let len = usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low);
            is_message(message, Some(len))
        }
        _ => false,
    }
}

/// Whether a datagram is a message.
pub(super) fn is_datagram(bytes: &[u8]) -> bool {
    is_message(bytes, Some(bytes.len()))
}

/// A tag, the length of the rest, and the sequence in it.
fn is_message(bytes: &[u8], whole: Option<usize>) -> bool {
    let (tag, len, inside) = match *bytes {
        [tag, 0x82, high, low, inside, ..] => {
            (tag, 4 + usize::from(u16::from_be_bytes([high, low])), inside)
        }
        [tag, 0x81, len, inside, ..] => (tag, 3 + usize::from(len), inside),
        [tag, len @ 0..=0x7f, inside, ..] => (tag, 2 + usize::from(len), inside),
        _ => return false,
    };
    name(tag).is_some() && inside == 0x30 && whole.is_none_or(|whole| whole == len)
}

/// Tells of a message.
pub(super) fn tell(message: &[u8], heard: &mut Heard) {
    if let Some(name) = message.first().and_then(|tag| name(*tag)) {
        heard.detail(name);
        heard.offered |= Auth::KERBEROS;
        // RFC 4120: AS-REP, TGS-REP and AP-REP.
        if matches!(message[0], 0x6b | 0x6d | 0x6f) {
            heard.accepts();
        }
    }
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Kerberos {
    messages: [u8; 2],
}

impl Kerberos {
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        let [0, high, middle, low, tag, ..] = *bytes else {
            return if bytes.len() <= LENGTH { Step::More } else { Step::Deaf };
        };
        tell(&[tag], heard);
        self.messages[speaker] += 1;
        if self.messages[speaker] >= MAX_MESSAGES {
            return Step::Deaf;
        }
        let len = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        Step::Passed(LENGTH + len)
    }
}
