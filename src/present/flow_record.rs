//! The JSON shape of a conversation.

use std::{collections::BTreeMap, net::IpAddr};

use serde::Serialize;

use super::{clean, names};
use crate::{
    capture::{Direction, NANOS_PER_SECOND},
    dissect::{Interface, LearnedBy},
    flow::{Act, ConnState, Counters, Endpoint, Side, Speaker, Statement, Tcp, community_id},
    identify::MachineId,
    judge::{Grade, Judgement, Policy},
};

/// A conversation.
#[derive(Serialize)]
pub(super) struct FlowRecord {
    community_id: String,
    transport: &'static str,
    client: EndRecord,
    server: EndRecord,
    direction: &'static str,
    first: String,
    last: String,
    packets: Sides,
    ip_bytes: Sides,
    payload_bytes: Sides,
    tcp: Option<TcpRecord>,
    outcome: &'static str,
    icmp_error: Option<IcmpErrorRecord>,
    protocol: ProtocolRecord,
    auth: Vec<&'static str>,
    rpc: Option<RpcRecord>,
    duplicates: Sides,
    tunnel: Option<TunnelRecord>,
    system: Vec<StatementRecord>,
    expectation: Option<ExpectationRecord>,
    verdict: Option<&'static str>,
    evidence: Option<&'static str>,
    why: Option<String>,
}

#[derive(Serialize)]
struct EndRecord {
    ip: IpAddr,
    port: u16,
    /// What the capture's own name records say.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    machine: Option<String>,
    roles: Option<Vec<&'static str>>,
}

#[derive(Serialize)]
struct Sides {
    client: u64,
    server: u64,
}

#[derive(Serialize)]
struct TcpRecord {
    state: &'static str,
    history: String,
    completeness: u8,
    syn_tries: u32,
    handshake_ms: Option<f64>,
}

#[derive(Serialize)]
struct IcmpErrorRecord {
    from: IpAddr,
    #[serde(rename = "type")]
    kind: u8,
    code: u8,
    meaning: &'static str,
    machine: Option<String>,
}

/// RPC as it was learned or heard.
#[derive(Serialize)]
struct RpcRecord {
    interfaces: Vec<String>,
    learned: Option<LearnedRecord>,
}

/// Who named the server's port, when, and for which interface.
#[derive(Serialize)]
struct LearnedRecord {
    since: String,
    by: &'static str,
    interface: Option<String>,
}

/// The virtual network that a conversation is in.
#[derive(Serialize)]
struct TunnelRecord {
    kind: &'static str,
    id: u32,
}

/// What a system said of the conversation's packets.
#[derive(Serialize)]
struct StatementRecord {
    /// `capture`, or the machine whose firewall log says it.
    by: String,
    act: &'static str,
    /// Whose packets it is about: `client` or `server`.
    about: &'static str,
    direction: Option<&'static str>,
    times: u32,
}

#[derive(Serialize)]
struct ProtocolRecord {
    observed: Option<&'static str>,
    expected: Option<Vec<&'static str>>,
    agrees: Option<bool>,
    name: Option<String>,
    details: Vec<String>,
}

#[derive(Serialize)]
struct ExpectationRecord {
    kind: &'static str,
    rules: Vec<RuleRecord>,
    grade: Option<&'static str>,
}

#[derive(Serialize)]
struct RuleRecord {
    id: String,
    row: Option<u8>,
}

