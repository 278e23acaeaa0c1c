//! The parts of a report that every format for people shares.

use super::{Grid, clean, names};
use crate::{
    capture::NANOS_PER_SECOND,
    flow::{Joined, Transport},
    judge::{CoverageRow, Requirement, Status, Verdict},
    report::{LogSummary, Report},
};

/// One line that answers the question.
pub(super) fn headline(report: &Report) -> String {
    let site = clean(&report.policy.site.name).into_owned();
    let site = if site.is_empty() { String::new() } else { format!("{site}: ") };
    let known = report.known_conversations();
    if report.policy.has_site()
        && let Some(obstacle) = report.obstacle()
    {
        return format!("{site}could not verify: {}", obstacle.reason());
    }
    let findings = [Verdict::Blocked, Verdict::Unexpected, Verdict::Mismatch];
    let counts: Vec<String> = findings
        .into_iter()
        .map(|verdict| (verdict, report.tally.of_verdict(verdict)))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {}", verdict.name()))
        .collect();
    let of = format!("of {} between machines of the site", names::plural(known, "conversation"));
    if counts.is_empty() {
        format!("{site}nothing blocked, nothing unexpected, {of}")
    } else {
        format!("{site}{} {of}", counts.join(", "))
    }
}

/// What one must know before one believes the rest.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    for capture in &report.captures {
        for line in capture.problems.lines() {
            notes.push(format!("{}: {line}", capture.source));
        }
    }
    for log in &report.logs {
        notes.extend(log.problems.lines().iter().map(|line| format!("{}: {line}", log.source)));
        if log.joined.elsewhere > log.lines / 2 {
            let machine = names::machine(&report.policy, log.machine);
            notes.push(format!(
                "{}: most of it is not about {machine}; is it that machine's?",
                log.source
            ));
        }
    }
    notes.extend(what_is_missing(report));
    let shed: u64 = report.shed.values().sum();
    if shed > 0 {
        let shed = names::plural(shed, "conversation");
        notes.push(format!(
            "details of {shed} evicted (memory limit); later packets are counted as new conversations"
        ));
    }
    notes
}

/// `hv07 (pfirewall.log): 40 lines, 12 of packets dropped; 14 joined, its clock 2 s ahead`.
fn firewall_log(report: &Report, log: &LogSummary) -> String {
    let machine = names::machine(&report.policy, log.machine);
    let Joined { matched, offset_seconds, change_seconds, pairs, .. } = log.joined;
    let length = names::duration(offset_seconds.saturating_abs().saturating_mul(NANOS_PER_SECOND));
    let clock = match (pairs, offset_seconds) {
        (0, _) => "clock assumed to agree (no connection is in both)".to_owned(),
        (_, 0) => format!("its clock agrees, by {}", names::plural(pairs, "pair")),
        (_, ahead) => format!(
            "its clock {length} {} the capture's, by {}",
            if ahead > 0 { "ahead of" } else { "behind" },
            names::plural(pairs, "pair")
        ),
    };
    let change = match change_seconds {
        0 => String::new(),
        step => format!(
            ", then set {} by {} (daylight saving time)",
            if step > 0 { "forward" } else { "back" },
            names::duration(step.saturating_abs().saturating_mul(NANOS_PER_SECOND))
        ),
    };
    format!(
        "{machine} ({}): {}, {} of packets dropped; {matched} joined to conversations, {clock}{change}",
        log.source,
        names::plural(log.lines, "line"),
        log.dropped
    )
}

/// What makes silence a weak witness.
fn what_is_missing(report: &Report) -> Option<String> {
    let around = report.witness.surroundings();
    if around.is_one_sided() {
        return Some(
            "one-sided capture: in most conversations only one direction was captured".to_owned(),
        );
    }
    let share = report.witness.loss();
    (around.gaps() > 0 && share > 0.0).then(|| {
        format!(
            "estimated capture loss {:.2} % ({} not captured)",
            share * 100.0,
            names::plural(around.gaps(), "acknowledged segment")
        )
    })
}

/// Reasons for skipping that are named before the rest is summed.
const REASONS_TOLD: usize = 10;

