//! ICMP and ICMPv6: echo, and errors with the packet that they quote.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{Icmpv4Slice, Icmpv6Slice, IpNumber, LaxNetSlice, LaxSlicedPacket, ether_type};

use super::{Body, Skip, network::Ip};

/// An echo request or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// A request; a reply otherwise.
    pub request: bool,
    /// Payload on the wire in bytes, without the ICMP header.
    pub payload_len: u32,
}

/// An error about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// ICMPv6 (RFC 4443) rather than ICMP (RFC 792).
    pub v6: bool,
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// The packet it speaks of.
    pub quote: Quote,
}

/// The beginning of a packet, as an ICMP error quotes it.
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
}

/// RFC 792 and RFC 4443 type numbers.
mod v4 {
    pub const ECHO_REPLY: u8 = 0;
    pub const UNREACHABLE: u8 = 3;
    pub const SOURCE_QUENCH: u8 = 4;
    pub const REDIRECT: u8 = 5;
    pub const ECHO_REQUEST: u8 = 8;
    pub const TIME_EXCEEDED: u8 = 11;
    pub const PARAMETER_PROBLEM: u8 = 12;
}
mod v6 {
    pub const UNREACHABLE: u8 = 1;
    pub const PARAMETER_PROBLEM: u8 = 4;
    pub const ECHO_REQUEST: u8 = 128;
    pub const ECHO_REPLY: u8 = 129;
}

const ICMP_HEADER: usize = 8;

pub(super) fn read_v4<'a>(ip: &Ip<'_>) -> Result<Body<'a>, Skip> {
    let bytes = ip.payload;
    let slice = Icmpv4Slice::from_slice(bytes).map_err(|_| Skip::CutHeaders)?;
    match slice.type_u8() {
        v4::ECHO_REQUEST => Ok(echo(true, ip)),
        v4::ECHO_REPLY => Ok(echo(false, ip)),
        kind @ (v4::UNREACHABLE
        | v4::SOURCE_QUENCH
        | v4::REDIRECT
        | v4::TIME_EXCEEDED
        | v4::PARAMETER_PROBLEM) => error(false, kind, slice.code_u8(), &bytes[ICMP_HEADER..]),
        _ => Err(Skip::OtherIcmp),
    }
}

pub(super) fn read_v6<'a>(ip: &Ip<'_>) -> Result<Body<'a>, Skip> {
    let bytes = ip.payload;
    let slice = Icmpv6Slice::from_slice(bytes).map_err(|_| Skip::CutHeaders)?;
    match slice.type_u8() {
        v6::ECHO_REQUEST => Ok(echo(true, ip)),
        v6::ECHO_REPLY => Ok(echo(false, ip)),
        kind @ v6::UNREACHABLE..=v6::PARAMETER_PROBLEM => {
            error(true, kind, slice.code_u8(), &bytes[ICMP_HEADER..])
        }
        _ => Err(Skip::OtherIcmp),
    }
}

fn echo<'a>(request: bool, ip: &Ip<'_>) -> Body<'a> {
    let header_len = u32::try_from(ICMP_HEADER).unwrap_or(u32::MAX);
    let payload_len = ip.payload_len.saturating_sub(header_len);
    Body::Echo(Echo { request, payload_len })
}

fn error<'a>(v6: bool, kind: u8, code: u8, quoted: &[u8]) -> Result<Body<'a>, Skip> {
    let quote = quote(quoted).ok_or(Skip::UnreadableQuote)?;
    Ok(Body::Error(IcmpError { v6, kind, code, quote }))
}

/// Reads a quoted packet as far as its ports: at least 8 bytes of it follow its IP header (RFC 792),
/// mostly too few for a whole TCP header.
fn quote(quoted: &[u8]) -> Option<Quote> {
    let number = match quoted.first()? >> 4 {
        4 => ether_type::IPV4,
        6 => ether_type::IPV6,
        _ => return None,
    };
    let sliced = LaxSlicedPacket::from_ether_type(number, quoted);
    let (src, dst): (IpAddr, IpAddr) = match sliced.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => (
            Ipv4Addr::from(ip.header().source()).into(),
            Ipv4Addr::from(ip.header().destination()).into(),
        ),
        LaxNetSlice::Ipv6(ip) => (
            Ipv6Addr::from(ip.header().source()).into(),
            Ipv6Addr::from(ip.header().destination()).into(),
        ),
        LaxNetSlice::Arp(_) => return None,
    };
    let payload = sliced.ip_payload()?;
    let protocol = payload.ip_number;
    let ports = match protocol {
        IpNumber::TCP | IpNumber::UDP => {
            let ports = payload.payload.get(..4)?;
            (u16::from_be_bytes([ports[0], ports[1]]), u16::from_be_bytes([ports[2], ports[3]]))
        }
        _ => (0, 0),
    };
    Some(Quote { src, dst, protocol: protocol.0, ports })
}
