//! The three lines at the top.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};
use unicode_width::UnicodeWidthStr;

use super::text::{cut, grouped};
use crate::{
    judge::{Status, Verdict},
    ledger::Ledger,
    present::{
        clean, names,
        screen::{
            layout::Layout,
            state::{Screen, View, Window},
            theme::{Theme, mark},
        },
    },
};

pub fn draw(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger, layout: &Layout) {
    source(frame, screen, ledger, layout.header);
    tallies(frame, screen, ledger, layout.tallies);
    tabs(frame, screen, layout.tabs);
}

/// Puts spans at the left and others at the right of a line; the left ones give way.
fn two_sided(frame: &mut Frame<'_>, area: Rect, left: Line<'_>, right: Line<'_>) {
    let width = u16::try_from(right.width()).unwrap_or(u16::MAX).min(area.width);
    let gap = u16::from(width > 0);
    let left_area = Rect { width: area.width.saturating_sub(width + gap), ..area };
    frame.render_widget(Paragraph::new(left), left_area);
    frame.render_widget(
        Paragraph::new(right),
        Rect { x: area.x + area.width - width, width, ..area },
    );
}

fn source(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger, area: Rect) {
    let theme = screen.theme();
    let (word, style) = state(screen, &theme);
    let right = progress(screen, area.width);
    let used: usize = right.iter().map(Span::width).sum();
    let room = usize::from(area.width).saturating_sub(used + word.width() + 3);
    let site = clean(&ledger.policy().site.name).into_owned();
    let source = &screen.setup.source;
    // The site's name gives way before what is looked at does.
    let beside = room.saturating_sub(source.width() + 2);
    let mut left = Vec::new();
    if !site.is_empty() && beside >= site.width() {
        left.push(Span::styled(site, theme.accent));
        left.push(Span::raw("  "));
    }
    left.push(Span::styled(word, style));
    left.push(Span::raw("  "));
    left.push(Span::raw(cut(source, room)));
    two_sided(frame, area, Line::from(left), Line::from(right));
}

/// Time, packets, rate and losses.
fn progress(screen: &Screen, width: u16) -> Vec<Span<'static>> {
    let theme = screen.theme();
    let status = &screen.status;
    let now = status.now.filter(|now| now.0 != 0);
    let time = now.map_or_else(|| "--:--:--".to_owned(), names::clock);
    let mut spans = vec![Span::raw(format!("{time}  {} packets", grouped(status.frames)))];
    if !status.ended {
        // The present second is not over yet.
        let rate = status.per_second.iter().rev().nth(1).or(status.per_second.back());
        let rate = names::amount(rate.copied().unwrap_or(0));
        spans.push(Span::raw(format!("  {rate}/s")));
    }
    let bars = if width < 100 { 8 } else { 24 };
    spans.push(Span::raw(" "));
    spans.push(Span::styled(sparkline(&status.per_second, bars), theme.accent));
    let lost = status.drops.kernel + status.drops.interface;
    if lost > 0 {
        spans.push(Span::styled(format!("  {} LOST", grouped(lost)), theme.error));
    } else if screen.setup.live {
        spans.push(Span::raw("  lost 0"));
    }
    spans
}

/// `live`, `reading 42 %`, `read`, `ended`, `HELD`.
fn state(screen: &Screen, theme: &Theme) -> (String, Style) {
    let status = &screen.status;
    if screen.paused {
        return ("HELD".to_owned(), theme.flash);
    }
    match (screen.setup.live, status.ended) {
        (true, false) => ("● live".to_owned(), theme.good),
        (true, true) => ("ended".to_owned(), theme.error),
        (false, true) if status.problems.is_empty() => ("read".to_owned(), theme.accent),
        (false, true) => ("read, see ?".to_owned(), theme.error),
        (false, false) => {
            let total = screen.setup.total_bytes.filter(|total| *total > 0);
            let word = total.map_or_else(
                || "reading".to_owned(),
                |total| format!("reading {} %", (status.bytes_read * 100 / total).min(100)),
            );
            (word, theme.good)
        }
    }
}

