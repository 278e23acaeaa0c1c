//! Whose a virtual network is: a tenant's, or the site's own.
//!
//! Hosts carry their tenants' networks in VXLAN, NVGRE or Geneve; a tenant may use any addresses,
//! also the site's. Mirrors use the same encapsulations to send copies of the site's packets to a
//! collector, often with a network identifier of its own for each direction, which must not separate
//! the two directions of a conversation.

use std::{fmt, net::IpAddr, sync::Arc};

use super::Tenant;

/// Decides which virtual networks belong to tenants.
pub trait VirtualNetworks: Send + Sync {
    /// Whether a packet that goes from one address to another in an overlay carries a tenant's
    /// packet.
    fn belongs_to_tenant(&self, tenant: Tenant, outer: (IpAddr, IpAddr)) -> bool;
}

/// What a decoder knows of virtual networks; nothing where there is no site.
#[derive(Clone, Default)]
pub(super) struct Owners(Option<Arc<dyn VirtualNetworks>>);

impl fmt::Debug for Owners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Owners(known)" } else { "Owners(unknown)" })
    }
}

/// A virtual network as far as it is known when its encapsulation is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// It separates its conversations from others.
    Of(Tenant),
    /// The same, unless the inner addresses show a mirror; with the outer addresses.
    Perhaps(Tenant, (IpAddr, IpAddr)),
}

impl Owners {
    pub fn new(networks: Arc<dyn VirtualNetworks>) -> Self {
        Self(Some(networks))
    }

    /// The network of what a packet between two addresses carries; `None` for the site's own.
    pub fn network(&self, tenant: Option<Tenant>, outer: (IpAddr, IpAddr)) -> Option<Network> {
        let tenant = tenant?;
        match &self.0 {
            Some(networks) => {
                networks.belongs_to_tenant(tenant, outer).then_some(Network::Of(tenant))
            }
            None => Some(Network::Perhaps(tenant, outer)),
        }
    }
}

impl Network {
    pub fn tenant(self) -> Tenant {
        match self {
            Self::Of(tenant) | Self::Perhaps(tenant, _) => tenant,
        }
    }

    /// The network of a packet inside. A machine that mirrors its own traffic sends it from one of
    /// the two inner addresses to a third one (AWS traffic mirroring); a tunnel endpoint is not part
    /// of the networks it carries.
    pub fn of_inner(self, (src, dst): (IpAddr, IpAddr)) -> Option<Self> {
        match self {
            Self::Of(_) => Some(self),
            Self::Perhaps(_, (from, to)) => {
                let is_mirrored = (from == src || from == dst) && to != src && to != dst;
                (!is_mirrored).then_some(self)
            }
        }
    }
}
