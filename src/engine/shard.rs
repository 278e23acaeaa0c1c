//! A share of the conversations: those that a number made of their ends leads to.
//!
//! How many shards there are does not depend on how many threads there are, and none looks at
//! another one before the end. So the same frames always give the same report.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::HashSet;

use super::Limits;
use crate::{
    capture::Timestamp,
    decode::{Body, Counted, Packet},
    flow::{Address, Conversation, FlowTable, Outcome, Transport},
    identify::MachineId,
    judge::{Judgement, Policy, Tally, Verdict, Witness},
};

/// One in so many conversations is shed when there is no more room, so that it is not full again at
/// once.
const SHED_SHARE: usize = 4;

/// A table with what was counted beside it.
pub struct Shard {
    policy: Arc<Policy>,
    limits: Limits,
    pub(super) table: FlowTable,
    pub(super) icmp_errors: u64,
    pub(super) carried: u64,
    /// Frames that were skipped as fragments and count here after all.
    pub(super) from_fragments: u64,
    pub(super) tally: Tally,
    pub(super) shed: BTreeMap<Verdict, u64>,
    /// Whether conversations were shed since this was last set to false.
    pub(super) renumbered: bool,
    latest: Timestamp,
}

impl Shard {
    pub(super) fn new(policy: Arc<Policy>, limits: Limits) -> Self {
        Self {
            policy,
            limits,
            table: FlowTable::default(),
            icmp_errors: 0,
            carried: 0,
            from_fragments: 0,
            tally: Tally::default(),
            shed: BTreeMap::new(),
            renumbered: false,
            latest: Timestamp(i64::MIN),
        }
    }

    /// The hash that its table knows an address by.
    pub fn hash(&self, address: &Address) -> u64 {
        self.table.hash(address)
    }

    /// The place that a hash leads to at first sight, for [`Self::touch`].
    pub fn guess(&self, hash: u64) -> usize {
        self.table.guess(hash)
    }

    /// Looks at a place, so that it is at hand when it is needed.
    pub fn touch(&self, place: usize) -> i64 {
        self.table.touch(place)
    }

    /// Takes a packet in; gives the place of the conversation that it told something of.
    pub fn take(&mut self, packet: &Packet<'_>) -> Option<usize> {
        // A tenant's neighbours are not the site's.
        if let Body::Neighbour(neighbour) = packet.body
            && packet.tenant.is_none()
        {
            self.table.take_neighbour(packet.src, neighbour, packet.time);
        }
        match Address::of(packet) {
            Some(at) => self.take_at(&at, self.table.hash(&at), packet),
            None => {
                self.count(packet);
                None
            }
        }
    }

    /// The same with its address and what [`Self::hash`] gave.
    pub fn take_at(&mut self, at: &Address, hash: u64, packet: &Packet<'_>) -> Option<usize> {
        self.count(packet);
        let place = self.table.take_at(at, hash, packet);
        if self.limits.are_exceeded(&self.table) {
            self.shed();
        }
        place
    }

    fn count(&mut self, packet: &Packet<'_>) {
        self.latest = self.latest.max(packet.time);
        match packet.counted {
            Counted::Here | Counted::Skipped => {}
            Counted::ByCarrier => self.carried += 1,
            Counted::AsFragment => self.from_fragments += 1,
        }
        self.icmp_errors += u64::from(matches!(packet.body, Body::Error(_)));
    }

    /// Gives up the detail of the least telling conversations; they are judged and counted first.
    pub(super) fn shed(&mut self) {
        let witness = Witness::new(Vec::new(), self.latest).amid(self.table.surroundings());
        let policy = Arc::clone(&self.policy);
        let mut known = HashSet::new();
        let rank =
            |conversation: &Conversation| worth(&policy.judge(conversation, &witness), &mut known);
        let all = self.table.len();
        let excess = all.saturating_sub(self.limits.conversations);
        let count = excess.max(all / SHED_SHARE).max(1);
        let (tally, shed) = (&mut self.tally, &mut self.shed);
        self.table.shed(count, rank, |conversation| {
            let judgement = policy.judge(&conversation, &witness);
            *shed.entry(judgement.verdict).or_default() += 1;
            tally.count(&judgement);
        });
        self.renumbered = true;
    }

    /// Adds what another shard under the same policy has seen.
    pub(super) fn merge(&mut self, other: Self) {
        self.icmp_errors += other.icmp_errors;
        self.carried += other.carried;
        self.from_fragments += other.from_fragments;
        self.latest = self.latest.max(other.latest);
        self.tally.merge(other.tally);
        for (verdict, count) in other.shed {
            *self.shed.entry(verdict).or_default() += count;
        }
        self.table.merge(other.table);
        while self.limits.are_exceeded(&self.table) {
            self.shed();
        }
    }
}

/// What findings are told apart by.
type Kind = (Verdict, Option<MachineId>, Option<MachineId>, Transport, u16);

/// What is kept longest has the highest rank: the first of each kind of finding, then its likes and
/// questions that may become one.
fn worth(judgement: &Judgement<'_>, known: &mut HashSet<Kind>) -> u8 {
    match judgement.verdict {
        Verdict::Outside => 0,
        Verdict::Ok => 1,
        Verdict::Unknown if judgement.outcome == Outcome::Pending => 4,
        Verdict::Unknown => 2,
        Verdict::Denied => 3,
        verdict @ (Verdict::Mismatch | Verdict::Unexpected | Verdict::Blocked) => {
            let (transport, port) = (judgement.conversation.transport, judgement.server_end().port);
            let (client, server) = (judgement.client_machine, judgement.server_machine);
            if known.insert((verdict, client, server, transport, port)) { 5 } else { 4 }
        }
    }
}
