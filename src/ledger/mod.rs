//! The ledger: all judgements as they stand while frames still come.
//!
//! It is told which conversations changed and what time it is, judges those again and no others, and
//! keeps the sums. A question without an answer is judged again when its time has passed, and once
//! more if the answer comes after all. No clock, handle or thread is in it.

mod announcer;
mod finding;
mod rate_limit;
mod row;
mod status;

pub use crate::judge::Service;
pub use announcer::{Announcer, News};
pub use finding::{FINDINGS, Finding, FindingKey};
pub use rate_limit::Withheld;
pub use row::Row;
pub use status::Status;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hashbrown::HashSet;

use self::finding::Findings;
use crate::{
    capture::Timestamp,
    flow::{Conversation, Outcome},
    identify::MachineId,
    judge::{
        CoverageRow, Expectation, Policy, Status as CoverageStatus, Tally, Verdict, Witness,
        coverage,
    },
};

/// What changed since the last time.
#[derive(Default)]
pub struct Changes {
    /// All places have a new meaning: those before are void.
    pub renumbered: bool,
    /// Conversations by place, as they are now.
    pub conversations: Vec<(u32, Conversation)>,
    /// The counts of conversations whose detail was given up; sent when places are renumbered.
    pub shed: Tally,
    /// Who looked on, and until when.
    pub witness: Witness,
    /// The time of these changes.
    pub now: Timestamp,
}

/// The judgements as they stand.
pub struct Ledger {
    policy: Arc<Policy>,
    rows: Vec<Option<Row>>,
    tally: Tally,
    findings: Findings,
    due: BTreeSet<(Timestamp, u32)>,
    /// Pairs of machines between which something works that did not before: failures of alternatives
    /// may be no findings any more.
    newly_working: BTreeSet<(MachineId, MachineId)>,
    expectations: HashSet<Arc<Expectation>>,
    witness: Witness,
    now: Timestamp,
    revision: u64,
}

