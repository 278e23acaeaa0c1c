//! Guesses put together, and written as a site file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    net::IpAddr,
};

use super::{
    Clue, Exchange, Sureness,
    evidence::{Clues, clues},
};
use crate::{
    identify::{Role, RoleSet},
    judge::Policy,
};

/// A role that a machine may have.
#[derive(Clone, Debug)]
pub struct Guess {
    /// The role.
    pub role: Role,
    /// What speaks for it, the most telling first.
    pub clues: Vec<Clue>,
    /// How sure it is.
    pub sureness: Sureness,
    /// Roles that what was seen fits as well.
    pub instead: Vec<Role>,
}

/// An address, and what it may be.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The address.
    pub ip: IpAddr,
    /// Its roles, the surest first; at least one.
    pub guesses: Vec<Guess>,
}

/// What the traffic suggests.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// Addresses with a role, in order.
    pub suspects: Vec<Suspect>,
    /// Addresses that nothing suggests a role for.
    pub strangers: Vec<IpAddr>,
}

/// What is believed of one end tells about the other; after so many rounds nothing new comes of it.
const ROUNDS: usize = 3;
/// Roles with less weight than this are not worth a person's time: the least that is asked for.
const LEAST_WEIGHT: f64 = 0.2;
/// A role as good as the best one, but for what may be chance.
const AS_GOOD: f64 = 0.9;

/// More machines than this that nothing but unanswered questions speak for are a scan or a flood.
const MOST_IN_VAIN: usize = 50;

/// Guesses the roles of all addresses that talked, or asked, or were asked.
#[must_use]
pub fn propose(policy: &Policy, exchanges: &[Exchange]) -> Proposal {
    let mut suspects = BTreeMap::new();
    let mut believed = BTreeMap::new();
    for _ in 0..ROUNDS {
        suspects = guesses(clues(policy, exchanges, &believed));
        believed = suspects.iter().map(|(ip, guesses)| (*ip, roles_of(guesses))).collect();
    }
    let in_vain = |guesses: &Vec<Guess>| {
        guesses.iter().all(|guess| guess.clues.iter().all(|clue| !clue.answered))
    };
    if suspects.values().filter(|guesses| in_vain(guesses)).count() > MOST_IN_VAIN {
        suspects.retain(|_, guesses| !in_vain(guesses));
    }
    let all: BTreeSet<IpAddr> =
        exchanges.iter().flat_map(|exchange| [exchange.client, exchange.server]).collect();
    let strangers = all.into_iter().filter(|ip| !suspects.contains_key(ip)).collect();
    let suspects = suspects.into_iter().map(|(ip, guesses)| Suspect { ip, guesses }).collect();
    Proposal { suspects, strangers }
}

/// A guess among equals stands for all of them.
fn roles_of(guesses: &[Guess]) -> RoleSet {
    guesses.iter().flat_map(|guess| guess.instead.iter().chain([&guess.role])).copied().collect()
}

fn guesses(clues: Clues) -> BTreeMap<IpAddr, Vec<Guess>> {
    let mut by_machine: BTreeMap<IpAddr, Vec<Guess>> = BTreeMap::new();
    for ((ip, role), mut clues) in clues {
        clues.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
        let Some(sureness) = clues.iter().map(Clue::sureness).max() else { continue };
        let guess = Guess { role, clues, sureness, instead: Vec::new() };
        by_machine.entry(ip).or_default().push(guess);
    }
    by_machine.into_iter().filter_map(|(ip, guesses)| Some((ip, chosen(guesses)?))).collect()
}

fn weight(guess: &Guess) -> f64 {
    guess.clues.iter().map(Clue::weight).sum()
}

/// What something speaks for alone; where there is none, the best of those that fit.
fn chosen(mut guesses: Vec<Guess>) -> Option<Vec<Guess>> {
    // Among equals the role that most machines have stands first: hosts are many, libraries few.
    let common = |role: Role| usize::from(role != Role::HypervHost);
    guesses.sort_by(|a, b| {
        let by_weight = weight(b).total_cmp(&weight(a));
        b.sureness.cmp(&a.sureness).then(by_weight).then(common(a.role).cmp(&common(b.role)))
    });
    guesses
        .retain(|guess| weight(guess) >= LEAST_WEIGHT && guess.clues.iter().any(Clue::is_of_note));
    let best = guesses.first()?.clone();
    if best.sureness > Sureness::Guess {
        let serves = |guess: &Guess| guess.clues.iter().any(|clue| clue.serves);
        guesses.retain(|guess| {
            guess.sureness == best.sureness || guess.sureness == Sureness::Likely && serves(guess)
        });
        return Some(guesses);
    }
    let as_good =
        |guess: &&Guess| guess.role != best.role && weight(guess) >= AS_GOOD * weight(&best);
    let instead = guesses.iter().filter(as_good).map(|guess| guess.role).collect();
    Some(vec![Guess { instead, ..best }])
}

