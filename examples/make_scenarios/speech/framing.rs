//! Protocols that need only a few bytes: net.tcp, TDS, IPMI, RDP, SSH.

use super::{Line, client, der, ntlm, server};
use crate::{hash::noise, world::Host};

/// .NET message framing, with the logon of `NegotiateStream` and some of what follows it.
pub fn net_tcp(from: Host, to: Host, port: u16, service: &str) -> Vec<Line> {
    let via = format!("net.tcp://{}:{port}/{service}", to.fqdn());
    let upgrade = "application/negotiate";
    let mut preamble = vec![0, 1, 0, 1, 2, 2, via.len() as u8];
    preamble.extend(via.as_bytes());
    preamble.extend([3, 8, 9, upgrade.len() as u8]);
    preamble.extend(upgrade.as_bytes());
    vec![
        client(preamble),
        server([0x0a]),
        client(negotiate_stream(&der::spnego_offer(Some(&ntlm::negotiate())))),
        server(negotiate_stream(&der::spnego_challenge(&ntlm::challenge(to)))),
        client(negotiate_stream(&der::spnego_authenticate(&ntlm::authenticate(from)))),
        server([0x14, 1, 0, 0, 0]),
        client(sealed(&via, 17)),
        server(sealed("preamble acknowledged", 17)),
        client(sealed("open", 640)),
        server(sealed("opened", 912)),
    ]
}

/// A handshake still going on.
fn negotiate_stream(token: &[u8]) -> Vec<u8> {
    [&[0x16, 1, 0], &(token.len() as u16).to_be_bytes()[..], token].concat()
}

fn sealed(label: &str, length: usize) -> Vec<u8> {
    [&(length as u32).to_le_bytes(), &noise(label, length)[..]].concat()
}

/// SQL Server's pre-login: versions and whether to encrypt.
pub fn tds() -> Vec<Line> {
    vec![
        client(prelogin(0x12, [0x10, 0, 0x10, 0x37, 0, 0])), // client library 16.0.4151
        server(prelogin(0x04, [0x10, 0, 0x10, 0x45, 0, 0])),
    ]
}

fn prelogin(kind: u8, version: [u8; 6]) -> Vec<u8> {
    let values: [&[u8]; 5] = [&version, &[1], &[0], &[0, 0, 0x1b, 0x58], &[0]];
    let mut offset = values.len() * 5 + 1;
    let mut body = Vec::new();
    for (token, value) in values.iter().enumerate() {
        body.push(token as u8);
        body.extend((offset as u16).to_be_bytes());
        body.extend((value.len() as u16).to_be_bytes());
        offset += value.len();
    }
    body.push(0xff);
    body.extend(values.concat());
    let [high, low] = (body.len() as u16 + 8).to_be_bytes();
    [&[kind, 1, high, low, 0, 0, 1, 0], &body[..]].concat()
}

/// IPMI: which ways to log on does the controller know?
pub fn ipmi() -> [Vec<u8>; 2] {
    const BMC: u8 = 0x20;
    const CONSOLE: u8 = 0x81;
    let ask = ipmi_message([BMC, 0x06 << 2], &[CONSOLE, 0, 0x38, 0x8e, 4]);
    let answer = ipmi_message([CONSOLE, 0x07 << 2], &[BMC, 0, 0x38, 0, 1, 0x84, 4, 2, 0, 0, 0, 0]);
    [ask, answer]
}

/// Both halves end in a checksum that makes their bytes sum up to zero.
fn ipmi_message(head: [u8; 2], body: &[u8]) -> Vec<u8> {
    let checksum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
    let mut bytes = vec![6, 0, 0xff, 7]; // RMCP, no acknowledgement wanted, IPMI
    bytes.extend([0; 9]); // no session
    bytes.push((head.len() + body.len() + 2) as u8);
    bytes.extend(head);
    bytes.push(checksum(&head));
    bytes.extend(body);
    bytes.push(checksum(body));
    bytes
}

/// Remote Desktop: the connection request and its confirmation.
pub fn rdp() -> Vec<Line> {
    vec![
        client([3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0]),
        server([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0x1f, 8, 0, 2, 0, 0, 0]),
    ]
}

/// SSH: both introduce themselves, the server first.
pub fn ssh() -> Vec<Line> {
    vec![
        server("SSH-2.0-OpenSSH_for_Windows_8.1\r\n"),
        client("SSH-2.0-OpenSSH_for_Windows_8.1\r\n"),
    ]
}
