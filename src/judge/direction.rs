//! Who is the client: the wire, else the matrix, else known ports, else the first packet.

use super::{
    Policy,
    policy::{FIRST_DYNAMIC_PORT, Talk},
};
use crate::flow::{Basis, Conversation, Side, Transport};

/// The client of a conversation and the basis for saying so.
#[must_use]
pub fn orient(policy: &Policy, conversation: &Conversation) -> (Side, Basis) {
    if let Some(opener) = conversation.opener() {
        return opener;
    }
    if let Some(client) = by_matrix(policy, conversation) {
        return (client, Basis::Matrix);
    }
    let serves = |side: Side| {
        is_service(policy, conversation.transport, conversation.ends()[side as usize].port)
    };
    match (serves(Side::A), serves(Side::B)) {
        (true, false) => (Side::B, Basis::Port),
        (false, true) => (Side::A, Basis::Port),
        _ => (Side::A, Basis::FirstPacket),
    }
}

/// The side whose being the client a stronger rule expects.
fn by_matrix(policy: &Policy, conversation: &Conversation) -> Option<Side> {
    let [a, b] = conversation.ends().map(|end| policy.site.owner(end.ip));
    let (a, b) = (a?, b?);
    let [port_a, port_b] = conversation.ends().map(|end| end.port);
    let kind = |client, server, client_port, server_port| {
        let transport = conversation.transport;
        let talk = Talk { client, server, transport, server_port, client_port, oriented: false };
        policy.expect(&talk).kind
    };
    let (a_asks, b_asks) = (kind(a, b, port_a, port_b), kind(b, a, port_b, port_a));
    match a_asks.cmp(&b_asks) {
        std::cmp::Ordering::Less => Some(Side::A),
        std::cmp::Ordering::Greater => Some(Side::B),
        std::cmp::Ordering::Equal => None,
    }
}

/// Ports of services that people meet and that no rule names (IANA service names). Clients bind
/// ports below 1024, too (NFS, rsh), so that a port is low says nothing by itself.
const REGISTERED: [u16; 88] = [
    7, 9, 13, 19, 20, 21, 23, 25, 37, 42, 43, 49, 67, 69, 70, 79, 102, 109, 110, 111, 113, 119,
    143, 161, 162, 177, 179, 199, 264, 427, 444, 465, 500, 502, 512, 513, 514, 515, 520, 521, 523,
    540, 543, 544, 546, 547, 548, 554, 563, 587, 593, 631, 646, 691, 749, 853, 860, 873, 902, 989,
    990, 992, 993, 995, 1194, 1521, 1723, 1812, 1813, 1900, 2049, 3128, 3306, 3389, 4500, 5060,
    5222, 5353, 5355, 5432, 5671, 5672, 5900, 6379, 8000, 8080, 8443, 11211,
];

/// Whether a port is a known service's.
fn is_service(policy: &Policy, transport: Transport, port: u16) -> bool {
    REGISTERED.contains(&port)
        || port < FIRST_DYNAMIC_PORT
            && policy.matrix.entries.iter().any(|entry| {
                entry.transport == Some(transport) && policy.ports(entry, None).contains(port)
            })
}
