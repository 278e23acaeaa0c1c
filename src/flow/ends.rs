//! The two ends of a conversation, small: nearly all are IPv4 outside of any virtual network.

use std::net::{IpAddr, Ipv4Addr};

use super::{Endpoint, Side};
use crate::decode::Tenant;

/// Who talks, in the order of [`Side`], and in which virtual network.
#[derive(Clone, Debug)]
pub(super) enum Ends {
    /// IPv4, addresses as numbers.
    Narrow { ips: [u32; 2], ports: [u16; 2] },
    /// Anything else.
    Wide(Box<Wide>),
}

/// Ends that need more room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wide {
    ends: [Endpoint; 2],
    tenant: Option<Tenant>,
}

impl Ends {
    pub fn new(from: Endpoint, to: Endpoint, tenant: Option<Tenant>) -> Self {
        match (from.ip, to.ip, tenant) {
            (IpAddr::V4(a), IpAddr::V4(b), None) => {
                Self::Narrow { ips: [a.to_bits(), b.to_bits()], ports: [from.port, to.port] }
            }
            _ => Self::Wide(Box::new(Wide { ends: [from, to], tenant })),
        }
    }

    /// Bytes of wide ends.
    pub const WIDE: usize = size_of::<Wide>();

    pub fn is_wide(&self) -> bool {
        matches!(self, Self::Wide(_))
    }

    pub fn endpoints(&self) -> [Endpoint; 2] {
        match self {
            Self::Narrow { ips, ports } => [0, 1].map(|side| Endpoint {
                ip: Ipv4Addr::from_bits(ips[side]).into(),
                port: ports[side],
            }),
            Self::Wide(wide) => wide.ends,
        }
    }

    pub fn ports(&self) -> [u16; 2] {
        match self {
            Self::Narrow { ports, .. } => *ports,
            Self::Wide(wide) => wide.ends.map(|end| end.port),
        }
    }

    pub fn tenant(&self) -> Option<Tenant> {
        match self {
            Self::Narrow { .. } => None,
            Self::Wide(wide) => wide.tenant,
        }
    }

    /// The side that sends from `from` to `to`; `None` where these are other ends.
    pub fn side(&self, from: Endpoint, to: Endpoint, tenant: Option<Tenant>) -> Option<Side> {
        match (self, from.ip, to.ip, tenant) {
            (Self::Narrow { ips, ports }, IpAddr::V4(a), IpAddr::V4(b), None) => {
                let (a, b) = ((a.to_bits(), from.port), (b.to_bits(), to.port));
                side(a, b, [(ips[0], ports[0]), (ips[1], ports[1])])
            }
            (Self::Wide(wide), ..) if wide.tenant == tenant => side(from, to, wide.ends),
            _ => None,
        }
    }
}

fn side<T: PartialEq>(from: T, to: T, [a, b]: [T; 2]) -> Option<Side> {
    if from == a && to == b {
        Some(Side::A)
    } else if from == b && to == a {
        Some(Side::B)
    } else {
        None
    }
}
