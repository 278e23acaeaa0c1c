//! The value that leaves this stage.

use std::net::IpAddr;

use super::{Datagram, Echo, IcmpError, Neighbour, Segment};
use crate::capture::{Said, Timestamp};

/// A packet that belongs to a conversation, or speaks of one.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// When the recorder saw it.
    pub time: Timestamp,
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Length of the IP packet on the wire in bytes, headers included; of a datagram that came in
    /// fragments, the sum of theirs.
    pub ip_len: u32,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// IPv4 identification; 0 in IPv6.
    pub ip_id: u16,
    /// Checksum of the transport header as sent. With the identification it tells two copies of one
    /// packet from a retransmission.
    pub checksum: u16,
    /// The virtual network that it was carried in, where it was carried in one.
    pub tenant: Option<Tenant>,
    /// How its frame is accounted for.
    pub counted: Counted,
    /// What the recorder says of its frame.
    pub said: Said,
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
    /// A question or an answer of ARP or of IPv6 neighbour discovery.
    Neighbour(Neighbour),
}

/// How the frame of a packet is accounted for, so that every frame counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// By this packet.
    Here,
    /// By the packet of the outer layer that carries this one.
    ByCarrier,
    /// It was counted as skipped when it came, a fragment that waited for the others; now it counts
    /// by this packet.
    AsFragment,
    /// It is counted as skipped: what it says is not a conversation's.
    Skipped,
}

/// A virtual network on top of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant {
    /// How it is carried.
    pub overlay: Overlay,
    /// Its number: VNI or VSID, 24 bits.
    pub id: u32,
}

/// Encapsulations that number virtual networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Overlay {
    /// RFC 7348.
    Vxlan,
    /// RFC 7637, the encapsulation of Hyper-V network virtualization.
    Nvgre,
    /// RFC 8926.
    Geneve,
}

impl Overlay {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::Nvgre => "nvgre",
            Self::Geneve => "geneve",
        }
    }
}
