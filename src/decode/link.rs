//! From the link layer to the network layer.

use etherparse::{EtherType, LaxSlicedPacket};

use super::Skip;
use crate::capture::{Frame, LinkType};

/// EtherTypes (IANA, IEEE 802 numbers).
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// Up to this number the field is a length (IEEE 802.3, 3.2.6).
const LARGEST_LENGTH: u16 = 1500;
/// PPP protocol numbers (IANA) and the framing before them (RFC 1662).
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;
const PPP_ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];
/// Header lengths in bytes.
const SLL2_HEADER: usize = 20;
const SLL_HEADER: usize = 16;
const LOOPBACK_HEADER: usize = 4;

/// The network layer of a frame, sliced, with the bytes of the wire that the recorder cut off.
pub(super) struct Network<'a> {
    pub sliced: LaxSlicedPacket<'a>,
    /// Bytes on the wire that were not captured.
    pub cut: u32,
}

/// Takes the link layer off.
pub(super) fn network<'a>(frame: &Frame<'a>) -> Result<Network<'a>, Skip> {
    let data = frame.data;
    let sliced = match frame.link {
        LinkType::ETHERNET => LaxSlicedPacket::from_ethernet(data).map_err(|_| Skip::CutHeaders)?,
        LinkType::RAW
        | LinkType::RAW_DLT
        | LinkType::RAW_OPENBSD
        | LinkType::IPV4
        | LinkType::IPV6 => raw_ip(data)?,
        LinkType::NULL | LinkType::LOOP => raw_ip(after(data, LOOPBACK_HEADER)?)?,
        LinkType::LINUX_SLL => cooked(data, SLL_HEADER, SLL_HEADER - 2)?,
        LinkType::LINUX_SLL2 => cooked(data, SLL2_HEADER, 0)?,
        LinkType::PPP | LinkType::PPP_HDLC => ppp(data)?,
        other => return Err(Skip::LinkType(other)),
    };
    let cut = frame.wire_len.saturating_sub(u32::try_from(data.len()).unwrap_or(u32::MAX));
    Ok(Network { sliced, cut })
}

/// IP told by its first nibble: the address family before it differs between systems.
fn raw_ip(data: &[u8]) -> Result<LaxSlicedPacket<'_>, Skip> {
    let ether_type = match data.first().ok_or(Skip::CutHeaders)? >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => return Err(Skip::Malformed),
    };
    Ok(LaxSlicedPacket::from_ether_type(EtherType(ether_type), data))
}

/// Linux cooked capture: the EtherType stands at `protocol_at` of a header of fixed length.
fn cooked(data: &[u8], header_len: usize, protocol_at: usize) -> Result<LaxSlicedPacket<'_>, Skip> {
    let payload = after(data, header_len)?;
    let protocol = u16::from_be_bytes([data[protocol_at], data[protocol_at + 1]]);
    Ok(LaxSlicedPacket::from_ether_type(EtherType(protocol), payload))
}

fn ppp(data: &[u8]) -> Result<LaxSlicedPacket<'_>, Skip> {
    let data = data.strip_prefix(&PPP_ADDRESS_CONTROL).unwrap_or(data);
    // Protocol field compression: an odd first octet is the whole number (RFC 1661, section 2).
    let first = *data.first().ok_or(Skip::CutHeaders)?;
    let (protocol, header_len) = if first & 1 == 1 {
        (u16::from(first), 1)
    } else {
        (u16::from_be_bytes([first, *data.get(1).ok_or(Skip::CutHeaders)?]), 2)
    };
    match protocol {
        PPP_IPV4 => Ok(LaxSlicedPacket::from_ether_type(EtherType(IPV4), &data[header_len..])),
        PPP_IPV6 => Ok(LaxSlicedPacket::from_ether_type(EtherType(IPV6), &data[header_len..])),
        other => Err(Skip::NotIpOverPpp(other)),
    }
}

fn after(data: &[u8], header_len: usize) -> Result<&[u8], Skip> {
    data.get(header_len..).ok_or(Skip::CutHeaders)
}

/// Why there is no IP packet in a frame that was sliced.
pub(super) fn why_not_ip(sliced: &LaxSlicedPacket<'_>) -> Skip {
    if sliced.stop_err.is_some() {
        return match &sliced.stop_err {
            Some((etherparse::err::packet::SliceError::Len(_), _)) => Skip::CutHeaders,
            _ => Skip::Malformed,
        };
    }
    match sliced.ether_payload().map(|payload| payload.ether_type.0) {
        Some(number) if number <= LARGEST_LENGTH => Skip::Llc,
        Some(number) => Skip::NotIp(number),
        None => Skip::MacSec,
    }
}
