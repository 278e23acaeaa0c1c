//! Conversations as lines and tables.

use super::{Grid, clean, json::listed, names};
use crate::{
    flow::ConnState,
    judge::{Judgement, Policy},
    report::Report,
};

/// The conversations as text, one a line.
#[must_use]
pub fn flow_text(report: &Report, with_outside: bool) -> String {
    let mut grid = Grid::new(&["start", "", "client > server", "state", "packets", "outcome"]);
    for judgement in listed(report, with_outside) {
        let [ours, theirs] = sides(&judgement, |side| side.packets);
        let (client, server) = (judgement.client_end(), judgement.server_end());
        let start = judgement.conversation.first.to_string();
        grid.push(vec![
            start.get(11..19).unwrap_or(&start).to_owned(),
            judgement.conversation.transport.to_string(),
            format!("{} > {}", names::endpoint(client), names::endpoint(server)),
            ConnState::of(judgement.conversation, judgement.client).name().to_owned(),
            format!("{ours}/{theirs}"),
            outcome(&report.policy, &judgement),
        ]);
    }
    grid.columns(0)
}

/// The outcome, and the verdict where a site is known.
fn outcome(policy: &Policy, judgement: &Judgement<'_>) -> String {
    let outcome = judgement.outcome.name();
    if policy.has_site() {
        format!("{outcome}, {}", judgement.verdict.name())
    } else {
        outcome.to_owned()
    }
}

/// The conversations as CSV.
///
/// # Errors
/// None that a writer into memory can meet.
pub fn flow_csv(report: &Report, with_outside: bool) -> csv::Result<String> {
    full_grid(report, with_outside).csv()
}

/// The conversations as Markdown.
#[must_use]
pub fn flow_markdown(report: &Report, with_outside: bool) -> String {
    full_grid(report, with_outside).markdown()
}

const HEADER: [&str; 28] = [
    "community_id",
    "transport",
    "client_ip",
    "client_port",
    "client_machine",
    "server_ip",
    "server_port",
    "server_machine",
    "direction",
    "first",
    "last",
    "client_packets",
    "server_packets",
    "client_ip_bytes",
    "server_ip_bytes",
    "client_payload_bytes",
    "server_payload_bytes",
    "state",
    "history",
    "completeness",
    "syn_tries",
    "outcome",
    "protocol",
    "expectation",
    "rules",
    "verdict",
    "evidence",
    "why",
];

fn full_grid(report: &Report, with_outside: bool) -> Grid {
    let policy = &report.policy;
    let mut grid = Grid::new(&HEADER);
    for judgement in listed(report, with_outside) {
        grid.push(row(policy, &judgement));
    }
    grid
}

fn row(policy: &Policy, judgement: &Judgement<'_>) -> Vec<String> {
    let conversation = judgement.conversation;
    let [from, to] = conversation.ends;
    let (client, server) = (judgement.client_end(), judgement.server_end());
    let machine = |id: Option<_>| id.map_or(String::new(), |id| names::machine(policy, id));
    let tcp = conversation.tcp.as_deref();
    let rules = &judgement.expectation.rules;
    let rules: Vec<String> = rules.iter().map(|rule| names::rule_id(policy, *rule)).collect();
    let judged = |word: &str| if policy.has_site() { word.to_owned() } else { String::new() };
    let mut cells = vec![
        crate::flow::community_id(from, to, conversation.transport),
        conversation.transport.to_string(),
        client.ip.to_string(),
        client.port.to_string(),
        machine(judgement.client_machine),
        server.ip.to_string(),
        server.port.to_string(),
        machine(judgement.server_machine),
        judgement.basis.name().to_owned(),
        conversation.first.to_string(),
        conversation.last.to_string(),
    ];
    for count in [
        sides(judgement, |side| side.packets),
        sides(judgement, |side| side.ip_bytes),
        sides(judgement, |side| side.payload_bytes),
    ] {
        cells.extend(count.map(|one| one.to_string()));
    }
    cells.extend([
        tcp.map_or(String::new(), |_| {
            ConnState::of(conversation, judgement.client).name().to_owned()
        }),
        tcp.map_or(String::new(), |tcp| tcp.history(judgement.client)),
        tcp.map_or(String::new(), |tcp| tcp.completeness().to_string()),
        tcp.map_or(String::new(), |tcp| tcp.syn_tries(judgement.client).to_string()),
        judgement.outcome.name().to_owned(),
        judgement.observed().map_or(String::new(), |protocol| protocol.name().to_owned()),
        judged(judgement.expectation.kind.name()),
        clean(&rules.join(" ")).into_owned(),
        judged(judgement.verdict.name()),
        judged(judgement.evidence.name()),
        judged(&policy.why(judgement)),
    ]);
    cells
}

fn sides(judgement: &Judgement<'_>, count: fn(&crate::flow::Counters) -> u64) -> [u64; 2] {
    [judgement.client, !judgement.client]
        .map(|side| count(&judgement.conversation.counters[side as usize]))
}
