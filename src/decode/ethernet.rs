//! Ethernet and what EtherTypes name beside IP: tags, and other layers.

use super::{
    Skip,
    field::{after, byte, half},
    layer::{Layer, Next},
};

/// Two addresses and the EtherType (IEEE 802.3, 3.1.1).
const HEADER: usize = 14;
pub(super) const ADDRESSES: usize = 12;
/// Up to this number the field is a length (IEEE 802.3, 3.2.6).
const LARGEST_LENGTH: u16 = 1500;

/// EtherTypes (IANA, IEEE 802 numbers).
pub(super) const IPV4: u16 = 0x0800;
pub(super) const ARP: u16 = 0x0806;
const TRANSPARENT_ETHERNET: u16 = 0x6558;
/// Customer tags (IEEE 802.1Q) and service tags (802.1ad), and numbers that devices used before.
pub(super) const CUSTOMER_TAG: u16 = 0x8100;
pub(super) const SERVICE_TAG: u16 = 0x88a8;
const OLD_SERVICE_TAGS: [u16; 3] = [0x9100, 0x9200, 0x9300];
pub(super) const IPV6: u16 = 0x86dd;
const PPP: u16 = 0x880b;
pub(super) const MPLS: u16 = 0x8847;
pub(super) const MPLS_MULTICAST: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;
const MACSEC: u16 = 0x88e5;
/// Provider backbone bridging (IEEE 802.1ah, I-TAG).
const BACKBONE: u16 = 0x88e7;
const FABRIC_PATH: u16 = 0x8903;
const VN_TAG: u16 = 0x8926;
/// IEEE 802.1BR E-TAG.
const E_TAG: u16 = 0x893f;
/// RFC 8300.
const NSH: u16 = 0x894f;
const CISCO_METADATA: u16 = 0x8909;

pub(super) fn read(data: &[u8]) -> Result<Layer<'_>, Skip> {
    let number = half(data, ADDRESSES)?;
    let next = if number <= LARGEST_LENGTH { Next::Llc } else { Next::EtherType(number) };
    Ok(Layer { next, data: &data[HEADER..] })
}

/// Whether this may be an Ethernet frame with something that is read here.
pub(super) fn is_plausible(data: &[u8]) -> bool {
    half(data, ADDRESSES).is_ok_and(|number| {
        let tags = [CUSTOMER_TAG, SERVICE_TAG, MPLS, PPPOE_SESSION];
        [IPV4, IPV6, ARP].contains(&number) || tags.contains(&number)
    })
}

/// The same, and the header behind the EtherType is one of that protocol.
pub(super) fn is_plausible_throughout(data: &[u8]) -> bool {
    is_plausible_payload(TRANSPARENT_ETHERNET, data)
}

/// Whether bytes may be the packet that an EtherType names, one that is read here; behind at most
/// two tags.
pub(super) fn is_plausible_payload(number: u16, data: &[u8]) -> bool {
    const ARP_OVER_ETHERNET: u16 = 1;
    const TAG: usize = 4;
    let (mut number, mut data) = (number, data);
    for _ in 0..2 {
        if let (CUSTOMER_TAG | SERVICE_TAG, Ok(inner), Some(rest)) =
            (number, half(data, 2), data.get(TAG..))
        {
            (number, data) = (inner, rest);
        }
    }
    match number {
        // The version; the header's length in words.
        IPV4 => matches!(data.first(), Some(0x45..=0x4f)),
        IPV6 => data.first().is_some_and(|first| first >> 4 == 6),
        ARP => half(data, 0).is_ok_and(|hardware| hardware == ARP_OVER_ETHERNET),
        TRANSPARENT_ETHERNET => half(data, ADDRESSES).is_ok_and(|number| {
            number != TRANSPARENT_ETHERNET && is_plausible_payload(number, &data[HEADER..])
        }),
        _ => false,
    }
}

