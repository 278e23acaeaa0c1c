//! SMB 1, 2 and 3: dialect, logon, shares, and RPC in named pipes.
//!
//! [MS-SMB2] 2.2.1 (header), 2.2.4 (negotiate), 2.2.5 and 2.2.6 (session setup), 2.2.9 (tree
//! connect); [MS-CIFS] 2.2.3.1; RFC 1002, 4.3.1 for the four octets before each message.

use super::{Heard, Step, token};

const SMB1: &[u8] = b"\xffSMB";
const SMB2: &[u8] = b"\xfeSMB";
const ENCRYPTED: &[u8] = b"\xfdSMB";
const COMPRESSED: &[u8] = b"\xfcSMB";
const FRAME: usize = 4;
const SMB2_HEADER: usize = 64;
/// Messages with logons and paths are shorter; others are passed over.
const LONGEST_READ: usize = 8 << 10;
/// Messages of a speaker after which nothing new is told.
const MAX_MESSAGES: u16 = 64;

mod command {
    pub const NEGOTIATE: u16 = 0;
    pub const SESSION_SETUP: u16 = 1;
    pub const TREE_CONNECT: u16 = 3;
}
const RESPONSE_FLAG: u8 = 1;

/// Whether bytes begin with a NetBIOS session message or direct TCP header, then the mark of an SMB.
pub(super) fn starts(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0)
        && bytes
            .get(FRAME..FRAME + 4)
            .is_some_and(|mark| [SMB1, SMB2, ENCRYPTED, COMPRESSED].contains(&mark))
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Smb {
    messages: [u16; 2],
}

impl Smb {
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        let [kind, high, middle, low, ..] = *bytes else { return Step::More };
        let len = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        // Session requests and keep-alives of NetBIOS stand between messages.
        if kind != 0 {
            return if kind & 0x80 == 0 { Step::Deaf } else { Step::Passed(FRAME + len) };
        }
        let wanted = len.min(LONGEST_READ);
        let Some(message) = bytes.get(FRAME..FRAME + wanted) else { return Step::More };
        self.messages[speaker] += 1;
        if message.starts_with(SMB2) {
            smb2(message, heard);
        } else if message.starts_with(SMB1) {
            smb1(message, heard);
        } else if message.starts_with(ENCRYPTED) {
            heard.detail("encrypted");
            return Step::Deaf;
        }
        if self.messages[speaker] >= MAX_MESSAGES {
            return Step::Deaf;
        }
        Step::Passed(FRAME + len)
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn smb2(message: &[u8], heard: &mut Heard) {
    let _cut = smb2_parts(message, heard);
}

fn smb2_parts(message: &[u8], heard: &mut Heard) -> Option<()> {
    let body = message.get(SMB2_HEADER..)?;
    let is_response = message[16] & RESPONSE_FLAG != 0;
    match (half(message, 12)?, is_response) {
        (command::NEGOTIATE, true) => heard.detail(dialect(half(body, 4)?)),
        (command::SESSION_SETUP, false) => {
            security_buffer(message, half(body, 12)?, half(body, 14)?, heard)?
        }
        (command::SESSION_SETUP, true) => {
            security_buffer(message, half(body, 4)?, half(body, 6)?, heard);
            if message.get(8..12) == Some(&[0; 4]) {
                heard.accepts();
            }
        }
        (command::TREE_CONNECT, false) => {
            let (at, len) = (usize::from(half(body, 4)?), usize::from(half(body, 6)?));
            heard.detail(&utf16(message.get(at..at + len)?));
        }
        _ => {}
    }
    Some(())
}

fn security_buffer(message: &[u8], at: u16, len: u16, heard: &mut Heard) -> Option<()> {
    let at = usize::from(at);
    heard.offered |= token::mechanism(message.get(at..at + usize::from(len))?);
    Some(())
}

fn dialect(number: u16) -> &'static str {
    match number {
        0x0202 => "SMB 2.0.2",
        0x0210 => "SMB 2.1",
        0x0300 => "SMB 3.0",
        0x0302 => "SMB 3.0.2",
        0x0311 => "SMB 3.1.1",
        0x02ff => "SMB 2",
        _ => "SMB of an unknown dialect",
    }
}

/// An SMB 1 message: only the logon's token, told by its own mark, is looked for.
fn smb1(message: &[u8], heard: &mut Heard) {
    const SESSION_SETUP_ANDX: u8 = 0x73;
    heard.detail("SMB 1");
    if message.get(4) != Some(&SESSION_SETUP_ANDX) {
        return;
    }
    let ntlm = message.windows(8).position(|window| window == b"NTLMSSP\0");
    let gss = message.windows(2).position(|window| matches!(window, [0x60, 0x40..=0x8f]));
    for at in [ntlm, gss].into_iter().flatten() {
        heard.offered |= token::mechanism(&message[at..]);
    }
    // [MS-CIFS] 2.2.3.1: the status, and the bit of a response.
    let is_response = message.get(9).is_some_and(|flags| flags & 0x80 != 0);
    if is_response && message.get(5..9) == Some(&[0; 4]) {
        heard.accepts();
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
