//! The matrix and the site put together: what may this machine open to that one?

use super::{
    Entry, Expectation, Kind, Matrix, Requirement, RuleRef, Section, Tally, direction::is_service,
};
use crate::{
    dissect::Protocol,
    flow::Transport,
    identify::{Machine, MachineId, PortRange, Ports, RoleSet, Setting, Site},
};

/// The matrix in force at a site.
#[derive(Clone)]
pub struct Policy {
    /// The matrix.
    pub matrix: Matrix,
    /// The site; without machines where none was given.
    pub site: Site,
    /// Whether a port of the dynamic range is expected only where something shows that it is an RPC
    /// service's.
    pub strict_rpc: bool,
    /// The machines whose firewall logs are heard, in the order of the logs.
    pub log_owners: Vec<MachineId>,
    /// The options of a command line under the same policy, each after a space: ` -s other.toml`.
    pub options: String,
}

/// Ports from here on are handed out dynamically (RFC 6335, section 6; the page's note).
pub(super) const FIRST_DYNAMIC_PORT: u16 = 49_152;

impl Policy {
    /// A matrix at a site, the whole dynamic range expected.
    #[must_use]
    pub fn new(matrix: Matrix, site: Site) -> Self {
        Self { matrix, site, strict_rpc: false, log_owners: Vec::new(), options: String::new() }
    }

    /// The same policy, strict about dynamic RPC or not.
    #[must_use]
    pub fn strict_about_rpc(self, strict_rpc: bool) -> Self {
        Self { strict_rpc, ..self }
    }

    /// Whether a site is known; without one, no machine is.
    #[must_use]
    pub fn has_site(&self) -> bool {
        self.site.machines().next().is_some()
    }

