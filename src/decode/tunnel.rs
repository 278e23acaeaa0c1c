//! What an IP packet carries instead of a transport: another packet, or another link's frame.

use etherparse::IpNumber;

use super::{
    Overlay, Skip, Tenant,
    field::{after, byte, half, word},
    layer::{Layer, Next},
    network::Ip,
};

/// Ethernet in IPv6 segment routing (RFC 8986, section 10.1).
const ETHERNET: IpNumber = IpNumber(143);

/// A layer in a tunnel, and the virtual network that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried<'a> {
    pub layer: Layer<'a>,
    pub tenant: Option<Tenant>,
}

impl<'a> Carried<'a> {
    pub fn new(next: Next, data: &'a [u8]) -> Self {
        Self { layer: Layer { next, data }, tenant: None }
    }

    pub fn of_tenant(self, overlay: Overlay, id: u32) -> Self {
        Self { tenant: Some(Tenant { overlay, id }), ..self }
    }
}

/// What a tunnel's packet carries; `None` where the protocol is no tunnel.
pub(super) fn carried<'a>(ip: &Ip<'a>) -> Option<Result<Carried<'a>, Skip>> {
    let data = ip.payload;
    Some(match ip.protocol {
        IpNumber::IPV4 | IpNumber::IPV6 => Ok(Carried::new(Next::Ip, data)),
        IpNumber::GRE => gre(data),
        // RFC 3378: version 3, then the frame.
        IpNumber::ETHER_IP => after(data, 2).map(|frame| Carried::new(Next::Ethernet, frame)),
        IpNumber::MPLS_IN_IP => Ok(Carried::new(Next::Mpls, data)),
        ETHERNET => Ok(Carried::new(Next::Ethernet, data)),
        _ => return None,
    })
}

/// Flags of a GRE header: RFC 2784, RFC 2890; routing by RFC 1701; the last one and version 1 by
/// RFC 2637, section 4.1.
const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;
/// EtherTypes in GRE.
const TRANSPARENT_ETHERNET: u16 = 0x6558;
const ERSPAN: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;

/// Generic routing encapsulation.
pub(super) fn gre(data: &[u8]) -> Result<Carried<'_>, Skip> {
    let (flags, protocol) = (half(data, 0)?, half(data, 2)?);
    let has = |flag: u16| flags & flag != 0;
    let mut at = 4;
    let version = flags & VERSION;
    if version > 1 {
        return Err(Skip::Malformed);
    }
    if version == 0 && has(CHECKSUM | ROUTING) {
        at += 4;
    }
    let key = if has(KEY) { Some(word(data, at)?) } else { None };
    at += if has(KEY) { 4 } else { 0 } + if has(SEQUENCE) { 4 } else { 0 };
    if version == 1 {
        at += if has(ACKNOWLEDGEMENT) { 4 } else { 0 };
    } else if has(ROUTING) {
        at = behind_routes(data, at)?;
    }
    let payload = after(data, at)?;
    match protocol {
        // RFC 7637, section 3.2: the number is in the key's upper 24 bits, a hash of the flow below.
        TRANSPARENT_ETHERNET => {
            let frame = Carried::new(Next::Ethernet, payload);
            Ok(key.map_or(frame, |key| frame.of_tenant(Overlay::Nvgre, key >> 8)))
        }
        ERSPAN => {
            // Type I has no header of its own, and no sequence number in GRE's.
            let header_len = if has(SEQUENCE) { 8 } else { 0 };
            Ok(Carried::new(Next::Ethernet, after(payload, header_len)?))
        }
        ERSPAN_III => erspan_3(payload),
        number if is_aruba(number) => Ok(Carried::new(Next::Wlan, payload)),
        number => Ok(Carried::new(Next::EtherType(number), payload)),
    }
}

/// Numbers under which Aruba's access points and controllers carry IEEE 802.11 frames, as Wireshark
/// and Zeek know them.
fn is_aruba(number: u16) -> bool {
    matches!(number, 0x8200..=0x8370 if number & 0x000f == 0) || number == 0x9000
}

/// RFC 1701: entries of family, offset, length and an address, up to one without either.
fn behind_routes(data: &[u8], mut at: usize) -> Result<usize, Skip> {
    const ENTRY: usize = 4;
    loop {
        let (family, len) = (half(data, at)?, byte(data, at + 3)?);
        at += ENTRY + usize::from(len);
        if family == 0 && len == 0 {
            return Ok(at);
        }
    }
}

/// Twelve octets, of which the last tells the kind of frame and whether eight more follow
/// (draft-foschiano-erspan-03, section 4.3).
fn erspan_3(data: &[u8]) -> Result<Carried<'_>, Skip> {
    const HEADER: usize = 12;
    const SUBHEADER: usize = 8;
    let fields = half(data, HEADER - 2)?;
    let has_subheader = fields & 1 != 0;
    let next = match fields >> 10 & 0x1f {
        0 => Next::Ethernet,
        2 => Next::Ip,
        _ => return Err(Skip::Malformed),
    };
    let header_len = if has_subheader { HEADER + SUBHEADER } else { HEADER };
    Ok(Carried::new(next, after(data, header_len)?))
}
