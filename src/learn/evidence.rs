//! What a conversation says of the roles of its two ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
};

use crate::{
    dissect::Protocol,
    flow::{Basis, Conversation, Side, Transport},
    identify::{Role, RoleSet},
    judge::{Entry, Policy, Section, orient},
    report::Report,
};

/// Conversations between two addresses on one port, as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Who asked.
    pub client: IpAddr,
    /// Who was asked.
    pub server: IpAddr,
    /// Transport.
    pub transport: Transport,
    /// The port that was asked; 0 for pings.
    pub port: u16,
    /// Whether the server took part in any of them.
    pub answered: bool,
    /// What was recognised.
    pub spoken: Option<Protocol>,
}

/// The exchanges of a report, in the order of their addresses: those in which both sides talked, and
/// connections that were asked for in vain, for what a firewall keeps silent belongs to the site, too.
#[must_use]
pub fn exchanges(report: &Report) -> Vec<Exchange> {
    let mut seen: BTreeMap<Key, (bool, Option<Protocol>)> = BTreeMap::new();
    for conversation in report.conversations.iter() {
        let answered = conversation.both_sides_talk();
        let (client, basis) = orient(&report.policy, conversation, report.witness.surroundings());
        let (key, spoken) = exchange(conversation, client);
        let is_asked_for = conversation.transport == Transport::Tcp && basis == Basis::Syn;
        if !(answered || is_asked_for && is_one_machines(key.1)) {
            continue;
        }
        let known = seen.entry(key).or_default();
        *known = (known.0 || answered, known.1.or(spoken));
    }
    let seen = seen.into_iter().map(|(key, (answered, spoken))| {
        let (client, server, transport, port) = key;
        Exchange { client, server, transport, port, answered, spoken }
    });
    seen.collect()
}

/// Nobody answers for a group or for all.
fn is_one_machines(ip: IpAddr) -> bool {
    !(ip.is_multicast() || ip.is_unspecified() || ip == IpAddr::V4(Ipv4Addr::BROADCAST))
}

type Key = (IpAddr, IpAddr, Transport, u16);

fn exchange(conversation: &Conversation, client: Side) -> (Key, Option<Protocol>) {
    let ends = conversation.ends();
    let server = ends[!client as usize];
    let key = (ends[client as usize].ip, server.ip, conversation.transport, server.port);
    (key, conversation.protocol(client))
}

/// How sure a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// One of several roles that fit as well, no more than a web or SSH server on its usual port, what
    /// machines of many kinds ask for, or nothing but a question that nobody answered.
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
    /// Whether the question was answered.
    pub answered: bool,
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
    /// than a port, what was asked in vain a little less, and what fits several roles is shared among
    /// them.
    #[must_use]
    pub fn weight(&self) -> f64 {
        let side = if self.serves { 1.0 } else { 0.5 };
        let content = if self.telling().is_some() { 1.0 } else { 0.5 };
        let answer = if self.answered { 1.0 } else { 0.85 };
        side * content * answer / self.roles.max(1) as f64
    }

    /// How sure a role is that nothing else speaks for.
    #[must_use]
    pub fn sureness(&self) -> Sureness {
        if self.roles > 1 || !self.answered {
            return Sureness::Guess;
        }
        let common = self.ports.iter().all(|port| COMMON.contains(port));
        match (self.serves, self.telling()) {
            (true, Some(_)) => Sureness::Sure,
            (true, None) if !common => Sureness::Likely,
            (false, _) if !self.asked_by_many(&[SQL]) => Sureness::Likely,
            _ => Sureness::Guess,
        }
    }

    /// Whether it alone is worth being told: machines of any kind ask for some services.
    #[must_use]
    pub fn is_of_note(&self) -> bool {
        self.serves || !self.asked_by_many(&[])
    }

    fn asked_by_many(&self, more: &[u16]) -> bool {
        let by_many = |port: &u16| COMMON.contains(port) || WINDOWS.contains(port);
        self.ports.iter().all(|port| by_many(port) || more.contains(port))
    }

    /// What was recognised, unless it is spoken by machines of any kind.
    fn telling(&self) -> Option<Protocol> {
        self.spoken
            .filter(|spoken| !matches!(spoken, Protocol::Ssh | Protocol::Tls | Protocol::Http))
    }
}

/// Ports of services that machines of any kind have; 0 stands for a ping.
const COMMON: [u16; 5] = [0, 22, 53, 80, 443];
/// Ports of what any machine with Windows asks others for: the endpoint mapper, NetBIOS, SMB.
const WINDOWS: [u16; 3] = [135, 139, 445];
/// SQL Server's port. VMM asks for it, and so do many others.
const SQL: u16 = 1433;

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
                    let answered = exchange.answered;
                    let new = Clue { entry: *index, serves, answered, spoken, peers, ports, roles };
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
    known.answered |= new.answered;
    // The larger set takes in the smaller one, which has one element but for such a swap.
    if new.peers.len() > known.peers.len() {
        std::mem::swap(&mut known.peers, &mut new.peers);
    }
    known.peers.extend(new.peers);
    known.ports.extend(new.ports);
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
    // What nodes of one kind do among each other says nothing about which kind that is.
    let among_peers = |entry: &Entry| {
        entry.section == Section::Companion && entry.client_roles == entry.server_roles
    };
    let entries = entries.filter(|(_, entry)| {
        !among_peers(entry)
            && entry.section != Section::Note
            && entry.transport == Some(exchange.transport)
            && on_port(entry)
            && agrees(entry)
    });
    entries.collect()
}
