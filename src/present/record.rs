//! The JSON shapes of the contract: captures, sums, coverage.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{clean, names};
use crate::{
    capture::{Drops, Problems, Summary},
    flow::Joined,
    identify::Ports,
    judge::{CoverageRow, PairCount, Policy},
    report::LogSummary,
};

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
            problems: cleaned(&summary.problems),
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
    pub duplicates: u64,
    pub lost: LostRecord,
    pub flows: u64,
    pub verdicts: BTreeMap<&'static str, u64>,
    pub shed: BTreeMap<&'static str, u64>,
}

/// A firewall log, and how it came together with the conversations.
#[derive(Serialize)]
pub(super) struct LogRecord {
    machine: String,
    source: String,
    lines: u64,
    dropped: u64,
    allowed: u64,
    matched: u64,
    unmatched: u64,
    elsewhere: u64,
    /// Seconds by which its clock is ahead of the captures'; null where nothing tells.
    clock_ahead: Option<i64>,
    /// Seconds by which it was set in the middle of the log (daylight saving time); null where it was not.
    clock_change: Option<i64>,
    /// Pairs of lines and conversations that tell so.
    pairs: u64,
    problems: Vec<String>,
}

impl LogRecord {
    pub fn new(policy: &Policy, log: &LogSummary) -> Self {
        let Joined { matched, unmatched, elsewhere, offset_seconds, change_seconds, pairs } =
            log.joined;
        Self {
            machine: names::machine(policy, log.machine),
            source: clean(&log.source).into_owned(),
            lines: log.lines,
            dropped: log.dropped,
            allowed: log.allowed,
            matched,
            unmatched,
            elsewhere,
            clock_ahead: (pairs > 0).then_some(offset_seconds),
            clock_change: (change_seconds != 0).then_some(change_seconds),
            pairs,
            problems: cleaned(&log.problems),
        }
    }
}

fn cleaned(problems: &Problems) -> Vec<String> {
    problems.lines().iter().map(|line| clean(line).into_owned()).collect()
}

/// What the captures lack.
#[derive(Serialize)]
pub(super) struct LostRecord {
    /// Packets that the recorder says it lost.
    pub dropped: u64,
    /// Acknowledgements of bytes that the captures do not hold.
    pub gaps: u64,
    /// The share of packets missing, 0 to 1.
    pub share: f64,
    /// Whether of most conversations one side alone is visible.
    pub one_sided: bool,
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
