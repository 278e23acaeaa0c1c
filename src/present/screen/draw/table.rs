//! Rows with cells of set widths.

use std::borrow::Cow;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{super::cursor::Cursor, text::fill};
use crate::present::screen::theme::Theme;

/// A cell: its text and its style.
pub type Cell = (String, Style);

/// A column: heading, width, whether its cells stand at the right.
pub struct Heading {
    pub title: Cow<'static, str>,
    pub width: u16,
    pub right: bool,
}

impl Heading {
    pub fn left(title: &'static str, width: u16) -> Self {
        Self { title: title.into(), width, right: false }
    }

    pub fn right(title: &'static str, width: u16) -> Self {
        Self { title: title.into(), width, right: true }
    }
}

/// Draws the headings.
pub fn headings(frame: &mut Frame<'_>, area: Rect, columns: &[Heading], theme: &Theme) {
    let cells = columns.iter().map(|column| {
        Span::styled(fill(&column.title, column.width.into(), column.right), theme.heading)
    });
    frame.render_widget(Paragraph::new(spaced(cells)), area);
}

/// Draws the rows from the cursor's top on; `cells` makes those of a row.
pub fn rows(
    frame: &mut Frame<'_>,
    area: Rect,
    columns: &[Heading],
    (cursor, len): (Cursor, usize),
    theme: &Theme,
    cells: impl Fn(usize) -> Vec<Cell>,
) {
    for (line, place) in (cursor.top..len).take(area.height.into()).enumerate() {
        let at = Rect { y: area.y + u16::try_from(line).unwrap_or(u16::MAX), height: 1, ..area };
        let spans = cells(place).into_iter().zip(columns).map(|((text, style), column)| {
            Span::styled(fill(&text, column.width.into(), column.right), style)
        });
        let mut paragraph = Paragraph::new(spaced(spans));
        if place == cursor.selected {
            paragraph = paragraph.style(theme.selected);
        }
        frame.render_widget(paragraph, at);
    }
}

/// The cells with a blank between them.
fn spaced<'a>(cells: impl Iterator<Item = Span<'a>>) -> Line<'a> {
    let mut spans = Vec::new();
    for cell in cells {
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        spans.push(cell);
    }
    Line::from(spans)
}
