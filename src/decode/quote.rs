//! The packet that an ICMP error quotes.

use std::net::IpAddr;

use etherparse::IpNumber;

use super::{
    Datagram, Tenant,
    field::half,
    layer::{self, Inside, Path, Remainder},
    network::{self, Ip},
    tunnel::{self, Carried},
    udp_tunnel,
    virtual_network::Owners,
};

/// The beginning of a packet, as an ICMP error quotes it; of one in tunnels the innermost packet
/// that the quote reaches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// IP protocol number.
    pub protocol: u8,
    /// Source and destination port; 0 for ICMP echo.
    pub ports: (u16, u16),
    /// The sequence number of a TCP segment.
    pub seq: Option<u32>,
    /// The virtual network that the quoted packet was carried in, where that is not the site's own.
    pub tenant: Option<Tenant>,
}

/// Reads a quoted packet as far as its ports: at least 8 bytes of it follow its IP header (RFC 792),
/// mostly too few for a whole TCP header. An extension (RFC 4884) stands behind at least 128 bytes,
/// where no ports are.
pub(super) fn read(quoted: &[u8], path: Path, owners: &Owners) -> Option<Quote> {
    let ip = network::read_quoted(quoted).ok()?;
    let whole = match ip.fragment {
        Some(fragment) if fragment.offset > 0 => return None,
        Some(_) => ip.as_whole().ok()?,
        None => ip,
    };
    let ends = (whole.src, whole.dst);
    let path = path.at(ends);
    let inner = carried(&whole).and_then(|carried| inside(carried, ends, path, owners));
    inner.or_else(|| outermost(&whole, path))
}

fn carried<'a>(ip: &Ip<'a>) -> Option<Carried<'a>> {
    const UDP_HEADER: usize = 8;
    if ip.protocol != IpNumber::UDP {
        return tunnel::carried(ip)?.ok();
    }
    let payload = ip.payload.get(UDP_HEADER..)?;
    let (src_port, dst_port) = ports(ip)?;
    let claimed = u32::from(half(ip.payload, 4).ok()?);
    let header_len = u32::try_from(UDP_HEADER).unwrap_or(u32::MAX);
    let payload_len = claimed.saturating_sub(header_len);
    let length_known = true;
    udp_tunnel::carried(&Datagram { src_port, dst_port, payload, payload_len, length_known })
}

fn inside(
    carried: Carried<'_>,
    ends: (IpAddr, IpAddr),
    path: Path,
    owners: &Owners,
) -> Option<Quote> {
    let behind = Remainder { cut: 0, is_known: false };
    let path = path.into_tunnel(owners.network(carried.tenant, ends), behind).ok()?;
    match layer::peel(carried.layer, path).ok()? {
        (Inside::Ip(data), path) => read(data, path, owners),
        (Inside::Arp(_), _) => None,
    }
}

fn outermost(ip: &Ip<'_>, path: Path) -> Option<Quote> {
    let ports = match ip.protocol {
        IpNumber::TCP | IpNumber::UDP => ports(ip)?,
        _ => (0, 0),
    };
    let Ip { src, dst, protocol, .. } = *ip;
    let seq = (protocol == IpNumber::TCP).then(|| sequence_number(ip)).flatten();
    Some(Quote { src, dst, protocol: protocol.0, ports, seq, tenant: path.tenant() })
}

fn ports(ip: &Ip<'_>) -> Option<(u16, u16)> {
    Some((half(ip.payload, 0).ok()?, half(ip.payload, 2).ok()?))
}

fn sequence_number(ip: &Ip<'_>) -> Option<u32> {
    let bytes: &[u8; 4] = ip.payload.get(4..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}
