//! Decode: a frame becomes packets, or a counted reason why not.
//!
//! Only what the next stage asks for is read: addresses, ports, flags, lengths, the first payload
//! bytes, and what an ICMP error quotes. Checksums do not decide, since offload makes them wrong on
//! the host that captures. Lengths are those on the wire, also where a snap length cut the bytes.

mod icmp;
mod link;
mod neighbour;
mod network;
mod packet;
mod skip;
mod transport;

pub use icmp::{Echo, IcmpError, Quote};
pub use neighbour::Neighbour;
pub use packet::{Body, Counted, Overlay, Packet, Tenant};
pub use skip::{Skip, SkipCounts};
pub use transport::{Datagram, Flags, Segment};

use crate::capture::Frame;

/// Reads frames.
#[derive(Debug, Default)]
pub struct Decoder {}

impl Decoder {
    /// Reads a frame and gives `take` the packets in it, the outermost first.
    ///
    /// # Errors
    /// Why the frame counts in no conversation. What it tells beside that was given all the same,
    /// marked [`Counted::Skipped`].
    pub fn read(
        &mut self,
        frame: &Frame<'_>,
        mut take: impl FnMut(&Packet<'_>),
    ) -> Result<(), Skip> {
        take(&decode(frame)?);
        Ok(())
    }

    /// Gives what still waits for something that will not come, at the end of a capture.
    pub fn flush(&mut self, mut _take: impl FnMut(&Packet<'_>)) {}
}

fn decode<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, Skip> {
    let network = link::network(frame)?;
    let ip = network::read(&network)?;
    Ok(Packet {
        time: frame.time,
        src: ip.src,
        dst: ip.dst,
        ip_len: ip.len,
        ttl: ip.ttl,
        ip_id: ip.id,
        checksum: transport::checksum(&ip),
        tenant: None,
        counted: Counted::Here,
        said: frame.said,
        body: transport::read(&ip)?,
    })
}
