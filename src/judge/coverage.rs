//! What a capture proves: every rule, and every pair of machines it applies to.

use std::collections::BTreeSet;

use super::{Entry, Policy, Requirement, RuleCount, RuleRef, Section, Tally};
use crate::{
    flow::Transport,
    identify::{MachineId, Ports},
};

/// What was seen of a rule between two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It failed.
    Blocked,
    /// Some conversations worked, some failed.
    Flaky,
    /// It was not seen, or what was seen does not tell.
    NotSeen,
    /// It worked.
    Verified,
    /// It cannot be seen on the wire.
    NotObservable,
}

impl Status {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 5] =
        [Self::Blocked, Self::Flaky, Self::NotSeen, Self::Verified, Self::NotObservable];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Flaky => "flaky",
            Self::NotSeen => "not-seen",
            Self::Verified => "verified",
            Self::NotObservable => "not-observable",
        }
    }
}

/// A rule, a pair of machines, and what was seen.
#[derive(Clone, Debug)]
pub struct CoverageRow<'a> {
    /// The rule; of alternatives the one that was seen, else the first.
    pub entry: &'a Entry,
    /// The ports at this server.
    pub ports: Ports,
    /// Who asks; `None` where no machine is in the role, or where many pairs share this row.
    pub client: Option<MachineId>,
    /// Who is asked; `None` likewise.
    pub server: Option<MachineId>,
    /// Pairs of machines that the row stands for: one, unless there are too many to list.
    pub pairs: u64,
    /// What was seen.
    pub status: Status,
    /// Conversations that worked.
    pub ok: u64,
    /// Conversations that failed.
    pub blocked: u64,
    /// What else one should know.
    pub note: String,
}

impl CoverageRow<'_> {
    /// Whether the row stands for something that a deployment needs and that was not seen.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.status == Status::NotSeen && self.entry.requirement.must_be_seen()
    }
}

/// Pairs of a rule that are listed one by one though nothing was seen of them. In a large site the
/// unseen pairs beyond this are one row.
const UNSEEN_PAIRS_LISTED: usize = 10_000;

/// The coverage of the page's rules, in the page's order.
#[must_use]
pub fn coverage<'a>(policy: &'a Policy, tally: &Tally) -> Vec<CoverageRow<'a>> {
    alternatives(policy).iter().flat_map(|group| Rule { policy, tally, group }.rows()).collect()
}

