//! The chain of extension headers of IPv6 (RFC 8200, section 4), and the authentication header of
//! both versions.
//!
//! The chain is walked here: etherparse 0.21's own iterator trusts that all headers were validated,
//! and reads beyond the slice where leniently sliced ones were cut.

use etherparse::IpNumber;

use super::{
    Skip,
    field::{after, byte, half, word},
};

/// Where a chain ends.
pub(super) struct Chain<'a> {
    /// The protocol of `rest`.
    pub protocol: IpNumber,
    pub rest: &'a [u8],
    /// The packet is a part of a datagram, whose chain may go on in `rest`.
    pub fragment: Option<Fragment>,
}

/// Which part of a datagram a packet is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    pub id: u32,
    /// In bytes.
    pub offset: u32,
    /// There are others behind it.
    pub more: bool,
}

/// Walks from the header that `protocol` names to one of another kind, or to a fragment's payload.
pub(super) fn walk(mut protocol: IpNumber, mut rest: &[u8]) -> Result<Chain<'_>, Skip> {
    loop {
        let size = match protocol {
            IpNumber::IPV6_FRAGMENTATION_HEADER => {
                let fragment = fragment(rest)?;
                // An atomic fragment is whole (RFC 6946).
                if fragment.offset > 0 || fragment.more {
                    let protocol = IpNumber(rest[0]);
                    return Ok(Chain { protocol, rest: &rest[8..], fragment: Some(fragment) });
                }
                8
            }
            // RFC 4302 counts words of four octets less two, RFC 8200 words of eight less one.
            IpNumber::AUTHENTICATION_HEADER => (usize::from(byte(rest, 1)?) + 2) * 4,
            IpNumber::IPV6_HEADER_HOP_BY_HOP
            | IpNumber::IPV6_ROUTE_HEADER
            | IpNumber::IPV6_DESTINATION_OPTIONS
            | IpNumber::MOBILITY_HEADER
            | IpNumber::HIP
            | IpNumber::SHIM6 => (usize::from(byte(rest, 1)?) + 1) * 8,
            _ => return Ok(Chain { protocol, rest, fragment: None }),
        };
        protocol = IpNumber(byte(rest, 0)?);
        rest = after(rest, size)?;
    }
}

/// RFC 8200, section 4.5: next header, a reserved octet, offset in eight octets over flags, number.
fn fragment(header: &[u8]) -> Result<Fragment, Skip> {
    const OFFSET: u16 = 0xfff8;
    const MORE: u16 = 1;
    let field = half(header, 2)?;
    Ok(Fragment {
        id: word(header, 4)?,
        offset: u32::from(field & OFFSET),
        more: field & MORE != 0,
    })
}
