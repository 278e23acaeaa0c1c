//! Who is the client: the wire, else the matrix, else known ports, else the first packet.

use super::{
    Policy,
    policy::{FIRST_DYNAMIC_PORT, Talk},
};
use crate::flow::{Basis, Conversation, Endpoint, Side, Surroundings, TFTP, Transport};

/// The client of a conversation and the basis for saying so.
#[must_use]
pub fn orient(
    policy: &Policy,
    conversation: &Conversation,
    around: &Surroundings,
) -> (Side, Basis) {
    if let Some(opener) = conversation.opener() {
        return opener;
    }
    if let Some(client) = tftp_client(conversation, around) {
        return (client, Basis::Port);
    }
    if let Some(client) = by_matrix(policy, conversation, around) {
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

/// The client of a TFTP transfer: the server replies from a port that it chooses (RFC 1350, section 4).
pub(super) fn tftp_client(conversation: &Conversation, around: &Surroundings) -> Option<Side> {
    if conversation.transport != Transport::Udp {
        return None;
    }
    let ends = conversation.ends();
    [Side::A, Side::B].into_iter().find(|side| {
        let (client, server) = (ends[*side as usize], ends[!*side as usize]);
        server.port != TFTP && around.requested_file(client, server.ip)
    })
}

/// The side whose being the client a stronger rule expects.
fn by_matrix(policy: &Policy, conversation: &Conversation, around: &Surroundings) -> Option<Side> {
    let [a, b] = conversation.ends().map(|end| policy.site.owner(end.ip));
    let (a, b) = (a?, b?);
    let [end_a, end_b] = conversation.ends();
    let kind = |client, server, client_end: Endpoint, server_end: Endpoint| {
        let talk = Talk {
            client,
            server,
            transport: conversation.transport,
            server_port: server_end.port,
            client_port: client_end.port,
            oriented: false,
            learned: around.learned(server_end.ip, server_end.port).is_some(),
        };
        policy.expect(&talk).kind
    };
    let (a_asks, b_asks) = (kind(a, b, end_a, end_b), kind(b, a, end_b, end_a));
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
pub(super) fn is_service(policy: &Policy, transport: Transport, port: u16) -> bool {
    REGISTERED.contains(&port)
        || port < FIRST_DYNAMIC_PORT
            && policy.matrix.entries.iter().any(|entry| {
                entry.transport == Some(transport) && policy.ports(entry, None).contains(port)
            })
}
