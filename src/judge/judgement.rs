//! A conversation judged.

use super::{
    Context, Evidence, Expectation, Grade, Kind, Policy, Verdict, Witness, direction::orient,
    policy::Talk, why,
};
use crate::{
    dissect::{Auth, Protocol},
    flow::{Basis, Conversation, Endpoint, Meaning, Outcome, Side},
    identify::MachineId,
};

/// A conversation with all that is to be said of it.
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    /// What was judged.
    pub conversation: &'a Conversation,
    /// Which side is the client.
    pub client: Side,
    /// The basis for saying so.
    pub basis: Basis,
    /// The client's machine, where the site knows it.
    pub client_machine: Option<MachineId>,
    /// The server's machine, where the site knows it.
    pub server_machine: Option<MachineId>,
    /// How it went.
    pub outcome: Outcome,
    /// What was to be expected; nothing of a conversation with a stranger.
    pub expectation: Expectation,
    /// How far a dynamic RPC port is known to be one.
    pub grade: Option<Grade>,
    /// What may be spoken under the rules; empty for whatever.
    pub protocols: Vec<Protocol>,
    /// Whether what is spoken is one of them, where both are known.
    pub agrees: Option<bool>,
    /// The verdict.
    pub verdict: Verdict,
    /// How far the verdict can be trusted.
    pub evidence: Evidence,
    /// What else is known around it.
    pub context: Context,
}

impl Policy {
    /// Judges a conversation as it stands.
    #[must_use]
    pub fn judge<'a>(&self, conversation: &'a Conversation, witness: &Witness) -> Judgement<'a> {
        let (client, basis) = orient(self, conversation);
        let [client_end, server_end] =
            [client, !client].map(|side| conversation.ends()[side as usize]);
        let client_machine = self.site.owner(client_end.ip);
        let server_machine = self.site.owner(server_end.ip);
        let outcome = Outcome::of(conversation, client, &witness.view(conversation, client));
        let known = client_machine.zip(server_machine);
        let context = Context::of(conversation, client, witness);
        let mut expectation = known.map_or(Expectation::NONE, |(client, server)| {
            self.expect(&Talk {
                client,
                server,
                transport: conversation.transport,
                server_port: server_end.port,
                client_port: client_end.port,
                oriented: matches!(basis, Basis::Syn | Basis::SynAck),
            })
        });
        let grade =
            (expectation.kind == Kind::DynamicRpc).then(|| grade(conversation, client, &context));
        // Whether something else listens there shows only where something was said from the beginning.
        let told = outcome == Outcome::Answered
            && matches!(basis, Basis::Syn | Basis::SynAck)
            && conversation.counters.iter().all(|side| side.payload_bytes > 0);
        if self.strict_rpc && grade == Some(Grade::Range) && told {
            expectation = Expectation::NONE;
        }
        let protocols = self.protocols(&expectation.rules);
        let observed = conversation.protocol(client);
        let agrees = observed
            .filter(|_| expectation.kind != Kind::None && !protocols.is_empty())
            .map(|observed| protocols.iter().any(|one| observed.is_a(*one)))
            .filter(|agrees| *agrees || !may_be_more(conversation, &protocols));
        let verdict = match known {
            Some(_) => {
                let both_talk = conversation.both_sides_talk();
                Verdict::of(expectation.kind, outcome, agrees, both_talk)
            }
            None => Verdict::Outside,
        };
        let evidence = evidence(conversation, client, outcome, &context);
        Judgement {
            conversation,
            client,
            basis,
            client_machine,
            server_machine,
            outcome,
            expectation,
            grade,
            protocols,
            agrees,
            verdict,
            evidence,
            context,
        }
    }

    /// The verdict in a sentence, for a person.
    #[must_use]
    pub fn why(&self, judgement: &Judgement<'_>) -> String {
        why::sentence(self, judgement)
    }
}

impl Judgement<'_> {
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

    /// What was seen to be spoken.
    #[must_use]
    pub fn observed(&self) -> Option<Protocol> {
        self.conversation.protocol(self.client)
    }

    /// How the parties authenticated, as far as it could be seen.
    #[must_use]
    pub fn auth(&self) -> Auth {
        self.conversation.heard.as_ref().map_or(Auth::empty(), |heard| heard.auth)
    }
}

/// Whether what was recognised may be one of the protocols, had it come whole: HTTP may be WinRM.
fn may_be_more(conversation: &Conversation, protocols: &[Protocol]) -> bool {
    let Some(heard) = conversation.heard.as_ref().filter(|heard| heard.is_cut) else {
        return false;
    };
    let general = heard.spoken.iter().flatten();
    general.into_iter().any(|one| protocols.iter().any(|wanted| wanted.is_a(*one)))
}

/// A port that was named, one where RPC is spoken, or just one of the range.
fn grade(conversation: &Conversation, client: Side, context: &Context) -> Grade {
    if context.learned.is_some() {
        Grade::Learned
    } else if conversation.protocol(client) == Some(Protocol::Dcerpc) {
        Grade::Bind
    } else {
        Grade::Range
    }
}

fn evidence(
    conversation: &Conversation,
    client: Side,
    outcome: Outcome,
    context: &Context,
) -> Evidence {
    match outcome {
        Outcome::Answered => Evidence::Observed,
        Outcome::Silent if context.lossy || context.deaf => Evidence::Weak,
        Outcome::Silent => Evidence::Inferred,
        Outcome::Pending | Outcome::Partial => Evidence::Weak,
        Outcome::Refused | Outcome::Prohibited | Outcome::Unreachable => {
            if conversation.is_dropped_by_system() {
                return Evidence::Confirmed;
            }
            let said = conversation.failure_of(client).map(|error| error.meaning());
            let asked = conversation.counters[client as usize].packets > 0;
            match said {
                // The error alone, without the packet that it speaks of, could be anybody's.
                Some(_) if !asked => Evidence::Weak,
                Some(meaning) if meaning > Meaning::Advice => Evidence::Confirmed,
                _ => Evidence::Observed,
            }
        }
    }
}
