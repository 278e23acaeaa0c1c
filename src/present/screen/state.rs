//! What the screen knows of itself. No drawing happens here, and nothing is read from outside.

use hashbrown::HashMap;
use tui_input::Input;

use super::{
    column::Column,
    cursor::Cursor,
    filter::{Filter, Mistake},
    keymap::Keymap,
    listing::{self, Listing, MachineLine, PairLine, RuleLine},
    theme::{Theme, ThemeName},
};
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    ledger::{FindingKey, Ledger, Status},
};

/// The four views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the views'")]
pub enum View {
    #[default]
    Findings,
    Flows,
    Coverage,
    Machines,
}

impl View {
    /// All of them, in the order of the tabs.
    pub const ALL: [Self; 4] = [Self::Findings, Self::Flows, Self::Coverage, Self::Machines];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Flows => "Flows",
            Self::Coverage => "Coverage",
            Self::Machines => "Machines",
        }
    }
}

/// What lies over a view; Esc takes the topmost away.
#[derive(Clone, Debug)]
pub enum Window {
    /// The pairs of machines under a rule.
    Pairs(Box<RuleLine>),
    /// All that is known of one thing, and the first line shown.
    Detail(DetailOf, usize),
    /// The help, and the first line shown.
    Help(usize),
    /// The column chooser, and the selected one.
    Columns(usize),
}

/// What a detail is of.
#[derive(Clone, Debug)]
pub enum DetailOf {
    /// A finding, told by its newest conversation.
    Finding(FindingKey),
    /// A conversation by its place.
    Flow(u32),
    /// A machine or stranger.
    Machine(Box<MachineLine>),
}

/// What is typed at the bottom line.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    /// What has been typed.
    pub input: Input,
    /// What is wrong with it.
    pub mistake: Option<Mistake>,
    /// How far back in the history one stands; 0 for what is being typed.
    pub(super) back: usize,
}

/// What a prompt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A filter line.
    Filter,
    /// Something to search for.
    Search,
    /// A file's name.
    Export,
}

/// A line at the bottom that tells how something went.
#[derive(Clone, Debug)]
pub struct Message {
    /// The line.
    pub text: String,
    /// Whether it tells of a failure.
    pub failed: bool,
}

/// How the screen is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is looked at, for the header.
    pub source: String,
    /// Whether it is an interface.
    pub live: bool,
    /// Bytes of the captures, where they are known.
    pub total_bytes: Option<u64>,
    /// Colours.
    pub theme: ThemeName,
    /// Whether the terminal shows nothing beyond ASCII.
    pub ascii: bool,
    /// Columns of the flows.
    pub columns: Vec<Column>,
    /// Whether to ring when a finding arises.
    pub bell: bool,
    /// The keys.
    pub keymap: Keymap,
    /// A filter to begin with.
    pub filter: Filter,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            source: String::new(),
            live: false,
            total_bytes: None,
            theme: ThemeName::default(),
            ascii: false,
            columns: Column::USUAL.to_vec(),
            bell: false,
            keymap: Keymap::default(),
            filter: Filter::default(),
        }
    }
}

/// The rows of each list.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Findings.
    pub findings: Listing<FindingKey>,
    /// Flows by place.
    pub flows: Listing<u32>,
    /// Rules.
    pub rules: Listing<RuleLine>,
    /// Pairs of a rule.
    pub pairs: Listing<PairLine>,
    /// Machines and strangers.
    pub machines: Listing<MachineLine>,
}

