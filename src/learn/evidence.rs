//! What a conversation says of the roles of its two ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use crate::{
    dissect::Protocol,
    flow::{Conversation, Transport},
    identify::{Role, RoleSet},
    judge::{Entry, Policy, Section, orient},
    report::Report,
};

/// Conversations between two addresses on one port, as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Who asked.
    pub client: IpAddr,
    /// Who answered.
    pub server: IpAddr,
    /// Transport.
    pub transport: Transport,
    /// The port that answered; 0 for pings.
    pub port: u16,
    /// What was recognised.
    pub spoken: Option<Protocol>,
}

/// The exchanges of a report in which both sides talked, in the order of their addresses.
#[must_use]
pub fn exchanges(report: &Report) -> Vec<Exchange> {
    let mut seen: BTreeMap<_, Option<Protocol>> = BTreeMap::new();
    for conversation in report.conversations.iter().filter(|one| one.both_sides_talk()) {
        let (key, spoken) = exchange(&report.policy, conversation);
        let known = seen.entry(key).or_default();
        *known = known.or(spoken);
    }
    let seen = seen.into_iter().map(|((client, server, transport, port), spoken)| Exchange {
        client,
        server,
        transport,
        port,
        spoken,
    });
    seen.collect()
}

type Key = (IpAddr, IpAddr, Transport, u16);

fn exchange(policy: &Policy, conversation: &Conversation) -> (Key, Option<Protocol>) {
    let (client, _) = orient(policy, conversation);
    let ends = conversation.ends();
    let server = ends[!client as usize];
    let key = (ends[client as usize].ip, server.ip, conversation.transport, server.port);
    (key, conversation.protocol(client))
}

/// How sure a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// One of several roles that fit as well, or no more than a web or SSH server on its usual port.
    Guess,
    /// Something speaks for this role alone, but the protocol was not recognised, or only what the
    /// machine asked others speaks for it.
    Likely,
    /// It serves what only this role serves, and speaks its protocol.
    Sure,
}

impl Sureness {
    /// Its word in a proposal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Guess => "a guess",
            Self::Likely => "likely",
            Self::Sure => "sure",
        }
    }
}

/// An entry of the matrix that speaks for a role of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Clue {
    /// The entry's place in the matrix.
    pub entry: usize,
    /// Whether the machine serves it, or asks for it.
    pub serves: bool,
    /// What was recognised, where it is what the entry expects.
    pub spoken: Option<Protocol>,
    /// The other ends.
    pub peers: BTreeSet<IpAddr>,
    /// The server's ports; empty for pings.
    pub ports: BTreeSet<u16>,
    /// Roles that the clue fits as well as this one, this one included.
    pub roles: usize,
}

impl Clue {
    /// How much it says: what is served says more than what is asked for, what was recognised more
    /// than a port, and what fits several roles is shared among them.
    #[must_use]
    pub fn weight(&self) -> f64 {
        let side = if self.serves { 1.0 } else { 0.5 };
        let content = if self.telling().is_some() { 1.0 } else { 0.5 };
        side * content / self.roles.max(1) as f64
    }

    /// How sure a role is that nothing else speaks for.
    #[must_use]
    pub fn sureness(&self) -> Sureness {
        let common =
            self.telling().is_none() && self.ports.iter().all(|port| COMMON.contains(port));
        match (self.roles, self.serves, self.telling()) {
            (0 | 1, true, Some(_)) => Sureness::Sure,
            (0 | 1, _, _) if !common => Sureness::Likely,
            _ => Sureness::Guess,
        }
    }

    /// What was recognised, unless it is spoken by machines of any kind.
    fn telling(&self) -> Option<Protocol> {
        self.spoken
            .filter(|spoken| !matches!(spoken, Protocol::Ssh | Protocol::Tls | Protocol::Http))
    }
}

/// Ports of services that machines of any kind have; 0 stands for a ping.
const COMMON: [u16; 5] = [0, 22, 53, 80, 443];

/// Clues of a machine by role.
pub(super) type Clues = BTreeMap<(IpAddr, Role), Vec<Clue>>;

/// The clues of all exchanges, given what the machines are believed to be: of the entries that fit,
/// those between believed roles count alone, where there are any.
pub(super) fn clues(
    policy: &Policy,
    exchanges: &[Exchange],
    believed: &BTreeMap<IpAddr, RoleSet>,
) -> Clues {
    let mut clues = Clues::new();
    let is = |ip: IpAddr, roles: RoleSet| {
        believed.get(&ip).is_some_and(|believed| believed.with_implied().meets(roles))
    };
    for exchange in exchanges {
        let fitting = fitting(policy, exchange);
        let narrowed = |keep: &dyn Fn(&Entry) -> bool| {
            let kept: Vec<_> = fitting.iter().filter(|(_, entry)| keep(entry)).copied().collect();
            if kept.is_empty() { fitting.clone() } else { kept }
        };
        let for_server = narrowed(&|entry| is(exchange.client, entry.client_roles));
        let for_client = narrowed(&|entry| is(exchange.server, entry.server_roles));
        let mut gather = |entries: &[(usize, &Entry)], serves: bool| {
            let roles_of =
                |entry: &Entry| if serves { entry.server_roles } else { entry.client_roles };
            let (own, peer) = if serves {
                (exchange.server, exchange.client)
            } else {
                (exchange.client, exchange.server)
            };
            let all = entries.iter().flat_map(|(_, entry)| roles_of(entry).iter());
            let roles = all.collect::<RoleSet>().iter().count();
            for (index, entry) in entries {
                for role in roles_of(entry).iter() {
                    let spoken = exchange.spoken.filter(|_| !entry.protocols.is_empty());
                    let (peers, ports) = (BTreeSet::from([peer]), BTreeSet::from([exchange.port]));
                    let new = Clue { entry: *index, serves, spoken, peers, ports, roles };
                    add(clues.entry((own, role)).or_default(), new);
                }
            }
        };
        gather(&for_server, true);
        gather(&for_client, false);
    }
    clues
}

/// One clue for each entry and side, the most telling one, with all peers and ports.
fn add(clues: &mut Vec<Clue>, mut new: Clue) {
    let same = |clue: &&mut Clue| (clue.entry, clue.serves) == (new.entry, new.serves);
    let Some(known) = clues.iter_mut().find(same) else { return clues.push(new) };
    if new.weight() > known.weight() {
        std::mem::swap(known, &mut new);
    }
    known.peers.append(&mut new.peers);
    known.ports.append(&mut new.ports);
}

/// The entries that a port and what is spoken there fit. A ping, and the range that any service is
/// given ports of, say nothing.
fn fitting<'p>(policy: &'p Policy, exchange: &Exchange) -> Vec<(usize, &'p Entry)> {
    let agrees = |entry: &Entry| {
        exchange.spoken.is_none_or(|spoken| {
            entry.protocols.is_empty() || entry.protocols.iter().any(|wanted| spoken.is_a(*wanted))
        })
    };
    let on_port = |entry: &Entry| {
        policy
            .ports(entry, None)
            .range_of(exchange.port)
            .is_some_and(|range| range.from == range.to)
    };
    let entries = policy.matrix.entries.iter().enumerate();
    let entries = entries.filter(|(_, entry)| {
        entry.section != Section::Note
            && entry.transport == Some(exchange.transport)
            && on_port(entry)
            && agrees(entry)
    });
    entries.collect()
}
