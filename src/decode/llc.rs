//! IEEE 802.2 logical link control, and the network layer identifiers of frame relay and ATM.

use super::{
    Skip,
    field::{after, array, byte, half},
    layer::{Layer, Next},
};

/// Service access points and the control field of an unnumbered information frame.
const SNAP: [u8; 3] = [0xaa, 0xaa, 0x03];
const IP: [u8; 3] = [0x06, 0x06, 0x03];
const ISO_NETWORK: [u8; 3] = [0xfe, 0xfe, 0x03];
const HEADER: usize = 3;
/// Organisations whose protocol number is an EtherType (RFC 1042; IEEE 802.1H), and bridged frames
/// (RFC 2684, section 5.2).
const ETHERNET: [[u8; 3]; 2] = [[0, 0, 0], [0, 0, 0xf8]];
const BRIDGED: [u8; 3] = [0x00, 0x80, 0xc2];
/// Network layer protocol identifiers (ISO/IEC TR 9577).
const NLPID_SNAP: u8 = 0x80;
const NLPID_IPV6: u8 = 0x8e;
const NLPID_IPV4: u8 = 0xcc;
const NLPID_PPP: u8 = 0xcf;

pub(super) fn read(data: &[u8]) -> Result<Layer<'_>, Skip> {
    match array::<HEADER>(data, 0)? {
        SNAP => snap(&data[HEADER..], Padding::Two),
        IP => Ok(Layer { next: Next::Ip, data: &data[HEADER..] }),
        ISO_NETWORK => nlpid(&data[HEADER..]),
        _ => Err(Skip::Llc),
    }
}

/// Before a bridged Ethernet frame ATM pads with two octets, frame relay (RFC 2427, 4.2) does not.
#[derive(Clone, Copy)]
enum Padding {
    None,
    Two,
}

/// Organisation and protocol number.
fn snap(data: &[u8], padding: Padding) -> Result<Layer<'_>, Skip> {
    let (organisation, number) = (array::<3>(data, 0)?, half(data, 3)?);
    let payload = &data[5..];
    if ETHERNET.contains(&organisation) {
        return Ok(Layer { next: Next::EtherType(number), data: payload });
    }
    // With its checksum preserved at the end, or without.
    if organisation == BRIDGED && matches!(number, 1 | 7) {
        let padding = if matches!(padding, Padding::Two) { 2 } else { 0 };
        return Ok(Layer { next: Next::Ethernet, data: after(payload, padding)? });
    }
    Err(Skip::Llc)
}

fn nlpid(data: &[u8]) -> Result<Layer<'_>, Skip> {
    let payload = after(data, 1)?;
    match data[0] {
        NLPID_IPV4 | NLPID_IPV6 => Ok(Layer { next: Next::Ip, data: payload }),
        NLPID_PPP => Ok(Layer { next: Next::Ppp, data: payload }),
        NLPID_SNAP => snap(payload, Padding::None),
        _ => Err(Skip::Llc),
    }
}

/// Frame relay (RFC 2427): an address of two octets or more, of which the last has its lowest bit
/// set; then a control field and a protocol identifier, or an EtherType as Cisco sends it.
pub(super) fn frame_relay(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const LONGEST_ADDRESS: usize = 4;
    const UNNUMBERED: u8 = 0x03;
    let address = data.iter().take(LONGEST_ADDRESS).position(|octet| octet & 1 == 1);
    let payload = match address {
        Some(last) if last > 0 => &data[last + 1..],
        Some(_) => return Err(Skip::Malformed),
        None if data.len() < LONGEST_ADDRESS => return Err(Skip::CutHeaders),
        None => return Err(Skip::Malformed),
    };
    if byte(payload, 0)? == UNNUMBERED {
        let payload = &payload[1..];
        // A pad octet aligns what has a long header.
        return nlpid(payload.strip_prefix(&[0]).unwrap_or(payload));
    }
    Ok(Layer { next: Next::EtherType(half(payload, 0)?), data: &payload[2..] })
}

/// Classical IP over ATM as Linux records it: with the SNAP header, or IP alone.
pub(super) fn classical_ip(data: &[u8]) -> Layer<'_> {
    let next = if data.starts_with(&SNAP) { Next::Llc } else { Next::Ip };
    Layer { next, data }
}

/// FDDI: the frame control of an LLC frame, two addresses, then LLC.
pub(super) fn fddi(data: &[u8]) -> Result<Layer<'_>, Skip> {
    if byte(data, 0)? & 0x70 == 0x50 {
        Ok(Layer { next: Next::Llc, data: after(data, 13)? })
    } else {
        Err(Skip::LinkControl)
    }
}

/// Token ring: access and frame control, two addresses; the source's first bit tells of a route,
/// whose length in bytes stands in its own first five bits.
pub(super) fn token_ring(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const HEADER: usize = 14;
    if byte(data, 1)? & 0xc0 != 0x40 {
        return Err(Skip::LinkControl);
    }
    let routed = byte(data, 8)? & 0x80 != 0;
    let route = if routed { usize::from(byte(data, HEADER)? & 0x1f) } else { 0 };
    Ok(Layer { next: Next::Llc, data: after(data, HEADER + route)? })
}
