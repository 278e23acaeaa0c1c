//! What the mouse changes.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{
    layout::Layout,
    state::{Screen, View, Window},
};
use crate::{capture::NANOS_PER_SECOND, ledger::Ledger};

/// Rows that a turn of the mouse wheel moves.
const WHEEL: isize = 3;
/// Two clicks on a row within this time open it, in nanoseconds.
const DOUBLE_CLICK: i64 = NANOS_PER_SECOND / 2;

impl Screen {
    /// Takes what the mouse does.
    pub fn mouse(&mut self, event: &MouseEvent, ledger: &Ledger) {
        match event.kind {
            MouseEventKind::ScrollUp => self.wheel(-WHEEL, ledger),
            MouseEventKind::ScrollDown => self.wheel(WHEEL, ledger),
            MouseEventKind::Down(MouseButton::Left) => self.click(event.column, event.row, ledger),
            _ => {}
        }
    }

    fn wheel(&mut self, by: isize, ledger: &Ledger) {
        if !matches!(self.windows.last(), None | Some(Window::Pairs(_))) {
            return self.move_by(by, ledger);
        }
        let list = self.list();
        let (len, height) = self.extent(list);
        let page = usize::from(Layout::of(self).rows.height / height);
        self.cursors[list].scroll(by, len, page);
        self.follow = false;
    }

    fn click(&mut self, x: u16, y: u16, ledger: &Ledger) {
        let layout = Layout::of(self);
        if layout.tabs.contains((x, y).into()) {
            let texts = Layout::tab_texts(self);
            let hit = texts.iter().rposition(|(begin, _)| *begin <= x);
            let hit = hit.filter(|place| usize::from(x - texts[*place].0) < texts[*place].1.len());
            return hit.map_or((), |place| self.go(View::ALL[place]));
        }
        let in_list = matches!(self.windows.last(), None | Some(Window::Pairs(_)));
        if !in_list || !layout.rows.contains((x, y).into()) {
            return;
        }
        let list = self.list();
        let (len, height) = self.extent(list);
        let place = self.cursors[list].top + usize::from((y - layout.rows.y) / height);
        if place >= len {
            return;
        }
        self.cursors[list].selected = place;
        self.follow = false;
        let again = self.clicked.is_some_and(|(when, list_then, place_then)| {
            self.clock.since(when) <= DOUBLE_CLICK && (list_then, place_then) == (list, place)
        });
        self.clicked = (!again).then_some((self.clock, list, place));
        if again {
            self.open(ledger);
        }
    }
}
