//! ASN.1 in its distinguished encoding, as far as SPNEGO, LDAP and Kerberos need it.

pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
pub const INTEGER: u8 = 0x02;
pub const BOOLEAN: u8 = 0x01;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const ENUMERATED: u8 = 0x0a;
pub const GENERAL_STRING: u8 = 0x1b;
pub const GENERALIZED_TIME: u8 = 0x18;

const SPNEGO: &[u8] = &[0x06, 0x06, 0x2b, 6, 1, 5, 5, 2];
const NTLMSSP: &[u8] = &[0x06, 0x0a, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 0x0a];

/// `[number]`, constructed.
pub const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// `[APPLICATION number]`, constructed.
pub const fn application(number: u8) -> u8 {
    0x60 | number
}

/// One element: tag, length, content.
pub fn element(tag: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let length = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        byte @ 0x80..0x100 => vec![0x81, byte as u8],
        word => [&[0x82], &(word as u16).to_be_bytes()[..]].concat(),
    };
    [&[tag], &length[..], content].concat()
}

/// An element that holds others.
pub fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, parts.concat())
}

/// A first SPNEGO token that offers NTLM, with its first message if there is one already.
pub fn spnego_offer(token: Option<&[u8]>) -> Vec<u8> {
    let mut fields = vec![group(context(0), &[element(SEQUENCE, NTLMSSP)])];
    fields.extend(token.map(|token| group(context(2), &[element(OCTET_STRING, token)])));
    let offer = group(context(0), &[group(SEQUENCE, &fields)]);
    group(application(0), &[SPNEGO.to_vec(), offer])
}

/// The server's answer: NTLM it is, go on, and here is its challenge.
pub fn spnego_challenge(token: &[u8]) -> Vec<u8> {
    spnego_answer(&[
        group(context(0), &[element(ENUMERATED, [1])]),
        element(context(1), NTLMSSP),
        group(context(2), &[element(OCTET_STRING, token)]),
    ])
}

/// The client's last token.
pub fn spnego_authenticate(token: &[u8]) -> Vec<u8> {
    spnego_answer(&[group(context(2), &[element(OCTET_STRING, token)])])
}

/// "accept-completed".
pub fn spnego_done() -> Vec<u8> {
    spnego_answer(&[group(context(0), &[element(ENUMERATED, [0])])])
}

fn spnego_answer(fields: &[Vec<u8>]) -> Vec<u8> {
    group(context(1), &[group(SEQUENCE, fields)])
}
