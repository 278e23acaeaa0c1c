//! Frames for the decoder, headers to nest them in, and what it makes of them.

#![allow(dead_code, reason = "each test uses its part")]

use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::{Body, Counted, Datagram, Decoder, Packet, Segment, Skip},
};

use crate::recorder;

pub const ETHERNET: usize = 14;
const SECOND: i64 = 1_000_000_000;

pub fn frame(link: LinkType, data: &[u8]) -> Frame<'_> {
    Frame { time: Timestamp(0), link, data, wire_len: data.len() as u32, said: Said::default() }
}

/// A SYN from 10.0.0.1:1000 to 10.0.0.2:80 as an IP packet.
pub fn syn() -> Vec<u8> {
    recorder::tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "S", b"")[ETHERNET..].to_vec()
}

/// The same as an Ethernet frame.
pub fn syn_frame() -> Vec<u8> {
    recorder::tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "S", b"")
}

pub fn is_the_syn(packet: &Packet<'_>) -> bool {
    let Body::Tcp(segment) = &packet.body else { return false };
    packet.src.to_string() == "10.0.0.1"
        && packet.ip_len == 40
        && (segment.src_port, segment.dst_port, segment.seq) == (1000, 80, 7)
        && segment.flags == vmmtap::decode::Flags::SYN
}

/// A packet that outlives its frame.
pub fn kept(packet: &Packet<'_>) -> Packet<'static> {
    let leaked = |payload: &[u8]| -> &'static [u8] { Box::leak(payload.to_vec().into()) };
    let body = match &packet.body {
        Body::Tcp(segment) => Body::Tcp(Segment { payload: leaked(segment.payload), ..*segment }),
        Body::Udp(datagram) => {
            Body::Udp(Datagram { payload: leaked(datagram.payload), ..*datagram })
        }
        Body::Echo(echo) => Body::Echo(*echo),
        Body::Error(error) => Body::Error(error.clone()),
        Body::Neighbour(neighbour) => Body::Neighbour(*neighbour),
    };
    let Packet { time, src, dst, ip_len, ttl, ip_id, checksum, tenant, counted, said, .. } =
        *packet;
    Packet { time, src, dst, ip_len, ttl, ip_id, checksum, tenant, counted, said, body }
}

/// All packets of a frame, and what its reading ended with.
pub fn all(frame: &Frame<'_>) -> (Vec<Packet<'static>>, Result<(), Skip>) {
    let mut packets = Vec::new();
    let read = Decoder::default().read(frame, |packet| packets.push(kept(packet)));
    let counting = packets.iter().filter(|packet| packet.counted == Counted::Here).count();
    assert_eq!(counting, usize::from(read.is_ok()), "a frame counts once: {read:?} {packets:?}");
    (packets, read)
}

/// The innermost packet of a frame.
pub fn decode(frame: &Frame<'_>) -> Result<Packet<'static>, Skip> {
    let (mut packets, read) = all(frame);
    read.map(|()| packets.pop().expect("a frame that counts has a packet"))
}

/// A decoder with what it gave, fed IP packets.
#[derive(Default)]
pub struct Reader {
    pub decoder: Decoder,
    pub given: Vec<Packet<'static>>,
}

impl Reader {
    /// Reads an IP packet at a second.
    pub fn ip(&mut self, second: i64, data: &[u8]) -> Result<(), Skip> {
        self.cut(second, data, data.len())
    }

    /// Reads an IP packet of which so many bytes were captured.
    pub fn cut(&mut self, second: i64, data: &[u8], captured: usize) -> Result<(), Skip> {
        let time = Timestamp(second * SECOND);
        let frame = Frame {
            time,
            data: &data[..captured],
            wire_len: data.len() as u32,
            ..frame(LinkType::RAW, data)
        };
        let given = &mut self.given;
        self.decoder.read(&frame, |packet| given.push(kept(packet)))
    }

    pub fn flush(&mut self) {
        let given = &mut self.given;
        self.decoder.flush(|packet| given.push(kept(packet)));
    }
}

/// An IPv4 packet of a protocol between 192.0.2.1 and 192.0.2.2.
pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = (20 + payload.len() as u16).to_be_bytes();
    let head =
        [0x45, 0, len[0], len[1], 0, 9, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
    [&head[..], payload].concat()
}

/// An IPv6 packet whose first header behind its own is of a protocol.
pub fn ipv6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u16).to_be_bytes();
    let mut head = vec![0x60, 0, 0, 0, len[0], len[1], protocol, 64];
    for last in [1, 2] {
        head.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    [&head[..], payload].concat()
}

/// An Ethernet frame with an EtherType.
pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2; 12][..], &ether_type.to_be_bytes(), payload].concat()
}

/// A UDP datagram in IPv4.
pub fn udp(ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for half in [ports.0, ports.1, 8 + payload.len() as u16, 0] {
        bytes.extend(half.to_be_bytes());
    }
    bytes.extend(payload);
    ipv4(17, &bytes)
}

/// A VXLAN datagram of a network.
pub fn vxlan(network: u32, frame: &[u8]) -> Vec<u8> {
    let number = (network << 8).to_be_bytes();
    udp((50_000, 4789), &[&[8, 0, 0, 0], &number[..], frame].concat())
}

/// A GRE packet with flags and what they announce.
pub fn gre(flags: u16, protocol: u16, rest: &[u8]) -> Vec<u8> {
    ipv4(47, &[&flags.to_be_bytes()[..], &protocol.to_be_bytes(), rest].concat())
}
