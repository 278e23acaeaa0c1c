//! What an engine has found, ready to be told.

use std::{collections::BTreeMap, net::IpAddr, ops::Range, sync::Arc};

use crate::{
    capture::{Problem, Summary},
    decode::SkipCounts,
    flow::{Conversation, Conversations},
    judge::{CoverageRow, Judgement, Policy, Tally, Verdict, Witness, coverage},
    obstacle::Obstacle,
    parallel::in_parallel,
};

pub use crate::logs::LogSummary;

/// What was seen and what is to be said of it.
pub struct Report {
    /// The matrix and the site it was judged by.
    pub policy: Arc<Policy>,
    /// The captures, earliest first.
    pub captures: Vec<Summary>,
    /// Names that the captures give to addresses, as they stand there; the first capture's holds.
    pub names: BTreeMap<IpAddr, String>,
    /// Frames read; each is in a conversation, an ICMP error, or skipped.
    pub frames: u64,
    /// Frames that are ICMP errors about others.
    pub icmp_errors: u64,
    /// Frames that hold a packet recorded before, counted in no conversation again.
    pub copies: u64,
    /// Packets that were carried in others, beyond the frames: each counts in a conversation of its
    /// own, and its frame in that of the carrier.
    pub carried: u64,
    /// Frames skipped, by reason.
    pub skips: SkipCounts,
    /// The conversations whose detail was kept, in order of their beginning.
    pub conversations: Conversations,
    /// Their verdicts, in the same order.
    pub verdicts: Vec<Verdict>,
    /// Counts of all conversations.
    pub tally: Tally,
    /// Conversations counted whose detail was given up, by verdict.
    pub shed: BTreeMap<Verdict, u64>,
    /// What the capture as a whole says of its witness.
    pub witness: Witness,
    /// The firewall logs given; [`Speaker::Log`](crate::flow::Speaker::Log) names one by its place.
    pub logs: Vec<LogSummary>,
    /// Threads for what can be shared out.
    pub threads: usize,
}

/// Conversations for which another thread is worth while.
const JUDGED_TOGETHER: usize = 4096;

impl Report {
    /// The conversations judged, in order of their beginning.
    pub fn judgements(&self) -> impl Iterator<Item = Judgement<'_>> {
        self.conversations.iter().map(|one| self.settled(one))
    }

    /// Those judged whose verdict is `wanted`, without judging the others.
    pub fn judgements_where(
        &self,
        wanted: impl Fn(Verdict) -> bool,
    ) -> impl Iterator<Item = Judgement<'_>> {
        let known = self.conversations.iter().zip(&self.verdicts);
        known.filter(move |(_, verdict)| wanted(**verdict)).map(|(one, _)| self.settled(one))
    }

    /// A conversation judged, with what else works between the same machines.
    fn settled<'a>(&self, conversation: &'a Conversation) -> Judgement<'a> {
        let mut judgement = self.policy.judge(conversation, &self.witness);
        judgement.settle(&self.policy, &self.tally);
        judgement
    }

    /// Judges all conversations and counts their verdicts.
    pub(crate) fn judge_all(&mut self) {
        let all = self.conversations.len();
        let share = all.div_ceil(self.threads.max(1)).max(JUDGED_TOGETHER);
        let ranges: Vec<_> =
            (0..all).step_by(share).map(|from| from..(from + share).min(all)).collect();
        let shares = in_parallel(&ranges, |range| self.judge(range.clone()));
        for (tally, verdicts) in shares {
            self.tally.merge(tally);
            self.verdicts.extend(verdicts);
        }
        self.settle_all();
    }

    /// Takes failures back as findings where another port of their rule works between the same
    /// machines, which is known only now.
    fn settle_all(&mut self) {
        for (place, conversation) in self.conversations.iter().enumerate() {
            if self.verdicts[place] != Verdict::Blocked {
                continue;
            }
            let before = self.policy.judge(conversation, &self.witness);
            let mut after = before.clone();
            after.settle(&self.policy, &self.tally);
            if after.verdict != before.verdict {
                self.tally.retract(&before);
                self.tally.count(&after);
                self.verdicts[place] = after.verdict;
            }
        }
    }

    fn judge(&self, range: Range<usize>) -> (Tally, Vec<Verdict>) {
        let mut tally = Tally::default();
        let mut verdicts = Vec::with_capacity(range.len());
        for conversation in self.conversations.range(range) {
            let judgement = self.policy.judge(conversation, &self.witness);
            tally.count(&judgement);
            verdicts.push(judgement.verdict);
        }
        (tally, verdicts)
    }

    /// The coverage of the page's rules.
    #[must_use]
    pub fn coverage(&self) -> Vec<CoverageRow<'_>> {
        coverage(&self.policy, &self.tally)
    }

    /// Whether any conversation got one of these verdicts.
    #[must_use]
    pub fn has_any(&self, verdicts: &[Verdict]) -> bool {
        verdicts.iter().any(|verdict| self.tally.of_verdict(*verdict) > 0)
    }

    /// Why nothing could be judged, if that is so.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        let is_known = |ip| self.policy.site.owner(ip).is_some();
        let with_machine = || {
            let all = self.conversations.iter();
            all.filter(|one| one.ends().iter().any(|end| is_known(end.ip))).count() as u64
        };
        Obstacle::of(self.frames, &self.skips, &self.tally, with_machine)
    }

    /// Whether a capture broke in a way that may hide anything: what came after is not known.
    #[must_use]
    pub fn lacks_evidence(&self) -> bool {
        const FATAL: [Problem; 4] = [
            Problem::ReadFailed,
            Problem::Decompression,
            Problem::BadLength,
            Problem::InterfaceGone,
        ];
        let broken = |one: &Summary| FATAL.iter().any(|kind| one.problems.count(*kind) > 0);
        self.captures.iter().any(broken)
    }

    /// Conversations between machines of the site.
    #[must_use]
    pub fn known_conversations(&self) -> u64 {
        self.tally.total() - self.tally.of_verdict(Verdict::Outside)
    }
}
