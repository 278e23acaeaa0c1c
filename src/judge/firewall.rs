//! The inbound exceptions that each machine needs: the page's "Set up exceptions".

use std::{net::IpAddr, sync::Arc};

use ipnet::IpNet;

use super::{
    ClientList, IpVersion, Policy, Remote, Requirement, RuleRef, Section, remotes::ClientLists,
};
use crate::{
    flow::Transport,
    identify::{MachineId, Ports},
};

/// The protocol of an exception: ICMP is one protocol per IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the protocols'")]
pub enum FirewallProtocol {
    Tcp,
    Udp,
    IcmpV4,
    IcmpV6,
}

impl FirewallProtocol {
    /// The protocols that a transport needs.
    fn of(transport: Transport) -> &'static [Self] {
        match transport {
            Transport::Tcp => &[Self::Tcp],
            Transport::Udp => &[Self::Udp],
            Transport::Icmp => &[Self::IcmpV4, Self::IcmpV6],
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::IcmpV4 => "icmpv4",
            Self::IcmpV6 => "icmpv6",
        }
    }

    /// The type of an echo request (RFC 792; RFC 4443, section 4.1).
    #[must_use]
    pub fn icmp_type(self) -> Option<u8> {
        match self {
            Self::Tcp | Self::Udp => None,
            Self::IcmpV4 => Some(8),
            Self::IcmpV6 => Some(128),
        }
    }

    fn ip_version(self) -> Option<IpVersion> {
        match self {
            Self::Tcp | Self::Udp => None,
            Self::IcmpV4 => Some(IpVersion::V4),
            Self::IcmpV6 => Some(IpVersion::V6),
        }
    }

    /// Whether it is used with this address.
    #[must_use]
    pub fn is_used_with(self, ip: IpAddr) -> bool {
        self.ip_version().is_none_or(|version| (version == IpVersion::V4) == ip.is_ipv4())
    }
}

/// An inbound exception on a machine. The listener is the corrected one, not the page's misprint.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Where the exception is needed.
    pub machine: MachineId,
    /// The rule that asks for it.
    pub rule: RuleRef,
    /// Protocol.
    pub protocol: FirewallProtocol,
    /// Local ports; empty for ICMP.
    pub ports: Ports,
    /// Whether the ports are the matrix's guess.
    pub assumed: bool,
    /// Whether every deployment needs it: conditional and legacy exceptions are created disabled.
    pub enabled: bool,
    /// The clients, shared with other exceptions; the machine itself may be among them.
    pub list: Arc<ClientList>,
    /// Whether the machine is a client of itself: it stands for a network.
    with_itself: bool,
}

impl Exception {
    /// The client machines.
    pub fn clients(&self) -> impl Iterator<Item = MachineId> {
        self.list.machines.iter().copied().filter(|id| self.is_client(*id))
    }

    /// Their addresses and networks.
    pub fn remotes(&self) -> impl Iterator<Item = &Remote> {
        self.list.remotes.iter().filter(|remote| self.is_client(remote.owner))
    }

    /// What has to be taken from the shared list: the machine's own addresses.
    pub fn own_remotes(&self) -> impl Iterator<Item = &Remote> {
        self.list.remotes.iter().filter(|remote| !self.is_client(remote.owner))
    }

    /// Networks that contain machines which are no clients of the rule, with those machines.
    pub fn wide_networks(&self) -> impl Iterator<Item = (IpNet, Vec<MachineId>)> {
        self.list.wide.iter().filter_map(|(network, machines)| {
            let others = machines.iter().copied().filter(|id| *id != self.machine);
            let others: Vec<MachineId> = others.collect();
            (!others.is_empty()).then_some((*network, others))
        })
    }

    /// Whether the machine is left out of the shared list.
    #[must_use]
    pub fn leaves_itself_out(&self) -> bool {
        !self.with_itself && self.list.machines.binary_search(&self.machine).is_ok()
    }

    /// Whether a machine of the shared list is a client: the machine itself may not be.
    #[must_use]
    pub fn is_client(&self, id: MachineId) -> bool {
        self.with_itself || id != self.machine
    }
}

/// The exceptions of all machines, machine by machine in the site's order.
#[must_use]
pub fn exceptions(policy: &Policy) -> Vec<Exception> {
    let mut lists = ClientLists::new(policy);
    let machines = policy.site.machines();
    machines.flat_map(|(id, _)| of_machine(policy, &mut lists, id)).collect()
}

/// The exceptions of a machine, in the matrix's order, those of the site file after them.
#[must_use]
pub fn exceptions_of(policy: &Policy, id: MachineId) -> Vec<Exception> {
    of_machine(policy, &mut ClientLists::new(policy), id)
}

fn of_machine(policy: &Policy, lists: &mut ClientLists<'_>, id: MachineId) -> Vec<Exception> {
    let machine = policy.site.machine(id);
    let mut found = Vec::new();
    for (index, entry) in policy.matrix.entries.iter().enumerate() {
        let listens =
            entry.section != Section::Companion && policy.roles(id).meets(entry.server_roles);
        let Some(transport) = entry.transport.filter(|_| listens) else { continue };
        let made = Exception {
            ports: policy.ports(entry, Some(machine)).clone(),
            assumed: policy.ports_are_assumed(entry, Some(machine)),
            enabled: is_enabled(entry.requirement, entry.section),
            with_itself: machine.is_network(),
            ..Exception::new(id, RuleRef::Entry(index))
        };
        add(&mut found, lists, transport, &made);
    }
    for (index, allow) in policy.site.allows.iter().enumerate() {
        if allow.to.include(id, policy.roles(id)) {
            let made = Exception {
                ports: allow.ports.clone(),
                with_itself: machine.is_network(),
                ..Exception::new(id, RuleRef::Allow(index))
            };
            add(&mut found, lists, allow.transport, &made);
        }
    }
    found
}

/// Adds the exception for each protocol that has a client.
fn add(
    found: &mut Vec<Exception>,
    lists: &mut ClientLists<'_>,
    transport: Transport,
    made: &Exception,
) {
    for protocol in FirewallProtocol::of(transport) {
        let list = lists.of(made.rule, protocol.ip_version());
        let exception = Exception { protocol: *protocol, list, ..made.clone() };
        if exception.remotes().next().is_some() {
            found.push(exception);
        }
    }
}

/// The dynamic RPC ports of the page's note stay enabled: without them no agent can be managed.
fn is_enabled(requirement: Requirement, section: Section) -> bool {
    match requirement {
        Requirement::Conditional => section == Section::Note,
        Requirement::Legacy => false,
        _ => true,
    }
}

impl Exception {
    fn new(machine: MachineId, rule: RuleRef) -> Self {
        Self {
            machine,
            rule,
            protocol: FirewallProtocol::Tcp,
            ports: Ports::default(),
            assumed: false,
            enabled: true,
            list: Arc::default(),
            with_itself: false,
        }
    }
}
