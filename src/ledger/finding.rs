//! Conversations of one kind between two machines, kept together while they come and change.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::Row;
use crate::{
    capture::Timestamp,
    flow::Outcome,
    judge::{RuleRef, Service, Verdict},
};

/// What makes conversations one finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FindingKey {
    /// The verdict.
    pub verdict: Verdict,
    /// Between whom, and what.
    pub service: Service,
    /// The rules.
    pub rules: Vec<RuleRef>,
}

/// A finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What its conversations have in common.
    pub key: FindingKey,
    /// Places of its conversations in the ledger, in order.
    pub places: BTreeSet<u32>,
    /// When its first conversation began.
    pub first: Timestamp,
    /// When its newest conversation became part of it.
    pub arose: Timestamp,
    /// When its newest conversation began.
    pub newest: Timestamp,
}

/// All findings, and which services have worked.
#[derive(Default)]
pub(super) struct Findings {
    by_key: HashMap<FindingKey, Finding>,
    works: HashMap<Service, Timestamp>,
}

/// The verdicts that make a finding.
pub const FINDINGS: [Verdict; 3] = [Verdict::Blocked, Verdict::Unexpected, Verdict::Mismatch];

fn service(row: &Row) -> Option<Service> {
    let (client, server) = row.client_machine.zip(row.server_machine)?;
    let port = row.server_end().port;
    Some(Service { client, server, transport: row.conversation.transport, port })
}

fn key(row: &Row) -> Option<FindingKey> {
    let service = service(row)?;
    FINDINGS.contains(&row.verdict).then(|| FindingKey {
        verdict: row.verdict,
        service,
        rules: row.expectation.rules.clone(),
    })
}

impl Findings {
    /// Takes in that a place's row is new or has changed.
    pub fn change(&mut self, place: u32, before: Option<&Row>, after: &Row, now: Timestamp) {
        let (old, new) = (before.and_then(key), key(after));
        if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
            self.remove(&old, place);
        }
        let began = after.conversation.first;
        if let Some(new) = new {
            let fresh = Finding {
                key: new.clone(),
                places: BTreeSet::new(),
                first: began,
                arose: now,
                newest: began,
            };
            let finding = self.by_key.entry(new).or_insert(fresh);
            if finding.places.insert(place) {
                finding.arose = finding.arose.max(now);
            }
            finding.first = finding.first.min(began);
            finding.newest = finding.newest.max(began);
        } else if after.outcome == Outcome::Answered
            && let Some(service) = service(after)
        {
            let latest = self.works.entry(service).or_insert(began);
            *latest = began.max(*latest);
        }
    }

    fn remove(&mut self, key: &FindingKey, place: u32) {
        if let Some(finding) = self.by_key.get_mut(key) {
            finding.places.remove(&place);
            if finding.places.is_empty() {
                self.by_key.remove(key);
            }
        }
    }

    /// The findings, those that arose last first.
    pub fn newest_first(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.by_key.values().collect();
        all.sort_unstable_by_key(|one| {
            let least = one.places.first().copied().unwrap_or_default();
            (std::cmp::Reverse((one.arose, one.newest)), one.key.verdict, least)
        });
        all
    }

    pub fn get(&self, key: &FindingKey) -> Option<&Finding> {
        self.by_key.get(key)
    }

    /// When the latest conversation began that worked, if that was after the last one that failed.
    pub fn mended(&self, finding: &Finding) -> Option<Timestamp> {
        let works = self.works.get(&finding.key.service).copied();
        works.filter(|works| finding.key.verdict == Verdict::Blocked && *works > finding.newest)
    }
}
