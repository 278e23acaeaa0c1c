//! The same packet recorded more than once: at a mirror of both ports, at several components of a
//! Windows stack, on Linux's `any` interface.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use super::{
    Side,
    address::{PARTS, part_of},
};
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    decode::{Body, Datagram, Flags, Packet},
};

/// Packets that are remembered in each of the [`PARTS`]; copies follow each other closely. A later one
/// may take the place of an earlier one of the same part, which is then forgotten.
const REMEMBERED: usize = 512;

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

/// The latest packets.
#[derive(Clone, Debug)]
pub(super) struct Recent(Box<[(u64, Timestamp)]>);

impl Default for Recent {
    fn default() -> Self {
        Self(vec![(0, Timestamp(i64::MIN)); REMEMBERED * PARTS].into())
    }
}

impl Recent {
    /// Whether a packet of a side is a copy of one that was taken in already; else remembers it.
    /// `conversation` is its conversation's hash, `content` that of its datagram.
    pub fn is_copy(
        &mut self,
        conversation: u64,
        side: Side,
        packet: &Packet<'_>,
        content: u64,
    ) -> bool {
        let window = match (packet.said.packet_id, packet.ip_id) {
            (Some(_), _) => window::NUMBERED,
            (None, 0) if may_come_twice(packet) => return false,
            (None, 0) => window::ALIKE,
            _ => window::IDENTIFIED,
        };
        let mark = mark(conversation, side, packet, content);
        let known = &mut self.0[part_of(conversation) * REMEMBERED + mark as usize % REMEMBERED];
        let close = |time: Timestamp| packet.time.0.abs_diff(time.0) <= window.unsigned_abs();
        if known.0 == mark && close(known.1) {
            return true;
        }
        *known = (mark, packet.time);
        false
    }
}

/// Whether a host may well send the very same packet again at once: it answers each segment that it
/// does not want with the same RST or ACK.
fn may_come_twice(packet: &Packet<'_>) -> bool {
    let Body::Tcp(segment) = &packet.body else { return false };
    segment.payload_len == 0 && !segment.flags.contains(Flags::SYN)
}

/// A number that two copies of a packet share and that other packets hardly do.
fn mark(conversation: u64, side: Side, packet: &Packet<'_>, content: u64) -> u64 {
    let mut hasher = FixedState::with_seed(conversation).build_hasher();
    hasher.write_u64(packet.said.packet_id.unwrap_or(0));
    hasher.write_u32(u32::from(packet.ip_id) << 8 | side as u32);
    match &packet.body {
        Body::Tcp(segment) => {
            hasher.write_u64(u64::from(segment.seq) << 32 | u64::from(segment.ack));
            // Offload completes the checksum between two places where a packet is recorded.
            let checksum = if packet.ip_id == 0 { packet.checksum } else { 0 };
            let rest = u32::from(segment.flags.bits()) << 16 | u32::from(checksum);
            hasher.write_u64(u64::from(segment.payload_len) << 32 | u64::from(rest));
        }
        Body::Udp(_) => hasher.write_u64(content),
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
