//! The terminal, taken over for a screen and given back whatever happens.

use std::{
    io::{self, Stdout, Write, stdout},
    panic,
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{
        EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::backend::CrosstermBackend;

/// The terminal in raw mode on its other screen; given back when this is dropped, or on a panic.
pub struct Stage {
    /// What is drawn on.
    pub terminal: ratatui::Terminal<CrosstermBackend<Stdout>>,
}

impl Stage {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// It is none, or does not let itself be taken over.
    pub fn enter() -> io::Result<Self> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        enable_raw_mode()?;
        let entered = execute!(
            stdout(),
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableBracketedPaste,
            SetTitle("vmmtap")
        );
        let terminal =
            entered.and_then(|()| ratatui::Terminal::new(CrosstermBackend::new(stdout())));
        terminal.map(|terminal| Self { terminal }).inspect_err(|_| give_back())
    }

    /// Puts a text on the clipboard of the terminal's user, over SSH as well (OSC 52).
    ///
    /// # Errors
    /// Writing failed. Whether the terminal heeds it cannot be known.
    pub fn copy(text: &str) -> io::Result<()> {
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Rings.
    ///
    /// # Errors
    /// Writing failed.
    pub fn ring() -> io::Result<()> {
        stdout().write_all(b"\x07")?;
        stdout().flush()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        give_back();
    }
}

/// Where one step fails the others are still worth trying.
fn give_back() {
    let _raw = disable_raw_mode();
    let _screen =
        execute!(stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
}
