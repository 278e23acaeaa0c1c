//! Tunnels in UDP. A port alone proves nothing: the datagram must begin with the tunnel's header.
//! Reserved bits are ignored on receipt (RFC 7348, section 5; RFC 8926, section 3.4), but if any is
//! set, the inner headers must be plausible as well, so that ordinary UDP is not taken for a tunnel.

use super::{
    Datagram, Overlay, ethernet,
    field::{after, array, byte, half},
    layer::Next,
    tunnel::{Carried, gre},
};

/// Ports (IANA); Linux took 8472 for VXLAN before there was one.
const L2TP: u16 = 1701;
const GTP_USER: u16 = 2152;
const GTP_BEFORE_1: u16 = 3386;
const TEREDO: u16 = 3544;
const GRE: u16 = 4754;
const VXLAN: u16 = 4789;
const VXLAN_GPE: u16 = 4790;
const AYIYA: u16 = 5072;
const GENEVE: u16 = 6081;
const VXLAN_LINUX: u16 = 8472;

/// Whether ports, source and destination, may be a tunnel's.
pub(super) fn has_port((src, dst): (u16, u16)) -> bool {
    let at_both_ends = |port| matches!(port, GTP_USER | GTP_BEFORE_1 | TEREDO | AYIYA | L2TP);
    matches!(dst, VXLAN | VXLAN_LINUX | VXLAN_GPE | GENEVE | GRE)
        || at_both_ends(src)
        || at_both_ends(dst)
}

/// What a datagram carries, where it is a tunnel's.
pub(super) fn carried<'a>(datagram: &Datagram<'a>) -> Option<Carried<'a>> {
    let data = datagram.payload;
    if !has_port((datagram.src_port, datagram.dst_port)) {
        return None;
    }
    match datagram.dst_port {
        VXLAN | VXLAN_LINUX => return vxlan(data),
        VXLAN_GPE => return vxlan_gpe(data),
        GENEVE => return geneve(data),
        GRE => return gre_in_udp(data),
        _ => {}
    }
    // Both ends of these may use the port.
    match (datagram.src_port, datagram.dst_port) {
        (GTP_USER, _) | (_, GTP_USER) => gtp(data, datagram.payload_len),
        (GTP_BEFORE_1, _) | (_, GTP_BEFORE_1) => gtp_0(data, datagram.payload_len),
        (TEREDO, _) | (_, TEREDO) => teredo(data),
        (AYIYA, _) | (_, AYIYA) => ayiya(data),
        (L2TP, _) | (_, L2TP) => l2tp(data),
        _ => None,
    }
}

fn network_number(data: &[u8]) -> Option<u32> {
    let [a, b, c] = array(data, 4).ok()?;
    Some(u32::from_be_bytes([0, a, b, c]))
}

/// RFC 7348, section 5; with the group policy extension's flag and number, where they are set.
fn vxlan(data: &[u8]) -> Option<Carried<'_>> {
    const NUMBERED: u8 = 0x08;
    const GROUP_POLICY: u8 = 0x80;
    let [flags, policy, group @ ..] = array::<4>(data, 0).ok()?;
    let reserved_is_zero = flags & !(NUMBERED | GROUP_POLICY) == 0
        && (flags & GROUP_POLICY != 0 || policy == 0 && group == [0, 0])
        && byte(data, 7).ok()? == 0;
    let carried = Carried::new(Next::Ethernet, after(data, 8).ok()?);
    if flags & NUMBERED == 0 || !(reserved_is_zero || is_plausible(&carried)) {
        return None;
    }
    Some(carried.of_tenant(Overlay::Vxlan, network_number(data)?))
}

/// Whether the inner headers are those of a protocol that is decoded here.
fn is_plausible(carried: &Carried<'_>) -> bool {
    let data = carried.layer.data;
    match carried.layer.next {
        Next::Ethernet => ethernet::is_plausible_throughout(data),
        Next::EtherType(number) => ethernet::is_plausible_payload(number, data),
        Next::Ip => is_ip(data),
        _ => false,
    }
}

