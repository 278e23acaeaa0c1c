//! Findings told as they arise, and taken back when an answer comes after all.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::FINDINGS;
use crate::{
    capture::Timestamp,
    engine::Engine,
    flow::{Conversation, Key, Outcome, SILENCE_NANOS, Transport},
    identify::MachineId,
    judge::{Judgement, Policy, Verdict, Witness},
};

/// What is to be told of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The first of its kind: verdict, machines and service.
    Arose,
    /// Another one of a kind that was told.
    Again,
    /// It was told as a finding, and is one no more or another one.
    Revised(Verdict),
}

type Kind = (Verdict, Option<MachineId>, Option<MachineId>, Transport, u16);

/// Watches the conversations of an engine for findings.
#[derive(Default)]
pub struct Announcer {
    told: HashMap<(Key, Timestamp), Verdict>,
    kinds: HashSet<Kind>,
    due: BTreeSet<(Timestamp, u32)>,
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
        }
        let later = self.due.split_off(&(Timestamp(now.0.saturating_add(1)), 0));
        places.extend(std::mem::replace(&mut self.due, later).into_iter().map(|(_, place)| place));
        let policy = engine.policy();
        for place in places {
            let Some(conversation) = engine.conversation(place) else { continue };
            let judgement = policy.judge(conversation, witness);
            if judgement.outcome == Outcome::Pending {
                let due = Timestamp(conversation.first.0.saturating_add(SILENCE_NANOS));
                if due > now {
                    self.due.insert((due, place));
                }
            }
            if let Some(news) = self.news(conversation, &judgement) {
                tell(policy, &judgement, news)?;
            }
        }
        Ok(())
    }

    fn news(&mut self, conversation: &Conversation, judgement: &Judgement<'_>) -> Option<News> {
        let id = (conversation.key(), conversation.first);
        let verdict = judgement.verdict;
        let before = self.told.get(&id).copied();
        if before == Some(verdict) {
            return None;
        }
        if FINDINGS.contains(&verdict) {
            self.told.insert(id, verdict);
        } else {
            self.told.remove(&id);
        }
        if let Some(before) = before {
            return Some(News::Revised(before));
        }
        let kind = (
            verdict,
            judgement.client_machine,
            judgement.server_machine,
            conversation.transport,
            judgement.server_end().port,
        );
        let is_finding = FINDINGS.contains(&verdict);
        is_finding.then(|| if self.kinds.insert(kind) { News::Arose } else { News::Again })
    }
}