/// The sums, labelled.
pub(super) fn totals(report: &Report) -> Vec<(&'static str, String)> {
    let mut totals = Vec::new();
    for capture in &report.captures {
        let span = match (capture.first, capture.last) {
            (Some(first), Some(last)) => {
                let length = names::duration(last.since(first));
                format!(", from {} UTC, {length}", names::second(first))
            }
            _ => String::new(),
        };
        let packets = names::plural(capture.packets, "packet");
        totals
            .push(("capture", format!("{} ({}): {packets}{span}", capture.source, capture.format)));
    }
    totals.extend(report.logs.iter().map(|log| ("firewall log", firewall_log(report, log))));
    let skipped = report.skips.total();
    let mut by_name: Vec<(String, u64)> = report.skips.by_name().into_iter().collect();
    by_name.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others: u64 = by_name.iter().skip(REASONS_TOLD).map(|(_, count)| count).sum();
    by_name.truncate(REASONS_TOLD);
    by_name.extend((others > 0).then(|| ("others".to_owned(), others)));
    let reasons: Vec<String> =
        by_name.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let why = if skipped > 0 { format!(" ({})", reasons.join(", ")) } else { String::new() };
    let all = report.frames + report.carried;
    let conversing = all.saturating_sub(report.icmp_errors + skipped + report.copies);
    let carried = match report.carried {
        0 => String::new(),
        carried => format!(" + {carried} carried in them"),
    };
    let copies = match report.copies {
        0 => String::new(),
        copies => format!(" + {copies} duplicate"),
    };
    totals.push((
        "packets",
        format!(
            "{}{carried} = {conversing} in conversations{copies} + {} ICMP errors + {skipped} skipped{why}",
            report.frames, report.icmp_errors
        ),
    ));
    let verdicts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|verdict| report.policy.has_site() && report.tally.of_verdict(*verdict) > 0)
        .map(|verdict| format!("{} {}", verdict.name(), report.tally.of_verdict(verdict)))
        .collect();
    let split =
        if verdicts.is_empty() { String::new() } else { format!(": {}", verdicts.join(", ")) };
    totals.push(("conversations", format!("{}{split}", report.tally.total())));
    totals
}

/// The sums as text, for those who asked for conversations alone.
#[must_use]
pub fn summary(report: &Report) -> String {
    let notes = notes(report).into_iter().map(|note| ("note", note));
    let lines = notes.filter(|_| !report.captures.is_empty()).chain(totals(report));
    lines.map(|(label, value)| format!("{label:<15}{}\n", clean(&value))).collect()
}

/// What the last column of the coverage means.
pub(super) const MARKS: &str = "a alternative, c conditional, l legacy";

/// A line per rule with its pairs by status; rules that cannot be observed are left out.
pub(super) fn coverage_grid(coverage: &[CoverageRow<'_>]) -> Grid {
    let mut grid =
        Grid::new(&["row", "rule", "ports", "verified", "blocked", "flaky", "not seen", ""]);
    for group in coverage.chunk_by(same_rule) {
        // Of alternatives each row names the one that was seen: a line for each of them.
        let mut rows: Vec<&CoverageRow<'_>> = group.iter().collect();
        rows.sort_by(|a, b| (a.entry.row, &a.entry.id).cmp(&(b.entry.row, &b.entry.id)));
        rows.chunk_by(|a, b| a.entry.id == b.entry.id)
            .filter_map(coverage_line)
            .for_each(|line| grid.push(line));
    }
    grid
}

/// A rule's line; `None` where it cannot be observed anywhere.
fn coverage_line(rows: &[&CoverageRow<'_>]) -> Option<Vec<String>> {
    let shown = rows.iter().find(|row| row.status != Status::NotObservable)?;
    let count = |status: Status| {
        let pairs: u64 = rows.iter().filter(|row| row.status == status).map(|row| row.pairs).sum();
        if pairs == 0 { "-".to_owned() } else { pairs.to_string() }
    };
    let entry = shown.entry;
    let mark = match entry.requirement {
        Requirement::Legacy => "l",
        Requirement::Conditional => "c",
        Requirement::Alternative => "a",
        Requirement::Required | Requirement::Local => "",
    };
    Some(vec![
        entry.row.map_or_else(|| "note".to_owned(), |row| row.to_string()),
        entry.id.clone(),
        ports(shown),
        count(Status::Verified),
        count(Status::Blocked),
        count(Status::Flaky),
        count(Status::NotSeen),
        mark.to_owned(),
    ])
}

/// Rows of one rule, its alternatives included, follow each other.
pub(super) fn same_rule(a: &CoverageRow<'_>, b: &CoverageRow<'_>) -> bool {
    a.entry.id == b.entry.id || a.entry.group.is_some() && a.entry.group == b.entry.group
}

/// The ports, with the transport where it is not TCP.
pub(super) fn ports(row: &CoverageRow<'_>) -> String {
    let ports = row.ports.join("/");
    match row.entry.transport {
        Some(Transport::Tcp) | None => ports,
        Some(other) => format!("{other} {ports}"),
    }
}

/// The pairs that the page needs and that were not seen.
pub(super) fn missing(report: &Report, coverage: &[CoverageRow<'_>]) -> Vec<String> {
    let name = |id: Option<crate::identify::MachineId>| {
        id.map_or_else(|| "*".to_owned(), |id| names::machine(&report.policy, id))
    };
    coverage
        .iter()
        .filter(|row| row.is_missing())
        .map(|row| {
            let title = row.entry.title();
            if row.pairs > 1 {
                return format!("{}  {}  {title}", row.note, ports(row));
            }
            format!("{} -> {}  {}  {title}", name(row.client), name(row.server), ports(row))
        })
        .collect()
}
