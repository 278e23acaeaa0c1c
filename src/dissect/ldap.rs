//! LDAP (RFC 4511): operations, and the logon of a SASL bind (RFC 4513; [MS-ADTS] 5.1.1.1).

use super::{
    Auth, Heard, Step,
    der::{Element, element, elements},
    token,
};

/// Application tags of requests and answers (RFC 4511, 4.2 to 4.14).
const OPERATIONS: [u8; 20] = [
    0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x4a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
    0x50, 0x73, 0x77, 0x78,
];
const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const MAX_MESSAGES: u8 = 8;
/// Octets of a message with credentials; tokens of Kerberos rarely have more than 12,000.
const LONGEST_LOGON: usize = 36 << 10;

/// A message with its number and the tag and content of its operation, and the octets of all.
struct Message<'a> {
    operation: u8,
    content: &'a [u8],
    whole: usize,
}

fn message(bytes: &[u8]) -> Option<Message<'_>> {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 2;
    let message = element(bytes).filter(|one| one.tag == SEQUENCE)?;
    let number = element(message.content).filter(|one| one.tag == INTEGER)?;
    if !(1..=4).contains(&number.content.len()) {
        return None;
    }
    let Element { tag: operation, content, .. } = element(message.content.get(number.whole..)?)?;
    OPERATIONS.contains(&operation).then_some(Message { operation, content, whole: message.whole })
}

/// Whether bytes begin with a sequence of a message number and an operation.
pub(super) fn starts(bytes: &[u8]) -> bool {
    message(bytes).is_some()
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Ldap {
    messages: [u8; 2],
}

impl Ldap {
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        const HEAD: usize = 16;
        let Some(Message { operation, content, whole }) = message(bytes) else {
            // After a logon messages may be sealed.
            return if bytes.len() < HEAD { Step::More } else { Step::Deaf };
        };
        let logon = matches!(operation, BIND_REQUEST | BIND_RESPONSE);
        if logon && bytes.len() < whole {
            return if whole > LONGEST_LOGON { Step::Deaf } else { Step::More };
        }
        if logon && whole > LONGEST_LOGON {
            return Step::Deaf;
        }
        if logon {
            bind(operation, content, heard);
        }
        self.messages[speaker] += 1;
        if self.messages[speaker] >= MAX_MESSAGES {
            return Step::Deaf;
        }
        Step::Passed(whole)
    }
}

/// The credentials of a bind: a sequence tagged 3 in a request, tag 7 in an answer. Active Directory
/// also takes NTLM messages in tags 9, 10 and 11 ([MS-ADTS] 5.1.1.1.3).
fn bind(operation: u8, content: &[u8], heard: &mut Heard) {
    let mut accepted = false;
    for Element { tag, content: body, .. } in elements(content) {
        match (operation, tag) {
            (BIND_REQUEST, 0xa3) => sasl(body, heard),
            (BIND_REQUEST, 0x89..=0x8b) | (BIND_RESPONSE, 0x87) => {
                heard.offered |= token::mechanism(body);
            }
            // RFC 4511, section 4.2.2: the result, of which 0 is success.
            (BIND_RESPONSE, 0x0a) => accepted = body == [0],
            (BIND_REQUEST, 0x80) if !body.is_empty() => heard.offered |= Auth::BASIC,
            _ => {}
        }
    }
    if accepted {
        heard.accepts();
    }
}

fn sasl(body: &[u8], heard: &mut Heard) {
    const OCTETS: u8 = 4;
    let mut texts = elements(body).filter(|one| one.tag == OCTETS);
    if let Some(mechanism) = texts.next() {
        heard.detail(&String::from_utf8_lossy(mechanism.content));
    }
    if let Some(credentials) = texts.next() {
        heard.offered |= token::mechanism(credentials.content);
    }
}
