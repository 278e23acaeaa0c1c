//! The line in which something is typed.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::{
    filter::Filter,
    state::{Prompt, Purpose, Screen},
    update::Effect,
};
use crate::ledger::Ledger;

/// Filter lines remembered.
const HISTORY: usize = 50;

impl Screen {
    pub(super) fn ask(&mut self, purpose: Purpose, text: String) {
        self.prompt = Some(Prompt { purpose, input: Input::new(text), mistake: None, back: 0 });
    }

    pub(super) fn type_key(&mut self, event: &KeyEvent, ledger: &Ledger) -> Option<Effect> {
        let mut prompt = self.prompt.take()?;
        match event.code {
            KeyCode::Esc => return None,
            KeyCode::Enter => return self.finish_prompt(prompt, ledger),
            KeyCode::Up | KeyCode::Down if prompt.purpose != Purpose::Export => {
                self.recall(&mut prompt, event.code == KeyCode::Up);
            }
            _ => {}
        }
        if let Some(request) = edit(event) {
            prompt.input.handle(request);
        }
        self.prompt = Some(prompt);
        self.check_prompt();
        None
    }

    /// Takes text that was pasted.
    pub fn paste(&mut self, text: &str) {
        if let Some(prompt) = self.prompt.as_mut() {
            for c in text.chars().filter(|c| !c.is_control()) {
                prompt.input.handle(InputRequest::InsertChar(c));
            }
        }
        self.check_prompt();
    }

    /// Puts an earlier filter line, or a later one, in the place of what is typed.
    fn recall(&self, prompt: &mut Prompt, earlier: bool) {
        let step = if earlier { 1 } else { -1 };
        prompt.back = prompt.back.saturating_add_signed(step).min(self.history.len());
        let line = self.history.iter().rev().nth(prompt.back.wrapping_sub(1));
        if prompt.back == 0 || line.is_some() {
            prompt.input = Input::new(line.cloned().unwrap_or_default());
        }
    }

    /// Remembers a filter line, once.
    fn remember(&mut self, line: &str) {
        if !line.is_empty() {
            self.history.retain(|known| known != line);
            self.history.push(line.to_owned());
            let excess = self.history.len().saturating_sub(HISTORY);
            self.history.drain(..excess);
        }
    }

    /// A filter is in force as soon as it can be understood.
    fn check_prompt(&mut self) {
        let Some(prompt) = self.prompt.as_mut().filter(|one| one.purpose != Purpose::Export) else {
            return;
        };
        match Filter::parse(prompt.input.value()) {
            Ok(filter) => {
                prompt.mistake = None;
                if prompt.purpose == Purpose::Filter {
                    self.set_filter(filter);
                }
            }
            Err(mistake) => prompt.mistake = Some(mistake),
        }
    }

    fn finish_prompt(&mut self, prompt: Prompt, ledger: &Ledger) -> Option<Effect> {
        let text = prompt.input.value().trim().to_owned();
        match prompt.purpose {
            Purpose::Export if text.is_empty() => None,
            Purpose::Export => Some(Effect::Export(text)),
            Purpose::Filter | Purpose::Search => {
                self.remember(&text);
                match Filter::parse(&text) {
                    Err(_) => self.prompt = Some(prompt),
                    Ok(filter) if prompt.purpose == Purpose::Filter => self.set_filter(filter),
                    Ok(filter) => {
                        self.search = Some(filter).filter(|filter| !filter.is_empty());
                        self.find(1, ledger);
                    }
                }
                None
            }
        }
    }
}

/// What a key does to a line of text.
fn edit(event: &KeyEvent) -> Option<InputRequest> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char('u') if control => InputRequest::DeleteLine,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char(_) if control && !event.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => InputRequest::InsertChar(c),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}
