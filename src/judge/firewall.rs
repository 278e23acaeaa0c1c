//! The inbound exceptions that each machine needs: the page's "Set up exceptions".

use ipnet::IpNet;

use super::{Policy, RuleRef, Section};
use crate::{
    flow::Transport,
    identify::{MachineId, Ports, RoleSet},
};

/// An inbound exception on a machine. The listener is the corrected one, not the page's misprint.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Where the exception is needed.
    pub machine: MachineId,
    /// The rule that asks for it.
    pub rule: RuleRef,
    /// Transport.
    pub transport: Transport,
    /// Local ports; empty for ICMP.
    pub ports: Ports,
    /// Whether the ports are the matrix's guess.
    pub assumed: bool,
    /// The client machines.
    pub clients: Vec<MachineId>,
    /// Their addresses and networks.
    pub remotes: Vec<IpNet>,
}

/// The exceptions of all machines, machine by machine in the site's order.
#[must_use]
pub fn exceptions(policy: &Policy) -> Vec<Exception> {
    policy.site.machines().flat_map(|(id, _)| exceptions_of(policy, id)).collect()
}

/// The exceptions of a machine, in the matrix's order, those of the site file after them.
#[must_use]
pub fn exceptions_of(policy: &Policy, id: MachineId) -> Vec<Exception> {
    let machine = policy.site.machine(id);
    let of_page = policy.matrix.entries.iter().enumerate().filter_map(|(index, entry)| {
        let listens =
            entry.section != Section::Companion && policy.roles(id).meets(entry.server_roles);
        let clients = if listens { in_roles(policy, entry.client_roles, id) } else { Vec::new() };
        exception(policy, id, RuleRef::Entry(index), entry.transport?, clients).map(|exception| {
            Exception {
                ports: policy.ports(entry, Some(machine)).clone(),
                assumed: policy.ports_are_assumed(entry, Some(machine)),
                ..exception
            }
        })
    });
    let of_site = policy.site.allows.iter().enumerate().filter_map(|(index, allow)| {
        if !allow.to.include(id, policy.roles(id)) {
            return None;
        }
        let others = policy.site.machines().map(|(other, _)| other).filter(|other| *other != id);
        let clients =
            others.filter(|other| allow.from.include(*other, policy.roles(*other))).collect();
        exception(policy, id, RuleRef::Allow(index), allow.transport, clients)
            .map(|exception| Exception { ports: allow.ports.clone(), ..exception })
    });
    of_page.chain(of_site).collect()
}

/// The machines in these roles, without `server` itself unless it stands for a network.
fn in_roles(policy: &Policy, roles: RoleSet, server: MachineId) -> Vec<MachineId> {
    let is_network = policy.site.machine(server).is_network();
    let all = policy.site.machines_in(roles).map(|(id, _)| id);
    all.filter(|id| *id != server || is_network).collect()
}

fn exception(
    policy: &Policy,
    machine: MachineId,
    rule: RuleRef,
    transport: Transport,
    clients: Vec<MachineId>,
) -> Option<Exception> {
    let mut remotes: Vec<IpNet> =
        clients.iter().flat_map(|id| policy.site.machine(*id).addresses.clone()).collect();
    remotes.sort();
    remotes.dedup();
    let ports = Ports::default();
    (!remotes.is_empty()).then_some(Exception {
        machine,
        rule,
        transport,
        ports,
        assumed: false,
        clients,
        remotes,
    })
}
