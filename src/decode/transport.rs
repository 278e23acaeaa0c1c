//! TCP segments and UDP datagrams.

use bitflags::bitflags;
use etherparse::{IpNumber, TcpSlice, UdpSlice};

use super::{
    Body, Skip, icmp,
    layer::{Path, Remainder},
    network::Ip,
    virtual_network::Owners,
};

bitflags! {
    /// TCP control bits (RFC 9293, 3.1).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Flags: u8 {
        /// No more data from the sender.
        const FIN = 0x01;
        /// Synchronise sequence numbers.
        const SYN = 0x02;
        /// Reset the connection.
        const RST = 0x04;
        /// Push.
        const PSH = 0x08;
        /// The acknowledgement field holds.
        const ACK = 0x10;
        /// Urgent pointer holds.
        const URG = 0x20;
        /// ECN echo.
        const ECE = 0x40;
        /// Congestion window reduced.
        const CWR = 0x80;
    }
}

/// A TCP segment.
#[derive(Clone, Debug)]
pub struct Segment<'a> {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number; holds with [`Flags::ACK`].
    pub ack: u32,
    /// Control bits.
    pub flags: Flags,
    /// Window as sent, unscaled; `None` where the header was cut before it.
    pub window: Option<u16>,
    /// Payload captured.
    pub payload: &'a [u8],
    /// Payload on the wire in bytes; a lower bound unless [`Self::length_known`].
    pub payload_len: u32,
    /// Whether the length on the wire is known. It is not where the IP header states none (IPv4 total
    /// length 0, IPv6 payload length 0 without a jumbo payload option: segmentation offload at the
    /// sender) and the frame's length on the wire is the captured one, which a recorder that
    /// truncates may state, too.
    pub length_known: bool,
}

/// A UDP datagram.
#[derive(Clone, Debug)]
pub struct Datagram<'a> {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Payload captured.
    pub payload: &'a [u8],
    /// Payload on the wire in bytes; a lower bound unless [`Self::length_known`].
    pub payload_len: u32,
    /// Whether the length on the wire is known, as in [`Segment::length_known`]. The datagram's own
    /// length field (RFC 768) states it unless that is 0.
    pub length_known: bool,
}

impl Datagram<'_> {
    /// What follows the captured bytes of the payload on the wire.
    pub(super) fn remainder(&self) -> Remainder {
        let captured = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        Remainder { cut: self.payload_len.saturating_sub(captured), is_known: self.length_known }
    }
}

/// Ports, numbers, data offset and flags: what is needed of a header that the snap length cut.
const TCP_ESSENTIAL: usize = 14;
const MIN_TCP_HEADER: u32 = 20;
const UDP_HEADER: u32 = 8;

pub(super) fn read<'a>(ip: &Ip<'a>, path: Path, owners: &Owners) -> Result<Body<'a>, Skip> {
    match ip.protocol {
        IpNumber::TCP => tcp(ip).map(Body::Tcp),
        IpNumber::UDP => udp(ip).map(Body::Udp),
        IpNumber::ICMP if ip.src.is_ipv4() => icmp::read_v4(ip, path, owners),
        IpNumber::IPV6_ICMP if ip.src.is_ipv6() => icmp::read_v6(ip, path, owners),
        IpNumber(number) => Err(Skip::IpProtocol(number)),
    }
}

/// The transport checksum as sent, not verified; 0 where it was not captured.
pub(super) fn checksum(ip: &Ip<'_>) -> u16 {
    let at = match ip.protocol {
        IpNumber::TCP => 16,
        IpNumber::UDP => 6,
        IpNumber::ICMP | IpNumber::IPV6_ICMP => 2,
        _ => return 0,
    };
    let bytes = ip.payload.get(at..at + 2);
    bytes.map_or(0, |bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn tcp<'a>(ip: &Ip<'a>) -> Result<Segment<'a>, Skip> {
    if let Ok(slice) = TcpSlice::from_slice(ip.payload) {
        let header_len = u32::from(slice.data_offset()) * 4;
        return Ok(Segment {
            src_port: slice.source_port(),
            dst_port: slice.destination_port(),
            seq: slice.sequence_number(),
            ack: slice.acknowledgment_number(),
            flags: Flags::from_bits_retain(ip.payload[13]),
            window: Some(slice.window_size()),
            payload: slice.payload(),
            payload_len: ip.payload_len.saturating_sub(header_len),
            length_known: ip.length_known,
        });
    }
    let header = ip.payload.get(..TCP_ESSENTIAL).ok_or(Skip::CutHeaders)?;
    let header_len = u32::from(header[12] >> 4) * 4;
    if header_len < MIN_TCP_HEADER {
        return Err(Skip::Malformed);
    }
    let half = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let word = |at: usize| u32::from(half(at)) << 16 | u32::from(half(at + 2));
    Ok(Segment {
        src_port: half(0),
        dst_port: half(2),
        seq: word(4),
        ack: word(8),
        flags: Flags::from_bits_retain(header[13]),
        window: None,
        payload: &[],
        // A header longer than the packet goes on in the next fragment.
        payload_len: ip.payload_len.saturating_sub(header_len),
        length_known: ip.length_known,
    })
}

fn udp<'a>(ip: &Ip<'a>) -> Result<Datagram<'a>, Skip> {
    let slice = UdpSlice::from_slice_lax(ip.payload).map_err(|_| Skip::CutHeaders)?;
    // Length 0 means a jumbogram or offload. Otherwise the datagram's own word is taken, as Wireshark
    // does: in a first fragment it is the length of the whole.
    let claimed = u32::from(slice.length()).checked_sub(UDP_HEADER);
    let room = ip.payload_len.saturating_sub(UDP_HEADER);
    Ok(Datagram {
        src_port: slice.source_port(),
        dst_port: slice.destination_port(),
        payload: slice.payload(),
        payload_len: claimed.unwrap_or(room),
        length_known: claimed.is_some() || ip.length_known,
    })
}
