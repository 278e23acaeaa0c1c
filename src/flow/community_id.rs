//! Community ID version 1: the name of a conversation that Zeek, Suricata and Wireshark share.
//!
//! Source: the specification at <https://github.com/corelight/community-id-spec>.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

use super::{Endpoint, Transport};

/// What tells the conversations of two addresses apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discriminator {
    /// Nothing: the protocol has no ports.
    None,
    /// Source and destination port.
    Ports(u16, u16),
    /// Type and code of an ICMP or ICMPv6 message.
    Message(u8, u8),
}

/// The Community ID of a conversation between two endpoints, with seed 0.
#[must_use]
pub fn community_id(from: Endpoint, to: Endpoint, transport: Transport) -> String {
    let protocol = match transport {
        Transport::Tcp => 6,
        Transport::Udp => 17,
        Transport::Icmp if from.ip.is_ipv4() => ICMP,
        Transport::Icmp => ICMPV6,
    };
    community_id_of(0, protocol, (from.ip, to.ip), Discriminator::Ports(from.port, to.port))
}

/// The Community ID of a packet of any IP protocol.
#[must_use]
pub fn community_id_of(
    seed: u16,
    protocol: u8,
    (from, to): (IpAddr, IpAddr),
    told_apart_by: Discriminator,
) -> String {
    let (ports, both_ways) = match told_apart_by {
        Discriminator::None => (None, true),
        Discriminator::Ports(from, to) => (Some((from, to)), true),
        Discriminator::Message(kind, code) => match counterpart(protocol, kind) {
            Some(answer) => (Some((kind.into(), answer.into())), true),
            None => (Some((kind.into(), code.into())), false),
        },
    };
    let (ours, theirs) = ((from, ports.map(|ports| ports.0)), (to, ports.map(|ports| ports.1)));
    let (low, high) = if ours <= theirs || !both_ways { (ours, theirs) } else { (theirs, ours) };
    let mut hash = Sha1::new();
    hash.update(seed.to_be_bytes());
    for ip in [low.0, high.0] {
        match ip {
            IpAddr::V4(ip) => hash.update(ip.octets()),
            IpAddr::V6(ip) => hash.update(ip.octets()),
        }
    }
    hash.update([protocol, 0]);
    for port in [low.1, high.1].into_iter().flatten() {
        hash.update(port.to_be_bytes());
    }
    format!("1:{}", STANDARD.encode(hash.finalize()))
}

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Message types that ask and those that answer them.
const ICMP_PAIRS: [(u8, u8); 5] = [(8, 0), (13, 14), (15, 16), (10, 9), (17, 18)];
const ICMPV6_PAIRS: [(u8, u8); 6] =
    [(128, 129), (133, 134), (135, 136), (130, 131), (139, 140), (144, 145)];

/// The type of message on the other side of an exchange; `None` for one that goes one way.
fn counterpart(protocol: u8, kind: u8) -> Option<u8> {
    let pairs = match protocol {
        ICMP => &ICMP_PAIRS[..],
        ICMPV6 => &ICMPV6_PAIRS[..],
        _ => return None,
    };
    pairs.iter().find_map(|(ask, answer)| match kind {
        kind if kind == *ask => Some(*answer),
        kind if kind == *answer => Some(*ask),
        _ => None,
    })
}
