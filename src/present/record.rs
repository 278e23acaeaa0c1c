//! The JSON shapes of the contract.

use std::{collections::BTreeMap, net::IpAddr};

use serde::Serialize;

use super::{clean, names};
use crate::{
    capture::{Drops, NANOS_PER_SECOND, Summary},
    flow::{ConnState, Counters, Endpoint, Tcp, community_id},
    identify::{MachineId, Ports},
    judge::{CoverageRow, Judgement, PairCount, Policy},
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
    auth: [&'static str; 0],
    expectation: Option<ExpectationRecord>,
    verdict: Option<&'static str>,
    evidence: Option<&'static str>,
    why: Option<String>,
}

#[derive(Serialize)]
struct EndRecord {
    ip: IpAddr,
    port: u16,
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
}

#[derive(Serialize)]
struct ProtocolRecord {
    observed: Option<&'static str>,
    expected: Option<Vec<&'static str>>,
    agrees: Option<bool>,
    name: Option<String>,
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
        let [from, to] = conversation.ends;
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
            tcp: conversation.tcp.as_deref().map(|tcp| TcpRecord::new(tcp, judgement)),
            outcome: judgement.outcome.name(),
            icmp_error: conversation.icmp_error.map(|error| IcmpErrorRecord {
                from: error.from,
                kind: error.kind,
                code: error.code,
                meaning: error.words(),
            }),
            protocol: ProtocolRecord {
                observed: judgement.observed().map(|protocol| protocol.name()),
                expected: with_site
                    .then(|| judgement.protocols.iter().map(|one| one.name()).collect()),
                agrees: judgement.agrees,
                name: None,
            },
            auth: [],
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
                grade: judgement.expectation.grade(),
            }),
            verdict: with_site.then(|| judgement.verdict.name()),
            evidence: with_site.then(|| judgement.evidence.name()),
            why: with_site.then(|| clean(&policy.why(judgement)).into_owned()),
        }
    }
}

impl EndRecord {
    fn new(policy: &Policy, end: Endpoint, machine: Option<MachineId>) -> Self {
        Self {
            ip: end.ip,
            port: end.port,
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

/// A capture.
#[derive(Serialize)]
pub(super) struct CaptureRecord {
    source: String,
    format: String,
    packets: u64,
    first: Option<String>,
    last: Option<String>,
    problems: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<DroppedRecord>,
}

/// Packets lost while an interface was listened to.
#[derive(Serialize)]
struct DroppedRecord {
    kernel: u64,
    interface: u64,
}

impl CaptureRecord {
    pub fn new(summary: &Summary) -> Self {
        Self {
            source: clean(&summary.source).into_owned(),
            format: summary.format.to_string(),
            packets: summary.packets,
            first: summary.first.map(|time| time.to_string()),
            last: summary.last.map(|time| time.to_string()),
            problems: summary
                .problems
                .lines()
                .iter()
                .map(|line| clean(line).into_owned())
                .collect(),
            dropped: summary
                .drops
                .map(|Drops { kernel, interface }| DroppedRecord { kernel, interface }),
        }
    }
}

/// The sums.
#[derive(Serialize)]
pub(super) struct TotalsRecord {
    pub packets: u64,
    pub carried: u64,
    pub skipped: BTreeMap<String, u64>,
    pub icmp_errors: u64,
    pub flows: u64,
    pub verdicts: BTreeMap<&'static str, u64>,
    pub shed: BTreeMap<&'static str, u64>,
}

/// A rule's coverage between two machines.
#[derive(Serialize)]
pub(super) struct CoverageRecord<'a> {
    rule: &'a str,
    row: Option<u8>,
    transport: Option<&'static str>,
    ports: Ports,
    client: Option<String>,
    server: Option<String>,
    status: &'static str,
    ok: u64,
    blocked: u64,
    note: String,
}

impl<'a> CoverageRecord<'a> {
    pub fn new(policy: &Policy, row: CoverageRow<'a>) -> Self {
        Self {
            rule: &row.entry.id,
            row: row.entry.row,
            transport: row.entry.transport.map(|transport| transport.name()),
            ports: row.ports,
            client: row.client.map(|id| names::machine(policy, id)),
            server: row.server.map(|id| names::machine(policy, id)),
            status: row.status.name(),
            ok: row.ok,
            blocked: row.blocked,
            note: row.note,
        }
    }
}

/// How many conversations of a verdict two machines had on a port.
#[derive(Serialize)]
pub(super) struct PairRecord {
    client: String,
    server: String,
    transport: &'static str,
    port: u16,
    verdict: &'static str,
    count: u64,
}

impl PairRecord {
    pub fn new(policy: &Policy, pair: &PairCount, count: u64) -> Self {
        Self {
            client: names::machine(policy, pair.client),
            server: names::machine(policy, pair.server),
            transport: pair.transport.name(),
            port: pair.port,
            verdict: pair.verdict.name(),
            count,
        }
    }
}
