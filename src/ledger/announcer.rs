//! Findings reported as they arise, and revised when a reply arrives after all.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::{FINDINGS, Withheld, rate_limit::RateLimit};
use crate::{
    capture::Timestamp,
    engine::Engine,
    flow::{Conversation, Key, Transport},
    identify::MachineId,
    judge::{Judgement, Policy, Tally, Verdict, Witness},
};

/// What is to be told of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The first of its kind: verdict, machines and service.
    Arose,
    /// Another one of a kind that was reported.
    Again,
    /// The first of its kind, while so many arise that it is only counted.
    Withheld,
    /// It was told as a finding, and is one no more or another one.
    Revised(Verdict),
}

type Kind = (Verdict, Option<MachineId>, Option<MachineId>, Transport, u16);

/// Kinds remembered at most; beyond them none is new.
const MOST_KINDS: usize = 1 << 16;

/// Watches the conversations of an engine for findings. Its memory is bounded: it knows the engine's
/// conversations and [`MOST_KINDS`] kinds.
#[derive(Default)]
pub struct Announcer {
    told: HashMap<(Key, Timestamp), Verdict>,
    kinds: HashSet<Kind>,
    /// One conversation of each kind that works, for [`Judgement::settle`].
    works: Tally,
    due: BTreeSet<(Timestamp, u32)>,
    limit: RateLimit,
}

impl Announcer {
    /// Judges what changed and what has waited long enough, and tells the news.
    ///
    /// # Errors
    /// Those of `tell`.
    pub fn look<E>(
        &mut self,
        engine: &mut Engine,
        witness: &Witness,
        mut tell: impl FnMut(&Policy, &Judgement<'_>, News) -> Result<(), E>,
    ) -> Result<(), E> {
        let now = engine.now().unwrap_or_default();
        let (mut places, renumbered) = engine.take_changes();
        if renumbered {
            self.due.clear();
            self.forget_evicted(engine, &places);
        }
        let later = self.due.split_off(&(Timestamp(now.0.saturating_add(1)), 0));
        places.extend(std::mem::replace(&mut self.due, later).into_iter().map(|(_, place)| place));
        let policy = engine.policy();
        for place in places {
            let Some(conversation) = engine.conversation(place) else { continue };
            let mut judgement = policy.judge(conversation, witness);
            judgement.settle(policy, &self.works);
            if let Some(due) = judgement.outcome.due(conversation, now) {
                self.due.insert((due, place));
            }
            if let Some(news) = self.news(now, conversation, &judgement) {
                tell(policy, &judgement, news)?;
            }
        }
        Ok(())
    }

    /// Findings that were only counted: in an interval that is over, or at the `end` in any.
    pub fn withheld(&mut self, engine: &Engine, end: bool) -> Vec<Withheld> {
        self.limit.take_over(engine.now().filter(|_| !end))
    }

    /// Keeps what is known of the conversations that the engine still has.
    fn forget_evicted(&mut self, engine: &Engine, places: &[u32]) {
        let told = std::mem::take(&mut self.told);
        let kept = places.iter().filter_map(|place| {
            let conversation = engine.conversation(*place)?;
            let id = (conversation.key(), conversation.first);
            told.get(&id).map(|verdict| (id, *verdict))
        });
        self.told = kept.collect();
    }

    fn news(
        &mut self,
        now: Timestamp,
        conversation: &Conversation,
        judgement: &Judgement<'_>,
    ) -> Option<News> {
        let id = (conversation.key(), conversation.first);
        let verdict = judgement.verdict;
        let before = self.told.get(&id).copied();
        if before == Some(verdict) {
            return None;
        }
        let is_finding = FINDINGS.contains(&verdict);
        if is_finding {
            self.told.insert(id, verdict);
        } else {
            self.told.remove(&id);
        }
        let pair = (judgement.client_machine, judgement.server_machine);
        let service = (conversation.transport, judgement.server_end().port);
        let kind = (verdict, pair.0, pair.1, service.0, service.1);
        let worth = is_finding || verdict == Verdict::Ok;
        let is_new = worth && self.kinds.len() < MOST_KINDS && self.kinds.insert(kind);
        if is_new && verdict == Verdict::Ok {
            self.works.count(judgement);
        }
        if let Some(before) = before {
            return Some(News::Revised(before));
        }
        is_finding.then(|| match is_new {
            true if self.limit.allows(now, verdict, pair) => News::Arose,
            true => News::Withheld,
            false => News::Again,
        })
    }
}
