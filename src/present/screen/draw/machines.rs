//! The machines of the site, then the strangers that were seen.

use ratatui::{Frame, style::Style};
use unicode_width::UnicodeWidthStr;

use super::{
    empty,
    table::{Cell, Heading, headings, rows},
};
use crate::{
    judge::Verdict,
    present::{
        names,
        screen::{
            layout::Layout,
            listing::MachineLine,
            state::{Screen, View},
        },
    },
};

pub fn draw(frame: &mut Frame<'_>, screen: &Screen, layout: &Layout) {
    let theme = screen.theme();
    let lines = &screen.lists.machines.rows;
    let width = layout.rows.width;
    let longest = |text: fn(&MachineLine) -> &str| {
        let widths = lines.iter().map(|line| text(line).width());
        u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX)
    };
    let count = if width < 100 { 4 } else { 6 };
    let name = longest(|line| &line.name).clamp(7, (width / 5).max(7));
    let spare = width.saturating_sub(name + 1 + 7 * (count + 1));
    let roles = longest(|line| &line.roles).clamp(8, (spare / 2).max(8));
    let columns = [
        Heading::left("machine", name),
        Heading::left("roles", roles),
        Heading::right("×", count),
        Heading::right("!", count),
        Heading::right("≠", count),
        Heading::right("-", count),
        Heading::right("?", count),
        Heading::right("√", count),
        Heading::right("·", count),
        Heading::left("addresses, or what a stranger did", spare.saturating_sub(roles + 1)),
    ];
    headings(frame, layout.heading, &columns, &theme);
    if lines.is_empty() {
        return empty(frame, screen, layout.rows, "no machine, and no stranger seen");
    }
    let cursor = screen.cursors[View::Machines as usize];
    rows(frame, layout.rows, &columns, (cursor, lines.len()), &theme, |place| {
        let line = &lines[place];
        let plain = if line.id.is_some() { Style::new() } else { theme.verdict(Verdict::Outside) };
        let mut cells: Vec<Cell> = vec![(line.name.clone(), plain), (line.roles.clone(), plain)];
        cells.extend(Verdict::ALL.into_iter().zip(line.verdicts).map(
            |(verdict, count)| match count {
                0 => (String::new(), theme.quiet),
                count => (names::amount(count), theme.verdict(verdict)),
            },
        ));
        let last = if line.id.is_some() {
            line.addresses.clone()
        } else {
            line.peers.iter().cloned().collect::<Vec<_>>().join(", ")
        };
        cells.push((last, theme.quiet));
        cells
    });
}
