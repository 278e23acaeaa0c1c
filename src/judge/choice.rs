//! Which of the rules that cover a connection is the one to judge it by.

use super::{Expectation, Grade, Kind, Policy, RuleRef};
use crate::{
    dissect::Protocol,
    flow::{Conversation, Side},
};

/// The rules that cover a connection, and what is known of it.
pub(super) struct Choice<'a> {
    pub policy: &'a Policy,
    pub conversation: &'a Conversation,
    pub client: Side,
    /// All of them, strongest first.
    pub rules: &'a [(Kind, RuleRef)],
    /// How far the server's port is known to be an RPC service's.
    pub grade: Grade,
    /// A port of the dynamic range is not expected by its number alone.
    pub is_strict: bool,
}

/// The expectation by which a connection is judged.
pub(super) struct Chosen {
    pub expectation: Expectation,
    pub grade: Option<Grade>,
    /// What may be spoken; empty for whatever.
    pub protocols: Vec<Protocol>,
    /// Whether the server speaks one of them, where that was captured.
    pub agrees: Option<bool>,
}

impl Choice<'_> {
    /// The strongest expectation; a weaker one where it is the one that knows what is spoken.
    pub fn choose(&self) -> Chosen {
        let mut kinds: Vec<Kind> = self.rules.iter().map(|(kind, _)| *kind).collect();
        kinds.dedup();
        kinds.sort_by_key(|kind| self.rank(*kind));
        let is_range = self.grade == Grade::Range;
        kinds.retain(|kind| !(self.is_strict && is_range && *kind == Kind::DynamicRpc));
        let Some(strongest) = kinds.first().map(|kind| self.chosen(*kind)) else {
            let covered = self.rules.iter().any(|(kind, _)| *kind == Kind::DynamicRpc);
            let grade = covered.then_some(self.grade);
            return Chosen {
                expectation: Expectation::NONE,
                grade,
                protocols: Vec::new(),
                agrees: None,
            };
        };
        if strongest.agrees != Some(false) {
            return strongest;
        }
        // The site's own word counts whatever is spoken; companion traffic only where it is known to
        // speak that.
        let weaker = kinds[1..].iter().map(|kind| self.chosen(*kind));
        let knows = |one: &Chosen| one.agrees == Some(true) || one.expectation.kind == Kind::Site;
        weaker.into_iter().find(knows).unwrap_or(strongest)
    }

    /// A rule that names the port, and an allowance of the site, outrank the dynamic range.
    fn rank(&self, kind: Kind) -> (Kind, Kind) {
        let named = matches!(kind, Kind::Companion | Kind::Site) && self.names_port(kind);
        match kind {
            Kind::DynamicRpc if self.grade == Grade::Range => (Kind::Site, kind),
            Kind::Site => (Kind::Companion, kind),
            Kind::Companion if !named => (Kind::Site, kind),
            _ => (kind, kind),
        }
    }

    /// Whether a rule of this kind is about less than the whole dynamic range.
    fn names_port(&self, kind: Kind) -> bool {
        let port = self.conversation.ends()[!self.client as usize].port;
        self.rules.iter().filter(|(other, _)| *other == kind).any(|(_, rule)| {
            let range = match rule {
                RuleRef::Entry(index) => {
                    self.policy.matrix.entries.get(*index).and_then(|one| one.ports.range_of(port))
                }
                RuleRef::Allow(index) => {
                    self.policy.site.allows.get(*index).and_then(|one| one.ports.range_of(port))
                }
            };
            range.is_none_or(|range| range.to < u16::MAX)
        })
    }

    fn chosen(&self, kind: Kind) -> Chosen {
        let expectation = Expectation::of(kind, self.rules);
        let protocols = self.policy.protocols(&expectation.rules);
        let agrees = agrees(self.conversation, self.client, &protocols);
        let grade = (kind == Kind::DynamicRpc).then_some(self.grade);
        Chosen { expectation, grade, protocols, agrees }
    }
}

/// Whether what the server speaks is one of the protocols. The client's bytes decide only where none of
/// the server's were captured, and a reply whose request was not captured decides nothing.
fn agrees(conversation: &Conversation, client: Side, protocols: &[Protocol]) -> Option<bool> {
    if protocols.is_empty() {
        return None;
    }
    let server = !client;
    let spoken = conversation.heard.as_ref().map_or([None; 2], |heard| heard.spoken);
    let fits = |one: Protocol| protocols.iter().any(|wanted| one.is_a(*wanted));
    let captured = |side: Side| conversation.counters[side as usize].payload_bytes > 0;
    let agrees = if spoken[server as usize].is_some() {
        fits(conversation.protocol(client)?)
    } else if captured(server) {
        return None;
    } else {
        fits(spoken[client as usize]?)
    };
    let undecided =
        lacks_request(conversation, client, protocols) || may_be_more(conversation, protocols);
    (agrees || !undecided).then_some(agrees)
}

/// Whether the server's bytes are a reply to a request that was not captured, or not whole. Some
/// servers speak first.
fn lacks_request(conversation: &Conversation, client: Side, protocols: &[Protocol]) -> bool {
    let spoken = conversation.heard.as_ref().map_or([None; 2], |heard| heard.spoken);
    let reply = spoken[!client as usize];
    if reply.is_some_and(Protocol::speaks_first) {
        return false;
    }
    let unknown = spoken[client as usize].is_none() && !conversation.is_unrecognised(client);
    let general = reply.is_some_and(|reply| protocols.iter().any(|wanted| wanted.is_a(reply)));
    conversation.lacks_payload(client) || unknown && general
}

/// Whether what was recognised may be one of the protocols, had it come whole: HTTP may be WinRM.
fn may_be_more(conversation: &Conversation, protocols: &[Protocol]) -> bool {
    let Some(heard) = conversation.heard.as_ref().filter(|heard| heard.is_cut) else {
        return false;
    };
    let general = heard.spoken.iter().flatten();
    general.into_iter().any(|one| protocols.iter().any(|wanted| wanted.is_a(*one)))
}
