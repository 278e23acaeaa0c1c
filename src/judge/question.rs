//! May this machine talk to that one, and by which rule?

use super::{Entry, Kind, Policy, RuleRef, Section};
use crate::{
    flow::Transport,
    identify::{Allow, MachineId, RoleSet},
};

/// A party of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    /// Its roles.
    pub roles: RoleSet,
    /// The machine, where one was named.
    pub machine: Option<MachineId>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The rules that allow it, with the kind of their expectation, strongest first.
    pub rules: Vec<(Kind, RuleRef)>,
    /// Where there are none: the rule that comes nearest.
    pub nearest: Option<Nearest>,
}

/// A rule that does not allow what was asked, but nearly.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// The rule.
    pub rule: RuleRef,
    /// What keeps it from allowing it.
    pub reason: String,
    /// Whether it is a rule between these two parties, this way round or the other.
    pub parties_fit: bool,
}

/// Which rules let `from` open `transport` conversations to `port` of `to`.
///
/// A party that is not named, and a port that is not, stand for all of them.
#[must_use]
pub fn may_talk(
    policy: &Policy,
    from: Option<Who>,
    to: Option<Who>,
    transport: Option<Transport>,
    port: Option<u16>,
) -> Answer {
    let question = Question { policy, from, to, transport, port };
    let of_matrix = policy.matrix.entries.iter().enumerate();
    let of_matrix =
        of_matrix.filter_map(|(index, entry)| Some((question.kind(entry)?, RuleRef::Entry(index))));
    let of_site = policy.site.allows.iter().enumerate();
    let of_site = of_site
        .filter(|(_, allow)| question.site_allows(allow))
        .map(|(index, _)| (Kind::Site, RuleRef::Allow(index)));
    let mut rules: Vec<(Kind, RuleRef)> = of_matrix.chain(of_site).collect();
    rules.sort();
    let nearest = if rules.is_empty() { question.nearest() } else { None };
    Answer { rules, nearest }
}

struct Question<'a> {
    policy: &'a Policy,
    from: Option<Who>,
    to: Option<Who>,
    transport: Option<Transport>,
    port: Option<u16>,
}

/// What of a question fits an entry.
struct Fit {
    client: bool,
    server: bool,
    transport: bool,
    port: bool,
    reversed: bool,
    /// How far the port lies from the entry's.
    distance: u16,
}

impl Question<'_> {
    fn fit(&self, entry: &Entry) -> Fit {
        let meets = |who: Option<Who>, roles: RoleSet| {
            who.is_none_or(|who| who.roles.with_implied().meets(roles))
        };
        let client = meets(self.from, entry.client_roles);
        let server = meets(self.to, entry.server_roles);
        let reversed = meets(self.from, entry.server_roles) && meets(self.to, entry.client_roles);
        let listener = self.to.and_then(|who| who.machine);
        let machine = listener.map(|id| self.policy.site.machine(id));
        let ports = self.policy.ports(entry, machine);
        let distance = self.port.and_then(|port| ports.distance(port)).unwrap_or(0);
        Fit {
            client,
            server,
            transport: self.transport.is_none_or(|wanted| entry.transport == Some(wanted)),
            port: self.port.is_none_or(|port| ports.contains(port)),
            reversed,
            distance,
        }
    }

    fn kind(&self, entry: &Entry) -> Option<Kind> {
        let fit = self.fit(entry);
        if !(fit.transport && fit.port) {
            return None;
        }
        if fit.client && fit.server {
            return Some(match entry.section {
                Section::General | Section::Vmware => Kind::Expected,
                Section::Note => Kind::DynamicRpc,
                Section::Companion => Kind::Companion,
            });
        }
        (fit.reversed && entry.reverse.is_some()).then_some(Kind::Reverse)
    }

    fn site_allows(&self, allow: &Allow) -> bool {
        // A role that is asked for is nobody in particular.
        let id = |who: Who| who.machine.unwrap_or(MachineId(u32::MAX));
        let roles = |who: Who| who.roles.with_implied();
        self.transport.is_none_or(|wanted| wanted == allow.transport)
            && self.port.is_none_or(|port| allow.covers(allow.transport, port))
            && self.from.is_none_or(|who| allow.from.include(id(who), roles(who)))
            && self.to.is_none_or(|who| allow.to.include(id(who), roles(who)))
    }

    /// The entry that most of the question fits, the nearer port deciding.
    fn nearest(&self) -> Option<Nearest> {
        let scored = self.policy.matrix.entries.iter().enumerate().filter_map(|(index, entry)| {
            entry.transport?;
            // A ping has no port, and what everybody may do to everybody is near to nothing.
            let everybody =
                entry.client_roles == RoleSet::ANY && entry.server_roles == RoleSet::ANY;
            if everybody || self.port.is_some() && entry.ports.0.is_empty() {
                return None;
            }
            let fit = self.fit(entry);
            let turned = fit.reversed && fit.port && !(fit.client && fit.server);
            let parties = u8::from(fit.client) + u8::from(fit.server);
            let score = 3 * parties.max(u8::from(turned))
                + 2 * u8::from(fit.port)
                + u8::from(fit.transport)
                + u8::from(turned);
            Some((score, std::cmp::Reverse((fit.distance, index)), fit))
        });
        let (_, std::cmp::Reverse((_, index)), fit) =
            scored.max_by_key(|(score, place, _)| (*score, *place))?;
        let reason = self.reason(&self.policy.matrix.entries[index], &fit);
        let parties_fit = fit.client && fit.server || fit.reversed && fit.port;
        Some(Nearest { rule: RuleRef::Entry(index), reason, parties_fit })
    }

    fn reason(&self, entry: &Entry, fit: &Fit) -> String {
        let names = |roles: RoleSet| roles.names().join(" or ");
        let machine = self.to.and_then(|who| who.machine);
        let ports = self.policy.ports(entry, machine.map(|id| self.policy.site.machine(id)));
        let mut reasons = Vec::new();
        if !(fit.client && fit.server) && fit.reversed && fit.port {
            reasons.push("it holds the other way round".to_owned());
        } else {
            if !fit.client {
                reasons.push(format!("its client is {}", names(entry.client_roles)));
            }
            if !fit.server {
                reasons.push(format!("its server is {}", names(entry.server_roles)));
            }
        }
        if !fit.transport {
            reasons.push(format!("it is {}", entry.transport.map_or("local", Transport::name)));
        }
        if !fit.port {
            reasons.push(format!("it allows {}", ports.join(" or ")));
        }
        reasons.join(", ")
    }
}