/// The generic protocol extension (draft-ietf-nvo3-vxlan-gpe-12, section 3).
fn vxlan_gpe(data: &[u8]) -> Option<Carried<'_>> {
    const RESERVED: u8 = 0xc1;
    const VERSION: u8 = 0x30;
    const NUMBERED: u8 = 0x08;
    const WITH_PROTOCOL: u8 = 0x04;
    const NSH: u16 = 0x894f;
    let [flags, reserved @ .., protocol] = array::<4>(data, 0).ok()?;
    if flags & VERSION != 0 || flags & NUMBERED == 0 {
        return None;
    }
    let next = match protocol {
        _ if flags & WITH_PROTOCOL == 0 => Next::Ethernet,
        1 | 2 => Next::Ip,
        3 => Next::Ethernet,
        4 => Next::EtherType(NSH),
        5 => Next::Mpls,
        _ => return None,
    };
    let carried = Carried::new(next, after(data, 8).ok()?);
    let reserved_is_zero = flags & RESERVED == 0 && reserved == [0, 0] && byte(data, 7).ok()? == 0;
    let is_tunnel = reserved_is_zero || is_plausible(&carried);
    is_tunnel.then_some(carried.of_tenant(Overlay::Vxlan, network_number(data)?))
}

/// RFC 8926, section 3.4: version, length of the options in words, flags, the inner protocol.
fn geneve(data: &[u8]) -> Option<Carried<'_>> {
    const RESERVED: u8 = 0x3f;
    const CONTROL: u8 = 0x80;
    let [version_and_len, flags] = array(data, 0).ok()?;
    let protocol = half(data, 2).ok()?;
    let is_data =
        version_and_len >> 6 == 0 && flags & CONTROL == 0 && ethernet::is_carried(protocol);
    let options = usize::from(version_and_len & 0x3f) * 4;
    let carried = Carried::new(Next::EtherType(protocol), after(data, 8 + options).ok()?);
    let reserved_is_zero = flags & RESERVED == 0 && byte(data, 7).ok()? == 0;
    if !is_data || !(reserved_is_zero || is_plausible(&carried)) {
        return None;
    }
    Some(carried.of_tenant(Overlay::Geneve, network_number(data)?))
}

/// RFC 8086: no routing, and version 0.
fn gre_in_udp(data: &[u8]) -> Option<Carried<'_>> {
    const RESERVED_OR_VERSION: u16 = 0x4fff;
    let known =
        half(data, 0).ok()? & RESERVED_OR_VERSION == 0 && ethernet::is_carried(half(data, 2).ok()?);
    if known { gre(data).ok() } else { None }
}

/// RFC 4380, section 5.1.1: authentication and origin may stand before the IPv6 packet.
fn teredo(mut data: &[u8]) -> Option<Carried<'_>> {
    const AUTHENTICATION: u16 = 1;
    const ORIGIN: u16 = 0;
    const ORIGIN_LEN: usize = 8;
    if half(data, 0).ok()? == AUTHENTICATION {
        let (id, value) = (byte(data, 2).ok()?, byte(data, 3).ok()?);
        // Then a nonce of eight octets, and a confirmation.
        data = after(data, 4 + usize::from(id) + usize::from(value) + 9).ok()?;
    }
    if half(data, 0).ok()? == ORIGIN {
        data = after(data, ORIGIN_LEN).ok()?;
    }
    is_ipv6(data).then(|| Carried::new(Next::Ip, data))
}

/// Whether a header of IPv6 stands here and does not claim less than is there.
fn is_ipv6(data: &[u8]) -> bool {
    const HEADER: usize = 40;
    data.len() >= HEADER
        && data[0] >> 4 == 6
        && half(data, 4).is_ok_and(|len| usize::from(len) + HEADER >= data.len())
}

