//! What a view lists at present: made anew when the ledger, the filter or the order has changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use hashbrown::HashMap;

use super::{
    super::{
        names,
        summary::{ports, same_rule},
    },
    column::Column,
    filter::Filter,
    subject::Subject,
};
use crate::{
    capture::Timestamp,
    identify::MachineId,
    judge::{CoverageRow, Policy, Requirement, Status, Verdict},
    ledger::{FindingKey, Ledger, Row},
};

/// The rows of a view.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// Those that pass the filter.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub all: usize,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), all: 0 }
    }
}

impl<T> Listing<T> {
    fn of(all: Vec<T>, passes: impl Fn(&T) -> bool) -> Self {
        let count = all.len();
        Self { rows: all.into_iter().filter(passes).collect(), all: count }
    }
}

/// The findings, newest first.
#[must_use]
pub fn findings(
    ledger: &Ledger,
    filter: &Filter,
    hides: impl Fn(&FindingKey, Timestamp) -> bool,
) -> Listing<FindingKey> {
    let all: Vec<_> = ledger.findings();
    let count = all.len();
    let passing = all.into_iter().filter(|finding| {
        let matches = || {
            filter.is_empty()
                || Subject::finding(ledger, finding).is_some_and(|one| filter.matches(&one))
        };
        !hides(&finding.key, finding.arose) && matches()
    });
    Listing { rows: passing.map(|finding| finding.key.clone()).collect(), all: count }
}

/// The places of the flows.
#[must_use]
pub fn flows(
    ledger: &Ledger,
    filter: &Filter,
    sort: Option<Column>,
    reversed: bool,
) -> Listing<u32> {
    let policy = ledger.policy();
    let mut count = 0;
    let mut rows: Vec<(u32, &Row)> = ledger
        .rows()
        .inspect(|_| count += 1)
        .filter(|(_, row)| filter.is_empty() || filter.matches(&Subject::row(policy, row)))
        .collect();
    if let Some(column) = sort {
        rows.sort_by(|(_, a), (_, b)| column.compare(policy, a, b));
    }
    if reversed {
        rows.reverse();
    }
    Listing { rows: rows.into_iter().map(|(place, _)| place).collect(), all: count }
}

/// A rule of the coverage with its pairs of machines by status.
#[derive(Clone, Debug)]
pub struct RuleLine {
    /// The rule's id: of alternatives, the one shown.
    pub id: String,
    /// Its row of the page.
    pub row: Option<u8>,
    /// Its ports.
    pub ports: String,
    /// Pairs by status, in the order of [`Status::ALL`].
    pub pairs: [u64; 5],
    /// Pairs that the page needs and that were not seen.
    pub missing: u64,
    /// Whether it is needed in every deployment.
    pub requirement: Requirement,
    /// The rules that stand together as alternatives.
    pub group: Option<String>,
}

/// The rules of the coverage.
#[must_use]
pub fn rules(ledger: &Ledger, filter: &Filter) -> Listing<RuleLine> {
    let coverage = ledger.coverage_now();
    let groups: Vec<&[CoverageRow<'_>]> = coverage.chunk_by(same_rule).collect();
    let all = groups.len();
    let passing = groups.into_iter().filter(|rows| {
        filter.is_empty()
            || rows.iter().any(|row| filter.matches(&Subject::coverage(ledger.policy(), row)))
    });
    Listing { rows: passing.map(rule_line).collect(), all }
}

fn rule_line(rows: &[CoverageRow<'_>]) -> RuleLine {
    let shown = rows.iter().find(|row| row.status != Status::NotObservable).unwrap_or(&rows[0]);
    let of_status = |status: &Status| {
        rows.iter().filter(|row| row.status == *status).map(|row| row.pairs).sum()
    };
    let missing = rows.iter().filter(|row| row.is_missing()).map(|row| row.pairs).sum();
    RuleLine {
        id: shown.entry.id.clone(),
        row: shown.entry.row,
        ports: ports(shown),
        pairs: Status::ALL.each_ref().map(of_status),
        missing,
        requirement: shown.entry.requirement,
        group: shown.entry.group.clone(),
    }
}

/// A pair of machines under a rule.
#[derive(Clone, Debug)]
pub struct PairLine {
    /// The rule's id.
    pub rule: String,
    /// Who asks.
    pub client: String,
    /// Who is asked.
    pub server: String,
    /// The ports there.
    pub ports: String,
    /// What was seen.
    pub status: Status,
    /// Conversations that worked.
    pub ok: u64,
    /// Conversations that failed.
    pub blocked: u64,
    /// What else one should know.
    pub note: String,
}

/// The pairs under a rule and its alternatives.
#[must_use]
pub fn pairs(ledger: &Ledger, filter: &Filter, rule: &RuleLine) -> Listing<PairLine> {
    let policy = ledger.policy();
    let name =
        |id: Option<MachineId>| id.map_or_else(|| "*".to_owned(), |id| names::machine(policy, id));
    let coverage = ledger.coverage_now();
    let of_rule = |row: &&CoverageRow<'_>| {
        row.entry.id == rule.id || rule.group.is_some() && row.entry.group == rule.group
    };
    let rows: Vec<&CoverageRow<'_>> = coverage.iter().filter(of_rule).collect();
    let all = rows.len();
    let passing = rows
        .into_iter()
        .filter(|row| filter.is_empty() || filter.matches(&Subject::coverage(policy, row)));
    let line = |row: &CoverageRow<'_>| PairLine {
        rule: row.entry.id.clone(),
        client: name(row.client),
        server: name(row.server),
        ports: ports(row),
        status: row.status,
        ok: row.ok,
        blocked: row.blocked,
        note: row.note.clone(),
    };
    Listing { rows: passing.map(line).collect(), all }
}

