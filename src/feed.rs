//! The thread that draws from an inflow into an engine while a screen looks on.
//!
//! What changed waits in a mailbox that holds one delivery. While nobody fetches it the engine only
//! remembers which conversations changed, so a screen that stands still costs no memory and no
//! packet.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    capture::{OpenError, Summary},
    engine::Engine,
    inflow::Inflow,
    ledger::{Changes, Status},
};

/// Time between two deliveries.
const DELIVERY: Duration = Duration::from_millis(100);

/// What is ready to be fetched.
#[derive(Default)]
struct Mailbox {
    status: Status,
    changes: Option<Changes>,
}

/// What the thread leaves when it ends.
pub type Remains = (Engine, Vec<Summary>, Vec<OpenError>);

/// A running feed.
pub struct Feed {
    mailbox: Arc<Mutex<Mailbox>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Remains>,
}

impl Feed {
    /// Starts the thread.
    #[must_use]
    pub fn start(mut engine: Engine, inflow: Inflow) -> Self {
        engine.follow();
        let mailbox = Arc::new(Mutex::new(Mailbox::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let pump =
            Pump { engine, inflow, mailbox: Arc::clone(&mailbox), delivered: Instant::now() };
        let stopped = Arc::clone(&stop);
        Self { mailbox, stop, thread: thread::spawn(move || pump.run(&stopped)) }
    }

    /// How it stands, and what changed since the last fetch if `with_changes`.
    #[must_use]
    pub fn fetch(&self, with_changes: bool) -> (Status, Option<Changes>) {
        let mut mailbox = lock(&self.mailbox);
        let changes = if with_changes { mailbox.changes.take() } else { None };
        (mailbox.status.clone(), changes)
    }

    /// Whether the thread is no more.
    #[must_use]
    pub fn has_died(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends the thread; `None` where it has died.
    #[must_use]
    pub fn finish(self) -> Option<Remains> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok()
    }
}

fn lock(mailbox: &Mutex<Mailbox>) -> MutexGuard<'_, Mailbox> {
    mailbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's own.
struct Pump {
    engine: Engine,
    inflow: Inflow,
    mailbox: Arc<Mutex<Mailbox>>,
    delivered: Instant,
}

impl Pump {
    fn run(mut self, stop: &AtomicBool) -> Remains {
        let mut more = true;
        while more && !stop.load(Ordering::Relaxed) {
            more = self.inflow.step(&mut self.engine);
            if self.delivered.elapsed() >= DELIVERY {
                self.deliver();
                self.delivered = Instant::now();
            }
        }
        self.deliver_the_rest(stop)
    }

    /// The last delivery waits until the mailbox is free: the screen may stand still for long.
    fn deliver_the_rest(mut self, stop: &AtomicBool) -> Remains {
        self.engine.flush();
        let witness = self.inflow.witness(&mut self.engine);
        let Self { mut engine, inflow, mailbox, .. } = self;
        let mut status = status(&engine, &inflow);
        let (captures, failures) = inflow.finish();
        status.ended = true;
        status.problems = problems(&captures, &failures);
        lock(&mailbox).status = status;
        while !stop.load(Ordering::Relaxed) {
            let mut free = lock(&mailbox);
            if free.changes.is_none() {
                free.changes = Some(changes(&mut engine, witness));
                break;
            }
            drop(free);
            thread::sleep(DELIVERY);
        }
        (engine, captures, failures)
    }

    fn deliver(&mut self) {
        let status = status(&self.engine, &self.inflow);
        let mut mailbox = lock(&self.mailbox);
        mailbox.status = status;
        if mailbox.changes.is_some() {
            return;
        }
        // The screen must not wait for the copying.
        drop(mailbox);
        let witness = self.inflow.witness(&mut self.engine);
        let changes = changes(&mut self.engine, witness);
        lock(&self.mailbox).changes = Some(changes);
    }
}

fn status(engine: &Engine, inflow: &Inflow) -> Status {
    Status {
        frames: engine.frames(),
        skipped: engine.skipped(),
        bytes_read: inflow.bytes_read(),
        drops: inflow.drops(),
        now: engine.now(),
        per_second: engine.per_second().clone(),
        ended: false,
        problems: Vec::new(),
    }
}

fn changes(engine: &mut Engine, witness: crate::judge::Witness) -> Changes {
    let (places, renumbered) = engine.take_changes();
    let conversations = places
        .into_iter()
        .filter_map(|place| Some((place, engine.conversation(place)?.clone())))
        .collect();
    Changes {
        renumbered,
        conversations,
        shed: engine.shed_tally().clone(),
        witness,
        now: engine.now().unwrap_or_default(),
    }
}

fn problems(captures: &[Summary], failures: &[OpenError]) -> Vec<String> {
    let of_captures = captures.iter().flat_map(|one| {
        one.problems.lines().into_iter().map(|line| format!("{}: {line}", one.source))
    });
    of_captures.chain(failures.iter().map(ToString::to_string)).collect()
}
