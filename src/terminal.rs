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
        let terminal = take_over().and_then(|()| {
            // Old consoles know of no bracketed paste, and the screen does without.
            let _paste = execute!(stdout(), EnableBracketedPaste);
            ratatui::Terminal::new(CrosstermBackend::new(stdout()))
        });
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

/// The mouse first: on Windows its being captured keeps the console's mode, and its release sets that.
fn take_over() -> io::Result<()> {
    execute!(stdout(), EnableMouseCapture)?;
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, SetTitle("vmmtap"))
}

/// Where one step fails the others are still worth trying.
fn give_back() {
    let _paste = execute!(stdout(), DisableBracketedPaste);
    let _mouse = execute!(stdout(), DisableMouseCapture);
    let _screen = execute!(stdout(), LeaveAlternateScreen);
    let _cursor = execute!(stdout(), Show);
    let _raw = disable_raw_mode();
}