impl Ledger {
    /// An empty ledger under a policy.
    #[must_use]
    pub fn new(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            rows: Vec::new(),
            tally: Tally::default(),
            findings: Findings::default(),
            due: BTreeSet::new(),
            newly_working: BTreeSet::new(),
            expectations: HashSet::new(),
            witness: Witness::default(),
            now: Timestamp::default(),
            revision: 0,
        }
    }

    /// Takes changes in, and judges what they and the time that has passed bear on.
    pub fn apply(&mut self, changes: Changes) {
        if changes.renumbered {
            self.forget();
            self.tally = changes.shed;
        }
        // Loss weakens what was concluded from silence long ago, and the last word on who looked on
        // may take a conclusion back.
        let witness_differs = self.witness.differs_from(&changes.witness);
        self.witness = changes.witness;
        self.now = self.now.max(changes.now);
        for (place, conversation) in changes.conversations {
            self.judge(place, &conversation);
        }
        if witness_differs {
            self.judge_again(Row::rests_on_surroundings);
        }
        let newly_working = std::mem::take(&mut self.newly_working);
        if !newly_working.is_empty() {
            self.judge_again(|row| {
                let pair = row.client_machine.zip(row.server_machine);
                row.verdict == Verdict::Blocked
                    && pair.is_some_and(|pair| newly_working.contains(&pair))
            });
        }
        while let Some((time, place)) = self.due.first().copied().filter(|one| one.0 <= self.now) {
            self.due.remove(&(time, place));
            if let Some(row) = self.rows.get(place as usize).and_then(Option::as_ref) {
                let conversation = row.conversation.clone();
                self.judge(place, &conversation);
            }
        }
    }

    fn forget(&mut self) {
        self.rows.clear();
        self.findings = Findings::default();
        self.due.clear();
        self.revision += 1;
    }

    fn judge_again(&mut self, which: impl Fn(&Row) -> bool) {
        for place in 0..self.rows.len() {
            let Some(row) = self.rows[place].as_ref().filter(|row| which(row)) else { continue };
            let conversation = row.conversation.clone();
            self.judge(u32::try_from(place).unwrap_or(u32::MAX), &conversation);
        }
    }

    fn judge(&mut self, place: u32, conversation: &Conversation) {
        let policy = Arc::clone(&self.policy);
        let mut judgement = policy.judge(conversation, &self.witness);
        judgement.settle(&policy, &self.tally);
        let row = Row::new(&judgement, self.shared(&judgement.expectation));
        if self.rows.len() <= place as usize {
            self.rows.resize_with(place as usize + 1, || None);
        }
        let before = self.rows[place as usize].take();
        if let Some(before) = &before {
            self.tally.retract(&before.judgement(&policy));
        }
        self.tally.count(&judgement);
        self.findings.change(place, before.as_ref(), &row, self.now);
        if let Some(due) = row.outcome.due(conversation, self.now) {
            self.due.insert((due, place));
        }
        let worked = before.as_ref().is_some_and(|before| before.verdict == Verdict::Ok);
        if row.verdict == Verdict::Ok && !worked {
            self.newly_working.extend(row.client_machine.zip(row.server_machine));
        }
        self.rows[place as usize] = Some(row);
        self.revision += 1;
    }

    fn shared(&mut self, expectation: &Expectation) -> Arc<Expectation> {
        if let Some(known) = self.expectations.get(expectation) {
            return Arc::clone(known);
        }
        let shared = Arc::new(expectation.clone());
        self.expectations.insert(Arc::clone(&shared));
        shared
    }

    /// The matrix and the site.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The row at a place.
    #[must_use]
    pub fn row(&self, place: u32) -> Option<&Row> {
        self.rows.get(place as usize)?.as_ref()
    }

    /// The rows by place, which is the order of their beginning as far as the capture is in order.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &Row)> {
        (0..).zip(&self.rows).filter_map(|(place, row)| Some((place, row.as_ref()?)))
    }

    /// The counts.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The findings, those that arose last first.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        self.findings.newest_first()
    }

    /// The finding of a key.
    #[must_use]
    pub fn finding(&self, key: &FindingKey) -> Option<&Finding> {
        self.findings.get(key)
    }

    /// Since when the service of a blocked finding works, if it does since the last failure.
    #[must_use]
    pub fn mended(&self, finding: &Finding) -> Option<Timestamp> {
        self.findings.mended(finding)
    }

    /// The coverage of the page's rules.
    #[must_use]
    pub fn coverage(&self) -> Vec<CoverageRow<'_>> {
        coverage(&self.policy, &self.tally)
    }

    /// The coverage as it is by now: what failed until it was mended, and has worked ever since, is
    /// verified here, while a report calls it flaky for good.
    #[must_use]
    pub fn coverage_now(&self) -> Vec<CoverageRow<'_>> {
        let mut rows = self.coverage();
        for row in rows.iter_mut().filter(|row| row.status == CoverageStatus::Flaky) {
            if let Some(until) = self.failed_until(row) {
                row.status = CoverageStatus::Verified;
                let times = if row.blocked == 1 { "once" } else { "more than once" };
                let until = until.to_string();
                let clock = until.get(11..19).unwrap_or(&until);
                row.note = format!("mended; failed {times}, last {clock}");
            }
        }
        rows
    }

    /// When a rule's last failure between two machines began, if it has worked ever since and had not
    /// worked in between failures.
    fn failed_until(&self, row: &CoverageRow<'_>) -> Option<Timestamp> {
        let of_pair = |one: &&Row| {
            one.client_machine == row.client
                && one.server_machine == row.server
                && one.expectation.rules.iter().any(|rule| {
                    self.policy.entry(*rule).is_some_and(|entry| {
                        entry.id == row.entry.id
                            || entry.group.is_some() && entry.group == row.entry.group
                    })
                })
        };
        let (mut worked, mut failed) = (Vec::new(), Vec::new());
        for one in self.rows.iter().flatten().filter(of_pair) {
            match one.verdict {
                Verdict::Blocked => failed.push(one.conversation.first),
                Verdict::Ok if one.outcome == Outcome::Answered => {
                    worked.push(one.conversation.first);
                }
                _ => {}
            }
        }
        let (first, last) = (failed.iter().min()?, failed.iter().max()?);
        let works_since = worked.iter().any(|time| time > last);
        let in_between = worked.iter().any(|time| first < time && time < last);
        (works_since && !in_between).then_some(*last)
    }

    /// The latest time it knows of.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Counts changes, so that one sees whether something is still as it was.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Conversations by verdict.
    #[must_use]
    pub fn verdicts(&self) -> BTreeMap<Verdict, u64> {
        Verdict::ALL.into_iter().map(|one| (one, self.tally.of_verdict(one))).collect()
    }
}
