//! The same packet recorded more than once: at a mirror of both ports, at several components of a
//! Windows stack, on Linux's `any` interface.

use std::hash::{BuildHasher, Hasher};

use arrayvec::ArrayVec;
use foldhash::fast::FixedState;

use super::Side;
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    decode::{Body, Datagram, Flags, Packet},
};

/// Packets of a conversation that are remembered; copies follow each other closely.
const REMEMBERED: usize = 8;

/// How far apart two copies are at most, in nanoseconds, by what shows that they are copies.
mod window {
    use super::NANOS_PER_SECOND;
    /// The recorder numbers packets.
    pub const NUMBERED: i64 = NANOS_PER_SECOND;
    /// The IPv4 identification is the same: a retransmission gets a new one, and no stack
    /// retransmits so soon.
    pub const IDENTIFIED: i64 = NANOS_PER_SECOND / 50;
    /// Only the content is the same, checksum included.
    pub const ALIKE: i64 = NANOS_PER_SECOND / 1000;
}

/// The latest packets of a conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    packets: ArrayVec<(u64, Timestamp), REMEMBERED>,
    next: u8,
}

impl Recent {
    /// Whether a packet of a side is a copy of one that was taken in already; else remembers it.
    pub fn is_copy(&mut self, side: Side, packet: &Packet<'_>) -> bool {
        let window = match (packet.said.packet_id, packet.ip_id) {
            (Some(_), _) => window::NUMBERED,
            (None, 0) if may_come_twice(packet) => return false,
            (None, 0) => window::ALIKE,
            _ => window::IDENTIFIED,
        };
        let mark = mark(side, packet);
        let known = self.packets.iter().any(|(known, time)| {
            *known == mark && packet.time.since(*time).unsigned_abs() <= window.unsigned_abs()
        });
        if !known {
            self.remember(mark, packet.time);
        }
        known
    }

    fn remember(&mut self, mark: u64, time: Timestamp) {
        if self.packets.try_push((mark, time)).is_err() {
            self.packets[usize::from(self.next)] = (mark, time);
            self.next = (self.next + 1) % REMEMBERED as u8;
        }
    }
}

/// Whether a host may well send the very same packet again at once: it answers each segment that it
/// does not want with the same RST or ACK.
fn may_come_twice(packet: &Packet<'_>) -> bool {
    let Body::Tcp(segment) = &packet.body else { return false };
    segment.payload_len == 0 && !segment.flags.contains(Flags::SYN)
}

/// A number that two copies of a packet share and that other packets of the conversation hardly do.
fn mark(side: Side, packet: &Packet<'_>) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_u8(side as u8);
    if let Some(id) = packet.said.packet_id {
        hasher.write_u64(id);
    }
    hasher.write_u16(packet.ip_id);
    match &packet.body {
        Body::Tcp(segment) => {
            hasher.write_u32(segment.seq);
            hasher.write_u32(segment.ack);
            hasher.write_u8(segment.flags.bits());
            hasher.write_u32(segment.payload_len);
            // Offload completes the checksum between two places where a packet is recorded.
            if packet.ip_id == 0 {
                hasher.write_u16(packet.checksum);
            }
        }
        Body::Udp(datagram) => {
            hasher.write_u64(content(datagram));
        }
        Body::Echo(_) | Body::Error(_) | Body::Neighbour(_) => hasher.write_u16(packet.checksum),
    }
    hasher.finish()
}

/// A number that equal datagrams share. The checksum is not enough: with offload it is that of the
/// addresses alone.
pub(super) fn content(datagram: &Datagram<'_>) -> u64 {
    const ENOUGH: usize = 64;
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_u32(datagram.payload_len);
    hasher.write(&datagram.payload[..datagram.payload.len().min(ENOUGH)]);
    hasher.finish()
}
