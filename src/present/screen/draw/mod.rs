//! Drawing: one small function a region. Nothing is changed here.

mod ascii;
mod coverage;
pub mod detail;
mod findings;
mod flows;
mod footer;
mod header;
pub mod help;
mod machines;
mod table;
mod text;

use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

use super::{
    layout::Layout,
    state::{Screen, View, Window},
};
use crate::ledger::Ledger;

/// Fewer columns or lines than this show nothing but a word about it.
const LEAST: (u16, u16) = (40, 10);

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger) {
    draw_regions(frame, screen, ledger);
    if screen.setup.ascii {
        ascii::replace(frame.buffer_mut());
    }
}

fn draw_regions(frame: &mut Frame<'_>, screen: &Screen, ledger: &Ledger) {
    if screen.size.0 < LEAST.0 || screen.size.1 < LEAST.1 {
        let (width, height) = LEAST;
        let text = format!("the screen needs {width} columns and {height} lines");
        return frame.render_widget(Paragraph::new(text), frame.area());
    }
    let layout = Layout::of(screen);
    header::draw(frame, screen, ledger, &layout);
    match screen
        .windows
        .iter()
        .rfind(|window| !matches!(window, Window::Help(_) | Window::Columns(_)))
    {
        Some(Window::Detail(of, top)) => {
            scrolled(frame, layout.rows, detail::lines(screen, ledger, of), *top);
        }
        Some(Window::Pairs(rule)) => coverage::draw_pairs(frame, screen, rule, &layout),
        _ => match screen.view {
            View::Findings => findings::draw(frame, screen, ledger, &layout),
            View::Flows => flows::draw(frame, screen, ledger, &layout),
            View::Coverage => coverage::draw(frame, screen, &layout),
            View::Machines => machines::draw(frame, screen, &layout),
        },
    }
    match screen.windows.last() {
        Some(Window::Help(top)) => help::draw(frame, screen, &layout, *top),
        Some(Window::Columns(selected)) => flows::draw_chooser(frame, screen, &layout, *selected),
        _ => {}
    }
    footer::draw(frame, screen, layout.footer);
}

/// Shows lines from `top` on.
fn scrolled(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>, top: usize) {
    let shown: Vec<Line<'_>> = lines.into_iter().skip(top).take(area.height.into()).collect();
    frame.render_widget(Paragraph::new(shown), area);
}

/// What a list without rows says instead.
fn empty(frame: &mut Frame<'_>, screen: &Screen, area: Rect, why: &str) {
    let theme = screen.theme();
    let text = if screen.filter.is_empty() {
        why.to_owned()
    } else {
        format!("nothing here matches the filter {}", screen.filter.text)
    };
    let lines: Vec<Line<'_>> =
        textwrap::wrap(&text, usize::from(area.width).saturating_sub(2).max(1))
            .into_iter()
            .map(|line| Line::styled(format!(" {line}"), theme.quiet))
            .collect();
    frame.render_widget(Paragraph::new(lines), area);
}