/// The screen.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Screen {
    /// How it was set up.
    pub setup: Setup,
    /// How the reading or listening stands.
    pub status: Status,
    /// Columns and lines of the terminal.
    pub size: (u16, u16),
    /// The view.
    pub view: View,
    /// What lies over it.
    pub windows: Vec<Window>,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// The filter in force.
    pub filter: Filter,
    /// Filter lines that were in force, the latest last.
    pub history: Vec<String>,
    /// What was last searched for.
    pub search: Option<Filter>,
    /// Whether the view is held.
    pub paused: bool,
    /// Whether the flows stay at the newest.
    pub follow: bool,
    /// The column that sorts the flows; `None` for the order of their beginning.
    pub sort: Option<Column>,
    /// Whether the flows stand the other way round.
    pub reversed: bool,
    /// Columns of the flows hidden at the left.
    pub shift: usize,
    /// Whether findings that were acknowledged are shown.
    pub show_acknowledged: bool,
    /// When the newest conversation of each acknowledged finding arose.
    pub acknowledged: HashMap<FindingKey, Timestamp>,
    /// Until when findings that just arose are shown as such.
    pub flashing: HashMap<FindingKey, Timestamp>,
    /// How the last thing went.
    pub message: Option<Message>,
    /// The rows.
    pub lists: Lists,
    /// Where one stands: the four views, then the pairs.
    pub cursors: [Cursor; 5],
    /// The time of day, for what happens on the screen itself.
    pub clock: Timestamp,
    /// The ledger's revision that the lists were made of; `None` where they must be made anew.
    pub(super) made_of: Option<u64>,
    /// Up to when findings have been looked at for news.
    pub(super) told_until: Option<Timestamp>,
    /// The last click: when, on which list, on which row.
    pub(super) clicked: Option<(Timestamp, usize, usize)>,
}

/// The cursor of the pairs.
pub(super) const PAIRS: usize = 4;
/// How long a finding that just arose is shown as such.
const FLASH: i64 = 3 * NANOS_PER_SECOND;

impl Screen {
    /// A screen of a size in columns and lines.
    #[must_use]
    pub fn new(setup: Setup, size: (u16, u16)) -> Self {
        Self {
            filter: setup.filter.clone(),
            status: Status::default(),
            size,
            view: View::default(),
            windows: Vec::new(),
            prompt: None,
            history: Vec::new(),
            search: None,
            paused: false,
            follow: setup.live,
            sort: None,
            reversed: false,
            shift: 0,
            show_acknowledged: true,
            acknowledged: HashMap::new(),
            flashing: HashMap::new(),
            message: None,
            lists: Lists::default(),
            cursors: [Cursor::default(); 5],
            clock: Timestamp::default(),
            made_of: None,
            told_until: None,
            clicked: None,
            setup,
        }
    }

    /// The colours in force.
    #[must_use]
    pub fn theme(&self) -> Theme {
        Theme::of(self.setup.theme)
    }

    /// Which cursor moves: that of the view or of the pairs over it.
    #[must_use]
    pub fn list(&self) -> usize {
        let has_pairs = self.windows.iter().any(|window| matches!(window, Window::Pairs(_)));
        if has_pairs { PAIRS } else { self.view as usize }
    }

    /// Rows and height of a row of a list.
    #[must_use]
    pub fn extent(&self, list: usize) -> (usize, u16) {
        match list {
            0 => (self.lists.findings.rows.len(), 2),
            1 => (self.lists.flows.rows.len(), 1),
            2 => (self.lists.rules.rows.len(), 1),
            3 => (self.lists.machines.rows.len(), 1),
            _ => (self.lists.pairs.rows.len(), 1),
        }
    }

    /// The finding at the cursor.
    #[must_use]
    pub fn selected_finding(&self) -> Option<&FindingKey> {
        self.lists.findings.rows.get(self.cursors[View::Findings as usize].selected)
    }

    /// Whether a finding that arose then has been acknowledged since.
    #[must_use]
    pub fn is_acknowledged(&self, key: &FindingKey, arose: Timestamp) -> bool {
        self.acknowledged.get(key).is_some_and(|seen| arose <= *seen)
    }

    /// Whether the lists no longer show what the ledger holds.
    #[must_use]
    pub fn is_stale(&self, ledger: &Ledger) -> bool {
        self.made_of != Some(ledger.revision())
    }

