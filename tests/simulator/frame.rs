//! Segments and the frames that they are recorded as.

use etherparse::PacketBuilder;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Client,
    Server,
}

/// A TCP segment under way.
#[derive(Clone, Debug)]
pub struct Segment {
    pub from: From,
    pub seq: u32,
    pub ack: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub payload: Vec<u8>,
    pub ip_id: u16,
    pub ttl: u8,
}

pub const CLIENT: [u8; 4] = [10, 81, 4, 10];
pub const SERVER: [u8; 4] = [10, 81, 4, 17];
const ROUTER: [u8; 4] = [10, 81, 0, 1];

impl Segment {
    /// The frame, `hops` routers after its sender.
    pub fn frame(&self, ports: (u16, u16), hops: u8) -> Vec<u8> {
        let ((src, dst), (from, to)) = match self.from {
            From::Client => ((CLIENT, SERVER), ports),
            From::Server => ((SERVER, CLIENT), (ports.1, ports.0)),
        };
        let mut ip =
            etherparse::Ipv4Header::new(0, self.ttl.saturating_sub(hops), 6.into(), src, dst)
                .expect("a header");
        ip.identification = self.ip_id;
        let mut builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ip(etherparse::IpHeaders::Ipv4(ip, etherparse::Ipv4Extensions::default()))
            .tcp(from, to, self.seq, 64_240);
        if let Some(ack) = self.ack {
            builder = builder.ack(ack);
        }
        if self.syn {
            builder = builder.syn();
        }
        if self.fin {
            builder = builder.fin();
        }
        if self.rst {
            builder = builder.rst();
        }
        let mut bytes = Vec::new();
        builder.write(&mut bytes, &self.payload).expect("written to memory");
        bytes
    }

    /// The ICMP error of a router about this segment.
    pub fn icmp(&self, ports: (u16, u16), kind: u8, code: u8) -> Vec<u8> {
        let frame = self.frame(ports, 1);
        let to = if self.from == From::Client { CLIENT } else { SERVER };
        let mut bytes = Vec::new();
        PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4(ROUTER, to, 255)
            .icmpv4_raw(kind, code, [0; 4])
            .write(&mut bytes, &frame[14..42])
            .expect("written to memory");
        bytes
    }
}
