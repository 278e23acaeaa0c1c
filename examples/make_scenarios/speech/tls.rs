//! TLS: the hellos in clear, then nothing that a bystander can read.

use super::{Line, client, server};
use crate::{hash::noise, world::Host};

const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;
const CHANGE_CIPHER: [u8; 6] = [20, 3, 3, 0, 1, 1];

/// The largest piece of content that goes into one record.
const RECORD: usize = 16_384;

/// TLS 1.3. The server sends `length` bytes of content.
pub fn tls13(to: Host, length: usize) -> Vec<Line> {
    let name = to.fqdn();
    let encrypted = record(APPLICATION, &noise("encrypted extensions", 1180));
    let finished = record(APPLICATION, &noise("client finished", 69));
    let request = record(APPLICATION, &noise("request", 412));
    let content = noise(&name, length);
    let content = content.chunks(RECORD).flat_map(|chunk| record(APPLICATION, chunk));
    vec![
        client(client_hello(&name)),
        server([server_hello(&name), CHANGE_CIPHER.to_vec(), encrypted].concat()),
        client([CHANGE_CIPHER.to_vec(), finished, request].concat()),
        server(content.collect::<Vec<_>>()),
    ]
}

fn client_hello(name: &str) -> Vec<u8> {
    let suites: &[u16] = &[0x1302, 0x1301, 0xc02c, 0xc030, 0xc02f];
    let extensions = [
        extension(0, &counted(&[&[0], &counted(name.as_bytes())[..]].concat())), // the name dialled
        extension(10, &[0, 6, 0, 29, 0, 23, 0, 24]),                             // groups
        extension(11, &[1, 0]),                                                  // point formats
        extension(13, &[0, 8, 8, 4, 4, 3, 4, 1, 2, 1]),                          // signatures
        extension(23, &[]),                                                      // extended secret
        extension(43, &[4, 3, 4, 3, 3]), // versions 1.3 and 1.2
        extension(51, &counted(&key_share("client"))),
    ];
    let mut body = opening("client random", name);
    body.extend(counted(&suites.iter().flat_map(|suite| suite.to_be_bytes()).collect::<Vec<_>>()));
    body.extend([1, 0]); // no compression
    hello(1, body, &extensions)
}

fn server_hello(name: &str) -> Vec<u8> {
    let extensions = [extension(43, &[3, 4]), extension(51, &key_share("server"))];
    let mut body = opening("server random", name);
    body.extend([0x13, 0x02]); // the suite
    body.push(0);
    hello(2, body, &extensions)
}

/// Version 1.2 for the sake of old middleboxes, a nonce, and a session that both sides name alike.
fn opening(label: &str, name: &str) -> Vec<u8> {
    let nonce = noise(&format!("{label} {name}"), 32);
    [&[3, 3], &nonce[..], &[32], &noise(name, 32)].concat()
}

fn hello(kind: u8, mut body: Vec<u8>, extensions: &[Vec<u8>]) -> Vec<u8> {
    body.extend(counted(&extensions.concat()));
    let [_, a, b, c] = (body.len() as u32).to_be_bytes();
    record(HANDSHAKE, &[&[kind, a, b, c], &body[..]].concat())
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes(), &counted(content)[..]].concat()
}

fn key_share(label: &str) -> Vec<u8> {
    [&[0, 29], &counted(&noise(label, 32))[..]].concat()
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], &counted(content)[..]].concat()
}

/// The bytes after their number.
fn counted(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}
