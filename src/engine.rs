//! The engine: frames in, a report out.
//!
//! It is a value with no clock, handle or thread in it. Two engines, each fed its share of the
//! conversations, merge into one that reports as if it had seen all.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::Arc,
};

use crate::{
    capture::{FirewallLog, Frame, Summary, Timestamp},
    decode::{Body, Counted, Decoder, Packet, Skip, SkipCounts},
    flow::{Conversation, FlowTable, Outcome},
    identify::MachineId,
    judge::{Judgement, Policy, Tally, Verdict, Witness},
    logs,
    rate::Rate,
    report::Report,
};

/// Judges frames one by one.
pub struct Engine {
    policy: Arc<Policy>,
    decoder: Decoder,
    table: FlowTable,
    max_conversations: usize,
    frames: u64,
    icmp_errors: u64,
    carried: u64,
    skips: SkipCounts,
    latest: Option<Timestamp>,
    tally: Tally,
    shed: BTreeMap<Verdict, u64>,
    changes: Option<Changes>,
    rate: Rate,
    logs: Vec<(MachineId, FirewallLog)>,
}

/// Conversations kept in detail where nothing else is said. With some 900 bytes each and the table's
/// share, a million stays well below 1 GiB.
pub const DEFAULT_MAX_CONVERSATIONS: usize = 1_000_000;

/// One in so many conversations is shed when the table is full, so that it is not full again at once.
const SHED_SHARE: usize = 8;

impl Engine {
    /// An engine under a policy that keeps the detail of at most `max_conversations`.
    #[must_use]
    pub fn new(policy: Arc<Policy>, max_conversations: usize) -> Self {
        Self {
            policy,
            decoder: Decoder::default(),
            table: FlowTable::default(),
            max_conversations: max_conversations.max(1),
            frames: 0,
            icmp_errors: 0,
            carried: 0,
            skips: SkipCounts::default(),
            latest: None,
            tally: Tally::default(),
            shed: BTreeMap::new(),
            changes: None,
            rate: Rate::default(),
            logs: Vec::new(),
        }
    }

    /// Adds the firewall log of a machine; it is joined to the conversations at the end.
    pub fn attach_log(&mut self, machine: MachineId, log: FirewallLog) {
        Arc::make_mut(&mut self.policy).log_owners.push(machine);
        self.logs.push((machine, log));
    }

    /// Begins to remember which conversations change; see [`Self::take_changes`].
    pub fn follow(&mut self) {
        self.changes = Some(Changes::default());
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
            let all = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
            return ((0..all).collect(), true);
        }
        (changes.take(), false)
    }

    /// A conversation whose place [`Self::take_changes`] gave.
    #[must_use]
    pub fn conversation(&self, place: u32) -> Option<&Conversation> {
        self.table.at(place as usize)
    }

    /// The counts of the conversations whose detail was given up.
    #[must_use]
    pub fn shed_tally(&self) -> &Tally {
        &self.tally
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
        match packet.counted {
            Counted::Here => {}
            Counted::ByCarrier => self.carried += 1,
            Counted::AsFragment => self.skips.retract(Skip::Fragment),
            Counted::Skipped => {}
        }
        self.icmp_errors += u64::from(matches!(packet.body, Body::Error(_)));
        let place = self.table.take(packet);
        if let Some((changes, place)) = self.changes.as_mut().zip(place) {
            changes.note(place);
        }
        if self.table.len() > self.max_conversations {
            self.shed();
        }
    }

    /// Adds what another engine under the same policy has seen.
    pub fn merge(&mut self, other: Self) {
        self.frames += other.frames;
        self.icmp_errors += other.icmp_errors;
        self.carried += other.carried;
        self.latest = self.latest.max(other.latest);
        self.skips.merge(other.skips);
        self.tally.merge(other.tally);
        for (verdict, count) in other.shed {
            *self.shed.entry(verdict).or_default() += count;
        }
        self.table.merge(other.table);
        self.logs.extend(other.logs);
        while self.table.len() > self.max_conversations {
            self.shed();
        }
    }

    /// What captures that looked on for so long, and that lost so many packets, are worth.
    #[must_use]
    pub fn witness(&self, spans: Vec<(Timestamp, Timestamp)>, dropped: u64) -> Witness {
        Witness::new(spans, self.latest.unwrap_or_default())
            .lacking(dropped, self.frames)
            .amid(Arc::clone(self.table.surroundings()))
    }

    /// Judges what it has seen. `captures` are the sources of the frames.
    #[must_use]
    pub fn finish(mut self, captures: Vec<Summary>) -> Report {
        self.flush();
        let dropped = captures.iter().map(|one| one.problems.lost()).sum();
        let spans = captures.iter().filter_map(Summary::watched).collect();
        let witness = self.witness(spans, dropped);
        let names = names(&captures);
        let copies = self.table.copies();
        let mut conversations = self.table.into_conversations();
        let logs = logs::join(self.logs, &self.policy, &mut conversations);
        for conversation in &conversations {
            self.tally.count(&self.policy.judge(conversation, &witness));
        }
        Report {
            policy: self.policy,
            captures,
            names,
            frames: self.frames,
            icmp_errors: self.icmp_errors,
            carried: self.carried,
            copies,
            skips: self.skips,
            conversations,
            tally: self.tally,
            shed: self.shed,
            witness,
            logs,
        }
    }

    /// Gives up the detail of the least telling conversations; they are judged and counted first.
    fn shed(&mut self) {
        let witness = self.witness(Vec::new(), 0);
        let policy = Arc::clone(&self.policy);
        let rank = |conversation: &Conversation| worth(&policy.judge(conversation, &witness));
        let excess = self.table.len().saturating_sub(self.max_conversations);
        let count = excess.max(self.max_conversations / SHED_SHARE).max(1);
        for conversation in self.table.shed(count, rank) {
            let judgement = self.policy.judge(&conversation, &witness);
            *self.shed.entry(judgement.verdict).or_default() += 1;
            self.tally.count(&judgement);
        }
        if let Some(changes) = self.changes.as_mut() {
            *changes = Changes { renumbered: true, ..Changes::default() };
        }
    }
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

/// What is kept longest has the highest rank: findings, and questions that may become one.
fn worth(judgement: &Judgement<'_>) -> u8 {
    match judgement.verdict {
        Verdict::Outside => 0,
        Verdict::Ok => 1,
        Verdict::Unknown if judgement.outcome == Outcome::Pending => 4,
        Verdict::Unknown => 2,
        Verdict::Denied => 3,
        Verdict::Mismatch | Verdict::Unexpected | Verdict::Blocked => 4,
    }
}
