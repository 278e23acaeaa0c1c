//! A recorder in memory: packets and captures for tests, written by the formats' own books and not
//! by the code under test.

#![allow(dead_code, reason = "each test uses its part")]

use std::io::Cursor;

use etherparse::PacketBuilder;
use vmmtap::capture::{CaptureFile, OpenError, Problems};

/// How a classic capture is written.
#[derive(Clone, Copy, Debug)]
pub struct Pcap {
    pub big_endian: bool,
    pub nanoseconds: bool,
    pub modified: bool,
    pub link: u32,
}

impl Pcap {
    /// Little-endian, microseconds, Ethernet.
    pub const PLAIN: Self =
        Self { big_endian: false, nanoseconds: false, modified: false, link: 1 };

    fn word(self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub fn header(self) -> Vec<u8> {
        let magic = match (self.nanoseconds, self.modified) {
            (true, _) => 0xa1b2_3c4d,
            (_, true) => 0xa1b2_cd34,
            _ => 0xa1b2_c3d4,
        };
        let version = if self.big_endian { [0, 2, 0, 4] } else { [2, 0, 4, 0] };
        let mut bytes = self.word(magic).to_vec();
        bytes.extend(version);
        for value in [0, 0, 65_535, self.link] {
            bytes.extend(self.word(value));
        }
        bytes
    }

    /// A record `nanos` after 1970, with `wire_len` on the wire.
    pub fn record(self, nanos: u64, packet: &[u8], wire_len: u32) -> Vec<u8> {
        let fraction = nanos % 1_000_000_000 / if self.nanoseconds { 1 } else { 1000 };
        let mut bytes = Vec::new();
        for value in [nanos / 1_000_000_000, fraction, packet.len() as u64, u64::from(wire_len)] {
            bytes.extend(self.word(value as u32));
        }
        if self.modified {
            bytes.extend([0; 8]);
        }
        bytes.extend(packet);
        bytes
    }

    /// A capture of packets, each with its time in nanoseconds.
    pub fn file(self, packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = self.header();
        for (time, packet) in packets {
            bytes.extend(self.record(*time, packet, packet.len() as u32));
        }
        bytes
    }
}

/// A pcapng file under writing.
#[derive(Default)]
pub struct Pcapng {
    pub bytes: Vec<u8>,
    big_endian: bool,
}

impl Pcapng {
    fn word(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn half(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub fn block(&mut self, kind: u32, body: &[u8]) -> &mut Self {
        let padded = body.len().next_multiple_of(4);
        let len = self.word(12 + padded as u32);
        let kind = self.word(kind);
        self.bytes.extend(kind);
        self.bytes.extend(len);
        self.bytes.extend(body);
        self.bytes.extend(vec![0; padded - body.len()]);
        self.bytes.extend(len);
        self
    }

    pub fn section(&mut self, big_endian: bool) -> &mut Self {
        self.big_endian = big_endian;
        let mut body = self.word(0x1a2b_3c4d).to_vec();
        body.extend(self.half(1));
        body.extend(self.half(0));
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    /// An interface; `resolution` is if_tsresol and `offset` if_tsoffset in seconds.
    pub fn interface(
        &mut self,
        link: u16,
        resolution: Option<u8>,
        offset: Option<i64>,
    ) -> &mut Self {
        let mut body = self.half(link).to_vec();
        body.extend(self.half(0));
        body.extend(self.word(65_535));
        if let Some(resolution) = resolution {
            body.extend(self.half(9));
            body.extend(self.half(1));
            body.extend([resolution, 0, 0, 0]);
        }
        if let Some(offset) = offset {
            body.extend(self.half(14));
            body.extend(self.half(8));
            body.extend(if self.big_endian { offset.to_be_bytes() } else { offset.to_le_bytes() });
        }
        body.extend([0; 4]);
        self.block(1, &body)
    }

    pub fn packet(&mut self, interface: u32, ticks: u64, packet: &[u8]) -> &mut Self {
        let mut body = self.word(interface).to_vec();
        body.extend(self.word((ticks >> 32) as u32));
        body.extend(self.word(ticks as u32));
        body.extend(self.word(packet.len() as u32));
        body.extend(self.word(packet.len() as u32));
        body.extend(packet);
        self.block(6, &body)
    }

    /// A packet with options, each a code and its value.
    pub fn packet_with(&mut self, packet: &[u8], options: &[(u16, &[u8])]) -> &mut Self {
        self.packet_at_with(0, packet, options)
    }

    /// A packet of the first interface with its time and options.
    pub fn packet_at_with(
        &mut self,
        ticks: u64,
        packet: &[u8],
        options: &[(u16, &[u8])],
    ) -> &mut Self {
        let mut body = vec![0; 4];
        body.extend(self.word((ticks >> 32) as u32));
        body.extend(self.word(ticks as u32));
        body.extend(self.word(packet.len() as u32));
        body.extend(self.word(packet.len() as u32));
        body.extend(packet);
        body.resize(body.len().next_multiple_of(4), 0);
        for (code, value) in options {
            body.extend(self.half(*code));
            body.extend(self.half(value.len() as u16));
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(6, &body)
    }

    /// A name resolution block: records of a type, an address and its names.
    pub fn names(&mut self, records: &[(u16, &[u8], &[u8])]) -> &mut Self {
        let mut body = Vec::new();
        for (kind, address, names) in records {
            body.extend(self.half(*kind));
            body.extend(self.half((address.len() + names.len()) as u16));
            body.extend(*address);
            body.extend(*names);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(4, &body)
    }

    pub fn simple_packet(&mut self, packet: &[u8]) -> &mut Self {
        let mut body = self.word(packet.len() as u32).to_vec();
        body.extend(packet);
        self.block(3, &body)
    }

    /// Interface statistics that tell of lost packets.
    pub fn drops(&mut self, interface: u32, count: u64) -> &mut Self {
        let mut body = self.word(interface).to_vec();
        body.extend([0; 8]);
        body.extend(self.half(5));
        body.extend(self.half(8));
        body.extend(if self.big_endian { count.to_be_bytes() } else { count.to_le_bytes() });
        body.extend([0; 4]);
        self.block(5, &body)
    }
}

/// What there is to know of a capture: time, link type, bytes and wire length of each frame, and
/// what went wrong.
pub type Reading = (Vec<(i64, u32, Vec<u8>, u32)>, Problems);

/// Reads a capture to its end.
pub fn read(bytes: &[u8]) -> Result<Reading, OpenError> {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut capture = CaptureFile::from_reader("test".to_owned(), reader, None)?;
    let mut frames = Vec::new();
    while capture.advance() {
        let frame = capture.frame().expect("a frame after an advance");
        frames.push((frame.time.0, frame.link.0, frame.data.to_vec(), frame.wire_len));
    }
    assert_eq!(capture.summary().packets, frames.len() as u64);
    Ok((frames, capture.into_summary().problems))
}

/// A TCP segment over Ethernet and IPv4. Flags are letters of S, A, F, R; what acknowledges anything
/// acknowledges a SYN with the number 1.
pub fn tcp(from: (&str, u16), to: (&str, u16), seq: u32, flags: &str, payload: &[u8]) -> Vec<u8> {
    acking(from, to, (seq, 2), flags, payload)
}

/// The same with its sequence number and the one that it acknowledges.
pub fn acking(
    from: (&str, u16),
    to: (&str, u16),
    (seq, ack): (u32, u32),
    flags: &str,
    payload: &[u8],
) -> Vec<u8> {
    let address = |text: &str| text.parse::<std::net::Ipv4Addr>().expect("an address").octets();
    let mut builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv4(address(from.0), address(to.0), 128)
        .tcp(from.1, to.1, seq, 64_240);
    for flag in flags.chars() {
        builder = match flag {
            'S' => builder.syn(),
            'A' => builder.ack(ack),
            'F' => builder.fin(),
            'R' => builder.rst(),
            other => panic!("no flag {other}"),
        };
    }
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).expect("written to memory");
    bytes
}

/// A UDP datagram over Ethernet and IPv4.
pub fn udp(from: (&str, u16), to: (&str, u16), payload: &[u8]) -> Vec<u8> {
    let address = |text: &str| text.parse::<std::net::Ipv4Addr>().expect("an address").octets();
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv4(address(from.0), address(to.0), 128)
        .udp(from.1, to.1);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).expect("written to memory");
    bytes
}

/// A UDP datagram over Ethernet and IPv6.
pub fn udp6(from: (&str, u16), to: (&str, u16), payload: &[u8]) -> Vec<u8> {
    let address = |text: &str| text.parse::<std::net::Ipv6Addr>().expect("an address").octets();
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv6(address(from.0), address(to.0), 64)
        .udp(from.1, to.1);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).expect("written to memory");
    bytes
}

/// An ICMP message of a type, over Ethernet and IPv4 or IPv6, as the addresses are.
pub fn icmp(from: &str, to: &str, kind: u8, payload: &[u8]) -> Vec<u8> {
    use std::net::IpAddr;
    let ethernet = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
    let mut bytes = Vec::new();
    match (parse(from), parse(to)) {
        (IpAddr::V4(from), IpAddr::V4(to)) => ethernet
            .ipv4(from.octets(), to.octets(), 64)
            .icmpv4_raw(kind, 1, [0; 4])
            .write(&mut bytes, payload),
        (IpAddr::V6(from), IpAddr::V6(to)) => ethernet
            .ipv6(from.octets(), to.octets(), 64)
            .icmpv6_raw(kind, 1, [0; 4])
            .write(&mut bytes, payload),
        other => panic!("no message from {other:?}"),
    }
    .expect("written to memory");
    bytes
}

/// An Ethernet frame with tags of these EtherTypes, outermost first.
pub fn tagged(frame: &[u8], tags: &[u16]) -> Vec<u8> {
    let mut bytes = frame[..12].to_vec();
    for (place, tag) in tags.iter().enumerate() {
        bytes.extend(tag.to_be_bytes());
        bytes.extend([0, 100 + place as u8]);
    }
    bytes.extend(&frame[12..]);
    bytes
}