fn is_ip(data: &[u8]) -> bool {
    is_ipv6(data) || data.first().is_some_and(|first| matches!(first, 0x45..=0x4f))
}

/// 3GPP TS 09.60, section 6: version 0, and 20 octets that its length does not count.
fn gtp_0(data: &[u8], wire_len: u32) -> Option<Carried<'_>> {
    const VERSION_0_OF_GTP: u8 = 0x1e;
    const USER_PACKET: u8 = 0xff;
    const HEADER: u32 = 20;
    let [flags, kind] = array(data, 0).ok()?;
    let fits = u32::from(half(data, 2).ok()?) + HEADER == wire_len;
    let packet = after(data, HEADER as usize).ok()?;
    let is_user = flags & 0xfe == VERSION_0_OF_GTP && kind == USER_PACKET;
    (is_user && fits && is_ip(packet)).then(|| Carried::new(Next::Ip, packet))
}

/// 3GPP TS 29.281, section 5: version 1, a user's packet, its length without the first 8 octets.
fn gtp(data: &[u8], wire_len: u32) -> Option<Carried<'_>> {
    const VERSION_1_OF_GTP: u8 = 0x30;
    const VERSION_AND_RESERVED: u8 = 0xf8;
    const OPTIONAL_FIELDS: u8 = 0x07;
    const USER_PACKET: u8 = 0xff;
    const HEADER: u32 = 8;
    let [flags, kind] = array(data, 0).ok()?;
    let fits = u32::from(half(data, 2).ok()?) + HEADER == wire_len;
    if flags & VERSION_AND_RESERVED != VERSION_1_OF_GTP || kind != USER_PACKET || !fits {
        return None;
    }
    let mut at = 8;
    if flags & OPTIONAL_FIELDS != 0 {
        let mut next = byte(data, 11).ok()?;
        at = 12;
        // Each extension tells its length in words of four octets, and the next one at its end.
        while next != 0 {
            let words = usize::from(byte(data, at).ok()?);
            if words == 0 {
                return None;
            }
            at += words * 4;
            next = byte(data, at - 1).ok()?;
        }
    }
    let packet = after(data, at).ok()?;
    is_ip(packet).then(|| Carried::new(Next::Ip, packet))
}

/// Anything in anything (draft-massar-v6ops-ayiya-02, section 3): lengths of identity and signature
/// in halves of octets, the operation (1: forward), the inner protocol.
fn ayiya(data: &[u8]) -> Option<Carried<'_>> {
    const FORWARD: u8 = 1;
    const IPV4: u8 = 4;
    const IPV6: u8 = 41;
    let [identity, signature, operation, next] = array(data, 0).ok()?;
    if operation & 0x0f != FORWARD || ![IPV4, IPV6].contains(&next) {
        return None;
    }
    let lengths = (1_usize << (identity >> 4).min(8)) + usize::from(signature >> 4) * 4;
    let packet = after(data, 8 + lengths).ok()?;
    is_ip(packet).then(|| Carried::new(Next::Ip, packet))
}

/// RFC 2661, section 3.1: flags and version 2; length, numbers and offset are optional.
fn l2tp(data: &[u8]) -> Option<Carried<'_>> {
    const CONTROL: u16 = 0x8000;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    const RESERVED: u16 = 0x34f0;
    const VERSION: u16 = 0x000f;
    let flags = half(data, 0).ok()?;
    if flags & (CONTROL | RESERVED) != 0 || flags & VERSION != 2 {
        return None;
    }
    let given = |flag: u16, len: usize| if flags & flag != 0 { len } else { 0 };
    let mut at = 2 + given(LENGTH, 2) + 4 + given(SEQUENCE, 4);
    if flags & OFFSET != 0 {
        at += 2 + usize::from(half(data, at).ok()?);
    }
    Some(Carried::new(Next::Ppp, after(data, at).ok()?))
}
