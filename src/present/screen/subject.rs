//! A row as a filter sees it.

use std::{fmt::Write, net::IpAddr, ops::RangeInclusive};

use arrayvec::ArrayVec;

use super::{super::names, theme::mark};
use crate::{
    flow::{Outcome, Transport},
    identify::{MachineId, Ports, Role, RoleSet},
    judge::{CoverageRow, Evidence, Kind, Policy, RuleRef, Status, Verdict},
    ledger::{Finding, Ledger, Row},
};

/// One side of what a row tells of.
#[derive(Clone, Debug, Default)]
pub struct Party<'a> {
    /// The machine's name.
    pub name: Option<&'a str>,
    /// The address, where there is one.
    pub ip: Option<IpAddr>,
    /// The machine's roles.
    pub roles: RoleSet,
}

impl<'a> Party<'a> {
    fn of(policy: &'a Policy, id: Option<MachineId>, ip: Option<IpAddr>) -> Self {
        let machine = id.map(|id| policy.site.machine(id));
        Self {
            name: machine.map(|machine| machine.name.as_str()),
            ip,
            roles: machine.map(|machine| machine.roles.with_implied()).unwrap_or_default(),
        }
    }
}

/// What a filter can ask of a row; what a view does not know stays empty.
pub struct Subject<'a> {
    policy: &'a Policy,
    pub(super) client: Party<'a>,
    pub(super) server: Party<'a>,
    pub(super) transport: Option<Transport>,
    port: Option<u16>,
    ports: Option<&'a Ports>,
    pub(super) verdicts: ArrayVec<Verdict, 7>,
    pub(super) outcome: Option<Outcome>,
    pub(super) evidence: Option<Evidence>,
    pub(super) expectation: Option<Kind>,
    pub(super) status: Option<Status>,
    pub(super) protocol: Option<&'static str>,
    rules: &'a [RuleRef],
    rule: Option<(&'a str, Option<u8>)>,
    more: String,
}

impl<'a> Subject<'a> {
    fn empty(policy: &'a Policy) -> Self {
        Self {
            policy,
            client: Party::default(),
            server: Party::default(),
            transport: None,
            port: None,
            ports: None,
            verdicts: ArrayVec::new(),
            outcome: None,
            evidence: None,
            expectation: None,
            status: None,
            protocol: None,
            rules: &[],
            rule: None,
            more: String::new(),
        }
    }

    /// A conversation.
    #[must_use]
    pub fn row(policy: &'a Policy, row: &'a Row) -> Self {
        let spoken = row.conversation.protocol(row.client);
        Self {
            client: Party::of(policy, row.client_machine, Some(row.client_end().ip)),
            server: Party::of(policy, row.server_machine, Some(row.server_end().ip)),
            transport: Some(row.conversation.transport),
            port: Some(row.server_end().port),
            verdicts: std::iter::once(row.verdict).collect(),
            outcome: Some(row.outcome),
            evidence: Some(row.evidence),
            expectation: Some(row.expectation.kind),
            protocol: spoken.map(|protocol| protocol.name()),
            rules: &row.expectation.rules,
            ..Self::empty(policy)
        }
    }

    /// A finding, told by its newest conversation.
    #[must_use]
    pub fn finding(ledger: &'a Ledger, finding: &Finding) -> Option<Self> {
        let newest = ledger.row(*finding.places.last()?)?;
        Some(Self::row(ledger.policy(), newest))
    }

    /// A row of the coverage.
    #[must_use]
    pub fn coverage(policy: &'a Policy, row: &'a CoverageRow<'_>) -> Self {
        Self {
            client: Party::of(policy, row.client, None),
            server: Party::of(policy, row.server, None),
            transport: row.entry.transport,
            ports: Some(&row.ports),
            status: Some(row.status),
            rule: Some((&row.entry.id, row.entry.row)),
            more: row.note.clone(),
            ..Self::empty(policy)
        }
    }

