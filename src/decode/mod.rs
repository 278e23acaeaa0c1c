//! Decode: a frame becomes a packet, or a counted reason why not.
//!
//! Only what the next stage asks for is read: addresses, ports, flags, lengths, the first payload
//! bytes, and what an ICMP error quotes. Checksums do not decide, since offload makes them wrong on
//! the host that captures. Lengths are those on the wire, also where a snap length cut the bytes.

mod icmp;
mod link;
mod network;
mod packet;
mod skip;
mod transport;

pub use icmp::{Echo, IcmpError, Quote};
pub use packet::{Body, Packet};
pub use skip::{Skip, SkipCounts};
pub use transport::{Datagram, Flags, Segment};

use crate::capture::Frame;

/// Reads a frame.
///
/// # Errors
/// Why the frame is not a packet of a conversation; every frame is either one or the other.
pub fn decode<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, Skip> {
    let network = link::network(frame)?;
    let ip = network::read(&network)?;
    Ok(Packet {
        time: frame.time,
        src: ip.src,
        dst: ip.dst,
        ip_len: ip.len,
        body: transport::read(&ip)?,
    })
}
