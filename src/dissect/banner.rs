//! Services that speak first, or by text, and that no rule expects: told so that another service on a
//! known port has a name.

use super::{Protocol, signature::Signature};

/// The protocol of a server's first bytes.
pub(super) fn recognise(bytes: &[u8]) -> Option<Protocol> {
    let known: [Signature; 7] = [
        (Protocol::Smtp, is_smtp),
        (Protocol::Ftp, is_ftp),
        (Protocol::Pop3, |bytes| bytes.starts_with(b"+OK ")),
        (Protocol::Imap, |bytes| bytes.starts_with(b"* OK ")),
        (Protocol::Telnet, is_telnet),
        (Protocol::Vnc, |bytes| bytes.starts_with(b"RFB 00")),
        (Protocol::Mysql, is_mysql),
    ];
    known.into_iter().find(|(_, fits)| fits(bytes)).map(|(protocol, _)| protocol)
}

/// Whether one of them may begin with a byte.
pub(super) fn may_start(first: u8) -> bool {
    matches!(first, b'2' | b'+' | b'*' | b'R' | IAC | b'J')
}

const IAC: u8 = 0xff;

fn is_greeting(bytes: &[u8]) -> bool {
    bytes.starts_with(b"220 ") || bytes.starts_with(b"220-")
}

/// RFC 5321, section 4.2: the greeting names the protocol by custom. The whole line is needed.
fn is_smtp(bytes: &[u8]) -> bool {
    is_greeting(bytes) && bytes.windows(4).any(|word| word.eq_ignore_ascii_case(b"SMTP"))
}

/// RFC 959, section 5.4: the same greeting, at its end without a word of mail.
fn is_ftp(bytes: &[u8]) -> bool {
    is_greeting(bytes) && bytes.ends_with(b"\n") && !is_smtp(bytes)
}

/// RFC 854: a command and an option.
fn is_telnet(bytes: &[u8]) -> bool {
    matches!(bytes, [IAC, 0xfb..=0xfe, option, IAC, ..] if *option < 0x40)
}

/// The greeting of MySQL, protocol version 10: a usual length of 74, number 0, version, a version text.
fn is_mysql(bytes: &[u8]) -> bool {
    matches!(bytes, [b'J', 0, 0, 0, 10, digit, rest @ ..] if digit.is_ascii_digit() && rest.starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_of_other_services_are_told_and_near_misses_are_not() {
        for (bytes, protocol) in [
            (&b"220 mail.contoso.com ESMTP ready\r\n"[..], Some(Protocol::Smtp)),
            (b"220-FileZilla Server\r\n", Some(Protocol::Ftp)),
            (b"220 (vsFTPd 3.0.3)\r\n", Some(Protocol::Ftp)),
            (b"220 (vsFTP", None),
            (b"221 bye\r\n", None),
            (b"+OK POP3 ready\r\n", Some(Protocol::Pop3)),
            (b"* OK IMAP4 ready\r\n", Some(Protocol::Imap)),
            (b"\xff\xfd\x18\xff\xfd\x20", Some(Protocol::Telnet)),
            (b"\xff\xf0\x18\xff", None),
            (b"RFB 003.008\n", Some(Protocol::Vnc)),
            (b"\x4a\0\0\0\x0a8.0.36\0", Some(Protocol::Mysql)),
            (b"\x4a\0\0\0\x0aversion", None),
        ] {
            assert_eq!(recognise(bytes), protocol, "{bytes:?}");
            if protocol.is_some() {
                assert!(may_start(bytes[0]), "{bytes:?}");
            }
        }
    }
}
