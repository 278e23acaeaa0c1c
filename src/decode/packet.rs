//! The value that leaves this stage.

use std::net::IpAddr;

use super::{
    Datagram, Echo, IcmpError, Neighbour, Segment, Skip, layer::Path, neighbour::Arp, network::Ip,
    transport, virtual_network::Owners,
};
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
    /// The virtual network that it was carried in, where that is not the site's own
    /// ([`VirtualNetworks`](super::VirtualNetworks)).
    pub tenant: Option<Tenant>,
    /// How its frame is accounted for.
    pub counted: Counted,
    /// What the recorder says of its frame.
    pub said: Said,
    /// What the IP packet carries.
    pub body: Body<'a>,
}

impl<'a> Packet<'a> {
    pub(super) fn new(ip: &Ip<'a>, path: Path, owners: &Owners) -> Result<Self, Skip> {
        let body = transport::read(ip, path, owners)?;
        let no_conversation = matches!(body, Body::Neighbour(_));
        Ok(Self {
            time: path.time,
            src: ip.src,
            dst: ip.dst,
            ip_len: ip.len,
            ttl: ip.ttl,
            ip_id: ip.id,
            checksum: transport::checksum(ip),
            tenant: path.tenant(),
            counted: if no_conversation { Counted::Skipped } else { path.counted },
            said: path.said,
            body,
        })
    }

    /// The payload, as far as it was captured.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        match &self.body {
            Body::Tcp(segment) => segment.payload,
            Body::Udp(datagram) => datagram.payload,
            Body::Echo(_) | Body::Error(_) | Body::Neighbour(_) => &[],
        }
    }

    /// The same packet with its payload elsewhere.
    #[must_use]
    pub fn with_payload<'b>(&self, payload: &'b [u8]) -> Packet<'b> {
        let Packet { time, src, dst, ip_len, ttl, ip_id, checksum, tenant, counted, said, .. } =
            *self;
        let body = match &self.body {
            Body::Tcp(segment) => Body::Tcp(Segment { payload, ..*segment }),
            Body::Udp(datagram) => Body::Udp(Datagram { payload, ..*datagram }),
            Body::Echo(echo) => Body::Echo(*echo),
            Body::Error(error) => Body::Error(error.clone()),
            Body::Neighbour(neighbour) => Body::Neighbour(*neighbour),
        };
        Packet { time, src, dst, ip_len, ttl, ip_id, checksum, tenant, counted, said, body }
    }

    /// ARP is no IP packet: what only such a one has is 0.
    pub(super) fn of_arp(arp: &Arp, path: Path) -> Self {
        Self {
            time: path.time,
            src: arp.sender,
            dst: arp.target,
            ip_len: 0,
            ttl: 0,
            ip_id: 0,
            checksum: 0,
            tenant: path.tenant(),
            counted: Counted::Skipped,
            said: path.said,
            body: Body::Neighbour(arp.said),
        }
    }
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
    Error(Box<IcmpError>),
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
    /// Not by this packet: what it says is not a conversation's. Its frame is counted as skipped, or
    /// by the packet that carries this one.
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
    /// RFC 7348, and its generic protocol extension.
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
