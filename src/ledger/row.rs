//! A conversation with the judgement that stands.

use std::sync::Arc;

use crate::{
    flow::{Basis, Conversation, Endpoint, Outcome, Side},
    identify::MachineId,
    judge::{Context, Evidence, Expectation, Grade, Judgement, Policy, Verdict},
};

/// A conversation as it was last told of, and what was last said of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The conversation.
    pub conversation: Conversation,
    /// Which side is the client.
    pub client: Side,
    /// The client's machine, where the site knows it.
    pub client_machine: Option<MachineId>,
    /// The server's machine, where the site knows it.
    pub server_machine: Option<MachineId>,
    /// How it went.
    pub outcome: Outcome,
    /// The verdict.
    pub verdict: Verdict,
    /// How far it can be trusted.
    pub evidence: Evidence,
    /// What was to be expected; shared among rows, since few sets of rules occur.
    pub expectation: Arc<Expectation>,
    basis: Basis,
    agrees: Option<bool>,
    grade: Option<Grade>,
    observed_for: i64,
    context: Context,
}

impl Row {
    /// The row of a judgement whose expectation is `shared`.
    pub(super) fn new(judgement: &Judgement<'_>, shared: Arc<Expectation>) -> Self {
        Self {
            conversation: judgement.conversation.clone(),
            client: judgement.client,
            client_machine: judgement.client_machine,
            server_machine: judgement.server_machine,
            outcome: judgement.outcome,
            verdict: judgement.verdict,
            evidence: judgement.evidence,
            expectation: shared,
            basis: judgement.basis,
            agrees: judgement.agrees,
            grade: judgement.grade,
            observed_for: judgement.observed_for,
            context: judgement.context,
        }
    }

    /// The judgement itself.
    #[must_use]
    pub fn judgement(&self, policy: &Policy) -> Judgement<'_> {
        Judgement {
            conversation: &self.conversation,
            client: self.client,
            basis: self.basis,
            client_machine: self.client_machine,
            server_machine: self.server_machine,
            outcome: self.outcome,
            expectation: (*self.expectation).clone(),
            protocols: policy.protocols(&self.expectation.rules),
            grade: self.grade,
            agrees: self.agrees,
            verdict: self.verdict,
            evidence: self.evidence,
            observed_for: self.observed_for,
            context: self.context,
        }
    }

    /// Whether what all conversations together tell may change what is said of it.
    #[must_use]
    pub(super) fn rests_on_surroundings(&self) -> bool {
        self.grade.is_some()
            || matches!(
                self.outcome,
                Outcome::Silent
                    | Outcome::HalfOpen
                    | Outcome::Stalled
                    | Outcome::Pending
                    | Outcome::Partial
            )
    }

    /// The client's endpoint.
    #[must_use]
    pub fn client_end(&self) -> Endpoint {
        self.conversation.ends()[self.client as usize]
    }

    /// The server's endpoint.
    #[must_use]
    pub fn server_end(&self) -> Endpoint {
        self.conversation.ends()[!self.client as usize]
    }
}
