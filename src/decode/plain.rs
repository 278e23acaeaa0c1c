//! The frames that nearly all traffic is made of, read in one go: TCP or UDP, whole, in IP, in
//! Ethernet with or without tags. What is anything else is left to the layers; what is read here is
//! read there alike, which a property test and a fuzz target hold.

use std::net::IpAddr;

use super::{Body, Counted, Datagram, Flags, Packet, Segment, ethernet, udp_tunnel};
use crate::capture::{Frame, LinkType};

/// Where the headers of a plain frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    network: u8,
    header_len: u8,
    is_v6: bool,
    is_udp: bool,
}

/// Who a plain frame is from and to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainEnds {
    /// Address and port of the sender.
    pub from: (IpAddr, u16),
    /// Address and port of the receiver.
    pub to: (IpAddr, u16),
    /// Whether it is a datagram, and not a segment.
    pub is_udp: bool,
}

const TCP: u8 = 6;
const UDP: u8 = 17;
const V4_HEADER: usize = 20;
const V6_HEADER: usize = 40;
const TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
/// Tags of a frame that are still plain.
const MOST_TAGS: usize = 2;

impl Plain {
    /// Finds the headers; `None` where the frame is not plain.
    #[must_use]
    pub fn locate(frame: &Frame<'_>) -> Option<Self> {
        if frame.said.packet_id.is_some() {
            return None;
        }
        let data = frame.data;
        let (network, is_v6) = network(frame.link, data)?;
        let packet = data.get(network..)?;
        let (header_len, protocol, len) = if is_v6 { v6(packet)? } else { v4(packet)? };
        // What a host that offloads sends has no length yet, and what is behind the packet is padding.
        let payload = packet.get(header_len..packet.len().min(len))?;
        let is_udp = match protocol {
            TCP => {
                let data_offset = usize::from(payload.get(12)? >> 4) * 4;
                if !(TCP_HEADER..=payload.len()).contains(&data_offset) {
                    return None;
                }
                false
            }
            UDP => {
                let claimed = usize::from(half(payload, 4)?);
                let ports = (half(payload, 0)?, half(payload, 2)?);
                if payload.len() < UDP_HEADER || claimed < UDP_HEADER || udp_tunnel::has_port(ports)
                {
                    return None;
                }
                true
            }
            _ => return None,
        };
        let (network, header_len) = (network as u8, header_len as u8);
        Some(Self { network, header_len, is_v6, is_udp })
    }

    /// Who the frame in which these headers were found is from and to.
    #[must_use]
    pub fn ends(&self, frame: &Frame<'_>) -> Option<PlainEnds> {
        let packet = frame.data.get(usize::from(self.network)..)?;
        let ports = packet.get(usize::from(self.header_len)..)?;
        let (src, dst) = (half(ports, 0)?, half(ports, 2)?);
        let (from, to): (IpAddr, IpAddr) = if self.is_v6 {
            let ip = |at: usize| packet.get(at..at + 16)?.first_chunk::<16>().copied();
            (ip(8)?.into(), ip(24)?.into())
        } else {
            let ip = |at: usize| packet.get(at..at + 4)?.first_chunk::<4>().copied();
            (ip(12)?.into(), ip(16)?.into())
        };
        Some(PlainEnds { from: (from, src), to: (to, dst), is_udp: self.is_udp })
    }

