//! Answers of the endpoint mapper: towers (C706, appendices L and O).
//!
//! A tower says itself how long each of its floors is, in little-endian order whatever the message's
//! is, so towers are found by their own structure wherever the marshalling puts them.

use std::net::{IpAddr, Ipv4Addr};

use uuid::Uuid;

use crate::dissect::{Heard, Interface, LearnedBy, RpcEndpoint};

/// Identifiers of floors (C706, appendix I).
mod protocol {
    pub const TCP: u8 = 7;
    pub const IPV4: u8 = 9;
    pub const CONNECTION_ORIENTED: u8 = 0x0b;
    pub const UUID: u8 = 0x0d;
}
/// Interface, transfer syntax, RPC, port, address.
const FLOORS: usize = 5;
/// An identifier, a UUID and its version.
const UUID_FLOOR: usize = 19;

/// Learns the endpoints of all towers in an answer.
pub(super) fn learn(answer: &[u8], heard: &mut Heard) {
    let mut at = 0;
    while let Some(rest) = answer.get(at..) {
        if rest.len() < 2 {
            return;
        }
        match tower(rest) {
            Some((endpoint, len)) => {
                heard.learns(endpoint);
                at += len;
            }
            None => at += 1,
        }
    }
}

/// Left and right side of a floor.
type Floor<'a> = (&'a [u8], &'a [u8]);

fn floor<'a>(bytes: &'a [u8], at: &mut usize) -> Option<Floor<'a>> {
    let mut side = || {
        let len = bytes.get(*at..*at + 2)?;
        let from = *at + 2;
        *at = from + usize::from(u16::from_le_bytes([len[0], len[1]]));
        bytes.get(from..*at)
    };
    Some((side()?, side()?))
}

/// A tower of RPC over TCP at the start of bytes, and its length.
fn tower(bytes: &[u8]) -> Option<(RpcEndpoint, usize)> {
    let count = bytes.get(..2)?;
    if usize::from(u16::from_le_bytes([count[0], count[1]])) != FLOORS {
        return None;
    }
    let mut at = 2;
    let (interface, _) = floor(bytes, &mut at).filter(|(left, _)| is_uuid(left))?;
    floor(bytes, &mut at).filter(|(left, _)| is_uuid(left))?;
    floor(bytes, &mut at).filter(|(left, _)| *left == [protocol::CONNECTION_ORIENTED])?;
    let (_, port) = floor(bytes, &mut at).filter(|(left, _)| *left == [protocol::TCP])?;
    let (_, host) = floor(bytes, &mut at).filter(|(left, _)| *left == [protocol::IPV4])?;
    let port = u16::from_be_bytes(port.try_into().ok()?);
    let host = Ipv4Addr::from(<[u8; 4]>::try_from(host).ok()?);
    let interface = Uuid::from_bytes_le(interface[1..17].try_into().ok()?);
    let endpoint = RpcEndpoint {
        host: (!host.is_unspecified()).then_some(IpAddr::V4(host)),
        port,
        interface: Some(Interface(interface)),
        by: LearnedBy::EndpointMapper,
    };
    Some((endpoint, at))
}

fn is_uuid(left: &[u8]) -> bool {
    left.len() == UUID_FLOOR && left[0] == protocol::UUID
}