    /// Whether the lists must be made anew at once, because the user has changed what they show.
    #[must_use]
    pub fn must_refresh(&self) -> bool {
        self.made_of.is_none()
    }

    /// Makes the list that is shown anew, and keeps the selection at what was selected.
    pub fn refresh(&mut self, ledger: &Ledger) {
        self.made_of = Some(ledger.revision());
        match self.list() {
            0 => self.refresh_findings(ledger),
            1 => self.refresh_flows(ledger),
            2 => {
                let cursor = &mut self.cursors[2];
                let before = self.lists.rules.rows.get(cursor.selected).map(|one| one.id.clone());
                self.lists.rules = listing::rules(ledger, &self.filter);
                let after =
                    self.lists.rules.rows.iter().position(|one| Some(&one.id) == before.as_ref());
                cursor.selected = after.unwrap_or(cursor.selected);
            }
            3 => {
                let cursor = &mut self.cursors[3];
                let before =
                    self.lists.machines.rows.get(cursor.selected).map(|one| one.name.clone());
                self.lists.machines = listing::machines(ledger, &self.filter);
                let rows = &self.lists.machines.rows;
                let after = rows.iter().position(|one| Some(&one.name) == before.as_ref());
                cursor.selected = after.unwrap_or(cursor.selected);
            }
            _ => {
                let rule = self.windows.iter().find_map(|window| match window {
                    Window::Pairs(rule) => Some(rule),
                    _ => None,
                });
                if let Some(rule) = rule {
                    self.lists.pairs = listing::pairs(ledger, &self.filter, rule);
                }
            }
        }
        self.fit();
    }

    fn refresh_findings(&mut self, ledger: &Ledger) {
        let cursor = self.cursors[0];
        // At the top one stays at the top, where the newest is.
        let before = self.selected_finding().filter(|_| cursor.selected > 0).cloned();
        let hides =
            |key: &FindingKey, arose| !self.show_acknowledged && self.is_acknowledged(key, arose);
        let findings = listing::findings(ledger, &self.filter, hides);
        self.lists.findings = findings;
        let rows = &self.lists.findings.rows;
        let after = before.and_then(|before| rows.iter().position(|one| *one == before));
        self.cursors[0].selected = after.unwrap_or(cursor.selected);
    }

    fn refresh_flows(&mut self, ledger: &Ledger) {
        let selected = self.cursors[1].selected;
        let before = self.lists.flows.rows.get(selected).copied();
        self.lists.flows = listing::flows(ledger, &self.filter, self.sort, self.reversed);
        let rows = &self.lists.flows.rows;
        self.cursors[1].selected = if self.follow {
            if self.reversed { 0 } else { rows.len().saturating_sub(1) }
        } else if rows.get(selected).copied() == before {
            selected
        } else {
            before.and_then(|before| rows.iter().position(|one| *one == before)).unwrap_or(selected)
        };
    }

    /// Keeps all cursors within their lists and their pages.
    pub fn fit(&mut self) {
        let body = super::layout::Layout::of(self).rows.height;
        for list in 0..self.cursors.len() {
            let (len, height) = self.extent(list);
            self.cursors[list].fit(len, usize::from(body / height));
        }
    }

    /// Looks for findings that arose since the last look; true where there are some.
    pub fn look_for_news(&mut self, ledger: &Ledger) -> bool {
        let clock = self.clock;
        self.flashing.retain(|_, until| *until > clock);
        let findings = ledger.findings();
        let newest = findings.first().map(|finding| finding.arose);
        let told_until = self.told_until;
        self.told_until = told_until.max(newest);
        if !self.setup.live {
            return false;
        }
        let news = findings.into_iter().take_while(|one| Some(one.arose) > told_until);
        let keys: Vec<FindingKey> = news.map(|one| one.key.clone()).collect();
        let any = !keys.is_empty();
        for key in keys {
            self.flashing.insert(key, Timestamp(clock.0 + FLASH));
        }
        any
    }
}