/// A machine of the site, or a stranger that was seen.
#[derive(Clone, Debug)]
pub struct MachineLine {
    /// The machine; `None` for a stranger.
    pub id: Option<MachineId>,
    /// The stranger's address.
    pub ip: Option<IpAddr>,
    /// Name or address.
    pub name: String,
    /// Roles, or that it is a stranger.
    pub roles: String,
    /// Addresses and networks of a machine.
    pub addresses: String,
    /// Conversations by verdict, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; 7],
    /// Whom it has to do with, and by what.
    pub peers: BTreeSet<String>,
}

/// Strangers listed; beyond them an attacker could fill any memory.
const STRANGERS: usize = 10_000;
/// Peers named of one machine.
const PEERS: usize = 200;

/// The machines of the site in its order, then strangers, the most talkative first.
#[must_use]
pub fn machines(ledger: &Ledger, filter: &Filter) -> Listing<MachineLine> {
    let policy = ledger.policy();
    let mut known: BTreeMap<MachineId, MachineLine> =
        policy.site.machines().map(|(id, _)| (id, machine_line(policy, id))).collect();
    let mut strangers: HashMap<IpAddr, MachineLine> = HashMap::new();
    for (_, row) in ledger.rows() {
        let ends = [
            (row.client_machine, row.client_end().ip, true),
            (row.server_machine, row.server_end().ip, false),
        ];
        for (id, ip, asks) in ends {
            let line = match id {
                Some(id) => known.get_mut(&id),
                None if strangers.len() < STRANGERS || strangers.contains_key(&ip) => {
                    Some(strangers.entry(ip).or_insert_with(|| stranger_line(ip)))
                }
                None => None,
            };
            if let Some(line) = line {
                line.count(policy, row, asks);
            }
        }
    }
    let mut strangers: Vec<MachineLine> = strangers.into_values().collect();
    strangers.sort_by_key(|line| (std::cmp::Reverse(line.verdicts.iter().sum::<u64>()), line.ip));
    let all: Vec<MachineLine> = known.into_values().chain(strangers).collect();
    Listing::of(all, |line| filter.is_empty() || filter.matches(&line.subject(policy)))
}

fn machine_line(policy: &Policy, id: MachineId) -> MachineLine {
    let machine = policy.site.machine(id);
    let addresses: Vec<String> = machine.addresses.iter().map(names::network).collect();
    let roles = machine.roles.names().join(" ");
    MachineLine {
        id: Some(id),
        ip: None,
        name: names::machine(policy, id),
        roles: if roles.is_empty() { "no role".to_owned() } else { roles },
        addresses: addresses.join(" "),
        verdicts: [0; 7],
        peers: BTreeSet::new(),
    }
}

fn stranger_line(ip: IpAddr) -> MachineLine {
    MachineLine {
        id: None,
        ip: Some(ip),
        name: ip.to_string(),
        roles: "stranger".to_owned(),
        addresses: String::new(),
        verdicts: [0; 7],
        peers: BTreeSet::new(),
    }
}

impl MachineLine {
    fn count(&mut self, policy: &Policy, row: &Row, asks: bool) {
        let place = Verdict::ALL.iter().position(|one| *one == row.verdict).unwrap_or(0);
        self.verdicts[place] += 1;
        if self.peers.len() >= PEERS {
            return;
        }
        let transport = row.conversation.transport;
        let service = names::service(transport, row.server_end().port);
        let (arrow, id, end) = if asks {
            ("->", row.server_machine, row.server_end())
        } else {
            ("<-", row.client_machine, row.client_end())
        };
        let peer = names::party(policy, id, end);
        let (verdict, outcome) = (row.verdict.name(), row.outcome.name());
        let said = if row.verdict == Verdict::Outside { outcome } else { verdict };
        self.peers.insert(format!("{arrow} {peer}  {service}  {said}"));
    }

    /// What a filter sees of it.
    pub(super) fn subject<'a>(&self, policy: &'a Policy) -> Subject<'a> {
        let verdicts = Verdict::ALL.into_iter().zip(self.verdicts);
        let seen = verdicts.filter(|(_, count)| *count > 0).map(|(verdict, _)| verdict).collect();
        let peers: Vec<&str> = self.peers.iter().map(String::as_str).collect();
        let more = format!("{} {} {}", self.roles, self.addresses, peers.join(" "));
        Subject::machine(policy, self.id, self.ip, seen, more)
    }

    /// The filter that shows its conversations.
    #[must_use]
    pub fn filter(&self) -> String {
        match self.ip {
            Some(ip) => format!("ip:{ip}"),
            None => format!("machine:\"{}\"", self.name),
        }
    }
}
