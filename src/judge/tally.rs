//! Counts that are never shed: per pair of machines, port and verdict, and per rule.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::{Judgement, Kind, RuleRef, Service, Verdict};
use crate::{
    flow::{Outcome, Transport},
    identify::{MachineId, PortRange},
};

/// Conversations of one verdict between two machines to one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairCount {
    /// Who asked.
    pub client: MachineId,
    /// Who was asked.
    pub server: MachineId,
    /// Transport.
    pub transport: Transport,
    /// The server's port.
    pub port: u16,
    /// The verdict.
    pub verdict: Verdict,
}

/// What became of the conversations that a rule expects between two machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// Worked.
    pub ok: u64,
    /// Failed.
    pub blocked: u64,
    /// Something else was spoken.
    pub mismatch: u64,
    /// Undecided.
    pub unknown: u64,
    /// Failed, but another port works between the same machines.
    pub replaced: u64,
}

/// Who asks and who is asked.
type Pair = (MachineId, MachineId);

/// The counts of one engine, or of several merged.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    verdicts: BTreeMap<Verdict, u64>,
    pairs: HashMap<PairCount, u64>,
    rules: HashMap<RuleRef, HashMap<Pair, RuleCount>>,
    /// Conversations that worked, by pair of machines, transport and port.
    working: HashMap<Pair, BTreeMap<(Transport, u16), u64>>,
}

impl Tally {
    /// Counts a judgement.
    pub fn count(&mut self, judgement: &Judgement<'_>) {
        self.change(judgement, |count| *count += 1);
    }

    /// Takes back a judgement that was counted.
    pub fn retract(&mut self, judgement: &Judgement<'_>) {
        self.change(judgement, |count| *count = count.saturating_sub(1));
    }

    fn change(&mut self, judgement: &Judgement<'_>, change: fn(&mut u64)) {
        change(self.verdicts.entry(judgement.verdict).or_default());
        let Some((client, server)) = judgement.client_machine.zip(judgement.server_machine) else {
            return;
        };
        let transport = judgement.conversation.transport;
        let (port, verdict) = (judgement.server_end().port, judgement.verdict);
        let pair = PairCount { client, server, transport, port, verdict };
        change(self.pairs.entry(pair).or_default());
        if verdict == Verdict::Ok {
            let ports = self.working.entry((client, server)).or_default();
            change(ports.entry((transport, port)).or_default());
        }
        if !matches!(judgement.expectation.kind, Kind::Expected | Kind::DynamicRpc) {
            return;
        }
        for rule in &judgement.expectation.rules {
            let count = self.rules.entry(*rule).or_default().entry((client, server)).or_default();
            change(match verdict {
                // What was met in the middle may be older than the firewall's latest change.
                Verdict::Ok if judgement.outcome == Outcome::Answered => &mut count.ok,
                Verdict::Blocked => &mut count.blocked,
                Verdict::Denied => &mut count.replaced,
                Verdict::Mismatch => &mut count.mismatch,
                _ => &mut count.unknown,
            });
        }
    }

    /// Whether a connection to one of these ports works between two machines, other than `but`.
    #[must_use]
    pub fn works(
        &self,
        (client, server): (MachineId, MachineId),
        transport: Transport,
        ports: &[PortRange],
        but: &Service,
    ) -> bool {
        self.working.get(&(client, server)).into_iter().flatten().any(|(other, count)| {
            let own = other.0 == but.transport && other.1 == but.port;
            let fits = other.0 == transport && ports.iter().any(|range| range.contains(other.1));
            *count > 0 && fits && !own
        })
    }

    /// Conversations of a verdict.
    #[must_use]
    pub fn of_verdict(&self, verdict: Verdict) -> u64 {
        self.verdicts.get(&verdict).copied().unwrap_or(0)
    }

    /// All conversations.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.verdicts.values().sum()
    }

    /// The counts per pair, port and verdict, in their order.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&PairCount, u64)> {
        let all = self.pairs.iter().map(|(pair, count)| (pair, *count));
        let mut pairs: Vec<_> = all.filter(|(_, count)| *count > 0).collect();
        pairs.sort_unstable();
        pairs
    }

    /// The pairs of machines between which a rule's conversations were seen, in no order.
    pub fn pairs_of(&self, rule: RuleRef) -> impl Iterator<Item = (MachineId, MachineId)> {
        let all = self.rules.get(&rule).into_iter().flatten();
        all.filter(|(_, count)| **count != RuleCount::default()).map(|(pair, _)| *pair)
    }

    /// What became of a rule's conversations between two machines.
    #[must_use]
    pub fn of_rule(&self, rule: RuleRef, client: MachineId, server: MachineId) -> RuleCount {
        let pairs = self.rules.get(&rule);
        pairs.and_then(|pairs| pairs.get(&(client, server))).copied().unwrap_or_default()
    }

    /// Adds another engine's counts.
    pub fn merge(&mut self, other: Self) {
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        for (pair, count) in other.pairs {
            *self.pairs.entry(pair).or_default() += count;
        }
        for (pair, ports) in other.working {
            let own = self.working.entry(pair).or_default();
            for (port, count) in ports {
                *own.entry(port).or_default() += count;
            }
        }
        for (rule, pairs) in other.rules {
            let own = self.rules.entry(rule).or_default();
            for (pair, count) in pairs {
                own.entry(pair).or_default().add(count);
            }
        }
    }
}

impl RuleCount {
    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        self.ok += other.ok;
        self.blocked += other.blocked;
        self.mismatch += other.mismatch;
        self.unknown += other.unknown;
        self.replaced += other.replaced;
    }
}
