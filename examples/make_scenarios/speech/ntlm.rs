//! The three messages of NTLM, and their base64 for HTTP.

use super::wide;
use crate::{hash::noise, world::Host};

const SIGNATURE: &[u8] = b"NTLMSSP\0";
const FLAGS: u32 = 0xe288_8215;
/// Windows 10.0 build 20348, NTLM revision 15.
const VERSION: [u8; 8] = [10, 0, 0x7c, 0x4f, 0, 0, 0, 15];
const NETBIOS_DOMAIN: &str = "CONTOSO";

pub fn negotiate() -> Vec<u8> {
    message(1, &[&FLAGS.to_le_bytes(), &[0; 16], &VERSION], &[])
}

/// The server says who it is, so that the client may mix it into its answer.
pub fn challenge(server: Host) -> Vec<u8> {
    let name = server.name.to_uppercase();
    let mut info = Vec::new();
    for (id, value) in [(2_u16, NETBIOS_DOMAIN), (1, &name), (0, "")] {
        info.extend(id.to_le_bytes());
        info.extend((value.len() as u16 * 2).to_le_bytes());
        info.extend(wide(value));
    }
    let domain = wide(NETBIOS_DOMAIN);
    let start = 56;
    let nonce = noise(&name, 8);
    let fixed = [
        &field(domain.len(), start)[..],
        &FLAGS.to_le_bytes(),
        &nonce,
        &[0; 8],
        &field(info.len(), start + domain.len()),
        &VERSION,
    ];
    message(2, &fixed, &[domain, info])
}

/// The service account logs on. The answers to the challenge are noise: nobody here has a password.
pub fn authenticate(client: Host) -> Vec<u8> {
    let parts = [
        noise("lm response", 24),
        noise("nt response", 24),
        wide(NETBIOS_DOMAIN),
        wide("svc-vmm"),
        wide(&client.name.to_uppercase()),
        noise("session key", 16),
    ];
    let mut offset = 88;
    let mut fixed = Vec::new();
    for part in &parts {
        fixed.extend(field(part.len(), offset));
        offset += part.len();
    }
    message(3, &[&fixed, &FLAGS.to_le_bytes(), &VERSION, &noise("integrity", 16)], &parts)
}

fn message(kind: u32, fixed: &[&[u8]], payload: &[Vec<u8>]) -> Vec<u8> {
    [SIGNATURE, &kind.to_le_bytes(), &fixed.concat(), &payload.concat()].concat()
}

/// Length, room, and where it stands.
fn field(length: usize, offset: usize) -> [u8; 8] {
    let [low, high] = (length as u16).to_le_bytes();
    let [a, b, c, d] = (offset as u32).to_le_bytes();
    [low, high, low, high, a, b, c, d]
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .enumerate()
            .fold(0_u32, |sum, (index, &byte)| sum | u32::from(byte) << (16 - 8 * index));
        for position in 0..4 {
            let letter = char::from(ALPHABET[(group >> (18 - 6 * position)) as usize & 63]);
            text.push(if position <= chunk.len() { letter } else { '=' });
        }
    }
    text
}
