//! From a frame's link type to the first layer that is read alike everywhere.

use super::{
    Skip, ethernet,
    field::{after, array, byte, half},
    layer::{Layer, Next},
    llc, wlan,
};
use crate::capture::{Frame, LinkType};

/// Header lengths in bytes, and where the EtherType stands in them.
const LOOPBACK: usize = 4;
const SLL: usize = 16;
const SLL_PROTOCOL: usize = 14;
const SLL2: usize = 20;
const SLIP: usize = 16;
const FIBRE_CHANNEL: usize = 16;
const IPNET: usize = 24;
/// The global route header, the EtherType and two reserved octets (RFC 4391, section 6).
const INFINIBAND: usize = 44;
const INFINIBAND_PROTOCOL: usize = 40;

/// Takes the recorder's own header off.
pub(super) fn read<'a>(frame: &Frame<'a>) -> Result<Layer<'a>, Skip> {
    by_type(frame.link, frame.data)
}

fn by_type(link: LinkType, data: &[u8]) -> Result<Layer<'_>, Skip> {
    let layer =
        |next: Next, header_len: usize| after(data, header_len).map(|data| Layer { next, data });
    match link {
        LinkType::ETHERNET => layer(Next::Ethernet, 0),
        LinkType::RAW
        | LinkType::RAW_DLT
        | LinkType::RAW_OPENBSD
        | LinkType::IPV4
        | LinkType::IPV6 => layer(Next::Ip, 0),
        // IP told by its first nibble: the address family before it differs between systems.
        LinkType::NULL | LinkType::LOOP => layer(Next::Ip, LOOPBACK),
        LinkType::LINUX_SLL => cooked(half(data, SLL_PROTOCOL)?, after(data, SLL)?),
        LinkType::LINUX_SLL2 => cooked(half(data, 0)?, after(data, SLL2)?),
        LinkType::PPP | LinkType::PPP_HDLC => layer(Next::Ppp, 0),
        // An octet tells the direction.
        LinkType::PPP_WITH_DIRECTION | LinkType::PPP_PPPD => layer(Next::Ppp, 1),
        LinkType::PPPOE => ethernet::pppoe(data),
        LinkType::SLIP => layer(Next::Ip, SLIP),
        LinkType::TOKEN_RING => llc::token_ring(data),
        LinkType::FDDI => llc::fddi(data),
        LinkType::ATM_RFC1483 => layer(Next::Llc, 0),
        LinkType::ATM_CLIP => Ok(llc::classical_ip(data)),
        LinkType::SUNATM => sun_atm(data),
        LinkType::IP_OVER_FC => layer(Next::Llc, FIBRE_CHANNEL),
        // Address and control, then an EtherType.
        LinkType::CISCO_HDLC => ethernet::tagged(data, 2),
        LinkType::FRAME_RELAY => llc::frame_relay(data),
        LinkType::WLAN => wlan::frame(data, false),
        LinkType::WLAN_RADIOTAP => wlan::radiotap(data),
        LinkType::WLAN_PRISM => wlan::prism(data),
        LinkType::WLAN_AVS => wlan::avs(data),
        LinkType::PPI => per_packet(data),
        LinkType::PKTAP => tapped(data),
        LinkType::USER_2 if is_tapped(data) => tapped(data),
        LinkType::NFLOG => netfilter(data),
        LinkType::IPNET => layer(Next::Ip, IPNET),
        LinkType::IPOIB => {
            let next = Next::EtherType(half(data, INFINIBAND_PROTOCOL)?);
            layer(next, INFINIBAND)
        }
        LinkType::BROADCOM_TAG | LinkType::DSA_TAG => ethernet::with_tag(data, 4),
        LinkType::EDSA_TAG => ethernet::with_tag(data, 8),
        other => Err(Skip::LinkType(other)),
    }
}

