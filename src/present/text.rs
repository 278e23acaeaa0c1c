//! The report for people: the answer first, then coverage, then totals.

use anstyle::{AnsiColor, Style};
use textwrap::Options;

use super::{
    Grid, clean,
    findings::{Finding, Group, findings},
    names,
    summary::{MARKS, coverage_grid, headline, missing, notes, totals},
};
use crate::{
    judge::{CoverageRow, Verdict},
    report::Report,
};

/// Columns that the report fits in.
const WIDTH: usize = 80;
/// What a report opens with.
const FINDINGS: [Verdict; 3] = [Verdict::Blocked, Verdict::Unexpected, Verdict::Mismatch];
/// What it tells of afterwards, more quietly.
const BESIDE: [Verdict; 2] = [Verdict::Denied, Verdict::Unknown];
/// Findings told one by one before the rest is only counted: a port scan must not fill the screen.
const FINDINGS_TOLD: usize = 40;
/// The same for what is told more quietly.
const BESIDE_TOLD: usize = 12;
/// Pairs still to be proven that are listed before the rest is only counted.
const MISSING_LISTED: usize = 12;

/// The report as text; colours are ANSI sequences, for the writer to keep or strip.
#[must_use]
pub fn text(report: &Report) -> String {
    let bold = Style::new().bold();
    let coverage = report.coverage();
    let headline = wrapped("", "", &headline(report));
    let mut text = format!("{bold}{}{bold:#}\n", headline.trim_end());
    for note in notes(report) {
        text += &wrapped("  note: ", "        ", &note);
    }
    let (urgent, beside): (Vec<Group<'_>>, Vec<Group<'_>>) =
        findings(report, &[FINDINGS.as_slice(), &BESIDE].concat())
            .into_iter()
            .partition(|finding| FINDINGS.contains(&finding.verdict));
    for finding in urgent.iter().take(FINDINGS_TOLD) {
        text.push('\n');
        text += &told(&finding.told(report));
    }
    text += &and_more(urgent.len(), FINDINGS_TOLD, "\n");
    if !beside.is_empty() {
        text += &format!("\n{bold}ALSO SEEN{bold:#}\n");
        let told = beside.iter().take(BESIDE_TOLD);
        told.for_each(|finding| text += &told_briefly(&finding.told(report)));
        text += &and_more(beside.len(), BESIDE_TOLD, "  ");
    }
    text += &format!("\n{bold}COVERAGE{bold:#}, by rule and pair of machines\n");
    text += &coverage_grid(&coverage).columns(2);
    text += &format!("  {MARKS}\n");
    text += &unseen(report, &coverage);
    text += &format!("\n{bold}TOTALS{bold:#}\n");
    for (label, value) in totals(report) {
        text += &wrapped(&format!("  {label:<15}"), &" ".repeat(17), &value);
    }
    text
}

/// The report as Markdown, for a ticket.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let coverage = report.coverage();
    let mut text = format!("# {}\n\n", super::clean::markdown_cell(&headline(report)));
    let mut grid =
        Grid::new(&["verdict", "client", "server", "service", "rule", "count", "evidence", "why"]);
    for finding in findings(report, &[FINDINGS.as_slice(), &BESIDE].concat()) {
        let finding = finding.told(report);
        grid.push(vec![
            finding.verdict.name().to_owned(),
            finding.client.clone(),
            finding.server.clone(),
            finding.service.clone(),
            finding.rules(),
            finding.count.to_string(),
            finding.evidence.name().to_owned(),
            finding.why.clone(),
        ]);
    }
    if !grid.is_empty() {
        text += &format!("## Findings\n\n{}\n", grid.markdown());
    }
    text += &format!("## Coverage\n\n{}\n", coverage_grid(&coverage).markdown());
    let mut grid = Grid::new(&["what", "how much"]);
    for note in notes(report) {
        grid.push(vec!["note".to_owned(), note]);
    }
    for (label, value) in totals(report) {
        grid.push(vec![label.to_owned(), value]);
    }
    text + &format!("## Totals\n\n{}", grid.markdown())
}

fn told(finding: &Finding) -> String {
    let style = style(finding.verdict);
    let word = finding.verdict.name().to_uppercase();
    let Finding { client, server, service, .. } = finding;
    let rules = finding.rules();
    let mut text =
        format!("{style}{word:<10}{style:#}  {client} -> {server}  {service}  {}\n", clean(&rules));
    text += &wrapped("            ", "            ", &finding.why);
    let times = names::plural(finding.count, "conversation");
    let (evidence, first) = (finding.evidence.name(), names::second(finding.first));
    let seen = format!("{times}, evidence {evidence}, first at {first} UTC");
    text += &wrapped("            ", "            ", &seen);
    if let Some(fix) = &finding.fix {
        text += &told_fix(fix);
    }
    text
}

/// The fix, wrapped, but a command in one piece: it is copied into a shell.
fn told_fix(fix: &str) -> String {
    let indent = "            ";
    match fix.split_once(": vmmtap ") {
        Some((place, rest)) if indent.len() + fix.chars().count() > WIDTH => {
            let (place, rest) = (clean(place), clean(rest));
            format!("{indent}{place}:\n{indent}vmmtap {rest}\n")
        }
        Some(_) => format!("{indent}{}\n", clean(fix)),
        None => wrapped(indent, indent, fix),
    }
}

fn told_briefly(finding: &Finding) -> String {
    let style = style(finding.verdict);
    let times =
        if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
    let lead = format!("  {style}{:<8}{style:#}  ", finding.verdict.name());
    wrapped(&lead, "            ", &format!("{}{times}", finding.why))
}

/// Told apart by the word; the colour only helps the eye.
pub(super) fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Blocked => AnsiColor::Red,
        Verdict::Unexpected => AnsiColor::Magenta,
        Verdict::Mismatch => AnsiColor::Yellow,
        Verdict::Ok => AnsiColor::Green,
        Verdict::Denied | Verdict::Unknown | Verdict::Outside => return Style::new().bold(),
    };
    colour.on_default().bold()
}

fn unseen(report: &Report, coverage: &[CoverageRow<'_>]) -> String {
    let missing = missing(report, coverage);
    let pairs = coverage.iter().filter(|row| row.is_missing()).map(|row| row.pairs).sum();
    if missing.is_empty() {
        return String::new();
    }
    let mut text = format!("  Not seen yet: {}\n", names::plural(pairs, "pair"));
    for one in missing.iter().take(MISSING_LISTED) {
        text += &format!("    {one}\n");
    }
    text + &and_more(missing.len(), MISSING_LISTED, "    ")
}

/// What is said in the place of those that are not told one by one.
fn and_more(all: usize, told: usize, lead: &str) -> String {
    match all.saturating_sub(told) {
        0 => String::new(),
        more => format!("{lead}and {more} more; --format json lists them all\n"),
    }
}

fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let options = Options::new(WIDTH).initial_indent(first).subsequent_indent(rest);
    textwrap::fill(&clean(text), options) + "\n"
}
