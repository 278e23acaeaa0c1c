//! What keys change.

use ratatui::crossterm::event::KeyEvent;

use super::{
    action::Action,
    column::Column,
    draw,
    filter::Filter,
    keymap::Key,
    layout::Layout,
    remedy,
    state::{DetailOf, Message, Purpose, Screen, View, Window},
    subject::Subject,
};
use crate::ledger::Ledger;

/// What is to be done outside of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// End.
    Quit,
    /// Put a text on the clipboard.
    Copy(String),
    /// Write the present view to a file of this name.
    Export(String),
}

impl Screen {
    /// Takes a key press.
    pub fn key(&mut self, event: &KeyEvent, ledger: &Ledger) -> Option<Effect> {
        let key = Key::of(event)?;
        self.message = None;
        if self.prompt.is_some() && key != Key::parse("ctrl-c")? {
            return self.type_key(event, ledger);
        }
        let action = self.setup.keymap.action(event)?;
        self.act(action, ledger)
    }

    /// Does what an action says.
    pub fn act(&mut self, action: Action, ledger: &Ledger) -> Option<Effect> {
        match action {
            Action::Quit => return Some(Effect::Quit),
            Action::Help => self.toggle_help(),
            Action::Back => self.back(),
            Action::Findings => self.go(View::Findings),
            Action::Flows => self.go(View::Flows),
            Action::Coverage => self.go(View::Coverage),
            Action::Machines => self.go(View::Machines),
            Action::NextView => self.go(self.neighbour(1)),
            Action::PreviousView => self.go(self.neighbour(View::ALL.len() - 1)),
            Action::Up => self.move_by(-1, ledger),
            Action::Down => self.move_by(1, ledger),
            Action::PageUp => self.move_by(-self.page(), ledger),
            Action::PageDown => self.move_by(self.page(), ledger),
            Action::Top => self.move_by(isize::MIN / 2, ledger),
            Action::Bottom => self.move_by(isize::MAX / 2, ledger),
            Action::Left => self.shift = self.shift.saturating_sub(1),
            Action::Right => {
                self.shift = (self.shift + 1).min(self.setup.columns.len().saturating_sub(1));
            }
            Action::Open => self.open(ledger),
            Action::Filter => self.ask(Purpose::Filter, self.filter.text.clone()),
            Action::ClearFilter => self.set_filter(Filter::default()),
            Action::Search => self.ask(Purpose::Search, String::new()),
            Action::NextMatch => self.find(1, ledger),
            Action::PreviousMatch => self.find(-1, ledger),
            Action::Sort => self.sort_by_next(),
            Action::ReverseSort => {
                self.reversed = !self.reversed;
                self.made_of = None;
            }
            Action::Columns => self.toggle_columns(),
            Action::Follow => self.toggle_follow(),
            Action::Pause => self.paused = !self.paused,
            Action::Acknowledge => self.acknowledge(ledger, false),
            Action::AcknowledgeAll => self.acknowledge(ledger, true),
            Action::ShowAcknowledged => {
                self.show_acknowledged = !self.show_acknowledged;
                self.made_of = None;
                let word = if self.show_acknowledged { "shown" } else { "hidden" };
                self.say(format!("acknowledged findings are {word}"));
            }
            Action::Copy => return self.copy(ledger),
            Action::Export => {
                let name = format!("vmmtap-{}.json", self.view.name().to_lowercase());
                self.ask(Purpose::Export, name);
            }
            Action::Theme => {
                self.setup.theme = self.setup.theme.next();
                self.say(format!("theme {}", self.setup.theme.name()));
            }
            Action::Bell => {
                self.setup.bell = !self.setup.bell;
                let word = if self.setup.bell { "rings" } else { "does not ring" };
                self.say(format!("the bell {word} when a finding arises"));
            }
        }
        None
    }

    pub(super) fn say(&mut self, text: String) {
        self.message = Some(Message { text, failed: false });
    }

    fn neighbour(&self, by: usize) -> View {
        View::ALL[(self.view as usize + by) % View::ALL.len()]
    }

    pub(super) fn go(&mut self, view: View) {
        self.view = view;
        self.windows.clear();
        self.made_of = None;
    }

    pub(super) fn back(&mut self) {
        if self.windows.pop().is_none() && !self.filter.is_empty() {
            self.filter = Filter::default();
        }
        self.made_of = None;
    }

