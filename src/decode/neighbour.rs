//! Who has this address? ARP and IPv6 neighbour discovery.

use std::net::IpAddr;

/// A question for the link address of a neighbour, or the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Whether it asks; it answers otherwise.
    pub asks: bool,
    /// The address asked for, or the one that the answer speaks of.
    pub about: IpAddr,
}