    /// A machine, or a stranger by its address.
    #[must_use]
    pub fn machine(
        policy: &'a Policy,
        id: Option<MachineId>,
        ip: Option<IpAddr>,
        verdicts: ArrayVec<Verdict, 7>,
        more: String,
    ) -> Self {
        Self { client: Party::of(policy, id, ip), verdicts, more, ..Self::empty(policy) }
    }

    /// Whether a side's name, or the address of a stranger, is this text in lower case; or holds it,
    /// unless the text is another machine's whole name.
    pub(super) fn is(&self, party: &Party<'_>, text: &str) -> bool {
        match (party.name, party.ip) {
            (Some(name), _) => {
                let name = name.to_lowercase();
                let mut machines = self.policy.site.machines();
                name == text
                    || name.contains(text)
                        && !machines.any(|(_, machine)| machine.name.to_lowercase() == text)
            }
            (None, Some(ip)) => ip.to_string().contains(text),
            (None, None) => false,
        }
    }

    /// Whether one of the rules has this id in lower case; or holds it, unless it is another rule's.
    pub(super) fn has_rule(&self, text: &str) -> bool {
        let ids: Vec<String> = self.rule_ids().collect();
        let mut entries = self.policy.matrix.entries.iter();
        ids.iter().any(|id| id == text)
            || ids.iter().any(|id| id.contains(text))
                && !entries.any(|entry| entry.id.to_lowercase() == text)
    }

    pub(super) fn has_role(&self, role: Role) -> bool {
        let wanted: RoleSet = [role].into_iter().collect();
        self.client.roles.meets(wanted) || self.server.roles.meets(wanted)
    }

    pub(super) fn has_port(&self, wanted: &[RangeInclusive<u16>]) -> bool {
        let of_rule = |range: &RangeInclusive<u16>| {
            let overlaps = |one: &crate::identify::PortRange| {
                one.from <= *range.end() && *range.start() <= one.to
            };
            self.ports.is_some_and(|ports| ports.0.iter().any(overlaps))
        };
        wanted
            .iter()
            .any(|range| self.port.is_some_and(|port| range.contains(&port)) || of_rule(range))
    }

    pub(super) fn rule_ids(&self) -> impl Iterator<Item = String> {
        let of_row = self.rules.iter().map(|rule| names::rule_id(self.policy, *rule));
        of_row.chain(self.rule.map(|(id, _)| id.to_owned())).map(|id| id.to_lowercase())
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = u8> {
        let of_rules = self.rules.iter().filter_map(|rule| self.policy.entry(*rule)?.row);
        of_rules.chain(self.rule.and_then(|(_, row)| row))
    }

    /// Whether all that the row says, in lower case, passes a test.
    pub(super) fn says(&self, test: impl Fn(&str) -> bool) -> bool {
        let mut line = String::new();
        for party in [&self.client, &self.server] {
            line += party.name.unwrap_or_default();
            if let Some(ip) = party.ip {
                let _infallible = write!(line, " {ip} ");
            }
            for role in party.roles.names() {
                let _infallible = write!(line, " {role}");
            }
            line.push(' ');
        }
        if let Some(transport) = self.transport {
            let port = self.port.map_or(String::new(), |port| port.to_string());
            let ports = self.ports.map_or(String::new(), |ports| ports.join(" "));
            let _infallible = write!(line, "{transport} {port}{ports} ");
        }
        for verdict in &self.verdicts {
            let _infallible = write!(line, "{} {} ", mark(*verdict), verdict.name());
        }
        let names = [
            self.outcome.map(Outcome::name),
            self.evidence.map(Evidence::name),
            self.expectation.map(Kind::name),
            self.protocol,
        ];
        for word in names.into_iter().flatten().chain(self.status.map(Status::name)) {
            let _infallible = write!(line, "{word} ");
        }
        for id in self.rule_ids() {
            let _infallible = write!(line, "{id} ");
        }
        line += &self.more;
        test(&line.to_lowercase())
    }
}