/// One bar a second, the latest at the right.
fn sparkline(per_second: &std::collections::VecDeque<u64>, width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown: Vec<u64> = per_second.iter().rev().take(width).rev().copied().collect();
    let most = shown.iter().copied().max().unwrap_or(0);
    let bar = |count: u64| match count {
        0 => ' ',
        count => BARS[usize::try_from((count * 8).div_ceil(most.max(1)) - 1).unwrap_or(0).min(7)],
    };
    let bars: String = shown.into_iter().map(bar).collect();
    let blanks = width - bars.chars().count();
    " ".repeat(blanks) + &bars
}

fn tallies(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger, area: Rect) {
    let theme = screen.theme();
    let verdicts = ledger.verdicts();
    let exact: Vec<String> = Verdict::ALL
        .iter()
        .map(|one| format!("{}{} {}", mark(*one), grouped(verdicts[one]), one.name()))
        .collect();
    let short: Vec<String> = Verdict::ALL
        .iter()
        .map(|one| format!("{}{} {}", mark(*one), names::amount(verdicts[one]), one.name()))
        .collect();
    let needs = |texts: &[String], gap: usize| {
        texts.iter().map(|text| text.width() + gap).sum::<usize>() <= usize::from(area.width)
    };
    let (texts, gap) = if needs(&exact, 3) {
        (exact, 3)
    } else if needs(&exact, 1) {
        (exact, 1)
    } else {
        (short, 1)
    };
    let mut spans = Vec::new();
    for (text, verdict) in texts.into_iter().zip(Verdict::ALL) {
        let style = if verdicts[&verdict] > 0 { theme.verdict(verdict) } else { theme.quiet };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw(" ".repeat(gap)));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

fn tabs(frame: &mut Frame<'_>, screen: &Screen, area: Rect) {
    let theme = screen.theme();
    let mut spans = Vec::new();
    for ((_, text), view) in Layout::tab_texts(screen).into_iter().zip(View::ALL) {
        let style =
            if view == screen.view { theme.selected.patch(theme.accent) } else { Style::new() };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw("  "));
    }
    let room = usize::from(area.width).saturating_sub(spans.iter().map(Span::width).sum());
    let (len, _) = screen.extent(screen.list());
    let all = match screen.list() {
        0 => screen.lists.findings.all,
        1 => screen.lists.flows.all,
        2 => screen.lists.rules.all,
        3 => screen.lists.machines.all,
        _ => screen.lists.pairs.all,
    };
    let count = if len == all {
        grouped(all as u64)
    } else {
        format!("{} of {}", grouped(len as u64), grouped(all as u64))
    };
    let place = match screen.windows.iter().rfind(|one| matches!(one, Window::Pairs(_))) {
        Some(Window::Pairs(rule)) => format!("pairs of {}: ", rule.id),
        _ if screen.view == View::Coverage => proven(screen),
        _ => String::new(),
    };
    let filter = if screen.filter.is_empty() {
        String::new()
    } else {
        let used = count.width() + place.width() + 4;
        cut(&format!("/ {}", screen.filter.text), room.saturating_sub(used)) + "  "
    };
    let right = Line::from(vec![
        Span::styled(filter, theme.accent),
        Span::styled(place + &count, theme.quiet),
    ]);
    two_sided(frame, area, Line::from(spans), right);
}

/// `5 proven, 1 blocked, 17 to see; rules: `
fn proven(screen: &Screen) -> String {
    let sum = |status: Status| {
        let place = Status::ALL.iter().position(|one| *one == status).unwrap_or(0);
        screen.lists.rules.rows.iter().map(|line| line.pairs[place]).sum::<u64>()
    };
    let missing: u64 = screen.lists.rules.rows.iter().map(|line| line.missing).sum();
    let (proven, failed) = (sum(Status::Verified), sum(Status::Blocked) + sum(Status::Flaky));
    format!("{proven} proven, {failed} failing, {missing} to see; ")
}
