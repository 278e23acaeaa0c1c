//! From key presses to actions.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::{Action, BINDINGS};

/// A key with its modifiers; Shift is in the letter itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// Reads a name such as `a`, `G`, `ctrl-c`, `alt-x`, `f1`, `pageup` or `space`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut rest = name;
        let mut modifiers = KeyModifiers::NONE;
        for (prefix, modifier) in [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT)] {
            if let Some(after) = rest.strip_prefix(prefix).filter(|after| !after.is_empty()) {
                modifiers |= modifier;
                rest = after;
            }
        }
        let named = NAMED.iter().find(|(_, word)| *word == rest).map(|(code, _)| *code);
        let mut letters = rest.chars();
        let letter = letters.next().filter(|_| letters.next().is_none()).map(KeyCode::Char);
        let function = rest.strip_prefix('f').and_then(|number| number.parse().ok());
        let function = function.filter(|number| (1..=12).contains(number)).map(KeyCode::F);
        named.or(letter).or(function).map(|code| Self { code, modifiers })
    }

    /// The key of a press; releases are not acted on.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Option<Self> {
        let pressed = matches!(event.kind, KeyEventKind::Press | KeyEventKind::Repeat);
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        // On some keyboards a plain sign needs AltGr, which consoles report as both.
        if modifiers == KeyModifiers::CONTROL | KeyModifiers::ALT {
            modifiers = KeyModifiers::NONE;
        }
        pressed.then_some(Self { code: event.code, modifiers })
    }
}

const NAMED: [(KeyCode, &str); 15] = [
    (KeyCode::Enter, "enter"),
    (KeyCode::Esc, "esc"),
    (KeyCode::Tab, "tab"),
    (KeyCode::BackTab, "backtab"),
    (KeyCode::Backspace, "backspace"),
    (KeyCode::Delete, "delete"),
    (KeyCode::Insert, "insert"),
    (KeyCode::Up, "up"),
    (KeyCode::Down, "down"),
    (KeyCode::Left, "left"),
    (KeyCode::Right, "right"),
    (KeyCode::Home, "home"),
    (KeyCode::End, "end"),
    (KeyCode::PageUp, "pageup"),
    (KeyCode::PageDown, "pagedown"),
];

/// Which key does what.
#[derive(Clone, Debug)]
pub struct Keymap {
    actions: HashMap<Key, Action>,
    names: BTreeMap<Action, Vec<String>>,
}

impl Default for Keymap {
    fn default() -> Self {
        let names = BINDINGS
            .iter()
            .map(|one| (one.action, one.keys.iter().map(|key| (*key).to_owned()).collect()));
        Self::of(names.collect())
    }
}

impl Keymap {
    fn of(names: BTreeMap<Action, Vec<String>>) -> Self {
        let mut actions = HashMap::new();
        for (action, keys) in &names {
            for key in keys.iter().filter_map(|key| parse(key)) {
                actions.insert(key, *action);
            }
        }
        Self { actions, names }
    }

    /// The table with other keys for some actions. A key that is taken from another action is that
    /// action's no more.
    ///
    /// # Errors
    /// A name that is no key, or a key given to two actions.
    pub fn with(changed: &BTreeMap<Action, Vec<String>>) -> Result<Self, String> {
        let mut names = Self::default().names;
        let mut taken: HashMap<Key, Action> = HashMap::new();
        for (action, keys) in changed {
            for name in keys {
                let key = parse(name).ok_or_else(|| {
                    format!("`{name}` is no key; write a letter, ctrl-x, alt-x, f1, enter, pageup")
                })?;
                if let Some(other) = taken.insert(key, *action).filter(|other| other != action) {
                    let (one, two) = (other.binding().name, action.binding().name);
                    return Err(format!("the key `{name}` is given to {one} and to {two}"));
                }
            }
        }
        for keys in names.values_mut() {
            keys.retain(|name| parse(name).is_none_or(|key| !taken.contains_key(&key)));
        }
        names.extend(changed.iter().map(|(action, keys)| (*action, keys.clone())));
        if names.get(&Action::Quit).is_none_or(Vec::is_empty) {
            return Err("no key is left for quit".to_owned());
        }
        Ok(Self::of(names))
    }

    /// What a key press means.
    #[must_use]
    pub fn action(&self, event: &KeyEvent) -> Option<Action> {
        self.actions.get(&Key::of(event)?).copied()
    }

    /// The keys of an action, as they are written.
    #[must_use]
    pub fn keys(&self, action: Action) -> &[String] {
        self.names.get(&action).map_or(&[], Vec::as_slice)
    }
}

fn parse(name: &str) -> Option<Key> {
    if name == "space" { Key::parse(" ") } else { Key::parse(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn every_key_of_the_table_leads_to_its_action() {
        let map = Keymap::default();
        for binding in BINDINGS {
            for name in binding.keys {
                let key = parse(name).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(map.action(&press(key.code, key.modifiers)), Some(binding.action));
            }
        }
        let released = KeyEvent {
            kind: KeyEventKind::Release,
            ..press(KeyCode::Char('q'), KeyModifiers::NONE)
        };
        assert_eq!(map.action(&released), None);
        assert_eq!(
            map.action(&press(KeyCode::Char('G'), KeyModifiers::SHIFT)),
            Some(Action::Bottom)
        );
    }

    #[test]
    fn a_changed_key_is_taken_from_whoever_had_it() {
        let changed = BTreeMap::from([(Action::Pause, vec!["f".to_owned()])]);
        let map = Keymap::with(&changed).expect("a good table");
        assert_eq!(map.action(&press(KeyCode::Char('f'), KeyModifiers::NONE)), Some(Action::Pause));
        assert!(map.keys(Action::Follow).is_empty());
        assert_eq!(map.action(&press(KeyCode::Char('p'), KeyModifiers::NONE)), None);
        for bad in [
            BTreeMap::from([(Action::Pause, vec!["hyper-x".to_owned()])]),
            BTreeMap::from([
                (Action::Pause, vec!["f".to_owned()]),
                (Action::Bell, vec!["f".to_owned()]),
            ]),
            BTreeMap::from([(Action::Quit, vec![])]),
        ] {
            assert!(Keymap::with(&bad).is_err(), "{bad:?}");
        }
    }
}
