//! Endpoints, and the key that is the same for both directions of a conversation.

use std::{fmt, hash::Hasher, net::IpAddr, ops::Not};

use crate::decode::{Body, Packet, Quote, Tenant};

/// The transports whose conversations are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP or ICMPv6 echo.
    Icmp,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Icmp];

    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
        }
    }

    pub(super) fn from_protocol(number: u8) -> Option<Self> {
        match number {
            1 | 58 => Some(Self::Icmp),
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// Port; for ICMP the type of request (8 or 128) at the asking side, 0 or 129 at the other,
    /// as Community ID has it.
    pub port: u16,
}

/// One of the two sides of a conversation. `A` sent the first packet seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that sent the first packet seen.
    A = 0,
    /// The other one.
    B = 1,
}

impl Not for Side {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// The endpoints in an order that does not depend on who sends, and the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    low: Endpoint,
    high: Endpoint,
    transport: Transport,
    tenant: Option<Tenant>,
}

impl Key {
    pub(super) fn new(
        a: Endpoint,
        b: Endpoint,
        transport: Transport,
        tenant: Option<Tenant>,
    ) -> Self {
        Self { low: a.min(b), high: a.max(b), transport, tenant }
    }

    /// The key of the conversation that a packet belongs to or speaks of; `None` for an error about
    /// a packet of another protocol.
    #[must_use]
    pub fn of(packet: &Packet<'_>) -> Option<Self> {
        let (from, to, transport) = ends(packet)?;
        Some(Self::new(from, to, transport, tenant(packet)))
    }
}

/// Sender, receiver and transport of a packet, or of the packet that an error quotes.
pub(super) fn ends(packet: &Packet<'_>) -> Option<(Endpoint, Endpoint, Transport)> {
    let (transport, ports) = match &packet.body {
        Body::Tcp(segment) => (Transport::Tcp, (segment.src_port, segment.dst_port)),
        Body::Udp(datagram) => (Transport::Udp, (datagram.src_port, datagram.dst_port)),
        Body::Echo(echo) => {
            let (asking, asked) = echo_ports(packet.src);
            (Transport::Icmp, if echo.request { (asking, asked) } else { (asked, asking) })
        }
        Body::Error(error) => return quoted_ends(&error.quote),
        Body::Neighbour(_) => return None,
    };
    let from = Endpoint { ip: packet.src, port: ports.0 };
    let to = Endpoint { ip: packet.dst, port: ports.1 };
    Some((from, to, transport))
}

/// The virtual network that a packet is in, or that of the packet that an error quotes.
pub(super) fn tenant(packet: &Packet<'_>) -> Option<Tenant> {
    match &packet.body {
        Body::Error(error) => error.quote.tenant,
        _ => packet.tenant,
    }
}

fn quoted_ends(quote: &Quote) -> Option<(Endpoint, Endpoint, Transport)> {
    let transport = Transport::from_protocol(quote.protocol)?;
    let ports = if transport == Transport::Icmp { echo_ports(quote.src) } else { quote.ports };
    let from = Endpoint { ip: quote.src, port: ports.0 };
    let to = Endpoint { ip: quote.dst, port: ports.1 };
    Some((from, to, transport))
}

/// Hashes who talks to whom, alike for both directions.
#[inline]
pub(super) fn hash_ends(
    mut hasher: impl Hasher,
    (from, to, transport): (Endpoint, Endpoint, Transport),
    tenant: Option<Tenant>,
) -> u64 {
    let kind = transport as u64;
    if let (IpAddr::V4(a), IpAddr::V4(b), None) = (from.ip, to.ip, tenant) {
        let number = |ip: u32, port: u16| u64::from(ip) << 16 | u64::from(port);
        let (a, b) = (number(a.to_bits(), from.port), number(b.to_bits(), to.port));
        hasher.write_u64(kind << 48 | a.min(b));
        hasher.write_u64(a.max(b));
        return hasher.finish();
    }
    hash_wide(hasher, (from, to, transport), tenant)
}

/// The same of IPv6 addresses or within a virtual network.
#[inline(never)]
fn hash_wide(
    mut hasher: impl Hasher,
    (from, to, transport): (Endpoint, Endpoint, Transport),
    tenant: Option<Tenant>,
) -> u64 {
    let kind = transport as u64;
    let number = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.to_bits().into(),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    for end in [from.min(to), from.max(to)] {
        hasher.write_u128(number(end.ip));
        hasher.write_u64(kind << 16 | u64::from(end.port));
    }
    if let Some(tenant) = tenant {
        hasher.write_u64((tenant.overlay as u64) << 32 | u64::from(tenant.id));
    }
    hasher.finish()
}

/// What stands for the ports of an echo: the type of the request at the asking side.
pub(super) fn echo_ports(ip: IpAddr) -> (u16, u16) {
    if ip.is_ipv4() { (8, 0) } else { (128, 129) }
}
