//! DCE/RPC: the endpoint mapper on 135, and what it leads to.

use super::{Line, client, ntlm, server};
use crate::world::Host;

const BIND: u8 = 11;
const BIND_ACK: u8 = 12;
const REQUEST: u8 = 0;
const RESPONSE: u8 = 2;

/// An interface or transfer syntax: its UUID in wire order, then the version.
pub struct Syntax([u8; 16], u16);

const ENDPOINT_MAPPER: Syntax = Syntax(
    [
        0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0,
        0xfa,
    ],
    3,
);
const NDR: Syntax = Syntax(
    [
        0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48,
        0x60,
    ],
    2,
);
/// The service control manager: how the agent gets started.
pub const SERVICE_CONTROL: Syntax = Syntax(
    [
        0x81, 0xbb, 0x7a, 0x36, 0x44, 0x98, 0xf1, 0x35, 0xad, 0x32, 0x98, 0xf0, 0x38, 0x00, 0x10,
        0x03,
    ],
    2,
);

/// Asks the endpoint mapper where the service control manager listens; the answer names `port`.
pub fn endpoint_lookup(to: Host, port: u16) -> Vec<Line> {
    vec![
        client(bind(&ENDPOINT_MAPPER, None)),
        server(bind_ack("135", None)),
        client(pdu(REQUEST, 2, &[&call(3), &map_request()], None)),
        server(pdu(RESPONSE, 2, &[&call(0), &map_response(to, port)], None)),
    ]
}

/// Binds an interface on a dynamic port with NTLM.
pub fn dynamic_bind(to: Host, port: u16, interface: &Syntax) -> Vec<Line> {
    vec![
        client(bind(interface, Some(ntlm::negotiate()))),
        server(bind_ack(&port.to_string(), Some(ntlm::challenge(to)))),
    ]
}

fn bind(interface: &Syntax, token: Option<Vec<u8>>) -> Vec<u8> {
    pdu(
        BIND,
        1,
        &[&FRAGMENTS, &[0; 4], &[1, 0, 0, 0, 0, 0, 1, 0], &interface.bytes(), &NDR.bytes()],
        token,
    )
}

fn bind_ack(port: &str, token: Option<Vec<u8>>) -> Vec<u8> {
    let mut address = (port.len() as u16 + 1).to_le_bytes().to_vec();
    address.extend(port.as_bytes());
    address.push(0);
    // The header before the address is a multiple of four long.
    address.resize(address.len().next_multiple_of(4), 0);
    pdu(
        BIND_ACK,
        1,
        &[&FRAGMENTS, &[0x4d, 0x12, 0, 0], &address, &[1, 0, 0, 0], &[0; 4], &NDR.bytes()],
        token,
    )
}

/// Largest fragment to send and to receive.
const FRAGMENTS: [u8; 4] = [0xd0, 0x16, 0xd0, 0x16];

/// The authentication trailer, where there is one, names NTLM with privacy.
fn pdu(kind: u8, call_id: u32, parts: &[&[u8]], token: Option<Vec<u8>>) -> Vec<u8> {
    let mut body = parts.concat();
    let token = token.unwrap_or_default();
    if !token.is_empty() {
        let padding = body.len().next_multiple_of(4) - body.len();
        body.resize(body.len() + padding, 0);
        body.extend([10, 6, padding as u8, 0, 0, 0, 0, 0]);
        body.extend(&token);
    }
    let mut bytes = vec![5, 0, kind, 3, 0x10, 0, 0, 0];
    bytes.extend((body.len() as u16 + 16).to_le_bytes());
    bytes.extend((token.len() as u16).to_le_bytes());
    bytes.extend(call_id.to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Allocation hint, context 0, and the operation (which a response leaves 0).
fn call(operation: u16) -> Vec<u8> {
    [&[0x9c, 0, 0, 0, 0, 0], &operation.to_le_bytes()[..]].concat()
}

/// `ept_map`: one tower with the port left open.
fn map_request() -> Vec<u8> {
    let mut body = vec![1, 0, 0, 0];
    body.extend([0; 16]); // no object
    body.extend([2, 0, 0, 0]);
    body.extend(tower(0, [0; 4]));
    body.extend([0; 20]); // no handle yet
    body.extend([4, 0, 0, 0]); // at most four towers
    body
}

fn map_response(to: Host, port: u16) -> Vec<u8> {
    let mut body = vec![0; 20];
    // One tower: counted, of at most four, from the first, one sent, by reference.
    for number in [1_u32, 4, 0, 1, 3] {
        body.extend(number.to_le_bytes());
    }
    body.extend(tower(port, to.v4.octets()));
    body.extend([0; 4]);
    body
}

/// Five floors: interface, transfer syntax, connection-oriented RPC, TCP port, IPv4 address.
fn tower(port: u16, address: [u8; 4]) -> Vec<u8> {
    let mut floors = vec![5, 0];
    for syntax in [SERVICE_CONTROL, NDR] {
        floors.extend([19, 0, 0x0d]);
        floors.extend(syntax.0);
        floors.extend(syntax.1.to_le_bytes());
        floors.extend([2, 0, 0, 0]);
    }
    floors.extend([1, 0, 0x0b, 2, 0, 0, 0]);
    floors.extend([1, 0, 0x07, 2, 0]);
    floors.extend(port.to_be_bytes());
    floors.extend([1, 0, 0x09, 4, 0]);
    floors.extend(address);
    let length = (floors.len() as u32).to_le_bytes();
    let mut bytes = [length, length].concat();
    bytes.extend(floors);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

impl Syntax {
    fn bytes(&self) -> Vec<u8> {
        [&self.0[..], &u32::from(self.1).to_le_bytes()].concat()
    }
}
