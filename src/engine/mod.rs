//! The engine: frames in, a report out.
//!
//! It is a value with no clock, handle or thread in it. Two engines, each fed its share of the
//! conversations, merge into one that reports as if it had seen all.

mod batch;
mod limits;
mod shard;

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::Arc,
};

pub use batch::{Batch, Sorter};
pub use limits::Limits;
pub use shard::Shard;

use crate::{
    capture::{FirewallLog, Frame, Summary, Timestamp},
    decode::{Decoder, Packet, Skip, SkipCounts},
    flow::{Address, Conversation, Conversations},
    identify::MachineId,
    judge::{Policy, Tally, Witness},
    logs,
    rate::Rate,
    report::Report,
};

/// Judges frames one by one.
pub struct Engine {
    policy: Arc<Policy>,
    decoder: Decoder,
    shards: Vec<Shard>,
    limits: Limits,
    threads: usize,
    frames: u64,
    skips: SkipCounts,
    latest: Option<Timestamp>,
    changes: Option<Changes>,
    rate: Rate,
    logs: Vec<(MachineId, FirewallLog)>,
}

impl Engine {
    /// An engine under a policy that keeps no more than `limits` allow.
    #[must_use]
    pub fn new(policy: Arc<Policy>, limits: impl Into<Limits>) -> Self {
        let limits = limits.into();
        let shards = limits.shards();
        let shard = |_| Shard::new(Arc::clone(&policy), limits.share(shards));
        Self {
            shards: (0..shards).map(shard).collect(),
            decoder: decoder(&policy),
            policy,
            limits,
            threads: 1,
            frames: 0,
            skips: SkipCounts::default(),
            latest: None,
            changes: None,
            rate: Rate::default(),
            logs: Vec::new(),
        }
    }

    /// The same with so many threads for what can be shared out; what it finds does not depend on
    /// them.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// Threads for what can be shared out.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Adds the firewall log of a machine; it is joined to the conversations at the end.
    pub fn attach_log(&mut self, machine: MachineId, log: FirewallLog) {
        Arc::make_mut(&mut self.policy).log_owners.push(machine);
        self.logs.push((machine, log));
    }

    /// Begins to remember which conversations change, and their moments; see
    /// [`Self::take_changes`]. To be asked for before the first frame.
    pub fn follow(&mut self) {
        self.changes = Some(Changes::default());
        let mut shard = Shard::new(Arc::clone(&self.policy), self.limits);
        shard.table.follow();
        self.shards = vec![shard];
    }

    /// Time has passed without a frame.
    pub fn pass(&mut self, now: Timestamp) {
        self.rate.pass(now);
        self.latest = self.latest.max(Some(now));
    }

