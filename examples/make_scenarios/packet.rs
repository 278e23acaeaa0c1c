//! One packet, and its bytes.

use crate::world::Host;
use etherparse::{
    IcmpEchoHeader, Icmpv4Type, Icmpv6Type, IpHeaders, Ipv4Header, Ipv6Header, PacketBuilder,
    TcpHeader, err::packet::BuildVecWriteError, icmpv4, icmpv6,
};

/// The address family a scenario speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

/// 802.1Q tags on a frame.
#[derive(Clone, Copy, Debug)]
pub enum Tags {
    None,
    One(u16),
    /// Provider tag outside (802.1ad), customer tag inside.
    Two(u16, u16),
}

#[derive(Clone, Debug)]
pub enum Body {
    Tcp(Box<TcpHeader>, Vec<u8>),
    Udp {
        ports: [u16; 2],
        payload: Vec<u8>,
    },
    Echo {
        reply: bool,
        sequence: u16,
    },
    /// "Communication administratively prohibited", quoting the packet that met the filter.
    Prohibited(Box<Packet>),
}

/// A packet on its way, with all that its bytes depend on.
#[derive(Clone, Debug)]
pub struct Packet {
    pub family: Family,
    pub from: Host,
    pub to: Host,
    pub identification: u16,
    pub tags: Tags,
    /// The receiver's own system drops it.
    pub dropped: bool,
    pub body: Body,
}

/// What Windows' `ping` sends.
const PING: &[u8] = b"abcdefghijklmnopqrstuvwabcdefghi";

/// The shortest Ethernet frame, without the checksum that no recorder shows.
const SHORTEST_FRAME: usize = 60;

impl Packet {
    /// An Ethernet frame. Short ones are padded: a mirror port shows what was on the cable.
    pub fn ethernet(&self) -> Result<Vec<u8>, BuildVecWriteError> {
        let mut frame = [self.to.mac(), self.from.mac()].concat();
        match self.tags {
            Tags::None => {}
            Tags::One(tag) => frame.extend(words([0x8100, tag])),
            Tags::Two(outer, inner) => frame.extend(words([0x88a8, outer, 0x8100, inner])),
        }
        frame.extend(self.ether_type().to_be_bytes());
        frame.extend(self.network()?);
        frame.resize(frame.len().max(SHORTEST_FRAME), 0);
        Ok(frame)
    }

    /// A Linux cooked frame, version 2, as received from interface 3. It has no padding.
    pub fn cooked(&self) -> Result<Vec<u8>, BuildVecWriteError> {
        let mut frame = words([self.ether_type(), 0, 0, 3, 1]);
        frame.extend([0, 6]); // to us; six bytes of sender follow
        frame.extend(self.from.mac());
        frame.extend([0, 0]);
        frame.extend(self.network()?);
        Ok(frame)
    }

    const fn ether_type(&self) -> u16 {
        match self.family {
            Family::V4 => 0x0800,
            Family::V6 => 0x86dd,
        }
    }

    /// The packet without a link header.
    fn network(&self) -> Result<Vec<u8>, BuildVecWriteError> {
        let mut bytes = Vec::new();
        let ip = PacketBuilder::ip(self.ip_header());
        match (&self.body, self.family) {
            (Body::Tcp(header, payload), _) => {
                ip.tcp_header((**header).clone()).write_to_vec(&mut bytes, payload)?
            }
            (Body::Udp { ports, payload }, _) => {
                ip.udp(ports[0], ports[1]).write_to_vec(&mut bytes, payload)?
            }
            (Body::Echo { reply, sequence }, Family::V4) => {
                let header = IcmpEchoHeader { id: 1, seq: *sequence };
                let kind = if *reply { Icmpv4Type::EchoReply } else { Icmpv4Type::EchoRequest };
                ip.icmpv4(kind(header)).write_to_vec(&mut bytes, PING)?;
            }
            (Body::Echo { reply, sequence }, Family::V6) => {
                let header = IcmpEchoHeader { id: 1, seq: *sequence };
                let kind = if *reply { Icmpv6Type::EchoReply } else { Icmpv6Type::EchoRequest };
                ip.icmpv6(kind(header)).write_to_vec(&mut bytes, PING)?;
            }
            (Body::Prohibited(quoted), Family::V4) => ip
                .icmpv4(Icmpv4Type::DestinationUnreachable(
                    icmpv4::DestUnreachableHeader::FilterProhibited,
                ))
                .write_to_vec(&mut bytes, &quoted.network()?)?,
            (Body::Prohibited(quoted), Family::V6) => ip
                .icmpv6(Icmpv6Type::DestinationUnreachable(icmpv6::DestUnreachableCode::Prohibited))
                .write_to_vec(&mut bytes, &quoted.network()?)?,
        }
        Ok(bytes)
    }

    fn ip_header(&self) -> IpHeaders {
        match self.family {
            Family::V4 => IpHeaders::Ipv4(
                Ipv4Header {
                    identification: self.identification,
                    dont_fragment: true,
                    time_to_live: self.from.hop_limit,
                    source: self.from.v4.octets(),
                    destination: self.to.v4.octets(),
                    ..Ipv4Header::default()
                },
                Default::default(),
            ),
            Family::V6 => IpHeaders::Ipv6(
                Ipv6Header {
                    hop_limit: self.from.hop_limit,
                    source: self.from.v6.octets(),
                    destination: self.to.v6.octets(),
                    ..Ipv6Header::default()
                },
                Default::default(),
            ),
        }
    }
}

fn words<const N: usize>(words: [u16; N]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}