/// Linux cooked capture; small numbers stand for frames without an EtherType (if_ether.h).
fn cooked(protocol: u16, data: &[u8]) -> Result<Layer<'_>, Skip> {
    const IEEE_802_2: u16 = 4;
    let next = if protocol == IEEE_802_2 { Next::Llc } else { Next::EtherType(protocol) };
    Ok(Layer { next, data })
}

/// Direction and kind, path, circuit; LAN emulation has two octets before the frame.
fn sun_atm(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const KIND: u8 = 0x0f;
    const LAN_EMULATION: u8 = 1;
    const LLC: u8 = 2;
    match byte(data, 0)? & KIND {
        LAN_EMULATION => Ok(Layer { next: Next::Ethernet, data: after(data, 6)? }),
        LLC => Ok(Layer { next: Next::Llc, data: after(data, 4)? }),
        _ => Err(Skip::LinkControl),
    }
}

fn little_half(data: &[u8], at: usize) -> Result<u16, Skip> {
    array(data, at).map(u16::from_le_bytes)
}

fn little_word(data: &[u8], at: usize) -> Result<u32, Skip> {
    array(data, at).map(u32::from_le_bytes)
}

/// PPI: length in bytes, and the link type of what follows.
fn per_packet(data: &[u8]) -> Result<Layer<'_>, Skip> {
    let inner = LinkType(little_word(data, 4)?);
    within(inner, after(data, little_half(data, 2)?.into())?)
}

/// PKTAP of macOS: length in bytes, record type (1: a packet), link type of what follows.
fn tapped(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const PACKET: u32 = 1;
    let len = usize::try_from(little_word(data, 0)?).unwrap_or(usize::MAX);
    if little_word(data, 4)? != PACKET {
        return Err(Skip::LinkControl);
    }
    within(LinkType(little_word(data, 8)?), after(data, len)?)
}

/// Whether a frame of a user link type begins with a PKTAP header: macOS wrote 149 before 258 was
/// assigned. Length, record type, link type, then the interface's name in 24 bytes, ended by zeros.
fn is_tapped(data: &[u8]) -> bool {
    const HEADER: u32 = 108;
    /// Later versions append fields.
    const LONGEST_HEADER: u32 = 512;
    const PACKET: u32 = 1;
    const NAME: usize = 12;
    let (Ok(len), Ok(kind)) = (little_word(data, 0), little_word(data, 4)) else { return false };
    let Ok(name) = array::<24>(data, NAME) else { return false };
    let name_len = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    (HEADER..=LONGEST_HEADER).contains(&len)
        && kind == PACKET
        && (1..name.len()).contains(&name_len)
        && name[..name_len].iter().all(u8::is_ascii_alphanumeric)
        && name[name_len..].iter().all(|byte| *byte == 0)
}

/// A link type named within a frame; none may name another one in turn.
fn within(link: LinkType, data: &[u8]) -> Result<Layer<'_>, Skip> {
    match link {
        LinkType::PPI | LinkType::PKTAP | LinkType::USER_2 => Err(Skip::LinkType(link)),
        _ => by_type(link, data),
    }
}

/// NFLOG: family, version 0, resource, then fields of length, type and value, padded to four
/// octets. Lengths are in the recorder's byte order; a packet's own tells which that was.
fn netfilter(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const HEADER: usize = 4;
    const FIELD: usize = 4;
    const PAYLOAD: u16 = 9;
    if byte(data, 1)? != 0 {
        return Err(Skip::Malformed);
    }
    let mut rest = after(data, HEADER)?;
    // No field is longer than 255 bytes but the packet, whose type is below 256 either way.
    let little = half(rest, 2)? > u16::from(u8::MAX);
    loop {
        let number = |at: usize| if little { little_half(rest, at) } else { half(rest, at) };
        let (len, kind) = (usize::from(number(0)?), number(2)? & 0x7fff);
        if len < FIELD {
            return Err(Skip::Malformed);
        }
        if kind == PAYLOAD {
            let end = len.min(rest.len());
            return Ok(Layer { next: Next::Ip, data: &rest[FIELD..end] });
        }
        rest = after(rest, len.next_multiple_of(4))?;
    }
}
