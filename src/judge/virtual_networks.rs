//! Which virtual networks belong to tenants, by the site.

use std::net::IpAddr;

use super::Policy;
use crate::{
    decode::{Tenant, VirtualNetworks},
    identify::{Role, RoleSet},
};

/// Roles of machines that carry tenants' networks: hosts, and the multiplexers of load balancers in
/// front of them. A machine without any of these that receives tunnelled packets is a collector.
const TUNNEL_ENDPOINTS: [Role; 4] =
    [Role::HypervHost, Role::PerimeterHost, Role::EsxiHost, Role::LoadBalancer];

impl VirtualNetworks for Policy {
    /// Between two hosts of the site, or from one to a multicast group (RFC 7348, section 4.2),
    /// unless the site file lists the network.
    fn belongs_to_tenant(&self, tenant: Tenant, (from, to): (IpAddr, IpAddr)) -> bool {
        let endpoints: RoleSet = TUNNEL_ENDPOINTS.into_iter().collect();
        let is_endpoint =
            |ip| self.site.owner(ip).is_some_and(|id| self.roles(id).meets(endpoints));
        is_endpoint(from)
            && (to.is_multicast() || is_endpoint(to))
            && !self.site.owns_overlay(tenant.id)
    }
}
