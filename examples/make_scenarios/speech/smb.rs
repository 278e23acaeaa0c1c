//! SMB 3.1.1 as far as the logon, in the frames of port 445.

use super::{Line, client, der, ntlm, server};
use crate::{hash::noise, world::Host};

const NEGOTIATE: u16 = 0;
const SESSION_SETUP: u16 = 1;
const MORE_PROCESSING_REQUIRED: u32 = 0xc000_0016;
const SESSION: u64 = 0x0000_0400_0000_0011;
/// Header and fixed part of a negotiate response, of a session setup request and of its response.
const NEGOTIATED: usize = 64 + 64;
const SETUP_ASKED: usize = 64 + 24;
const SETUP_ANSWERED: usize = 64 + 8;

/// Negotiates, logs on with NTLM.
pub fn logon(from: Host, to: Host) -> Vec<Line> {
    let offer = der::spnego_offer(Some(&ntlm::negotiate()));
    let challenge = der::spnego_challenge(&ntlm::challenge(to));
    let authenticate = der::spnego_authenticate(&ntlm::authenticate(from));
    vec![
        client(message(NEGOTIATE, 0, None, 0, &negotiate_request(from))),
        server(message(NEGOTIATE, 0, Some(0), 0, &negotiate_response(to))),
        client(message(SESSION_SETUP, 1, None, 0, &setup_request(&offer))),
        server(message(
            SESSION_SETUP,
            1,
            Some(MORE_PROCESSING_REQUIRED),
            SESSION,
            &setup_response(&challenge),
        )),
        client(message(SESSION_SETUP, 2, None, SESSION, &setup_request(&authenticate))),
        server(message(SESSION_SETUP, 2, Some(0), SESSION, &setup_response(&der::spnego_done()))),
    ]
}

/// A message in the middle of a session: encrypted, so only its signature can be read.
pub fn encrypted(label: &str, length: usize) -> Vec<u8> {
    let mut body = b"\xfdSMB".to_vec();
    body.extend(noise(label, 32)); // signature and nonce
    body.extend((length as u32).to_le_bytes());
    body.extend([0, 0, 1, 0]);
    body.extend(SESSION.to_le_bytes());
    body.extend(noise(label, length));
    framed(&body)
}

/// `status` makes it a response.
fn message(command: u16, id: u64, status: Option<u32>, session: u64, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xfeSMB".to_vec();
    bytes.extend([64, 0, 1, 0]);
    bytes.extend(status.unwrap_or(0).to_le_bytes());
    bytes.extend(command.to_le_bytes());
    bytes.extend([33, 0]); // credits
    bytes.extend(u32::from(status.is_some()).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(id.to_le_bytes());
    bytes.extend([0xff, 0xfe, 0, 0, 0, 0, 0, 0]); // process and tree
    bytes.extend(session.to_le_bytes());
    bytes.extend([0; 16]);
    bytes.extend(body);
    framed(&bytes)
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u32).to_be_bytes(), message].concat()
}

fn negotiate_request(from: Host) -> Vec<u8> {
    let dialects: [u16; 5] = [0x0202, 0x0210, 0x0300, 0x0302, 0x0311];
    let mut body = vec![36, 0, 5, 0, 1, 0, 0, 0, 0x7f, 0, 0, 0];
    body.extend(noise(from.name, 16));
    body.extend([112, 0, 0, 0, 2, 0, 0, 0]); // where the two contexts stand
    body.extend(dialects.iter().flat_map(|dialect| dialect.to_le_bytes()));
    body.extend([0; 2]);
    body.extend(contexts(from));
    body
}

fn negotiate_response(to: Host) -> Vec<u8> {
    let offer = der::spnego_offer(None);
    let padded = offer.len().next_multiple_of(8);
    let mut body = vec![65, 0, 1, 0, 0x11, 3, 2, 0];
    body.extend(noise(to.name, 16));
    body.extend([0x2f, 0, 0, 0]);
    body.extend([0, 0, 0x80, 0].repeat(3)); // eight megabytes each
    body.extend(FILE_TIME.to_le_bytes());
    body.extend([0; 8]);
    body.extend((NEGOTIATED as u16).to_le_bytes());
    body.extend((offer.len() as u16).to_le_bytes());
    body.extend(((NEGOTIATED + padded) as u32).to_le_bytes());
    body.extend(&offer);
    body.resize(body.len() + padded - offer.len(), 0);
    body.extend(contexts(to));
    body
}

/// 2026-03-01T08:00:00Z in Windows' count.
const FILE_TIME: u64 = (1_772_352_000 + 11_644_473_600) * 10_000_000;

/// Integrity with SHA-512 and a salt; encryption with AES-128-GCM.
fn contexts(of: Host) -> Vec<u8> {
    let mut integrity = vec![1, 0, 32, 0, 1, 0];
    integrity.extend(noise(of.name, 32));
    let encryption = [1, 0, 2, 0];
    let mut bytes = Vec::new();
    for (kind, data) in [(1_u16, &integrity[..]), (2, &encryption)] {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend(kind.to_le_bytes());
        bytes.extend((data.len() as u16).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(data);
    }
    bytes
}

fn setup_request(token: &[u8]) -> Vec<u8> {
    let mut body = vec![25, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    body.extend((SETUP_ASKED as u16).to_le_bytes());
    body.extend((token.len() as u16).to_le_bytes());
    body.extend([0; 8]);
    body.extend(token);
    body
}

fn setup_response(token: &[u8]) -> Vec<u8> {
    let mut body = vec![9, 0, 0, 0];
    body.extend((SETUP_ANSWERED as u16).to_le_bytes());
    body.extend((token.len() as u16).to_le_bytes());
    body.extend(token);
    body
}
