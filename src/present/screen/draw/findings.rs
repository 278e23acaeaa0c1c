//! The findings: two lines each, the newest first.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};
use unicode_width::UnicodeWidthStr;

use super::{
    empty,
    text::{cut, fill},
};
use crate::{
    judge::Verdict,
    ledger::{Finding, Ledger},
    present::{
        clean, names,
        screen::{
            layout::Layout,
            remedy,
            state::{Screen, View},
            theme::mark,
        },
    },
};

pub fn draw(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger, layout: &Layout) {
    let rows = &screen.lists.findings.rows;
    if rows.is_empty() {
        let why = if screen.lists.findings.all > 0 {
            "all findings are acknowledged and hidden; H shows them"
        } else if screen.status.frames == 0 {
            "no packet has come yet"
        } else if ledger.tally().total() == 0 {
            "no conversation between machines of the site yet; is this its site file?"
        } else {
            "nothing blocked, nothing unexpected, nothing mismatched"
        };
        return empty(frame, screen, layout.rows, why);
    }
    let cursor = screen.cursors[View::Findings as usize];
    let shown = usize::from(layout.rows.height).div_ceil(2);
    for (line, place) in (cursor.top..rows.len()).take(shown).enumerate() {
        let Some(finding) = ledger.finding(&rows[place]) else { continue };
        let y = layout.rows.y + u16::try_from(line * 2).unwrap_or(u16::MAX);
        let bottom = layout.rows.y + layout.rows.height;
        let area = Rect { y, height: 2.min(bottom - y), ..layout.rows };
        let selected = place == cursor.selected;
        let paragraph = Paragraph::new(lines(screen, ledger, finding, selected, area.width));
        frame.render_widget(paragraph, area);
    }
    let used = u16::try_from((rows.len() - cursor.top).min(shown) * 2).unwrap_or(u16::MAX);
    in_full(frame, screen, ledger, layout.rows, used);
}

/// Where the list leaves room at the bottom, the selected finding's sentence is told in full.
fn in_full(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger, area: Rect, used: u16) {
    let theme = screen.theme();
    let finding = screen.selected_finding().and_then(|key| ledger.finding(key));
    let row = finding.and_then(|one| ledger.row(*one.places.last()?));
    let Some(row) = row else { return };
    let policy = ledger.policy();
    let judgement = row.judgement(policy);
    let width = usize::from(area.width).saturating_sub(2);
    let wrapped = |text: &str, style: Style| -> Vec<Line<'static>> {
        let lines = textwrap::wrap(text, width.max(1));
        lines.iter().map(|line| Line::styled(format!(" {line}"), style)).collect()
    };
    let mut lines = vec![Line::styled("─".repeat(area.width.into()), theme.quiet)];
    lines.extend(wrapped(&clean(&policy.why(&judgement)), Style::new()));
    if row.verdict == Verdict::Blocked
        && let Some(remedy) = remedy::of(policy, &judgement)
    {
        let text = match &remedy.command {
            Some(command) => format!("on {}: {command}", remedy.machine),
            None => remedy.words,
        };
        lines.extend(wrapped(&clean(&text), theme.accent));
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    if used + height <= area.height {
        let at = Rect { y: area.y + area.height - height, height, ..area };
        frame.render_widget(Paragraph::new(lines), at);
    }
}

fn lines(
    screen: &Screen,
    ledger: &Ledger,
    finding: &Finding,
    selected: bool,
    width: u16,
) -> Vec<Line<'static>> {
    let theme = screen.theme();
    let policy = ledger.policy();
    let width = usize::from(width);
    let verdict = finding.key.verdict;
    let acknowledged = screen.is_acknowledged(&finding.key, finding.arose);
    let flashing = screen.flashing.contains_key(&finding.key);
    let style = match (flashing, acknowledged) {
        (true, _) => theme.flash,
        (false, true) => theme.quiet,
        (false, false) => theme.verdict(verdict),
    };
    let service = finding.key.service;
    let count = finding.places.len();
    let age = names::age(ledger.now().since(finding.newest));
    let right = match count {
        1 => format!("{age} "),
        count => format!("{count} times  {age} "),
    };
    let lead = format!("{} {:<11}", mark(verdict), verdict.name());
    let what = format!(
        "{} -> {}  {}  {}",
        names::machine(policy, service.client),
        names::machine(policy, service.server),
        names::service(service.transport, service.port),
        rules(ledger, finding)
    );
    let room = width.saturating_sub(lead.width() + right.width() + 1);
    let body = if acknowledged { theme.quiet } else { Style::new() };
    let mut first = Line::from(vec![
        Span::styled(lead, style),
        Span::styled(fill(&what, room, false), body),
        Span::styled(format!(" {right}"), theme.quiet),
    ]);
    let row = finding.places.last().and_then(|place| ledger.row(*place));
    let why = row.map_or(String::new(), |row| policy.why(&row.judgement(policy)));
    let second = match ledger.mended(finding) {
        Some(since) => Line::styled(
            cut(&format!("  √ works since {}, after the last failure", names::clock(since)), width),
            theme.good,
        ),
        None => {
            let seen = if acknowledged { "acknowledged; " } else { "" };
            Line::styled(cut(&format!("  {seen}{why}"), width), theme.quiet)
        }
    };
    if selected {
        first = first.style(theme.selected);
    }
    vec![first, second]
}

fn rules(ledger: &Ledger, finding: &Finding) -> String {
    let titles: Vec<String> =
        finding.key.rules.iter().map(|rule| ledger.policy().title(*rule)).collect();
    if titles.is_empty() { "no rule".to_owned() } else { titles.join(", ") }
}
