//! A conversation judged.

use super::{
    Basics, Context, Evidence, Expectation, Grade, Kind, Policy, Service, Tally, Verdict, Witness,
    choice::{Choice, Chosen},
    direction::{orient, tftp_client},
    policy::Talk,
    why,
};
use crate::{
    dissect::{Auth, Protocol},
    flow::{Basis, Conversation, Endpoint, Outcome, Side, Surroundings, TFTP},
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
    /// Nanoseconds that the captures went on after its last packet.
    pub observed_for: i64,
    /// What else is known around it.
    pub context: Context,
}

impl Policy {
    /// Judges a conversation as it stands, by itself: [`Judgement::settle`] takes other conversations
    /// into account.
    #[must_use]
    pub fn judge<'a>(&self, conversation: &'a Conversation, witness: &Witness) -> Judgement<'a> {
        let (client, basis) = orient(self, conversation, witness.surroundings());
        let [client_end, server_end] =
            [client, !client].map(|side| conversation.ends()[side as usize]);
        // A tenant's addresses are none of the site's, even if they are the same.
        let is_tenants = conversation.tenant().is_some();
        let owner = |end: Endpoint| self.site.owner(end.ip).filter(|_| !is_tenants);
        let (client_machine, server_machine) = (owner(client_end), owner(server_end));
        let view = witness.view(conversation, client);
        let outcome = Outcome::of(conversation, client, &view);
        let known = client_machine.zip(server_machine);
        let context = Context::of(conversation, client, witness);
        let talk = known.map(|(client, server)| Talk {
            client,
            server,
            transport: conversation.transport,
            server_port: service_port(conversation, witness.surroundings(), server_end.port),
            client_port: client_end.port,
            oriented: matches!(basis, Basis::Syn | Basis::SynAck),
            learned: context.learned.is_some(),
        });
        let rules = talk.map_or(Vec::new(), |talk| self.rules_for(&talk));
        let choice = Choice {
            policy: self,
            conversation,
            client,
            rules: &rules,
            grade: grade(conversation, client, &context),
            // Whether something else listens there shows only where something was said from the
            // beginning.
            is_strict: self.strict_rpc
                && outcome == Outcome::Answered
                && matches!(basis, Basis::Syn | Basis::SynAck)
                && conversation.counters.iter().all(|side| side.payload_bytes > 0),
        };
        let Chosen { expectation, grade, protocols, agrees } = choice.choose();
        let one_way = conversation.protocol(client).is_some_and(Protocol::is_one_way)
            || expectation.rules.iter().any(|rule| self.is_one_way(*rule));
        let verdict = known.map_or(Verdict::Outside, |(client, server)| {
            Verdict::of(&Basics {
                kind: expectation.kind,
                outcome,
                agrees,
                exchanges_data: conversation.exchanges_data(),
                one_way,
                is_local: self.is_local((client, client_end), (server, server_end)),
                is_replaced: false,
            })
        });
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
            observed_for: view.until.since(conversation.last),
            context,
        }
    }

    /// Whether both ends are one machine; two hosts of a machine that stands for a network are not.
    fn is_local(&self, client: (MachineId, Endpoint), server: (MachineId, Endpoint)) -> bool {
        let machine = self.site.machine(client.0);
        let own = |end: Endpoint| {
            machine
                .addresses
                .iter()
                .any(|one| one.prefix_len() == one.max_prefix_len() && one.addr() == end.ip)
        };
        client.0 == server.0 && (client.1.ip == server.1.ip || own(client.1) && own(server.1))
    }

    /// The verdict in a sentence, for a person.
    #[must_use]
    pub fn why(&self, judgement: &Judgement<'_>) -> String {
        why::explanation(self, judgement)
    }
}

impl Judgement<'_> {
    /// Takes into account what else works between the same machines: a failed connection is no finding
    /// where its rule is legacy, or one of several alternatives, and another port of it works.
    pub fn settle(&mut self, policy: &Policy, counts: &Tally) {
        if self.verdict != Verdict::Blocked || self.expectation.kind != Kind::Expected {
            return;
        }
        let Some((client, server)) = self.client_machine.zip(self.server_machine) else { return };
        let transport = self.conversation.transport;
        let service = Service { client, server, transport, port: self.server_end().port };
        let is_replaced =
            self.expectation.rules.iter().all(|rule| policy.is_replaced(*rule, &service, counts));
        self.verdict = Verdict::of(&Basics {
            kind: self.expectation.kind,
            outcome: self.outcome,
            agrees: self.agrees,
            exchanges_data: self.conversation.exchanges_data(),
            one_way: false,
            is_local: false,
            is_replaced,
        });
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

/// The port that rules know a service by: data of TFTP comes from a port that the server chooses.
fn service_port(conversation: &Conversation, around: &Surroundings, port: u16) -> u16 {
    if tftp_client(conversation, around).is_some() { TFTP } else { port }
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
        Outcome::Answered | Outcome::Reset => Evidence::Observed,
        Outcome::HalfOpen | Outcome::Stalled if conversation.is_dropped_by_system() => {
            Evidence::Confirmed
        }
        Outcome::Silent | Outcome::HalfOpen | Outcome::Stalled
            if context.lossy || context.deaf || context.clock_stands_still =>
        {
            Evidence::Weak
        }
        Outcome::Stalled if conversation.opener().is_none() => Evidence::Weak,
        Outcome::HalfOpen if conversation.repeats_syn_ack() => Evidence::Observed,
        Outcome::Silent | Outcome::HalfOpen | Outcome::Stalled => Evidence::Inferred,
        Outcome::Pending | Outcome::Partial => Evidence::Weak,
        Outcome::Refused | Outcome::Prohibited | Outcome::Unreachable => {
            if conversation.is_dropped_by_system() {
                return Evidence::Confirmed;
            }
            let asked = conversation.counters[client as usize].packets > 0;
            match conversation.failure_of(client) {
                // The error alone, without the packet that it is about, could be anybody's.
                Some(_) if !asked => Evidence::Weak,
                Some(_) => Evidence::Confirmed,
                None => Evidence::Observed,
            }
        }
    }
}
