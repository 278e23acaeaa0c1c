//! Conversations as lines and tables.

use std::io::{self, Write};

use super::{
    clean,
    clean::{csv_cell, markdown_cell},
    grid::markdown_line,
    json::listed,
    names,
};
use crate::{
    flow::ConnState,
    judge::{Judgement, Policy},
    report::Report,
};

/// Writes the conversations as text, one a line.
///
/// # Errors
/// Writing failed.
pub fn flow_text(report: &Report, with_outside: bool, output: &mut dyn Write) -> io::Result<()> {
    let ends = |judgement: &Judgement<'_>| {
        let (client, server) = (judgement.client_end(), judgement.server_end());
        format!("{} > {}", names::endpoint(client), names::endpoint(server))
    };
    let widths = listed(report, with_outside).map(|judgement| ends(&judgement).len());
    let width = widths.max().unwrap_or_default().max(ENDS.len());
    writeln!(output, "start           {ENDS:<width$}  state   packets      outcome")?;
    for judgement in listed(report, with_outside) {
        let [ours, theirs] = sides(&judgement, |side| side.packets);
        let start = judgement.conversation.first.to_string();
        writeln!(
            output,
            "{}  {:<4}  {:<width$}  {:<6}  {:<11}  {}",
            start.get(11..19).unwrap_or(&start),
            judgement.conversation.transport,
            ends(&judgement),
            ConnState::of(judgement.conversation, judgement.client).name(),
            format!("{ours}/{theirs}"),
            outcome(&report.policy, &judgement),
        )?;
    }
    Ok(())
}

/// Heading of the column with both ends.
const ENDS: &str = "client > server";

/// The outcome, and the verdict where a site is known.
fn outcome(policy: &Policy, judgement: &Judgement<'_>) -> String {
    let outcome = judgement.outcome.name();
    if policy.has_site() {
        format!("{outcome}, {}", judgement.verdict.name())
    } else {
        outcome.to_owned()
    }
}

/// Writes the conversations as CSV.
///
/// # Errors
/// Writing failed.
pub fn flow_csv(report: &Report, with_outside: bool, output: &mut dyn Write) -> csv::Result<()> {
    write_csv(&report.policy, listed(report, with_outside), output)
}

/// Writes judgements as CSV.
pub(super) fn write_csv<'a>(
    policy: &Policy,
    judgements: impl Iterator<Item = Judgement<'a>>,
    output: &mut dyn Write,
) -> csv::Result<()> {
    let mut writer = csv::Writer::from_writer(output);
    writer.write_record(HEADER)?;
    for judgement in judgements {
        writer
            .write_record(row(policy, &judgement).iter().map(|cell| csv_cell(cell).into_owned()))?;
    }
    Ok(writer.flush()?)
}

/// Writes the conversations as a Markdown table.
///
/// # Errors
/// Writing failed.
pub fn flow_markdown(
    report: &Report,
    with_outside: bool,
    output: &mut dyn Write,
) -> io::Result<()> {
    output.write_all(markdown_line(HEADER).as_bytes())?;
    output.write_all(markdown_line(["---"; HEADER.len()]).as_bytes())?;
    for judgement in listed(report, with_outside) {
        let cells = row(&report.policy, &judgement);
        let cells: Vec<String> = cells.iter().map(|cell| markdown_cell(cell)).collect();
        output.write_all(markdown_line(cells).as_bytes())?;
    }
    Ok(())
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

fn row(policy: &Policy, judgement: &Judgement<'_>) -> Vec<String> {
    let conversation = judgement.conversation;
    let [from, to] = conversation.ends();
    let (client, server) = (judgement.client_end(), judgement.server_end());
    let machine = |id: Option<_>| id.map_or(String::new(), |id| names::machine(policy, id));
    let tcp = conversation.tcp();
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
