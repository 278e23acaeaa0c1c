//! The clients of a firewall exception, kept once for all exceptions that share them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use ipnet::IpNet;

use super::{Policy, RuleRef};
use crate::identify::{MachineId, RoleSet};

/// The IP version that an exception is limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// An address or network, with the machine that owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remote {
    /// The address, as a network of one, or the network.
    pub network: IpNet,
    /// Its machine.
    pub owner: MachineId,
}

/// The machines that a rule names as clients.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClientList {
    /// The machines, in the site's order.
    pub machines: Vec<MachineId>,
    /// Their addresses and networks, in order and each once.
    pub remotes: Vec<Remote>,
    /// Networks among the remotes that contain machines which are no clients of the rule.
    pub wide: Vec<(IpNet, Vec<MachineId>)>,
}

/// Who the clients are: the machines in these roles, or those of an `[[allow]]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Selection {
    Roles(RoleSet),
    Allow(usize),
}

/// Client lists, each made once.
pub(super) struct ClientLists<'p> {
    policy: &'p Policy,
    lists: HashMap<(Selection, Option<IpVersion>), Arc<ClientList>>,
    /// All addresses of the site in order; made when a network asks for it.
    addresses: Option<Vec<Remote>>,
}

impl<'p> ClientLists<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        Self { policy, lists: HashMap::new(), addresses: None }
    }

    /// The clients of a rule, as far as they have addresses of this IP version.
    pub(super) fn of(&mut self, rule: RuleRef, version: Option<IpVersion>) -> Arc<ClientList> {
        let selection = match rule {
            RuleRef::Entry(index) => {
                Selection::Roles(self.policy.matrix.entries[index].client_roles)
            }
            RuleRef::Allow(index) => Selection::Allow(index),
        };
        if let Some(list) = self.lists.get(&(selection, version)) {
            return Arc::clone(list);
        }
        let list = self.make(selection, version);
        // Different roles are often the same machines.
        let same = self.lists.values().find(|other| ***other == list).cloned();
        let list = same.unwrap_or_else(|| Arc::new(list));
        self.lists.insert((selection, version), Arc::clone(&list));
        list
    }

    fn make(&mut self, selection: Selection, version: Option<IpVersion>) -> ClientList {
        let policy = self.policy;
        let selected: Vec<MachineId> = match selection {
            Selection::Roles(roles) => policy.site.machines_in(roles).map(|(id, _)| id).collect(),
            Selection::Allow(index) => {
                let from = &policy.site.allows[index].from;
                let all = policy.site.machines().map(|(id, _)| id);
                all.filter(|id| from.include(*id, policy.roles(*id))).collect()
            }
        };
        let mut machines = Vec::new();
        let mut remotes = Vec::new();
        for owner in selected {
            let networks = policy.site.machine(owner).addresses.iter();
            let before = remotes.len();
            let fits = |network: &&IpNet| version.is_none_or(|version| version.is_of(network));
            remotes
                .extend(networks.filter(fits).map(|network| Remote { network: *network, owner }));
            if version.is_none() || remotes.len() > before {
                machines.push(owner);
            }
        }
        remotes.sort_unstable();
        remotes.dedup();
        let wide = self.wide(&machines, &remotes);
        ClientList { machines, remotes, wide }
    }

    /// The networks that contain machines other than these.
    fn wide(&mut self, clients: &[MachineId], remotes: &[Remote]) -> Vec<(IpNet, Vec<MachineId>)> {
        let mut networks = remotes.iter().filter(|remote| is_network(&remote.network)).peekable();
        if networks.peek().is_none() {
            return Vec::new();
        }
        let clients: HashSet<MachineId> = clients.iter().copied().collect();
        let site = &self.policy.site;
        let addresses = self.addresses.get_or_insert_with(|| {
            let of_machine = |(owner, machine): (MachineId, &crate::identify::Machine)| {
                let networks = machine.addresses.clone().into_iter();
                networks.map(move |network| Remote { network, owner })
            };
            let mut all: Vec<Remote> = site.machines().flat_map(of_machine).collect();
            all.sort_unstable();
            all
        });
        let mut wide = Vec::new();
        for remote in networks {
            let first = addresses.partition_point(|one| one.network < remote.network);
            let within = addresses[first..]
                .iter()
                .take_while(|one| remote.network.contains(&one.network.addr()));
            let mut others: Vec<MachineId> =
                within.map(|one| one.owner).filter(|owner| !clients.contains(owner)).collect();
            others.sort_unstable();
            others.dedup();
            if !others.is_empty() {
                wide.push((remote.network, others));
            }
        }
        wide
    }
}

impl IpVersion {
    fn is_of(self, network: &IpNet) -> bool {
        (self == Self::V4) == network.addr().is_ipv4()
    }
}

fn is_network(network: &IpNet) -> bool {
    network.prefix_len() < network.max_prefix_len()
}