/// The entries of the page, those of one group together.
fn alternatives(policy: &Policy) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, entry) in policy.matrix.entries.iter().enumerate() {
        if entry.section == Section::Companion {
            continue;
        }
        let group_of = |other: &usize| policy.matrix.entries[*other].group.as_ref();
        let mates = groups.iter_mut().find(|group| {
            entry.group.is_some() && group.first().and_then(group_of) == entry.group.as_ref()
        });
        match mates {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

/// A rule with its alternatives.
struct Rule<'p, 't> {
    policy: &'p Policy,
    tally: &'t Tally,
    group: &'t [usize],
}

impl<'p> Rule<'p, '_> {
    fn first(&self) -> &'p Entry {
        &self.policy.matrix.entries[self.group[0]]
    }

    fn rows(&self) -> Vec<CoverageRow<'p>> {
        let entry = self.first();
        let clients: Vec<MachineId> = self.machines(entry.client_roles);
        let servers: Vec<MachineId> = self.machines(entry.server_roles);
        for (missing, roles) in
            [(clients.is_empty(), entry.client_roles), (servers.is_empty(), entry.server_roles)]
        {
            if missing {
                let note = format!("no machine is {}", roles.names().join(" or "));
                let pair = (clients.first().copied(), servers.first().copied());
                return vec![self.unobservable(pair, note)];
            }
        }
        if entry.requirement == Requirement::Local {
            let pairs = clients.iter().map(|id| (Some(*id), Some(*id)));
            return pairs
                .map(|pair| self.unobservable(pair, "a call within the machine".to_owned()))
                .collect();
        }
        let itself = clients.iter().filter(|id| self.is_no_pair(**id)).count();
        let pairs = clients.len() * servers.len() - itself;
        if pairs > UNSEEN_PAIRS_LISTED {
            return self.rows_of_seen_pairs(pairs);
        }
        let mut rows = Vec::new();
        for client in &clients {
            rows.extend(servers.iter().filter_map(|server| self.row(*client, *server)));
        }
        rows
    }

    fn rows_of_seen_pairs(&self, pairs: usize) -> Vec<CoverageRow<'p>> {
        let seen: BTreeSet<(MachineId, MachineId)> = self
            .group
            .iter()
            .flat_map(|index| self.tally.pairs_of(RuleRef::Entry(*index)))
            .collect();
        let mut rows: Vec<CoverageRow<'p>> =
            seen.iter().filter_map(|(client, server)| self.row(*client, *server)).collect();
        let unseen = pairs.saturating_sub(seen.len());
        if unseen > 0 {
            let note = format!("{unseen} more pairs of machines");
            rows.push(CoverageRow {
                status: Status::NotSeen,
                pairs: unseen as u64,
                ..self.unobservable((None, None), note)
            });
        }
        rows
    }

    /// Whether a client would be its own partner in one role, which is no pair.
    fn is_no_pair(&self, id: MachineId) -> bool {
        let entry = self.first();
        entry.client_roles == entry.server_roles && !self.policy.site.machine(id).is_network()
    }

    /// The row of a pair; `None` for a machine and itself in one role.
    fn row(&self, client: MachineId, server: MachineId) -> Option<CoverageRow<'p>> {
        let entry = self.first();
        if client == server && !self.policy.site.machine(client).is_network() {
            return (entry.client_roles != entry.server_roles).then(|| {
                let note = "both roles are on this machine".to_owned();
                self.unobservable((Some(client), Some(server)), note)
            });
        }
        let counts = self
            .group
            .iter()
            .map(|index| (*index, self.tally.of_rule(RuleRef::Entry(*index), client, server)));
        let counts: Vec<(usize, RuleCount)> = counts.collect();
        let shown = counts
            .iter()
            .find(|(_, count)| count.ok > 0)
            .or_else(|| counts.iter().find(|(_, count)| *count != RuleCount::default()));
        let (shown, _) = shown.unwrap_or(&counts[0]);
        let entry = &self.policy.matrix.entries[*shown];
        let mut total = RuleCount::default();
        let own = self.tally.of_rule(RuleRef::Entry(*shown), client, server);
        counts.iter().for_each(|(_, count)| total.add(*count));
        let machine = self.policy.site.machine(server);
        Some(CoverageRow {
            entry,
            ports: self.policy.ports(entry, Some(machine)).clone(),
            client: Some(client),
            server: Some(server),
            // An alternative that works proves the rule, whatever became of the others.
            pairs: 1,
            status: if own.ok > 0 { status(own) } else { status(total) },
            ok: total.ok,
            blocked: total.blocked,
            note: self.note(*shown, total, server),
        })
    }

    fn note(&self, shown: usize, total: RuleCount, server: MachineId) -> String {
        let machine = Some(self.policy.site.machine(server));
        let entry = &self.policy.matrix.entries[shown];
        let mut notes = Vec::new();
        if matches!(entry.requirement, Requirement::Conditional | Requirement::Legacy) {
            notes.push(entry.requirement.name().to_owned());
        }
        if self.policy.ports_are_assumed(entry, machine) {
            notes.push("port assumed".to_owned());
        }
        for other in self.group.iter().filter(|index| **index != shown) {
            let other = &self.policy.matrix.entries[*other];
            let ports = self.policy.ports(other, machine).join(" or ");
            let transport = other.transport.map_or("", Transport::name);
            notes.push(format!("or {} ({transport} {ports})", other.id));
        }
        if total.mismatch > 0 {
            notes.push(format!("{} spoke something else", total.mismatch));
        }
        if total.replaced > 0 {
            notes.push(format!("{} failed, but another port works", total.replaced));
        }
        if total.unknown > 0 {
            notes.push(format!("{} undecided", total.unknown));
        }
        notes.join("; ")
    }

    fn unobservable(
        &self,
        (client, server): (Option<MachineId>, Option<MachineId>),
        note: String,
    ) -> CoverageRow<'p> {
        let entry = self.first();
        let machine = server.map(|id| self.policy.site.machine(id));
        CoverageRow {
            entry,
            ports: self.policy.ports(entry, machine).clone(),
            client,
            server,
            pairs: 1,
            status: Status::NotObservable,
            ok: 0,
            blocked: 0,
            note,
        }
    }

    fn machines(&self, roles: crate::identify::RoleSet) -> Vec<MachineId> {
        self.policy.site.machines_in(roles).map(|(id, _)| id).collect()
    }
}

fn status(count: RuleCount) -> Status {
    match (count.ok, count.blocked) {
        (0, 0) => Status::NotSeen,
        (_, 0) => Status::Verified,
        (0, _) => Status::Blocked,
        _ => Status::Flaky,
    }
}
