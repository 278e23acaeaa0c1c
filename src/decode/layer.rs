//! Layers below IP: each names the next one, until there is IP or ARP.

use super::{Counted, Skip, Tenant, ethernet, llc, mpls, ppp};
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
}

/// What is found below the link's layers.
pub(super) enum Inside<'a> {
    Ip(&'a [u8]),
    Arp(&'a [u8]),
}

/// How a layer was reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub time: Timestamp,
    pub said: Said,
    pub tenant: Option<Tenant>,
    /// How a packet found here is accounted for.
    pub counted: Counted,
    /// Bytes on the wire behind those captured.
    pub cut: u32,
    encapsulations: u8,
}

impl Path {
    pub fn of(frame: &Frame<'_>) -> Self {
        let captured = u32::try_from(frame.data.len()).unwrap_or(u32::MAX);
        Self {
            time: frame.time,
            said: frame.said,
            tenant: None,
            counted: Counted::Here,
            cut: frame.wire_len.saturating_sub(captured),
            encapsulations: 0,
        }
    }

    /// Into one more encapsulation.
    pub fn deeper(mut self) -> Result<Self, Skip> {
        self.encapsulations += 1;
        if self.encapsulations > MAX_ENCAPSULATIONS { Err(Skip::TooDeep) } else { Ok(self) }
    }

    /// Into a tunnel; `tenant` where it numbers virtual networks.
    pub fn into_tunnel(self, tenant: Option<Tenant>, cut: u32) -> Result<Self, Skip> {
        let deeper = self.deeper()?;
        Ok(Self { tenant: tenant.or(self.tenant), cut, ..deeper })
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
        Next::Ethernet | Next::Mpls | Next::Ip => false,
    }
}
