//! The help, over the view: every action with its keys, the words of the filter, what went wrong.

use ratatui::{
    Frame,
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear},
};

use super::{footer::shown, scrolled, text::cut};
use crate::{
    judge::Verdict,
    present::screen::{action::BINDINGS, filter::KEYS, layout::Layout, state::Screen, theme::mark},
};

/// Draws the help from a line on.
pub fn draw(frame: &mut Frame<'_>, screen: &Screen, layout: &Layout, top: usize) {
    let area = layout.heading.union(layout.rows);
    let block = Block::bordered().title(" help ").border_style(screen.theme().accent);
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    scrolled(frame, inner, lines(screen), top);
}

/// The help's lines.
#[must_use]
pub fn lines(screen: &Screen) -> Vec<Line<'static>> {
    let theme = screen.theme();
    let width = usize::from(screen.size.0).saturating_sub(2);
    let title = |text: &str| Line::styled(text.to_owned(), theme.accent);
    let mut lines = Vec::new();
    if !screen.status.problems.is_empty() {
        lines.push(title("What went wrong"));
        for problem in &screen.status.problems {
            for line in textwrap::wrap(problem, width.saturating_sub(4).max(1)) {
                lines.push(Line::styled(format!("  {}", cut(&line, width)), theme.error));
            }
        }
        lines.push(Line::default());
    }
    lines.push(title("Keys"));
    for binding in BINDINGS {
        let keys: Vec<String> =
            screen.setup.keymap.keys(binding.action).iter().map(|key| shown(key)).collect();
        let keys = if keys.is_empty() { "-".to_owned() } else { keys.join(" ") };
        lines.push(Line::from(vec![
            Span::styled(format!("  {keys:<16} "), theme.accent),
            Span::raw(binding.help),
        ]));
    }
    lines.push(Line::raw(
        "  The mouse: a click selects, two open, the wheel scrolls, a tab shows its view.",
    ));
    lines.push(Line::default());
    lines.push(title("Verdicts"));
    for verdict in Verdict::ALL {
        lines.push(Line::from(vec![
            Span::styled(
                format!("  {} {:<14} ", mark(verdict), verdict.name()),
                theme.verdict(verdict),
            ),
            Span::raw(meaning(verdict)),
        ]));
    }
    lines.push(Line::default());
    lines.push(title("Filter"));
    lines.push(Line::raw(
        "  All words must hold; a,b are alternatives; ! turns a word round. A word without a",
    ));
    lines.push(Line::raw(
        "  key is looked for in all that a row says; /x/ is a regular expression.",
    ));
    lines.push(Line::raw("  Up and Down bring back lines used before; Ctrl-U empties the line."));
    for (_, example) in KEYS {
        lines.push(Line::styled(format!("    {example}"), Style::new()));
    }
    lines
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Blocked => "a rule expects it, and it failed",
        Verdict::Unexpected => "no rule expects it, and it works",
        Verdict::Mismatch => "expected and answered, but something else is spoken",
        Verdict::Denied => "no rule expects it, and it failed",
        Verdict::Unknown => "what was seen does not tell",
        Verdict::Ok => "a rule expects it, and it works",
        Verdict::Outside => "with a machine that the site does not know",
    }
}