impl FlowRecord {
    pub fn new(policy: &Policy, judgement: &Judgement<'_>) -> Self {
        let conversation = judgement.conversation;
        let (client, server) = (judgement.client, !judgement.client);
        let sides = |count: fn(&Counters) -> u64| Sides {
            client: count(&conversation.counters[client as usize]),
            server: count(&conversation.counters[server as usize]),
        };
        let with_site = policy.has_site();
        let heard = conversation.heard.as_deref();
        let owned = |text: &str| clean(text).into_owned();
        let [from, to] = conversation.ends();
        Self {
            community_id: community_id(from, to, conversation.transport),
            transport: conversation.transport.name(),
            client: EndRecord::new(policy, judgement.client_end(), judgement.client_machine),
            server: EndRecord::new(policy, judgement.server_end(), judgement.server_machine),
            direction: judgement.basis.name(),
            first: conversation.first.to_string(),
            last: conversation.last.to_string(),
            packets: sides(|side| side.packets),
            ip_bytes: sides(|side| side.ip_bytes),
            payload_bytes: sides(|side| side.payload_bytes),
            tcp: conversation.tcp().map(|tcp| TcpRecord::new(tcp, judgement)),
            outcome: judgement.outcome.name(),
            icmp_error: conversation.icmp_error().map(|error| IcmpErrorRecord {
                from: error.from,
                kind: error.kind,
                code: error.code,
                meaning: error.words(),
                machine: policy.site.owner(error.from).map(|id| names::machine(policy, id)),
            }),
            protocol: ProtocolRecord {
                observed: judgement.observed().map(|protocol| protocol.name()),
                expected: with_site
                    .then(|| judgement.protocols.iter().map(|one| one.name()).collect()),
                agrees: judgement.agrees,
                name: heard.and_then(|heard| heard.name.as_deref()).map(owned),
                details: heard.map_or(Vec::new(), |heard| {
                    heard.details.iter().map(|one| owned(one)).collect()
                }),
            },
            auth: judgement.auth().names(),
            rpc: RpcRecord::new(judgement),
            duplicates: Sides {
                client: conversation.copies()[client as usize].into(),
                server: conversation.copies()[server as usize].into(),
            },
            tunnel: conversation
                .tenant()
                .map(|tenant| TunnelRecord { kind: tenant.overlay.name(), id: tenant.id }),
            system: conversation
                .statements()
                .iter()
                .map(|one| StatementRecord::new(policy, one, client))
                .collect(),
            expectation: with_site.then(|| ExpectationRecord {
                kind: judgement.expectation.kind.name(),
                rules: judgement
                    .expectation
                    .rules
                    .iter()
                    .map(|rule| RuleRecord {
                        id: clean(&names::rule_id(policy, *rule)).into_owned(),
                        row: policy.entry(*rule).and_then(|entry| entry.row),
                    })
                    .collect(),
                grade: judgement.grade.map(Grade::name),
            }),
            verdict: with_site.then(|| judgement.verdict.name()),
            evidence: with_site.then(|| judgement.evidence.name()),
            why: with_site.then(|| clean(&policy.why(judgement)).into_owned()),
        }
    }

    /// The same with the names that the captures themselves give to strangers.
    pub fn named(mut self, names: &BTreeMap<IpAddr, String>) -> Self {
        for end in [&mut self.client, &mut self.server] {
            if end.machine.is_none() {
                end.name = names.get(&end.ip).map(|name| clean(name).into_owned());
            }
        }
        self
    }
}

impl RpcRecord {
    fn new(judgement: &Judgement<'_>) -> Option<Self> {
        let word = |one: Interface| one.name().map_or_else(|| one.to_string(), str::to_owned);
        let heard = judgement.conversation.heard.as_deref();
        let interfaces = heard.map_or(&[][..], |heard| &heard.interfaces);
        let learned = judgement.context.learned;
        (!interfaces.is_empty() || learned.is_some()).then(|| Self {
            interfaces: interfaces.iter().map(|one| word(*one)).collect(),
            learned: learned.map(|learned| LearnedRecord {
                since: learned.since.to_string(),
                by: match learned.by {
                    LearnedBy::EndpointMapper => "endpoint-mapper",
                    LearnedBy::Activation => "activation",
                },
                interface: learned.interface.map(word),
            }),
        })
    }
}

impl StatementRecord {
    fn new(policy: &Policy, statement: &Statement, client: Side) -> Self {
        let log = |place| policy.log_owner(place).map(|id| names::machine(policy, id));
        Self {
            by: match statement.speaker {
                Speaker::Recorder => "capture".to_owned(),
                Speaker::Log(place) => log(place).unwrap_or_default(),
            },
            act: match statement.act {
                Act::Allowed => "allowed",
                Act::Dropped => "dropped",
            },
            about: if statement.about == client { "client" } else { "server" },
            direction: statement.direction.map(|direction| match direction {
                Direction::In => "in",
                Direction::Out => "out",
            }),
            times: statement.times,
        }
    }
}

impl EndRecord {
    fn new(policy: &Policy, end: Endpoint, machine: Option<MachineId>) -> Self {
        Self {
            ip: end.ip,
            port: end.port,
            name: None,
            machine: machine.map(|id| names::machine(policy, id)),
            roles: machine.map(|id| policy.site.machine(id).roles.names()),
        }
    }
}

impl TcpRecord {
    fn new(tcp: &Tcp, judgement: &Judgement<'_>) -> Self {
        let millis = |nanos: i64| nanos as f64 / (NANOS_PER_SECOND as f64 / 1000.0);
        Self {
            state: ConnState::of(judgement.conversation, judgement.client).name(),
            history: tcp.history(judgement.client),
            completeness: tcp.completeness(),
            syn_tries: tcp.syn_tries(judgement.client),
            handshake_ms: tcp.handshake().map(millis),
        }
    }
}
