//! Conversations of one kind between two machines, told once.

use hashbrown::HashMap;

use super::{fix::fix, names};
use crate::{
    capture::Timestamp,
    flow::{Conversation, Transport},
    identify::MachineId,
    judge::{Evidence, Judgement, RuleRef, Verdict},
    report::Report,
};

/// What there is to say of the conversations of one verdict, pair, port and rule.
pub(super) struct Finding {
    pub verdict: Verdict,
    pub client: String,
    pub server: String,
    /// `tcp 5985`.
    pub service: String,
    /// The rules' titles.
    pub rules: Vec<String>,
    pub evidence: Evidence,
    /// The sentence of the first one.
    pub why: String,
    /// What fixes it, and where, of what is blocked.
    pub fix: Option<String>,
    pub first: Timestamp,
    pub count: u64,
}

/// The conversations of a finding, before it is put into words: of a hundred thousand few are told.
pub(super) struct Group<'a> {
    pub verdict: Verdict,
    first: &'a Conversation,
    count: u64,
}

type Key = (Verdict, Option<MachineId>, Option<MachineId>, Transport, u16, Vec<RuleRef>);

/// The findings of these verdicts, the most urgent first, then in order of their beginning.
pub(super) fn findings<'a>(report: &'a Report, verdicts: &[Verdict]) -> Vec<Group<'a>> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut findings: Vec<Group<'_>> = Vec::new();
    for judgement in report.judgements_where(|verdict| verdicts.contains(&verdict)) {
        let place = *places.entry(key(&judgement)).or_insert(findings.len());
        match findings.get_mut(place) {
            Some(finding) => finding.count += 1,
            None => findings.push(Group {
                verdict: judgement.verdict,
                first: judgement.conversation,
                count: 1,
            }),
        }
    }
    findings.sort_by_key(|finding| (finding.verdict, finding.first.first));
    findings
}

impl Group<'_> {
    /// The finding in words.
    pub fn told(&self, report: &Report) -> Finding {
        let mut judgement = report.policy.judge(self.first, &report.witness);
        judgement.settle(&report.policy, &report.tally);
        Finding { count: self.count, ..Finding::new(report, &judgement) }
    }
}

fn key(judgement: &Judgement<'_>) -> Key {
    (
        judgement.verdict,
        judgement.client_machine,
        judgement.server_machine,
        judgement.conversation.transport,
        judgement.server_end().port,
        judgement.expectation.rules.clone(),
    )
}

impl Finding {
    fn new(report: &Report, judgement: &Judgement<'_>) -> Self {
        let policy = &report.policy;
        let (client, server) = names::parties(policy, judgement);
        let port = judgement.server_end().port;
        Self {
            verdict: judgement.verdict,
            client,
            server,
            service: names::service(judgement.conversation.transport, port),
            rules: judgement.expectation.rules.iter().map(|rule| policy.title(*rule)).collect(),
            evidence: judgement.evidence,
            why: policy.why(judgement),
            fix: (judgement.verdict == Verdict::Blocked).then(|| fix(policy, judgement)),
            first: judgement.conversation.first,
            count: 1,
        }
    }

    /// The rules' titles, or a dash.
    pub fn rules(&self) -> String {
        if self.rules.is_empty() { "no rule".to_owned() } else { self.rules.join(", ") }
    }
}
