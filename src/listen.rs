//! Listening to an interface: frames into the engine, into a file where asked for, and the story of
//! it for the report.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::{
    capture::{
        Clock, Drops, Format, Heard, PcapngWriter, Problem, Problems, Summary, Tap, Timestamp,
    },
    engine::Engine,
};

/// When listening ends by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// After this time.
    pub duration: Option<Duration>,
    /// After so many packets.
    pub packets: Option<u64>,
}

/// The file that keeps what was captured.
pub type Keep = PcapngWriter<BufWriter<File>>;

/// An interface listened to.
pub struct Listener {
    tap: Tap,
    keep: Option<Keep>,
    limits: Limits,
    begun: Instant,
    from: Timestamp,
    packets: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    problems: Problems,
    drops: Drops,
    looked: Instant,
}

/// One step lasts no longer, however many frames come.
const STEP: Duration = Duration::from_millis(50);
/// Frames between two looks at the clock.
const FRAMES_BETWEEN_LOOKS: u32 = 256;
/// Time between two questions for the counts of lost packets, and between two flushes of the file.
const LOOK: Duration = Duration::from_millis(500);
/// A frame is with us this long after it was stamped, in nanoseconds: the kernel hands blocks over
/// when they are full or some 100 ms old. Silence is not concluded before.
const LATENCY: i64 = 300_000_000;

impl Listener {
    /// Begins to listen; `notes` are problems met on the way here.
    #[must_use]
    pub fn new(tap: Tap, keep: Option<Keep>, limits: Limits, notes: Problems) -> Self {
        let begun = Instant::now();
        Self {
            tap,
            keep,
            limits,
            begun,
            from: clock(),
            packets: 0,
            first: None,
            last: None,
            problems: notes,
            drops: Drops::default(),
            looked: begun,
        }
    }

    /// Takes the frames that have come, waiting a moment at most. False when listening is over.
    pub fn step(&mut self, engine: &mut Engine) -> bool {
        let begun = Instant::now();
        loop {
            for _ in 0..FRAMES_BETWEEN_LOOKS {
                if self.limits.packets.is_some_and(|most| self.packets >= most) {
                    return false;
                }
                match self.tap.next() {
                    Heard::Frame(frame) => {
                        engine.feed(&frame);
                        self.packets += 1;
                        self.first = self.first.or(Some(frame.time));
                        self.last = self.last.max(Some(frame.time));
                        let written = self.keep.as_mut().map(|keep| keep.write(&frame));
                        if let Some(Err(error)) = written {
                            stop_keeping(&mut self.keep, &mut self.problems, &error);
                        }
                    }
                    Heard::Nothing => return self.look(engine),
                    Heard::Ended(why) => {
                        self.problems.note(Problem::InterfaceGone, || why);
                        self.look(engine);
                        return false;
                    }
                }
            }
            if begun.elapsed() >= STEP {
                return self.look(engine);
            }
        }
    }

    /// Tells the engine the time, counts what was lost, and says whether to go on.
    fn look(&mut self, engine: &mut Engine) -> bool {
        engine.pass(Timestamp(clock().0 - LATENCY));
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            self.drops = self.tap.drops();
            if let Some(Err(error)) = self.keep.as_mut().map(PcapngWriter::flush) {
                stop_keeping(&mut self.keep, &mut self.problems, &error);
            }
        }
        self.limits.duration.is_none_or(|most| self.begun.elapsed() < most)
    }

    /// From when until when it has listened, and whether packets were lost.
    #[must_use]
    pub fn watched(&self) -> (Vec<(Timestamp, Timestamp)>, u64) {
        (vec![(self.from.min(self.first.unwrap_or(self.from)), self.until())], self.lost())
    }

    fn until(&self) -> Timestamp {
        Timestamp(clock().0 - LATENCY).max(self.last.unwrap_or(self.from))
    }

    fn lost(&self) -> u64 {
        self.drops.kernel.saturating_add(self.drops.interface)
    }

    /// Packets lost so far.
    #[must_use]
    pub fn drops(&self) -> Drops {
        self.drops
    }

    /// Ends the listening.
    #[must_use]
    pub fn finish(mut self) -> Summary {
        self.drops = self.tap.drops();
        let Drops { kernel, interface } = self.drops;
        if kernel > 0 {
            self.problems.add(Problem::RecorderDrops, kernel, String::new);
        }
        if interface > 0 {
            self.problems.add(Problem::InterfaceDrops, interface, String::new);
        }
        let listened = Some((self.from, self.until()));
        if let Some(keep) = self.keep.take() {
            let end = self.last.unwrap_or(self.from);
            if let Err(error) = keep.finish(self.drops, self.packets, end) {
                self.problems.note(Problem::NotKept, || error.to_string());
            }
        }
        Summary {
            source: self.tap.title().to_owned(),
            format: Format { container: "live", compression: None },
            packets: self.packets,
            first: self.first,
            last: self.last,
            clock: Clock::default(),
            listened,
            drops: Some(self.drops),
            only_drops: false,
            names: BTreeMap::new(),
            problems: self.problems,
        }
    }
}

fn stop_keeping(keep: &mut Option<Keep>, problems: &mut Problems, error: &io::Error) {
    *keep = None;
    problems.note(Problem::NotKept, || error.to_string());
}

/// The time of day.
#[must_use]
pub fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
