//! Who is the client: the wire, else the matrix, else known ports, else the first packet.

use super::{
    Kind, Policy,
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
        is_service(policy, conversation.transport, conversation.ends[side as usize].port)
    };
    match (serves(Side::A), serves(Side::B)) {
        (true, false) => (Side::B, Basis::Port),
        (false, true) => (Side::A, Basis::Port),
        _ => (Side::A, Basis::FirstPacket),
    }
}

/// The side whose being the client a stronger rule expects.
fn by_matrix(policy: &Policy, conversation: &Conversation) -> Option<Side> {
    let [a, b] = conversation.ends.map(|end| policy.site.owner(end.ip));
    let (a, b) = (a?, b?);
    let [port_a, port_b] = conversation.ends.map(|end| end.port);
    let kind = |client, server, client_port, server_port| {
        let transport = conversation.transport;
        let talk = Talk { client, server, transport, server_port, client_port, oriented: false };
        policy.expect(&talk).kind
    };
    let (a_asks, b_asks) = (kind(a, b, port_a, port_b), kind(b, a, port_b, port_a));
    // Two high ports fit the dynamic range both ways; that tells nothing.
    if a_asks == Kind::DynamicRpc && b_asks == Kind::DynamicRpc {
        return None;
    }
    match a_asks.cmp(&b_asks) {
        std::cmp::Ordering::Less => Some(Side::A),
        std::cmp::Ordering::Greater => Some(Side::B),
        std::cmp::Ordering::Equal => None,
    }
}

/// Service ports that lie between the system ports and the dynamic ones and that no rule names
/// (IANA service names).
const REGISTERED: [u16; 24] = [
    1194, 1521, 1723, 1812, 1813, 1900, 2049, 3128, 3306, 3389, 5060, 5222, 5353, 5355, 5432, 5671,
    5672, 5900, 6379, 8000, 8080, 8443, 9100, 11211,
];

/// Whether a port is a known service's.
fn is_service(policy: &Policy, transport: Transport, port: u16) -> bool {
    (1..1024).contains(&port)
        || REGISTERED.contains(&port)
        || port < FIRST_DYNAMIC_PORT
            && policy.matrix.entries.iter().any(|entry| {
                entry.transport == Some(transport) && policy.ports(entry, None).contains(port)
            })
}
