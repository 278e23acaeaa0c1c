//! How an exchange of datagrams went.

use std::net::IpAddr;

use super::{Outcome, RETRY_NANOS, View, after_a_while, failure, is_evident_probe};
use crate::{
    dissect::Protocol,
    flow::{Conversation, Endpoint, Side, Transport},
};

pub(super) fn outcome(conversation: &Conversation, client: Side, view: &View) -> Outcome {
    let asked = conversation.counters[client as usize].packets;
    let answers = conversation.counters[!client as usize].packets;
    if asked > 0 && (answers > 0 || view.replied_elsewhere == Some(true)) {
        return Outcome::Answered;
    }
    if conversation.is_dropped_by_system() {
        return Outcome::Prohibited;
    }
    if answers > 0 || view.replied_elsewhere.is_none() {
        return Outcome::Partial;
    }
    if let Some(failure) = failure(conversation, client) {
        return failure;
    }
    let one_way = conversation.protocol(client).is_some_and(Protocol::is_one_way);
    let elsewhere = conversation.transport == Transport::Udp
        && (one_way || answers_from_elsewhere(conversation.ends()[!client as usize]));
    // Where nothing shows that answers can be seen at all, the same question asked again does.
    let visible = !view.deaf && (view.two_way || conversation.asks_again(client));
    if elsewhere || !visible {
        return Outcome::Partial;
    }
    if is_evident_probe(conversation, client, view) {
        return Outcome::Pending;
    }
    let span = conversation.last.since(conversation.first);
    let retried = span >= RETRY_NANOS || view.clock_stands_still && conversation.asks_again(client);
    if asked >= 2 && retried && view.would_have_seen(asked) {
        return Outcome::Silent;
    }
    if view.clock_stands_still {
        return Outcome::Pending;
    }
    after_a_while(conversation.first, view, asked)
}

/// Services that never answer to the port they were asked from: tunnels send to the same port in both directions, from whichever (VXLAN,
/// RFC 7348, 5; Geneve, RFC 8926, 3.3).
const ANSWERED_ELSEWHERE: [u16; 4] = [4789, 4790, 6081, 8472];

/// Services that only listen: NetBIOS datagrams (RFC 1002, 4.4), SNMP traps (RFC 3411), syslog
/// (RFC 5426), flow records (RFC 3954, RFC 7011, sFlow).
const NEVER_ANSWERED: [u16; 6] = [138, 162, 514, 2055, 4739, 6343];

/// Whether an answer is not to be expected in this conversation. Nobody answers from the address of a
/// group or of a network, either; the last octet 255 is a network's but for very few hosts.
fn answers_from_elsewhere(server: Endpoint) -> bool {
    if ANSWERED_ELSEWHERE.contains(&server.port) || NEVER_ANSWERED.contains(&server.port) {
        return true;
    }
    match server.ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.octets()[3] == u8::MAX,
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}