    /// Reads the frame in which these headers were found; `None` in another one that is shorter.
    #[must_use]
    pub fn read<'a>(&self, frame: &Frame<'a>) -> Option<Packet<'a>> {
        let packet = frame.data.get(usize::from(self.network)..)?;
        let header_len = usize::from(self.header_len);
        let (src, dst, len, ttl, ip_id) = if self.is_v6 {
            let ip = |at: usize| packet.get(at..at + 16)?.first_chunk::<16>().copied();
            let len = usize::from(half(packet, 4)?) + V6_HEADER;
            (ip(8)?.into(), ip(24)?.into(), len, *packet.get(7)?, 0)
        } else {
            let ip = |at: usize| packet.get(at..at + 4)?.first_chunk::<4>().copied();
            let len = usize::from(half(packet, 2)?);
            (ip(12)?.into(), ip(16)?.into(), len, *packet.get(8)?, half(packet, 4)?)
        };
        let payload = packet.get(header_len..packet.len().min(len))?;
        let on_wire = len.checked_sub(header_len)?;
        let (body, checksum) =
            if self.is_udp { datagram(payload)? } else { segment(payload, on_wire)? };
        Some(Packet {
            time: frame.time,
            src,
            dst,
            ip_len: u32::try_from(len).ok()?,
            ttl,
            ip_id,
            checksum,
            tenant: None,
            counted: Counted::Here,
            said: frame.said,
            body,
        })
    }
}

/// Where the IP header begins, and whether it is one of IPv6.
fn network(link: LinkType, data: &[u8]) -> Option<(usize, bool)> {
    let mut at = match link {
        LinkType::ETHERNET => ethernet::ADDRESSES,
        LinkType::RAW => return Some((0, data.first()? >> 4 == 6)),
        _ => return None,
    };
    for _ in 0..=MOST_TAGS {
        let number = half(data, at)?;
        at += 2;
        match number {
            ethernet::IPV4 | ethernet::IPV6 => return Some((at, data.get(at)? >> 4 == 6)),
            ethernet::CUSTOMER_TAG | ethernet::SERVICE_TAG => at += 2,
            _ => return None,
        }
    }
    None
}

/// Length of the header, protocol, and length of the packet.
fn v4(packet: &[u8]) -> Option<(usize, u8, usize)> {
    const OFFSET_OR_MORE: u16 = 0x3fff;
    let header = packet.get(..V4_HEADER)?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    let len = usize::from(half(header, 2)?);
    let is_whole = half(header, 6)? & OFFSET_OR_MORE == 0;
    let is_good = header[0] >> 4 == 4 && header_len >= V4_HEADER && len >= header_len;
    (is_whole && is_good && packet.len() >= header_len).then_some((header_len, header[9], len))
}

/// The same; with extension headers it is not plain, and without a length neither.
fn v6(packet: &[u8]) -> Option<(usize, u8, usize)> {
    let header = packet.get(..V6_HEADER)?;
    let len = usize::from(half(header, 4)?);
    (header[0] >> 4 == 6 && len > 0).then_some((V6_HEADER, header[6], len + V6_HEADER))
}

fn segment(data: &[u8], on_wire: usize) -> Option<(Body<'_>, u16)> {
    let header = data.first_chunk::<TCP_HEADER>()?;
    let half = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let word = |at: usize| u32::from(half(at)) << 16 | u32::from(half(at + 2));
    let header_len = usize::from(header[12] >> 4) * 4;
    let segment = Segment {
        src_port: half(0),
        dst_port: half(2),
        seq: word(4),
        ack: word(8),
        flags: Flags::from_bits_retain(header[13]),
        window: Some(half(14)),
        payload: data.get(header_len..)?,
        payload_len: u32::try_from(on_wire.saturating_sub(header_len)).ok()?,
        length_known: true,
    };
    Some((Body::Tcp(segment), half(16)))
}

fn datagram(data: &[u8]) -> Option<(Body<'_>, u16)> {
    let header = data.first_chunk::<UDP_HEADER>()?;
    let half = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let claimed = usize::from(half(4));
    let datagram = Datagram {
        src_port: half(0),
        dst_port: half(2),
        payload: data.get(UDP_HEADER..data.len().min(claimed))?,
        payload_len: u32::try_from(claimed.checked_sub(UDP_HEADER)?).ok()?,
        length_known: true,
    };
    Some((Body::Udp(datagram), half(6)))
}

fn half(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2)?.first_chunk().copied().map(u16::from_be_bytes)
}
