//! The value that leaves this stage.

use std::net::IpAddr;

use super::{Datagram, Echo, IcmpError, Segment};
use crate::capture::Timestamp;

/// A packet that belongs to a conversation, or speaks of one.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// When the recorder saw it.
    pub time: Timestamp,
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Length of the IP packet on the wire in bytes, headers included.
    pub ip_len: u32,
    /// What the IP packet carries.
    pub body: Body<'a>,
}

/// What an IP packet carries.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// A TCP segment.
    Tcp(Segment<'a>),
    /// A UDP datagram.
    Udp(Datagram<'a>),
    /// An ICMP or ICMPv6 echo request or reply.
    Echo(Echo),
    /// An ICMP or ICMPv6 error about another packet.
    Error(IcmpError),
}