    fn toggle_help(&mut self) {
        match self.windows.last() {
            Some(Window::Help(_)) => {
                self.windows.pop();
            }
            _ => self.windows.push(Window::Help(0)),
        }
    }

    fn toggle_columns(&mut self) {
        match self.windows.last() {
            Some(Window::Columns(_)) => {
                self.windows.pop();
            }
            _ if self.view == View::Flows && self.windows.is_empty() => {
                self.windows.push(Window::Columns(0));
            }
            _ => self.say("the flows have columns to choose; 2 shows them".to_owned()),
        }
    }

    fn toggle_follow(&mut self) {
        if self.view != View::Flows {
            return self.say("only the flows can follow the newest; 2 shows them".to_owned());
        }
        self.follow = !self.follow;
        self.sort = None;
        self.made_of = None;
    }

    fn page(&self) -> isize {
        let (_, height) = self.extent(self.list());
        isize::try_from(Layout::of(self).rows.height / height).unwrap_or(1).max(1)
    }

    pub(super) fn move_by(&mut self, by: isize, ledger: &Ledger) {
        let height = usize::from(Layout::of(self).rows.height);
        match self.windows.last() {
            Some(Window::Columns(selected)) => {
                let last = Column::ALL.len() - 1;
                let selected = selected.saturating_add_signed(by).min(last);
                self.replace_window(Window::Columns(selected));
            }
            Some(Window::Help(top)) => {
                let lines = draw::help::lines(self).len();
                let last = lines.saturating_sub(height.saturating_sub(2));
                let top = top.saturating_add_signed(by).min(last);
                self.replace_window(Window::Help(top));
            }
            Some(Window::Detail(of, top)) => {
                let of = of.clone();
                let lines = draw::detail::lines(self, ledger, &of).len();
                let top = top.saturating_add_signed(by).min(lines.saturating_sub(height));
                self.replace_window(Window::Detail(of, top));
            }
            Some(Window::Pairs(_)) | None => {
                let list = self.list();
                let (len, _) = self.extent(list);
                self.cursors[list].step(by, len);
                if self.view == View::Flows && list == View::Flows as usize {
                    self.follow = by > 0 && self.follow
                        || by >= isize::MAX / 2 && self.sort.is_none() && self.setup.live;
                }
                self.fit();
            }
        }
    }

    fn replace_window(&mut self, window: Window) {
        self.windows.pop();
        self.windows.push(window);
    }

    pub(super) fn open(&mut self, ledger: &Ledger) {
        match self.windows.last() {
            Some(Window::Columns(selected)) => return self.switch_column(Column::ALL[*selected]),
            Some(Window::Help(_)) => return self.back(),
            Some(Window::Detail(of, _)) => return self.open_flows_of(&of.clone(), ledger),
            Some(Window::Pairs(_)) | None => {}
        }
        let list = self.list();
        let selected = self.cursors[list].selected;
        let window = match list {
            0 => self.selected_finding().cloned().map(DetailOf::Finding).map(detail),
            1 => self.lists.flows.rows.get(selected).copied().map(DetailOf::Flow).map(detail),
            2 => self.lists.rules.rows.get(selected).cloned().map(|rule| {
                self.cursors[super::state::PAIRS] = super::cursor::Cursor::default();
                Window::Pairs(Box::new(rule))
            }),
            3 => {
                let line = self.lists.machines.rows.get(selected).cloned();
                line.map(|line| detail(DetailOf::Machine(Box::new(line))))
            }
            _ => {
                let pair = self.lists.pairs.rows.get(selected);
                let filter = pair.map(|pair| {
                    let (rule, client, server) = (&pair.rule, &pair.client, &pair.server);
                    format!("rule:{rule} client:\"{client}\" server:\"{server}\"")
                });
                return self.show_flows(filter);
            }
        };
        self.windows.extend(window);
        self.made_of = None;
    }

    fn open_flows_of(&mut self, of: &DetailOf, ledger: &Ledger) {
        let policy = ledger.policy();
        let filter = match of {
            DetailOf::Flow(_) => return,
            DetailOf::Machine(line) => line.filter(),
            DetailOf::Finding(key) => {
                let name = |id| super::super::names::machine(policy, id);
                let service = key.service;
                let (client, server) = (name(service.client), name(service.server));
                format!(
                    "verdict:{} client:\"{client}\" server:\"{server}\" transport:{} port:{}",
                    key.verdict.name(),
                    service.transport,
                    service.port
                )
            }
        };
        self.show_flows(Some(filter));
    }

