//! Layers below IP: each names the next one, until there is IP or ARP.

use std::net::IpAddr;

use super::{Counted, Skip, Tenant, ethernet, llc, mpls, ppp, virtual_network::Network, wlan};
use crate::capture::{Frame, Said, Timestamp};

/// Encapsulations within each other that are followed: tags, label stacks, tunnels. What is made to
/// confuse has more.
const MAX_ENCAPSULATIONS: u8 = 8;

/// Bytes, and what they begin with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'a> {
    pub next: Next,
    pub data: &'a [u8],
}

/// What a layer begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The addresses of an Ethernet frame.
    Ethernet,
    /// What this EtherType names.
    EtherType(u16),
    /// IEEE 802.2 logical link control.
    Llc,
    /// A PPP protocol number, perhaps behind its framing.
    Ppp,
    /// An MPLS label stack.
    Mpls,
    /// IP, its version told by the first nibble.
    Ip,
    /// An IEEE 802.11 frame.
    Wlan,
}

/// What is found below the link's layers.
pub(super) enum Inside<'a> {
    Ip(&'a [u8]),
    Arp(&'a [u8]),
}

/// Bytes on the wire that follow the captured ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remainder {
    pub cut: u32,
    /// Whether the number is certain. A frame whose length on the wire equals its captured length
    /// may have been truncated all the same: netsh and pktmon record no other length.
    pub is_known: bool,
}

/// How a layer was reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub time: Timestamp,
    pub said: Said,
    /// The virtual network that it is in, where that is not the site's own.
    pub network: Option<Network>,
    /// How a packet found here is accounted for.
    pub counted: Counted,
    /// What follows the captured bytes on the wire.
    pub behind: Remainder,
    encapsulations: u8,
}

impl Path {
    pub fn of(frame: &Frame<'_>) -> Self {
        let captured = u32::try_from(frame.data.len()).unwrap_or(u32::MAX);
        let cut = frame.wire_len.saturating_sub(captured);
        Self {
            time: frame.time,
            said: frame.said,
            network: None,
            counted: Counted::Here,
            behind: Remainder { cut, is_known: cut > 0 },
            encapsulations: 0,
        }
    }

    /// Into one more encapsulation.
    pub fn deeper(mut self) -> Result<Self, Skip> {
        self.encapsulations += 1;
        if self.encapsulations > MAX_ENCAPSULATIONS { Err(Skip::TooDeep) } else { Ok(self) }
    }

    /// Into a tunnel; `network` where it leads to a virtual network.
    pub fn into_tunnel(self, network: Option<Network>, behind: Remainder) -> Result<Self, Skip> {
        let deeper = self.deeper()?;
        Ok(Self { network: network.or(self.network), behind, ..deeper })
    }

    /// At a packet between two addresses.
    pub fn at(self, ends: (IpAddr, IpAddr)) -> Self {
        Self { network: self.network.and_then(|network| network.of_inner(ends)), ..self }
    }

    /// The virtual network as conversations are told apart by it.
    pub fn tenant(&self) -> Option<Tenant> {
        self.network.map(Network::tenant)
    }

    /// The same for a packet whose carrier counts already.
    pub fn by_carrier(self) -> Self {
        Self { counted: Counted::ByCarrier, ..self }
    }

    /// The same for a packet that waited while its frame was counted as skipped.
    pub fn as_fragment(self) -> Self {
        let counted =
            if self.counted == Counted::Here { Counted::AsFragment } else { self.counted };
        Self { counted, ..self }
    }
}

/// Takes layers off until there is IP or ARP.
pub(super) fn peel<'a>(mut layer: Layer<'a>, mut path: Path) -> Result<(Inside<'a>, Path), Skip> {
    loop {
        let data = layer.data;
        let inner = match layer.next {
            Next::Ip => return Ok((Inside::Ip(data), path)),
            Next::EtherType(ethernet::ARP) => return Ok((Inside::Arp(data), path)),
            Next::Ethernet => ethernet::read(data)?,
            Next::EtherType(number) => ethernet::behind_type(number, data)?,
            Next::Llc => llc::read(data)?,
            Next::Ppp => ppp::read(data)?,
            Next::Mpls => mpls::read(data)?,
            Next::Wlan => wlan::frame(data, false)?,
        };
        if encapsulates(layer.next, inner.next) {
            path = path.deeper()?;
        }
        layer = inner;
    }
}

/// Whether a layer carries another link's, rather than being the usual next header.
fn encapsulates(outer: Next, inner: Next) -> bool {
    match outer {
        Next::EtherType(_) => inner != Next::Ip,
        Next::Llc | Next::Ppp => matches!(inner, Next::Ethernet | Next::Mpls),
        Next::Ethernet | Next::Mpls | Next::Ip | Next::Wlan => false,
    }
}
