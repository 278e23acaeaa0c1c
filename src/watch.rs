//! The loop of the screen: what the feed brings, what the user does, what is drawn.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use crossterm::event::{self, Event};

use crate::{
    feed::Feed,
    ledger::Ledger,
    listen::clock,
    present::screen::{Effect, Message, Screen, Setup, draw, export},
    terminal::Stage,
};

/// The longest wait for a key: signals and the feed are looked at in between.
const WAIT: Duration = Duration::from_millis(100);
/// The same where nothing can come any more but keys and signals.
const QUIET_WAIT: Duration = Duration::from_millis(250);
/// Making the lists anew may take this share of the time, one part in so many.
const LIST_SHARE: u32 = 4;

/// Runs the screen until the user quits or `stop` is up.
///
/// # Errors
/// The terminal failed, or the feed died.
pub fn watch(feed: &Feed, ledger: Ledger, setup: Setup, stop: &AtomicBool) -> anyhow::Result<()> {
    let mut stage = Stage::enter().context("cannot take over the terminal")?;
    let size = stage.terminal.size().context("cannot learn the terminal's size")?;
    let screen = Screen::new(setup, (size.width, size.height));
    let events = read_events();
    let mut watcher =
        Watcher { screen, ledger, lists_due: Instant::now(), second: 0, must_draw: true };
    while !stop.load(Ordering::Relaxed) {
        watcher.take_in(feed)?;
        if watcher.must_draw {
            watcher.must_draw = false;
            let (screen, ledger) = (&watcher.screen, &watcher.ledger);
            stage.terminal.draw(|frame| draw::draw(frame, screen, ledger))?;
        }
        if watcher.handle_events(&mut stage, &events)? {
            break;
        }
    }
    Ok(())
}

/// Events that wait; the user is not faster than the screen.
const EVENTS: usize = 64;

/// Reads events in a thread of its own, which ends with the program: reading from a terminal that is
/// gone may never return, and the signal that says so must be heeded all the same.
fn read_events() -> Receiver<io::Result<Event>> {
    let (sender, events) = sync_channel(EVENTS);
    thread::spawn(move || {
        loop {
            let event = event::read();
            let failed = event.is_err();
            if sender.send(event).is_err() || failed {
                return;
            }
        }
    });
    events
}

struct Watcher {
    screen: Screen,
    ledger: Ledger,
    lists_due: Instant,
    second: i64,
    must_draw: bool,
}

impl Watcher {
    /// Fetches what the feed has, and makes the lists anew where they show something else.
    fn take_in(&mut self, feed: &Feed) -> anyhow::Result<()> {
        // Asked first: a thread that ends well says so before it ends.
        let died = feed.has_died();
        let (status, changes) = feed.fetch(!self.screen.paused);
        anyhow::ensure!(
            status.ended || !died,
            "reading has ended unexpectedly; this is a mistake in vmmtap"
        );
        let ended_now = status.ended && !self.screen.status.ended;
        let counts_on = status.frames != self.screen.status.frames;
        self.screen.status = status;
        self.screen.clock = clock();
        if let Some(changes) = changes {
            self.ledger.apply(changes);
            if self.screen.look_for_news(&self.ledger) && self.screen.setup.bell {
                Stage::ring()?;
            }
        }
        let second = self.screen.clock.0 / 1_000_000_000;
        let ticks = self.screen.setup.live && !self.screen.status.ended && second != self.second;
        self.second = second;
        let due = Instant::now() >= self.lists_due && self.screen.is_stale(&self.ledger);
        if self.screen.must_refresh() || due {
            let begun = Instant::now();
            self.screen.refresh(&self.ledger);
            self.lists_due = Instant::now() + begun.elapsed() * LIST_SHARE;
            self.must_draw = true;
        }
        self.must_draw |= ticks || counts_on || ended_now;
        Ok(())
    }

    /// Waits for events and handles all that are there; true where the user quits.
    fn handle_events(
        &mut self,
        stage: &mut Stage,
        events: &Receiver<io::Result<Event>>,
    ) -> anyhow::Result<bool> {
        let quiet = self.screen.status.ended && !self.screen.is_stale(&self.ledger);
        let mut wait = if quiet { QUIET_WAIT } else { WAIT };
        loop {
            let event = match events.recv_timeout(wait) {
                Ok(event) => event.context("cannot read from the terminal")?,
                Err(RecvTimeoutError::Timeout) => return Ok(false),
                Err(RecvTimeoutError::Disconnected) => bail!("the terminal is gone"),
            };
            wait = Duration::ZERO;
            if self.handle(stage, event)? {
                return Ok(true);
            }
        }
    }

    fn handle(&mut self, stage: &mut Stage, event: Event) -> anyhow::Result<bool> {
        let mut effect = None;
        // What is typed into the filter is worked out once for all that waits; any other key means
        // what the lists show.
        if self.screen.must_refresh() && self.screen.prompt.is_none() {
            self.screen.refresh(&self.ledger);
        }
        match event {
            Event::Key(key) => effect = self.screen.key(&key, &self.ledger),
            Event::Mouse(mouse) => self.screen.mouse(&mouse, &self.ledger),
            Event::Paste(text) => self.screen.paste(&text),
            Event::Resize(width, height) => {
                self.screen.size = (width, height);
                self.screen.fit();
                stage.terminal.clear()?;
            }
            Event::FocusGained | Event::FocusLost => return Ok(false),
        }
        self.must_draw = true;
        match effect {
            Some(Effect::Quit) => return Ok(true),
            Some(Effect::Copy(text)) => Stage::copy(&text)?,
            Some(Effect::Export(name)) => self.screen.message = Some(self.export(&name)),
            None => {}
        }
        Ok(false)
    }

    fn export(&self, name: &str) -> Message {
        let path = Path::new(name);
        let written = export(&self.screen, &self.ledger, path).and_then(|text| {
            let mut file = match fs::File::create_new(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    anyhow::bail!("{name} is there already; give another name")
                }
                made => made.with_context(|| format!("cannot write {name}"))?,
            };
            file.write_all(text.as_bytes()).with_context(|| format!("cannot write {name}"))
        });
        match written {
            Ok(()) => Message { text: format!("written to {name}"), failed: false },
            Err(error) => Message { text: format!("{error:#}"), failed: true },
        }
    }
}
