//! Who has this address? ARP and IPv6 neighbour discovery.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::field::{array, byte, half};

/// A question for the link address of a neighbour, or the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Whether it asks; it answers otherwise.
    pub asks: bool,
    /// The address asked for, or the one that the answer speaks of.
    pub about: IpAddr,
}

/// An ARP packet's sender and target, and what it says.
pub(super) struct Arp {
    pub sender: IpAddr,
    pub target: IpAddr,
    pub said: Neighbour,
}

/// Reads ARP for IPv4 (RFC 826).
pub(super) fn arp(data: &[u8]) -> Option<Arp> {
    const FOR_IPV4: u16 = 0x0800;
    const REQUEST: u16 = 1;
    const REPLY: u16 = 2;
    const LINK_ADDRESSES: usize = 8;
    let (protocol, operation) = (half(data, 2).ok()?, half(data, 6).ok()?);
    let (link_len, address_len) = (usize::from(byte(data, 4).ok()?), byte(data, 5).ok()?);
    if protocol != FOR_IPV4 || address_len != 4 || ![REQUEST, REPLY].contains(&operation) {
        return None;
    }
    let address = |at: usize| array(data, at).ok().map(Ipv4Addr::from);
    let sender = address(LINK_ADDRESSES + link_len)?;
    let target = address(LINK_ADDRESSES + link_len + 4 + link_len)?;
    // A request for one's own address tells it to all (RFC 5227, section 3).
    let asks = operation == REQUEST && sender != target;
    // A probe from nobody asks whether an address is free (RFC 5227, section 2.1.1).
    if asks && sender.is_unspecified() {
        return None;
    }
    let about = IpAddr::from(if asks { target } else { sender });
    Some(Arp { sender: sender.into(), target: target.into(), said: Neighbour { asks, about } })
}

/// Types of RFC 4861, sections 4.3 and 4.4.
pub(super) const SOLICITATION: u8 = 135;
pub(super) const ADVERTISEMENT: u8 = 136;

/// Reads a neighbour solicitation or advertisement: its target follows eight octets.
pub(super) fn discovery(message: &[u8]) -> Option<Neighbour> {
    let about = IpAddr::from(Ipv6Addr::from(array::<16>(message, 8).ok()?));
    Some(Neighbour { asks: *message.first()? == SOLICITATION, about })
}
