//! The matrix and the site put together: what may this machine open to that one?

use super::{Entry, Expectation, Kind, Matrix, RuleRef, Section};
use crate::{
    dissect::Protocol,
    flow::Transport,
    identify::{Machine, MachineId, Ports, RoleSet, Setting, Site},
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
}

/// Ports from here on are handed out dynamically (RFC 6335, section 6; the page's note).
pub(super) const FIRST_DYNAMIC_PORT: u16 = 49_152;

impl Policy {
    /// A matrix at a site, the whole dynamic range expected.
    #[must_use]
    pub fn new(matrix: Matrix, site: Site) -> Self {
        Self { matrix, site, strict_rpc: false, log_owners: Vec::new() }
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

    /// What is to be expected of a conversation that `client` opens to `server`.
    ///
    /// `oriented` says that the wire shows which side opened it. Where it does not, a high port may
    /// be the client's own, and a range does not cover it unless both ports are high.
    #[must_use]
    pub fn expect(&self, talk: &Talk) -> Expectation {
        let mut best = Expectation::NONE;
        for (index, entry) in self.matrix.entries.iter().enumerate() {
            if let Some(kind) = self.entry_expects(entry, talk) {
                best.add(kind, RuleRef::Entry(index));
            }
        }
        for (index, allow) in self.site.allows.about(talk.transport, talk.server_port) {
            if allow.from.include(talk.client, self.roles(talk.client))
                && allow.to.include(talk.server, self.roles(talk.server))
            {
                best.add(Kind::Site, RuleRef::Allow(index));
            }
        }
        best.rules.sort_unstable();
        best
    }

    fn entry_expects(&self, entry: &Entry, talk: &Talk) -> Option<Kind> {
        if entry.transport != Some(talk.transport) {
            return None;
        }
        let fits = |client: MachineId, server: MachineId| {
            self.roles(client).meets(entry.client_roles)
                && self.roles(server).meets(entry.server_roles)
        };
        if talk.transport != Transport::Icmp {
            let ports = self.ports(entry, Some(self.site.machine(talk.server)));
            let range = ports.range_of(talk.server_port)?;
            if range.from < range.to && !talk.may_be_dynamic() {
                return None;
            }
        }
        if fits(talk.client, talk.server) {
            return match entry.section {
                Section::General | Section::Vmware => Some(Kind::Expected),
                Section::Companion => Some(Kind::Companion),
                Section::Note => Some(Kind::DynamicRpc),
            };
        }
        let reversed = entry.reverse.is_some() && fits(talk.server, talk.client);
        reversed.then_some(Kind::Reverse)
    }

    /// The machine whose firewall log stands at a place among the logs.
    #[must_use]
    pub fn log_owner(&self, log: u16) -> Option<MachineId> {
        self.log_owners.get(usize::from(log)).copied()
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

impl Expectation {
    /// The strongest kind wins; rules of one kind are gathered.
    fn add(&mut self, kind: Kind, rule: RuleRef) {
        if kind < self.kind {
            *self = Self { kind, rules: vec![rule] };
        } else if kind == self.kind {
            self.rules.push(rule);
        }
    }
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
}

impl Talk {
    fn may_be_dynamic(&self) -> bool {
        self.oriented || self.client_port >= FIRST_DYNAMIC_PORT
    }
}
