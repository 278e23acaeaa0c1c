//! A screen without a terminal, over a ledger that a capture was fed into.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Buffer,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use vmmtap::{
    capture::{Merge, Source},
    engine::Engine,
    feed::Feed,
    identify::Site,
    inflow::Inflow,
    judge::{Matrix, Policy},
    ledger::{Ledger, Status},
    present::screen::{Effect, Screen, Setup, draw},
};

/// The bundled scenario that the screens show.
pub const SCENARIO: &str = "captures/add-host-winrm-blocked";

pub fn policy(site: &Path) -> Arc<Policy> {
    let text = fs::read_to_string(site).expect("a site file");
    let site = Site::parse("vmmtap.toml", &text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    Arc::new(Policy::new(Matrix::embedded().expect("the matrix"), site))
}

/// Reads captures through the thread that feeds the screen, to the end.
pub fn fed(policy: &Arc<Policy>, captures: &[PathBuf]) -> (Ledger, Status, Feed) {
    let sources: Vec<Source> = captures.iter().cloned().map(Source::File).collect();
    let engine = Engine::new(Arc::clone(policy), 1_000_000);
    let feed = Feed::start(engine, Inflow::Captures(Box::new(Merge::new(&sources))));
    let mut ledger = Ledger::new(Arc::clone(policy));
    let begun = Instant::now();
    loop {
        let died = feed.has_died();
        let (status, changes) = feed.fetch(true);
        if let Some(changes) = changes {
            ledger.apply(changes);
        } else if died {
            return (ledger, status, feed);
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "the feed does not end");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A screen with all that belongs to it.
pub struct Stage {
    pub screen: Screen,
    pub ledger: Ledger,
}

impl Stage {
    pub fn of_scenario(setup: Setup, size: (u16, u16)) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCENARIO);
        let policy = policy(&folder.join("vmmtap.toml"));
        let (ledger, status, _) = fed(&policy, &[folder.join("capture.pcap")]);
        let setup = Setup { source: "capture.pcap".to_owned(), ..setup };
        let mut screen = Screen::new(setup, size);
        screen.status = status;
        screen.refresh(&ledger);
        Self { screen, ledger }
    }

    /// Presses keys by name; a name in angle brackets is a special key, anything else is typed.
    pub fn press(&mut self, keys: &[&str]) -> Option<Effect> {
        let mut effect = None;
        for name in keys {
            for event in events(name) {
                effect = self.screen.key(&event, &self.ledger).or(effect);
                if self.screen.is_stale(&self.ledger) {
                    self.screen.refresh(&self.ledger);
                }
            }
        }
        effect
    }

    pub fn buffer(&self) -> Buffer {
        let (width, height) = self.screen.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("in memory");
        let draw = |frame: &mut ratatui::Frame<'_>| draw::draw(frame, &self.screen, &self.ledger);
        terminal.draw(draw).expect("drawn in memory").buffer.clone()
    }

    pub fn text(&self) -> String {
        let buffer = self.buffer();
        let (width, height) = self.screen.size;
        let line = |y: u16| -> String {
            let cells = (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
            cells.trim_end().to_owned() + "\n"
        };
        (0..height).map(line).collect()
    }
}

fn events(name: &str) -> Vec<KeyEvent> {
    let plain = |code| vec![KeyEvent::new(code, KeyModifiers::NONE)];
    match name {
        "<enter>" => plain(KeyCode::Enter),
        "<esc>" => plain(KeyCode::Esc),
        "<up>" => plain(KeyCode::Up),
        "<down>" => plain(KeyCode::Down),
        "<left>" => plain(KeyCode::Left),
        "<right>" => plain(KeyCode::Right),
        "<home>" => plain(KeyCode::Home),
        "<end>" => plain(KeyCode::End),
        "<pageup>" => plain(KeyCode::PageUp),
        "<pagedown>" => plain(KeyCode::PageDown),
        "<tab>" => plain(KeyCode::Tab),
        "<backtab>" => plain(KeyCode::BackTab),
        "<f1>" => plain(KeyCode::F(1)),
        "<backspace>" => plain(KeyCode::Backspace),
        _ => match name.strip_prefix("<ctrl-").and_then(|rest| rest.strip_suffix('>')) {
            Some(letter) => letter
                .chars()
                .map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
                .collect(),
            None => {
                name.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).collect()
            }
        },
    }
}