    /// The ports of an entry at a server: the machine's own, else the site's, else the matrix's.
    #[must_use]
    pub fn ports<'a>(&'a self, entry: &'a Entry, server: Option<&'a Machine>) -> &'a Ports {
        let changed = entry.setting.and_then(|setting| {
            let of_machine = server.and_then(|machine| machine.port(setting));
            of_machine.or_else(|| self.site.ports.get(setting))
        });
        changed.unwrap_or(&entry.ports)
    }

    /// Whether an entry's ports at a server are assumed, because the page leaves them to the
    /// provider and the site file does not name them.
    #[must_use]
    pub fn ports_are_assumed(&self, entry: &Entry, server: Option<&Machine>) -> bool {
        entry.setting == Some(Setting::Cim)
            && server.is_none_or(|machine| machine.port(Setting::Cim).is_none())
    }

    /// All rules that expect a connection, each with its kind, strongest first.
    ///
    /// `talk.oriented` states that the wire shows which side opened it. Where it does not, a high port
    /// may be the client's own, and a range does not cover it unless both ports are high.
    #[must_use]
    pub fn rules_for(&self, talk: &Talk) -> Vec<(Kind, RuleRef)> {
        let roles = [talk.client, talk.server].map(|id| self.roles(id));
        let of_matrix = self.matrix.entries.iter().enumerate().filter_map(|(index, entry)| {
            Some((self.entry_expects(entry, roles, talk)?, RuleRef::Entry(index)))
        });
        let mut rules: Vec<(Kind, RuleRef)> = of_matrix.collect();
        for (index, allow) in self.site.allows.about(talk.transport, talk.server_port) {
            let range = allow.ports.range_of(talk.server_port);
            if allow.from.include(talk.client, roles[0])
                && allow.to.include(talk.server, roles[1])
                && range.is_none_or(|range| self.range_covers(range, talk))
            {
                rules.push((Kind::Site, RuleRef::Allow(index)));
            }
        }
        rules.sort_unstable();
        rules
    }

    /// What is to be expected of a connection before anything is known of what is spoken: the
    /// strongest kind with its rules.
    #[must_use]
    pub fn expect(&self, talk: &Talk) -> Expectation {
        let rules = self.rules_for(talk);
        rules.first().map_or(Expectation::NONE, |(kind, _)| Expectation::of(*kind, &rules))
    }

    fn entry_expects(
        &self,
        entry: &Entry,
        [client, server]: [RoleSet; 2],
        talk: &Talk,
    ) -> Option<Kind> {
        if entry.transport != Some(talk.transport) {
            return None;
        }
        let fits = |client: RoleSet, server: RoleSet| {
            client.meets(entry.client_roles) && server.meets(entry.server_roles)
        };
        // The machines' roles are compared first: that is fast, and excludes most rules.
        let kind = if fits(client, server) {
            match entry.section {
                Section::General | Section::Vmware => Kind::Expected,
                Section::Companion => Kind::Companion,
                Section::Note => Kind::DynamicRpc,
            }
        } else if entry.reverse.is_some() && fits(server, client) {
            Kind::Reverse
        } else {
            return None;
        };
        if talk.transport != Transport::Icmp {
            let ports = self.ports(entry, Some(self.site.machine(talk.server)));
            match ports.range_of(talk.server_port) {
                Some(range) if !self.range_covers(range, talk) => return None,
                Some(_) => {}
                None if talk.learned && is_dynamic_rpc(entry, ports) => {}
                None => return None,
            }
        }
        Some(kind)
    }

    /// Whether a range covers the server's port. Where the wire does not show who opened the
    /// connection, the port may be the client's own: the dynamic range takes a client's port from the
    /// same range, and any other range a port that is no known service's.
    fn range_covers(&self, range: PortRange, talk: &Talk) -> bool {
        if talk.oriented || talk.learned || range.from == range.to {
            return true;
        }
        if range.from == FIRST_DYNAMIC_PORT && range.to == u16::MAX {
            return talk.client_port >= FIRST_DYNAMIC_PORT;
        }
        !is_service(self, talk.transport, talk.client_port)
    }

    /// Whether a rule is legacy or one of several alternatives, and another port of it works between
    /// the same machines by the counts.
    #[must_use]
    pub fn is_replaced(&self, rule: RuleRef, service: &Service, counts: &Tally) -> bool {
        let Some(entry) = self.entry(rule) else { return false };
        let machine = Some(self.site.machine(service.server));
        let works = |other: &Entry| {
            let ports = &self.ports(other, machine).0;
            other.transport.is_some_and(|transport| {
                counts.works((service.client, service.server), transport, ports, service)
            })
        };
        let replaces = |other: &&Entry| match entry.requirement {
            Requirement::Legacy => entry.replaced_by.contains(&other.id),
            Requirement::Alternative => {
                other.id == entry.id || entry.group.is_some() && entry.group == other.group
            }
            _ => false,
        };
        self.matrix.entries.iter().filter(replaces).any(works)
    }

    /// The machine whose firewall log stands at a place among the logs.
    #[must_use]
    pub fn log_owner(&self, log: u16) -> Option<MachineId> {
        self.log_owners.get(usize::from(log)).copied()
    }

    /// Whether a rule is about datagrams that are never answered.
    #[must_use]
    pub fn is_one_way(&self, rule: RuleRef) -> bool {
        match rule {
            RuleRef::Entry(_) => false,
            RuleRef::Allow(index) => self.site.allows[index].one_way,
        }
    }

    /// A machine's roles as they count for rules.
    #[must_use]
    pub fn roles(&self, id: MachineId) -> RoleSet {
        self.site.machine(id).roles.with_implied()
    }

    /// A rule's name with its row, for people.
    #[must_use]
    pub fn title(&self, rule: RuleRef) -> String {
        match rule {
            RuleRef::Entry(index) => self.matrix.entries[index].title(),
            RuleRef::Allow(index) => self.site.allows[index].name.clone(),
        }
    }

    /// A rule's entry of the matrix.
    #[must_use]
    pub fn entry(&self, rule: RuleRef) -> Option<&Entry> {
        match rule {
            RuleRef::Entry(index) => self.matrix.entries.get(index),
            RuleRef::Allow(_) => None,
        }
    }

    /// What a conversation may speak under these rules, in order and each once; empty for whatever.
    #[must_use]
    pub fn protocols(&self, rules: &[RuleRef]) -> Vec<Protocol> {
        let mut protocols: Vec<Protocol> = Vec::new();
        for rule in rules {
            let of_rule = self.entry(*rule).map_or(&[][..], |entry| &entry.protocols);
            if of_rule.is_empty() {
                return Vec::new();
            }
            for protocol in of_rule {
                if !protocols.contains(protocol) {
                    protocols.push(*protocol);
                }
            }
        }
        protocols
    }
}

/// Whether an entry is about RPC services at dynamic ports: what the endpoint mapper names outside of
/// the range is covered, too, where an administrator moved the range (KB 154596).
fn is_dynamic_rpc(entry: &Entry, ports: &Ports) -> bool {
    entry.transport == Some(Transport::Tcp)
        && ports.0.iter().any(|one| one.from == FIRST_DYNAMIC_PORT && one.to == u16::MAX)
}

/// A service between two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The client.
    pub client: MachineId,
    /// The server.
    pub server: MachineId,
    /// Transport.
    pub transport: Transport,
    /// The server's port.
    pub port: u16,
}

/// A conversation as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Who opened it.
    pub client: MachineId,
    /// Who listens.
    pub server: MachineId,
    /// Transport.
    pub transport: Transport,
    /// The listener's port.
    pub server_port: u16,
    /// The other port.
    pub client_port: u16,
    /// Whether the wire shows who opened it.
    pub oriented: bool,
    /// Whether an endpoint mapper or an activation named the server's port.
    pub learned: bool,
}
