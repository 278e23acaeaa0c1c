//! What a key can do: one table feeds the handler, the footer, the help and the configuration.

use serde::Deserialize;

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the table explains each one")]
pub enum Action {
    Findings,
    Flows,
    Coverage,
    Machines,
    NextView,
    PreviousView,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Left,
    Right,
    Open,
    Back,
    Filter,
    ClearFilter,
    Search,
    NextMatch,
    PreviousMatch,
    Sort,
    ReverseSort,
    Columns,
    Follow,
    Pause,
    Acknowledge,
    AcknowledgeAll,
    ShowAcknowledged,
    Copy,
    Export,
    Theme,
    Bell,
    Help,
    Quit,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What is done.
    pub action: Action,
    /// Its name in the configuration.
    pub name: &'static str,
    /// The keys, unless the configuration has others.
    pub keys: &'static [&'static str],
    /// One or two words for the footer; empty where it has no place there.
    pub short: &'static str,
    /// A line for the help.
    pub help: &'static str,
}

const fn row(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    short: &'static str,
    help: &'static str,
) -> Binding {
    Binding { action, name, keys, short, help }
}

/// Every action with its keys, in the order of the help.
pub const BINDINGS: [Binding; 35] = {
    use Action as A;
    [
        row(A::Help, "help", &["?", "f1"], "help", "this help; again, or Esc, to leave it"),
        row(
            A::Back,
            "back",
            &["esc", "backspace"],
            "",
            "back: leave a window, then clear the filter",
        ),
        row(A::Quit, "quit", &["q", "ctrl-c"], "quit", "quit"),
        row(A::Findings, "findings", &["1"], "", "what is blocked, unexpected or mismatched"),
        row(A::Flows, "flows", &["2"], "", "every conversation"),
        row(A::Coverage, "coverage", &["3"], "", "what is proven, and what is still to be seen"),
        row(A::Machines, "machines", &["4"], "", "machines, whom they talk to, and strangers"),
        row(A::NextView, "next-view", &["tab"], "", "the next view"),
        row(A::PreviousView, "previous-view", &["backtab"], "", "the view before"),
        row(A::Open, "open", &["enter"], "open", "open what is selected: detail, pairs, flows"),
        row(A::Up, "up", &["up", "k"], "", "up"),
        row(A::Down, "down", &["down", "j"], "", "down"),
        row(A::PageUp, "page-up", &["pageup", "ctrl-b"], "", "a page up"),
        row(A::PageDown, "page-down", &["pagedown", "ctrl-f"], "", "a page down"),
        row(A::Top, "top", &["home", "g"], "", "to the top"),
        row(A::Bottom, "bottom", &["end", "G"], "", "to the bottom"),
        row(A::Left, "left", &["left", "h"], "", "columns to the left"),
        row(A::Right, "right", &["right", "l"], "", "columns to the right"),
        row(A::Filter, "filter", &["/"], "filter", "show only what matches (see below)"),
        row(A::ClearFilter, "clear-filter", &["x"], "", "show everything again"),
        row(A::Search, "search", &["ctrl-s", ":"], "", "go to the next row that matches"),
        row(A::NextMatch, "next-match", &["n"], "", "next match of the search"),
        row(A::PreviousMatch, "previous-match", &["N"], "", "match before"),
        row(A::Sort, "sort", &["s"], "sort", "flows: sort by the next column"),
        row(A::ReverseSort, "reverse-sort", &["S"], "", "flows: turn the order round"),
        row(A::Columns, "columns", &["c"], "columns", "flows: choose the columns"),
        row(A::Follow, "follow", &["f"], "follow", "flows: stay at the newest"),
        row(A::Pause, "pause", &["p", "space"], "pause", "hold the view; packets keep counting"),
        row(
            A::Acknowledge,
            "acknowledge",
            &["a"],
            "ack",
            "findings: seen; shown quietly until it comes again",
        ),
        row(A::AcknowledgeAll, "acknowledge-all", &["A"], "", "findings: all of them seen"),
        row(
            A::ShowAcknowledged,
            "show-acknowledged",
            &["H"],
            "",
            "findings: hide or show those seen",
        ),
        row(A::Copy, "copy", &["y"], "copy", "copy the firewall exception, or the row (OSC 52)"),
        row(A::Export, "export", &["e"], "export", "write this view, as filtered, to a file"),
        row(A::Theme, "theme", &["t"], "", "other colours"),
        row(A::Bell, "bell", &["b"], "", "ring, or not, when a finding arises"),
    ]
};

impl Action {
    /// Its row of the table.
    #[must_use]
    pub fn binding(self) -> &'static Binding {
        // A test holds that every action has its row.
        BINDINGS.iter().find(|one| one.action == self).unwrap_or(&BINDINGS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_the_actions_own_and_every_key_has_one_meaning() {
        let mut keys = std::collections::HashMap::new();
        for binding in BINDINGS {
            assert_eq!(binding.action.binding().name, binding.name);
            let quoted = format!("{:?}", binding.name);
            let read: Action = serde_json::from_str(&quoted).expect("an action's name");
            assert_eq!(read, binding.action, "{}", binding.name);
            assert!(!binding.keys.is_empty() && !binding.help.is_empty(), "{}", binding.name);
            for key in binding.keys {
                assert_eq!(keys.insert(*key, binding.name), None, "{key}");
            }
        }
    }
}
