//! The flows, one a line, and the chooser of their columns.

use std::borrow::Cow;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::Line,
    widgets::{Block, Clear, Paragraph},
};

use super::{
    empty,
    table::{Heading, headings, rows},
};
use crate::{
    ledger::Ledger,
    present::screen::{
        column::{Column, share},
        layout::Layout,
        state::{Screen, View},
    },
};

pub fn draw(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger, layout: &Layout) {
    let policy = ledger.policy();
    let theme = screen.theme();
    let places = &screen.lists.flows.rows;
    let cursor = screen.cursors[View::Flows as usize];
    let chosen = screen.setup.columns.get(screen.shift..).unwrap_or_default();
    let page = places.iter().skip(cursor.top).take(layout.rows.height.into());
    let cells: Vec<Vec<String>> = page
        .filter_map(|place| ledger.row(*place))
        .map(|row| chosen.iter().map(|column| column.cell(policy, row)).collect())
        .collect();
    let columns: Vec<(Column, Heading)> = share(chosen, &cells, layout.rows.width)
        .into_iter()
        .map(|(column, width)| {
            let right = column.is_number();
            (column, Heading { title: title(screen, column), width, right })
        })
        .collect();
    let (shown, columns): (Vec<Column>, Vec<Heading>) = columns.into_iter().unzip();
    headings(frame, layout.heading, &columns, &theme);
    if places.is_empty() {
        return empty(frame, screen, layout.rows, "no conversation yet");
    }
    rows(frame, layout.rows, &columns, (cursor, places.len()), &theme, |place| {
        let Some(row) = ledger.row(places[place]) else { return Vec::new() };
        let texts = cells.get(place - cursor.top).into_iter().flatten();
        let style = |column: &Column| match column {
            Column::Verdict => theme.verdict(row.verdict),
            _ => Style::new(),
        };
        texts.zip(&shown).map(|(text, column)| (text.clone(), style(column))).collect()
    });
}

/// The heading, marked where it sorts.
fn title(screen: &Screen, column: Column) -> Cow<'static, str> {
    let usual = screen.reversed && column == Column::Start;
    if !screen.sort.map_or(usual, |sort| sort == column) {
        return column.name().into();
    }
    let arrow = if screen.reversed { '▼' } else { '▲' };
    format!("{}{arrow}", column.name()).into()
}

/// The chooser, over the flows.
pub fn draw_chooser(frame: &mut Frame<'_>, screen: &Screen, layout: &Layout, selected: usize) {
    let theme = screen.theme();
    let area = layout.rows;
    let height = (u16::try_from(Column::ALL.len()).unwrap_or(u16::MAX) + 2).min(area.height);
    let width = 56.min(area.width);
    let at = Rect { x: area.x + (area.width - width) / 2, y: area.y, width, height };
    let inner = usize::from(height.saturating_sub(2));
    let top = (selected + 1).saturating_sub(inner);
    let lines = Column::ALL.iter().enumerate().skip(top).take(inner).map(|(place, column)| {
        let sign = if screen.setup.columns.contains(column) { "[x]" } else { "[ ]" };
        let line = format!("{sign} {:<10} {}", column.name(), column.help());
        let style = if place == selected { theme.selected } else { Style::new() };
        Line::styled(format!("{line:<width$}", width = usize::from(width)), style)
    });
    let block = Block::bordered().title(" columns: Enter shows or hides, Esc leaves ");
    frame.render_widget(Clear, at);
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()).block(block), at);
}