    /// Shows the flows of a filter made here; one that cannot be read is not put in force.
    fn show_flows(&mut self, filter: Option<String>) {
        if let Some(Ok(filter)) = filter.map(|text| Filter::parse(&text)) {
            self.go(View::Flows);
            self.follow = false;
            self.filter = filter;
        }
    }

    fn switch_column(&mut self, column: Column) {
        let columns = &mut self.setup.columns;
        match columns.iter().position(|one| *one == column) {
            Some(place) if columns.len() > 1 => {
                columns.remove(place);
            }
            Some(_) => {}
            None => {
                let rank = |one: &Column| Column::ALL.iter().position(|other| other == one);
                let place = columns.iter().position(|one| rank(one) > rank(&column));
                columns.insert(place.unwrap_or(columns.len()), column);
            }
        }
        self.shift = self.shift.min(columns.len() - 1);
    }

    fn sort_by_next(&mut self) {
        if self.view != View::Flows {
            return self.say("the flows can be sorted; 2 shows them".to_owned());
        }
        let columns = &self.setup.columns;
        let place = self.sort.and_then(|sort| columns.iter().position(|one| *one == sort));
        self.sort = match (self.sort, place) {
            (None, _) => columns.first().copied(),
            (Some(_), place) => place.and_then(|place| columns.get(place + 1)).copied(),
        };
        self.follow = false;
        self.made_of = None;
    }

    fn acknowledge(&mut self, ledger: &Ledger, all: bool) {
        let keys = if all {
            self.lists.findings.rows.clone()
        } else {
            let shown = match self.windows.last() {
                Some(Window::Detail(DetailOf::Finding(key), _)) => Some(key),
                _ if self.view == View::Findings => self.selected_finding(),
                _ => None,
            };
            shown.cloned().into_iter().collect()
        };
        for key in keys {
            if let Some(finding) = ledger.finding(&key) {
                self.flashing.remove(&key);
                // A second time takes it back.
                if !all && self.is_acknowledged(&key, finding.arose) {
                    self.acknowledged.remove(&key);
                } else {
                    self.acknowledged.insert(key, finding.arose);
                }
            }
        }
        self.made_of = None;
    }

    fn copy(&mut self, ledger: &Ledger) -> Option<Effect> {
        let text = remedy::copied(self, ledger);
        match &text {
            Some(text) => {
                let line = text.lines().next().unwrap_or_default();
                self.say(format!("copied: {line}"));
            }
            None => self.say("nothing to copy here".to_owned()),
        }
        text.map(Effect::Copy)
    }

    pub(super) fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.made_of = None;
    }

    /// Goes to the next row that matches the search, round the end.
    pub(super) fn find(&mut self, by: isize, ledger: &Ledger) {
        let Some(search) = self.search.clone() else {
            return self.say("nothing was searched for yet".to_owned());
        };
        let list = self.list();
        let (len, _) = self.extent(list);
        let policy = ledger.policy();
        let selected = self.cursors[list].selected;
        let wrap = |steps: usize| {
            let steps = if by > 0 { steps } else { len - steps };
            (selected + steps) % len
        };
        let found = (1..=len).map(wrap).find(|place| match list {
            0 => {
                let key = &self.lists.findings.rows[*place];
                let finding = ledger.finding(key);
                finding
                    .and_then(|finding| Subject::finding(ledger, finding))
                    .is_some_and(|subject| search.matches(&subject))
            }
            1 => {
                let row = ledger.row(self.lists.flows.rows[*place]);
                row.is_some_and(|row| search.matches(&Subject::row(policy, row)))
            }
            3 => search.matches(&self.lists.machines.rows[*place].subject(policy)),
            _ => {
                // The lists of the coverage are short: what they show is what is searched.
                let text = match list {
                    2 => self.lists.rules.rows[*place].id.clone(),
                    _ => {
                        let pair = &self.lists.pairs.rows[*place];
                        format!("{} {} {}", pair.client, pair.server, pair.status.name())
                    }
                };
                text.to_lowercase().contains(&search.text.to_lowercase())
            }
        });
        match found {
            Some(place) => {
                self.cursors[list].selected = place;
                self.follow = false;
                self.fit();
            }
            None => self.say(format!("nothing here matches {}", search.text)),
        }
    }
}

fn detail(of: DetailOf) -> Window {
    Window::Detail(of, 0)
}
