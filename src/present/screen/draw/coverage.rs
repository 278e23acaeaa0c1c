//! The coverage: rules down, status across; and the pairs of machines under a rule.

use ratatui::{Frame, style::Style};
use unicode_width::UnicodeWidthStr;

use super::{
    empty,
    table::{Heading, headings, rows},
};
use crate::{
    judge::{Requirement, Status},
    present::screen::{
        layout::Layout,
        listing::RuleLine,
        state::{PAIRS, Screen, View},
        theme::status_mark,
    },
};

pub fn draw(frame: &mut Frame<'_>, screen: &Screen, layout: &Layout) {
    let theme = screen.theme();
    let lines = &screen.lists.rules.rows;
    let width = layout.rows.width;
    let rule = (width.saturating_sub(62)).clamp(18, 30);
    let ports = if width < 100 { 11 } else { 13 };
    let columns = [
        Heading::right("row", 4),
        Heading::left("rule", rule),
        Heading::left("ports", ports),
        Heading::right("√ verified", 10),
        Heading::right("× blocked", 9),
        Heading::right("~ flaky", 7),
        Heading::right("? unseen", 8),
        Heading::left("", width.saturating_sub(rule + ports + 45)),
    ];
    headings(frame, layout.heading, &columns, &theme);
    if lines.is_empty() {
        return empty(frame, screen, layout.rows, "the site has no machine");
    }
    let cursor = screen.cursors[View::Coverage as usize];
    rows(frame, layout.rows, &columns, (cursor, lines.len()), &theme, |place| {
        let line = &lines[place];
        let [blocked, flaky, unseen, verified, _] = line.pairs;
        let count = |status: Status, count: u64| {
            let style = match (count, status) {
                (0, _) => theme.quiet,
                (_, Status::NotSeen) if line.missing == 0 => theme.quiet,
                _ => theme.status(status),
            };
            (if count == 0 { "-".to_owned() } else { count.to_string() }, style)
        };
        let seen = blocked + flaky + unseen + verified > 0;
        let plain = if seen { Style::new() } else { theme.quiet };
        vec![
            (line.row.map_or_else(|| "note".to_owned(), |row| row.to_string()), plain),
            (line.id.clone(), plain),
            (line.ports.clone(), plain),
            count(Status::Verified, verified),
            count(Status::Blocked, blocked),
            count(Status::Flaky, flaky),
            count(Status::NotSeen, unseen),
            (remark(line, seen, width).to_owned(), theme.quiet),
        ]
    });
}

/// What else one should know of a rule, in few letters where there is little room.
fn remark(line: &RuleLine, seen: bool, width: u16) -> &'static str {
    let (long, short) = match line.requirement {
        _ if !seen => ("not observable", "no one"),
        Requirement::Legacy => ("legacy", "legacy"),
        Requirement::Conditional => ("conditional", "cond."),
        Requirement::Alternative => ("any one will do", "any"),
        Requirement::Required | Requirement::Local if line.missing > 0 => {
            ("still to be seen", "to see")
        }
        Requirement::Required | Requirement::Local => ("", ""),
    };
    if width < 100 { short } else { long }
}

/// The pairs of machines under a rule.
pub fn draw_pairs(frame: &mut Frame<'_>, screen: &Screen, rule: &RuleLine, layout: &Layout) {
    let theme = screen.theme();
    let lines = &screen.lists.pairs.rows;
    let names = lines.iter().flat_map(|line| [line.client.width(), line.server.width()]);
    let name = u16::try_from(names.max().unwrap_or(0)).unwrap_or(u16::MAX).clamp(6, 24);
    let columns = [
        Heading::left("status", 16),
        Heading::left("client", name),
        Heading::left("server", name),
        Heading::left("ports", 13),
        Heading::right("ok", 5),
        Heading::right("failed", 6),
        Heading::left("note", layout.rows.width.saturating_sub(2 * name + 46)),
    ];
    headings(frame, layout.heading, &columns, &theme);
    if lines.is_empty() {
        let why = format!("no pair of machines under {}", rule.id);
        return empty(frame, screen, layout.rows, &why);
    }
    rows(frame, layout.rows, &columns, (screen.cursors[PAIRS], lines.len()), &theme, |place| {
        let line = &lines[place];
        let status = format!("{} {}", status_mark(line.status), line.status.name());
        vec![
            (status, theme.status(line.status)),
            (line.client.clone(), Style::new()),
            (line.server.clone(), Style::new()),
            (line.ports.clone(), Style::new()),
            (line.ok.to_string(), Style::new()),
            (line.blocked.to_string(), Style::new()),
            (line.note.clone(), theme.quiet),
        ]
    });
}
