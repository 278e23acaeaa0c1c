//! The IP layer: addresses, lengths, fragments.

use std::net::IpAddr;

use etherparse::{IpNumber, LaxIpPayloadSlice, LaxNetSlice};

use super::{
    Skip,
    link::{self, Network},
};

/// An IP packet whose payload begins with a transport header.
pub(super) struct Ip<'a> {
    pub src: IpAddr,
    pub dst: IpAddr,
    /// Length on the wire in bytes, headers included.
    pub len: u32,
    /// Length of the payload on the wire in bytes, without extension headers.
    pub payload_len: u32,
    pub protocol: IpNumber,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// IPv4 identification; 0 in IPv6.
    pub id: u16,
    pub payload: &'a [u8],
}

pub(super) fn read<'a>(network: &Network<'a>) -> Result<Ip<'a>, Skip> {
    match &network.sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            if header.fragments_offset().value() > 0 {
                return Err(Skip::Fragment);
            }
            let header_len = u32::from(header.ihl()) * 4;
            let claimed = u32::from(header.total_len());
            Ok(finish(
                (header.source_addr().into(), header.destination_addr().into()),
                (header.ttl(), header.identification()),
                (header_len, (claimed >= header_len).then_some(claimed)),
                ip.payload(),
                network.cut,
            ))
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            if is_later_fragment(ip) {
                return Err(Skip::Fragment);
            }
            let header_len = u32::try_from(etherparse::Ipv6Header::LEN).unwrap_or(40);
            let extensions = u32::try_from(ip.extensions().slice().len()).unwrap_or(0);
            // A payload length of 0 stands for a jumbogram or for segmentation offload.
            let claimed = Some(u32::from(header.payload_length())).filter(|len| *len > 0);
            Ok(finish(
                (header.source_addr().into(), header.destination_addr().into()),
                (header.hop_limit(), 0),
                (header_len + extensions, claimed.map(|len| len + header_len)),
                ip.payload(),
                network.cut,
            ))
        }
        Some(LaxNetSlice::Arp(_)) => Err(Skip::Arp),
        None => Err(link::why_not_ip(&network.sliced)),
    }
}

/// `claimed` is what the header says of the packet's length; where it says nothing true (0 on hosts
/// that offload segmentation), the captured bytes and those that the recorder cut tell it.
fn finish<'a>(
    (src, dst): (IpAddr, IpAddr),
    (ttl, id): (u8, u16),
    (headers, claimed): (u32, Option<u32>),
    payload: &LaxIpPayloadSlice<'a>,
    cut: u32,
) -> Ip<'a> {
    let captured = u32::try_from(payload.payload.len()).unwrap_or(u32::MAX);
    let len = claimed.unwrap_or_else(|| headers.saturating_add(captured).saturating_add(cut));
    Ip {
        src,
        dst,
        len,
        payload_len: len.saturating_sub(headers),
        protocol: payload.ip_number,
        ttl,
        id,
        payload: payload.payload,
    }
}

/// Whether a fragment header among the extensions tells of an offset.
///
/// The headers are walked here: etherparse 0.21's own iterator trusts that they were all validated,
/// and reads beyond the slice where leniently sliced ones were cut.
fn is_later_fragment(ip: &etherparse::LaxIpv6Slice<'_>) -> bool {
    let (mut next, mut rest) = (ip.header().next_header(), ip.extensions().slice());
    while let [after, len, high, low, ..] = *rest {
        let size = match next {
            IpNumber::IPV6_FRAGMENTATION_HEADER => {
                return u16::from_be_bytes([high, low]) >> FRAGMENT_FLAG_BITS > 0;
            }
            // RFC 4302 counts words of four octets less two, RFC 8200 words of eight less one.
            IpNumber::AUTHENTICATION_HEADER => (usize::from(len) + 2) * 4,
            _ => (usize::from(len) + 1) * 8,
        };
        (next, rest) = (IpNumber(after), rest.get(size..).unwrap_or_default());
    }
    false
}

/// Reserved bits and the M flag below the offset (RFC 8200, 4.5).
const FRAGMENT_FLAG_BITS: u32 = 3;
