//! ICMP and ICMPv6: echo, and errors with the packet that they quote.

use etherparse::{Icmpv4Slice, Icmpv6Slice};

use super::{
    Body, Quote, Skip,
    layer::Path,
    neighbour::{self, ADVERTISEMENT, SOLICITATION},
    network::Ip,
    quote,
    virtual_network::Owners,
};

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

pub(super) fn read_v4<'a>(ip: &Ip<'_>, path: Path, owners: &Owners) -> Result<Body<'a>, Skip> {
    let bytes = ip.payload;
    let slice = Icmpv4Slice::from_slice(bytes).map_err(|_| Skip::CutHeaders)?;
    match slice.type_u8() {
        v4::ECHO_REQUEST => Ok(echo(true, ip)),
        v4::ECHO_REPLY => Ok(echo(false, ip)),
        kind @ (v4::UNREACHABLE
        | v4::SOURCE_QUENCH
        | v4::REDIRECT
        | v4::TIME_EXCEEDED
        | v4::PARAMETER_PROBLEM) => {
            error(false, kind, slice.code_u8(), (&bytes[ICMP_HEADER..], path, owners))
        }
        _ => Err(Skip::OtherIcmp),
    }
}

pub(super) fn read_v6<'a>(ip: &Ip<'_>, path: Path, owners: &Owners) -> Result<Body<'a>, Skip> {
    let bytes = ip.payload;
    let slice = Icmpv6Slice::from_slice(bytes).map_err(|_| Skip::CutHeaders)?;
    match slice.type_u8() {
        v6::ECHO_REQUEST => Ok(echo(true, ip)),
        v6::ECHO_REPLY => Ok(echo(false, ip)),
        kind @ v6::UNREACHABLE..=v6::PARAMETER_PROBLEM => {
            error(true, kind, slice.code_u8(), (&bytes[ICMP_HEADER..], path, owners))
        }
        SOLICITATION | ADVERTISEMENT => {
            neighbour::discovery(bytes).map(Body::Neighbour).ok_or(Skip::OtherIcmp)
        }
        _ => Err(Skip::OtherIcmp),
    }
}

fn echo<'a>(request: bool, ip: &Ip<'_>) -> Body<'a> {
    let header_len = u32::try_from(ICMP_HEADER).unwrap_or(u32::MAX);
    let payload_len = ip.payload_len.saturating_sub(header_len);
    Body::Echo(Echo { request, payload_len })
}

fn error<'a>(
    v6: bool,
    kind: u8,
    code: u8,
    (quoted, path, owners): (&[u8], Path, &Owners),
) -> Result<Body<'a>, Skip> {
    let quote = quote::read(quoted, path, owners).ok_or(Skip::UnreadableQuote)?;
    Ok(Body::Error(Box::new(IcmpError { v6, kind, code, quote })))
}
