//! The last line: keys, what is being typed, or how the last thing went.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Paragraph,
};
use unicode_width::UnicodeWidthStr;

use super::text::cut;
use crate::present::{
    clean,
    screen::{
        action::{Action, BINDINGS},
        state::{Prompt, Purpose, Screen, View, Window},
    },
};

pub fn draw(frame: &mut Frame<'_>, screen: &Screen, area: Rect) {
    let theme = screen.theme();
    if let Some(prompt) = &screen.prompt {
        return typing(frame, screen, prompt, area);
    }
    if let Some(message) = &screen.message {
        let style = if message.failed { theme.error } else { theme.accent };
        let text = cut(&message.text, area.width.into());
        return frame.render_widget(Paragraph::new(Line::styled(text, style)), area);
    }
    let mut spans: Vec<Span<'_>> = Vec::new();
    let mut used = 0;
    for action in useful(screen) {
        let binding = action.binding();
        let Some(key) = screen.setup.keymap.keys(action).first() else { continue };
        let width = key.width() + binding.short.width() + 3;
        if used + width > usize::from(area.width) {
            break;
        }
        used += width;
        spans.push(Span::styled(shown(key), theme.accent));
        spans.push(Span::styled(format!(" {}  ", binding.short), theme.quiet));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// A key as people know it.
pub fn shown(key: &str) -> String {
    match key {
        "enter" => "Enter".to_owned(),
        "esc" => "Esc".to_owned(),
        "backtab" => "Shift-Tab".to_owned(),
        "pageup" => "PgUp".to_owned(),
        "pagedown" => "PgDn".to_owned(),
        key if key.chars().count() == 1 => key.to_owned(),
        key => {
            let mut letters = key.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            first + letters.as_str()
        }
    }
}

/// What is worth naming where one is, in the order of the table.
fn useful(screen: &Screen) -> Vec<Action> {
    let in_window = !matches!(screen.windows.last(), None | Some(Window::Pairs(_)));
    let of_flows = screen.view == View::Flows && !in_window;
    let of_findings = screen.view == View::Findings;
    let has_place = |action: Action| match action {
        Action::Sort | Action::Columns | Action::Follow => of_flows,
        Action::Acknowledge => of_findings,
        Action::Filter => !in_window,
        _ => true,
    };
    let named = BINDINGS.iter().filter(|binding| !binding.short.is_empty());
    named.map(|binding| binding.action).filter(|action| has_place(*action)).collect()
}

fn typing(frame: &mut Frame<'_>, screen: &Screen, prompt: &Prompt, area: Rect) {
    let theme = screen.theme();
    let label = match prompt.purpose {
        Purpose::Filter => "filter: ",
        Purpose::Search => "search: ",
        Purpose::Export => "write to (.json, .csv or .md): ",
    };
    let text = prompt.input.value();
    let (before, wrong, after) = match &prompt.mistake {
        Some(mistake) => {
            (&text[..mistake.at.start], &text[mistake.at.clone()], &text[mistake.at.end..])
        }
        None => (text, "", ""),
    };
    let mut spans = vec![
        Span::styled(label, theme.accent),
        Span::raw(clean(before)),
        Span::styled(clean(wrong), theme.flash),
        Span::raw(clean(after)),
    ];
    let room = usize::from(area.width).saturating_sub(label.width() + text.width() + 3);
    if let Some(mistake) = &prompt.mistake {
        spans.push(Span::styled(format!("  {}", cut(&mistake.what, room)), theme.error));
    }
    // What is typed beyond the edge pushes the line to the left.
    let cursor = label.width() + prompt.input.visual_cursor();
    let beyond = (cursor + 1).saturating_sub(area.width.into());
    let hidden = u16::try_from(beyond).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(Line::from(spans)).scroll((0, hidden)), area);
    let x = area.x + u16::try_from(cursor - beyond).unwrap_or(0);
    frame.set_cursor_position(Position { x, y: area.y });
}