/// Addresses without a role that are named.
const STRANGERS_NAMED: usize = 50;
/// Clues told for a role.
const CLUES_TOLD: usize = 4;

impl Proposal {
    /// A site file in which every guess stands with its reasons. `names` are those that the captures
    /// give to addresses, cleaned.
    #[must_use]
    pub fn site_file(&self, policy: &Policy, names: &BTreeMap<IpAddr, String>) -> String {
        let mut text = String::from(
            "# Proposed by `vmmtap site learn` from traffic. Nothing here is known: check every role,\n\
             # put the addresses of one machine together, and take out what is wrong.\n\n\
             [site]\nname = \"learned\"\n",
        );
        let mut taken = BTreeSet::new();
        for suspect in &self.suspects {
            let name = name(suspect.ip, names, &mut taken);
            let _ = write!(text, "\n[[machine]]\nname = {name}\n");
            for guess in &suspect.guesses {
                text += &comment(policy, guess);
            }
            let roles: Vec<String> =
                suspect.guesses.iter().map(|guess| format!("\"{}\"", guess.role)).collect();
            let _ =
                writeln!(text, "roles = [{}]\naddresses = [\"{}\"]", roles.join(", "), suspect.ip);
        }
        if !self.strangers.is_empty() {
            let _ = writeln!(
                text,
                "\n# Nothing suggests a role for {} more:",
                match self.strangers.len() {
                    1 => "one address".to_owned(),
                    many => format!("{many} addresses"),
                }
            );
            for ip in self.strangers.iter().take(STRANGERS_NAMED) {
                let _ = writeln!(text, "#   {ip}");
            }
            if self.strangers.len() > STRANGERS_NAMED {
                text += "#   ...\n";
            }
        }
        text
    }
}

/// A name that no other machine has, as TOML.
fn name(ip: IpAddr, names: &BTreeMap<IpAddr, String>, taken: &mut BTreeSet<String>) -> String {
    let plain = ip.to_string();
    let given = names.get(&ip).map(|name| name.trim()).filter(|name| {
        let is_word = *name == "any" || Role::from_name(name).is_some();
        // An address is the name of a machine that has no other.
        let is_free = !taken.contains(*name) && name.parse::<IpAddr>().is_err();
        !name.is_empty() && name.len() < 200 && !is_word && is_free
    });
    let name = given.map_or(plain, str::to_owned);
    taken.insert(name.clone());
    toml_edit::Value::from(name).to_string()
}

fn comment(policy: &Policy, guess: &Guess) -> String {
    let mut text = format!("# {}, {}:\n", guess.role, guess.sureness.name());
    for clue in guess.clues.iter().take(CLUES_TOLD) {
        let entry = &policy.matrix.entries[clue.entry];
        let peers = match clue.peers.iter().collect::<Vec<_>>().as_slice() {
            [one] => one.to_string(),
            many => format!("{} machines", many.len()),
        };
        let transport = entry.transport.map_or("", crate::flow::Transport::name);
        let ports: Vec<String> =
            clue.ports.iter().filter(|port| **port > 0).map(u16::to_string).collect();
        let (act, to) = match (clue.serves, clue.answered) {
            (true, true) => ("serves", "to"),
            (true, false) => ("is asked for", "by"),
            (false, _) => ("asks for", "of"),
        };
        let spoken = match clue.spoken {
            _ if !clue.answered => "no answer was seen".to_owned(),
            Some(protocol) => format!("{} is spoken", protocol.name()),
            None => "what is spoken was not recognised".to_owned(),
        };
        let place = [transport, &ports.join("/")].join(" ");
        let (service, title) = (&entry.service, entry.title());
        let _ = writeln!(
            text,
            "#   {act} {service} on {} {to} {peers}; {spoken}; {title}",
            place.trim_end()
        );
    }
    if !guess.instead.is_empty() {
        let names: Vec<&str> = guess.instead.iter().map(|role| role.name()).collect();
        let _ = writeln!(text, "#   it fits {} as well", names.join(", "));
    }
    text
}
