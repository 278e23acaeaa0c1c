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