    /// The policy it judges by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The latest time it knows of.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.latest
    }

    /// Frames taken in.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Frames in each of the last seconds, the present one last.
    #[must_use]
    pub fn per_second(&self) -> &VecDeque<u64> {
        self.rate.per_second()
    }

    /// Frames left out.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skips.total()
    }

    /// Places of the conversations that changed since this was last asked, and whether all places
    /// have a new meaning because conversations were shed. Nothing without [`Self::follow`].
    pub fn take_changes(&mut self) -> (Vec<u32>, bool) {
        let Some(changes) = self.changes.as_mut() else { return (Vec::new(), false) };
        let renumbered = std::mem::take(&mut changes.renumbered);
        if renumbered {
            let _superseded = changes.take();
            let all = self.shards.iter().map(|shard| shard.table.len()).sum::<usize>();
            let all = u32::try_from(all).unwrap_or(u32::MAX);
            return ((0..all).collect(), true);
        }
        (changes.take(), false)
    }

    /// A conversation whose place [`Self::take_changes`] gave.
    #[must_use]
    pub fn conversation(&self, place: u32) -> Option<&Conversation> {
        self.shards.first()?.table.at(place as usize)
    }

    /// The counts of the conversations whose detail was given up.
    #[must_use]
    pub fn shed_tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.shards.iter().for_each(|shard| tally.merge(shard.tally.clone()));
        tally
    }

    /// Takes a frame in.
    pub fn feed(&mut self, frame: &Frame<'_>) {
        let mut decoder = std::mem::take(&mut self.decoder);
        self.count(frame.time);
        let read = decoder.read(frame, |packet| self.take(packet));
        self.decoder = decoder;
        if let Err(skip) = read {
            self.skip(skip);
        }
    }

    /// Takes in what waited for something that will not come: the captures are at their end.
    pub fn flush(&mut self) {
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.flush(|packet| self.take(packet));
        self.decoder = decoder;
    }

    /// Counts a frame that was decoded elsewhere; its packets go to [`Self::take`], or else its
    /// reason to [`Self::skip`].
    pub fn count(&mut self, time: Timestamp) {
        self.frames += 1;
        self.rate.frame(time);
        self.latest = self.latest.max(Some(time));
    }

    /// Counts a frame that is no packet of a conversation.
    pub fn skip(&mut self, skip: Skip) {
        self.skips.count(skip);
    }

    /// Takes a packet in.
    pub fn take(&mut self, packet: &Packet<'_>) {
        let at = shard_of(packet, self.shards.len());
        let shard = &mut self.shards[at];
        let place = shard.take(packet);
        if let Some(changes) = self.changes.as_mut() {
            if std::mem::take(&mut shard.renumbered) {
                *changes = Changes { renumbered: true, ..Changes::default() };
            } else if let Some(place) = place {
                changes.note(place);
            }
        }
    }

    /// What sorts frames for this engine's shards, and the shards themselves, to be fed apart;
    /// [`Self::rejoin`] puts them together again.
    #[must_use]
    pub fn part(&mut self) -> (Sorter, Vec<Shard>) {
        let shards = std::mem::take(&mut self.shards);
        (Sorter::new(std::mem::take(&mut self.decoder), shards.len()), shards)
    }

    /// Takes back what [`Self::part`] gave.
    pub fn rejoin(&mut self, sorter: Sorter, shards: Vec<Shard>) {
        self.shards = shards;
        self.frames += sorter.frames;
        self.latest = self.latest.max(sorter.latest);
        self.skips.merge(sorter.skips);
        self.decoder = sorter.decoder;
    }

    /// Adds what another engine under the same policy has seen.
    pub fn merge(&mut self, other: Self) {
        self.frames += other.frames;
        self.latest = self.latest.max(other.latest);
        self.skips.merge(other.skips);
        for (own, shard) in self.shards.iter_mut().zip(other.shards) {
            own.merge(shard);
        }
        self.logs.extend(other.logs);
    }

    /// What captures that looked on for so long, and that lost so many packets, are worth.
    #[must_use]
    pub fn witness(&mut self, spans: Vec<(Timestamp, Timestamp)>, dropped: u64) -> Witness {
        let mut shards = self.shards.iter_mut().map(|shard| shard.table.surroundings());
        let mut surroundings = shards.next().unwrap_or_default();
        for other in shards {
            Arc::make_mut(&mut surroundings).merge(&other);
        }
        Witness::new(spans, self.latest.unwrap_or_default())
            .lacking(dropped, self.frames)
            .amid(surroundings)
    }

    /// Judges what it has seen. `captures` are the sources of the frames.
    #[must_use]
    pub fn finish(mut self, captures: Vec<Summary>) -> Report {
        self.flush();
        let dropped = captures.iter().map(|one| one.problems.lost()).sum();
        let spans = captures.iter().filter_map(Summary::watched).collect();
        let clock_stands_still = captures.iter().any(|one| one.clock.stands_still());
        let witness = self.witness(spans, dropped).with_clock(clock_stands_still);
        let mut report = Report {
            names: names(&captures),
            captures,
            policy: self.policy,
            frames: self.frames,
            icmp_errors: 0,
            carried: 0,
            copies: 0,
            skips: self.skips,
            conversations: Conversations::default(),
            verdicts: Vec::new(),
            tally: Tally::default(),
            shed: BTreeMap::new(),
            witness,
            logs: Vec::new(),
            threads: self.threads,
        };
        let mut tables = Vec::new();
        for shard in self.shards {
            report.icmp_errors += shard.icmp_errors;
            report.carried += shard.carried;
            report.copies += shard.table.copies();
            report.skips.retract(Skip::Fragment, shard.from_fragments);
            report.tally.merge(shard.tally);
            for (verdict, count) in shard.shed {
                *report.shed.entry(verdict).or_default() += count;
            }
            tables.push(shard.table.into_conversations());
        }
        report.conversations = Conversations::new(tables);
        report.logs = logs::join(self.logs, &report.policy, &mut report.conversations);
        report.judge_all();
        report
    }
}

/// A decoder that tells the site's virtual networks from those of tenants.
fn decoder(policy: &Arc<Policy>) -> Decoder {
    if !policy.has_site() {
        return Decoder::default();
    }
    let networks = Arc::clone(policy);
    Decoder::with_networks(networks)
}

/// Which of so many shards a packet belongs to. What is no conversation's goes to the first.
fn shard_of(packet: &Packet<'_>, shards: usize) -> usize {
    if shards == 1 {
        return 0;
    }
    Address::of(packet).map_or(0, |address| share(&address, shards))
}

fn share(address: &Address, shards: usize) -> usize {
    address.part() % shards
}

/// Which conversations changed, each named once.
#[derive(Default)]
struct Changes {
    places: Vec<u32>,
    named: Vec<bool>,
    renumbered: bool,
}

impl Changes {
    fn note(&mut self, place: usize) {
        if self.named.len() <= place {
            self.named.resize(place + 1, false);
        }
        if !std::mem::replace(&mut self.named[place], true) {
            self.places.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
    }

    fn take(&mut self) -> Vec<u32> {
        let places = std::mem::take(&mut self.places);
        for place in &places {
            self.named[*place as usize] = false;
        }
        places
    }
}

fn names(captures: &[Summary]) -> BTreeMap<IpAddr, String> {
    let mut names = BTreeMap::new();
    for (ip, name) in captures.iter().flat_map(|capture| &capture.names) {
        names.entry(*ip).or_insert_with(|| name.clone());
    }
    names
}