/// Whether an EtherType is of a protocol that tunnels carry here.
pub(super) fn is_carried(number: u16) -> bool {
    [IPV4, IPV6, ARP, TRANSPARENT_ETHERNET, MPLS, MPLS_MULTICAST, NSH, PPP].contains(&number)
}

/// What an EtherType names; `data` begins behind it.
pub(super) fn behind_type(number: u16, data: &[u8]) -> Result<Layer<'_>, Skip> {
    match number {
        IPV4 | IPV6 => Ok(Layer { next: Next::Ip, data }),
        // Two bytes of tag control, then the EtherType.
        CUSTOMER_TAG | SERVICE_TAG => tagged(data, 2),
        _ if OLD_SERVICE_TAGS.contains(&number) => tagged(data, 2),
        VN_TAG => tagged(data, 4),
        E_TAG => tagged(data, 6),
        MPLS | MPLS_MULTICAST => Ok(Layer { next: Next::Mpls, data }),
        PPPOE_SESSION => pppoe(data),
        PPP => Ok(Layer { next: Next::Ppp, data }),
        TRANSPARENT_ETHERNET => Ok(Layer { next: Next::Ethernet, data }),
        // A tag of four bytes before the customer's frame, and two in FabricPath.
        BACKBONE => Ok(Layer { next: Next::Ethernet, data: after(data, 4)? }),
        FABRIC_PATH => Ok(Layer { next: Next::Ethernet, data: after(data, 2)? }),
        CISCO_METADATA => metadata(data),
        NSH => service_header(data),
        MACSEC => macsec(data),
        other => Err(Skip::NotIp(other)),
    }
}

/// A tag of fixed length, then an EtherType or a length.
pub(super) fn tagged(data: &[u8], tag_len: usize) -> Result<Layer<'_>, Skip> {
    let number = half(data, tag_len)?;
    let next = if number <= LARGEST_LENGTH { Next::Llc } else { Next::EtherType(number) };
    Ok(Layer { next, data: &data[tag_len + 2..] })
}

/// RFC 2516, section 4: version and type, code (0 in a session), session, length, then PPP.
pub(super) fn pppoe(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const SESSION: u16 = 0x1100;
    const DISCOVERY: u16 = 0x8863;
    let payload = after(data, 6)?;
    if half(data, 0)? == SESSION {
        Ok(Layer { next: Next::Ppp, data: payload })
    } else {
        Err(Skip::NotIp(DISCOVERY))
    }
}

/// Version, and length in words of four octets beyond the first two fields, then options.
fn metadata(data: &[u8]) -> Result<Layer<'_>, Skip> {
    let words = usize::from(byte(data, 1)?);
    tagged(data, 2 + words.max(1) * 4)
}

/// RFC 8300, section 2.2: length in words, and the next protocol.
fn service_header(data: &[u8]) -> Result<Layer<'_>, Skip> {
    let words = usize::from(byte(data, 1)? & 0x3f);
    let next = match byte(data, 3)? {
        1 | 2 => Next::Ip,
        3 => Next::Ethernet,
        4 => Next::EtherType(NSH),
        5 => Next::Mpls,
        _ => return Err(Skip::NotIp(NSH)),
    };
    // At least the base header and the service path header.
    Ok(Layer { next, data: after(data, words.max(2) * 4)? })
}

/// IEEE 802.1AE, 9.3: readable where neither encrypted nor changed.
fn macsec(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const WITH_CHANNEL: u8 = 0x20;
    const ENCRYPTED_OR_CHANGED: u8 = 0x0c;
    const TAG: usize = 6;
    const CHANNEL: usize = 8;
    let control = byte(data, 0)?;
    if control & ENCRYPTED_OR_CHANGED != 0 {
        return Err(Skip::MacSec);
    }
    tagged(data, if control & WITH_CHANNEL != 0 { TAG + CHANNEL } else { TAG })
}

/// An Ethernet frame with a switch's tag between its addresses and its EtherType.
pub(super) fn with_tag(data: &[u8], tag_len: usize) -> Result<Layer<'_>, Skip> {
    tagged(after(data, ADDRESSES)?, tag_len)
}
