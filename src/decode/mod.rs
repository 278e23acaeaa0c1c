//! Decode: a frame becomes packets, or a counted reason why not.
//!
//! Only what the next stage asks for is read: addresses, ports, flags, lengths, the first payload
//! bytes, and what an ICMP error quotes. Checksums do not decide, since offload makes them wrong on
//! the host that captures. Lengths are those on the wire, also where a snap length cut the bytes.
//!
//! A frame is layers within layers, eight encapsulations deep at most: `layer` takes those below IP
//! off, `tunnel` and `udp_tunnel` tell what an IP packet or a datagram carries. A tunnel
//! in UDP has a conversation of its own, so its datagram is given before what it carries; other
//! tunnels have none. Fragments wait in the [`Decoder`] until they can be joined (`reassembly`).
//! However many packets a frame gives, it counts once ([`Counted`]). Which virtual networks separate
//! conversations is decided where an encapsulation is read (`virtual_network`).

mod datagram;
mod ethernet;
mod extension;
mod field;
mod icmp;
mod layer;
mod link;
mod llc;
mod mpls;
mod neighbour;
mod network;
mod packet;
mod plain;
mod ppp;
mod quote;
mod reassembly;
mod runs;
mod skip;
mod transport;
mod tunnel;
mod udp_tunnel;
mod virtual_network;
mod wlan;

pub use icmp::{Echo, IcmpError};
pub use neighbour::Neighbour;
pub use packet::{Body, Counted, Overlay, Packet, Tenant};
pub use plain::{Plain, PlainEnds};
pub use quote::Quote;
pub use reassembly::FragmentCounts;
pub use skip::{Skip, SkipCounts, Wlan};
pub use transport::{Datagram, Flags, Segment};
pub use virtual_network::VirtualNetworks;

use datagram::Kept;
use layer::{Inside, Layer, Path};
use network::Ip;
use reassembly::{Outcome, Reassembly};
use virtual_network::Owners;

use std::{net::IpAddr, sync::Arc};

use crate::capture::{Frame, Timestamp};

/// Reads frames, and keeps the fragments among them until they can be joined.
#[derive(Debug, Default)]
pub struct Decoder {
    reassembly: Reassembly,
    owners: Owners,
}

impl Decoder {
    /// A decoder that knows which virtual networks belong to tenants. All others are the site's own:
    /// what they carry is in no virtual network.
    #[must_use]
    pub fn with_networks(networks: Arc<dyn VirtualNetworks>) -> Self {
        Self { owners: Owners::new(networks), ..Self::default() }
    }

    /// Reads a frame and gives `take` the packets in it, the outermost first. Before them it gives
    /// what waited for fragments that did not come in time.
    ///
    /// # Errors
    /// Why the frame counts in no conversation. What it tells beside that was given all the same,
    /// marked [`Counted::Skipped`].
    pub fn read(
        &mut self,
        frame: &Frame<'_>,
        mut take: impl FnMut(&Packet<'_>),
    ) -> Result<(), Skip> {
        self.expire(frame.time, &mut take);
        self.layer(link::read(frame)?, Path::of(frame), &mut take)
    }

    /// Gives what waited for fragments that did not come in time.
    pub fn expire(&mut self, now: Timestamp, mut take: impl FnMut(&Packet<'_>)) {
        while let Some(kept) = self.reassembly.overdue(now) {
            self.give(&kept, &mut take);
        }
    }

    /// Gives what still waits for something that will not come, at the end of a capture.
    pub fn flush(&mut self, mut take: impl FnMut(&Packet<'_>)) {
        self.expire(Timestamp(i64::MAX), &mut take);
    }

    /// What became of the datagrams that came in fragments.
    #[must_use]
    pub fn fragments(&self) -> &FragmentCounts {
        &self.reassembly.counts
    }

    fn layer<F: FnMut(&Packet<'_>)>(
        &mut self,
        layer: Layer<'_>,
        path: Path,
        take: &mut F,
    ) -> Result<(), Skip> {
        let (inside, path) = layer::peel(layer, path)?;
        match inside {
            Inside::Ip(data) => {
                let ip = network::read(data, path.behind)?;
                self.ip(&ip, path.at((ip.src, ip.dst)), take)
            }
            Inside::Arp(data) => {
                if let Some(arp) = neighbour::arp(data) {
                    take(&Packet::of_arp(&arp, path));
                }
                Err(Skip::Arp)
            }
        }
    }

    fn ip<F: FnMut(&Packet<'_>)>(
        &mut self,
        ip: &Ip<'_>,
        path: Path,
        take: &mut F,
    ) -> Result<(), Skip> {
        let Some(fragment) = ip.fragment else { return self.whole(ip, path, take) };
        let outcome = self.reassembly.add(ip, fragment, path);
        while let Some(kept) = self.reassembly.excess() {
            self.give(&kept, take);
        }
        match outcome {
            Outcome::Waits => Err(Skip::Fragment),
            Outcome::Alone => self.whole(&ip.as_whole()?, path, take),
            Outcome::GivenUp(kept) => {
                self.give(&kept, take);
                Err(Skip::Fragment)
            }
            Outcome::Joined(kept) => self.whole(&kept.ip().as_whole()?, kept.path, take),
        }
    }

    /// Gives what waited in vain. Its frame is counted as skipped, and stays so if it is no packet.
    fn give<F: FnMut(&Packet<'_>)>(&mut self, kept: &Kept, take: &mut F) {
        let _stays_skipped = kept.ip().as_whole().and_then(|ip| self.whole(&ip, kept.path, take));
    }

    /// Reads a packet that is no fragment.
    fn whole<F: FnMut(&Packet<'_>)>(
        &mut self,
        ip: &Ip<'_>,
        path: Path,
        take: &mut F,
    ) -> Result<(), Skip> {
        if let Some(carried) = tunnel::carried(ip) {
            return carried
                .and_then(|carried| {
                    let network = self.owners.network(carried.tenant, (ip.src, ip.dst));
                    let path = path.into_tunnel(network, ip.remainder())?;
                    self.layer(carried.layer, path, take)
                })
                .map_err(|skip| skip.within(Skip::IpProtocol(ip.protocol.0)));
        }
        let packet = Packet::new(ip, path, &self.owners)?;
        take(&packet);
        match &packet.body {
            Body::Neighbour(_) => Err(Skip::OtherIcmp),
            Body::Udp(datagram) => {
                self.carried(datagram, (ip.src, ip.dst), path, take);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Reads what a datagram carries where it is a tunnel's; the datagram itself counts already.
    fn carried<F: FnMut(&Packet<'_>)>(
        &mut self,
        datagram: &Datagram<'_>,
        ends: (IpAddr, IpAddr),
        path: Path,
        take: &mut F,
    ) {
        let Some(carried) = udp_tunnel::carried(datagram) else { return };
        let network = self.owners.network(carried.tenant, ends);
        if let Ok(path) = path.into_tunnel(network, datagram.remainder()) {
            let _counted_by_its_carrier = self.layer(carried.layer, path.by_carrier(), take);
        }
    }
}
