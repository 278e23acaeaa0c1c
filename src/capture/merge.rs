//! Several captures as one, in order of time: the files of a ring buffer, named in any order.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{CaptureFile, Frame, OpenError, Problem, Source, Summary, Timestamp};

/// Files kept open from the first look on; the others are opened again when their turn comes.
const KEPT_OPEN: usize = 64;

/// Captures merged by time. Inside each one the recorder's order holds, in time order or not.
pub struct Merge {
    waiting: Vec<(Timestamp, usize)>,
    sources: Vec<Source>,
    open: Vec<Option<CaptureFile>>,
    turn: BinaryHeap<Reverse<(Timestamp, usize)>>,
    current: Option<usize>,
    done: Vec<(usize, Summary)>,
    failures: Vec<OpenError>,
    read: Arc<AtomicU64>,
}

impl Merge {
    /// Looks at each source's beginning. One that cannot be opened is left out and kept among
    /// [`Self::finish`]'s failures.
    #[must_use]
    pub fn new(sources: &[Source]) -> Self {
        let mut merge = Self {
            waiting: Vec::new(),
            sources: Vec::new(),
            open: Vec::new(),
            turn: BinaryHeap::new(),
            current: None,
            done: Vec::new(),
            failures: Vec::new(),
            read: Arc::default(),
        };
        let mut named: BTreeMap<Source, (Source, usize)> = BTreeMap::new();
        for source in sources {
            named.entry(source.itself()).or_insert_with(|| (source.clone(), 0)).1 += 1;
        }
        for (source, times_named) in named.into_values() {
            merge.admit(source, times_named);
        }
        // The earliest file is last, so that it can be popped.
        merge.waiting.sort_unstable_by(|a, b| b.cmp(a));
        merge
    }

    /// A pipe cannot be opened twice, and a few files need not be.
    fn keeps_open(&self, source: &Source) -> bool {
        source.path().is_none_or(|path| self.open.len() < KEPT_OPEN || !path.is_file())
    }

    fn admit(&mut self, source: Source, times_named: usize) {
        let mut capture = match CaptureFile::open(&source, Arc::clone(&self.read)) {
            Ok(capture) => capture,
            Err(error) => return self.failures.push(error),
        };
        if times_named > 1 {
            capture.note(Problem::NamedTwice);
        }
        let index = self.sources.len();
        if !capture.advance() {
            self.done.push((index, capture.into_summary()));
            self.sources.push(source);
            return self.open.push(None);
        }
        let first = capture.frame().map_or(Timestamp::default(), |frame| frame.time);
        if times_named > 1 || self.keeps_open(&source) {
            self.open.push(Some(capture));
            self.turn.push(Reverse((first, index)));
        } else {
            self.open.push(None);
            self.waiting.push((first, index));
        }
        self.sources.push(source);
    }

    /// Moves to the next frame of all captures; false at the end.
    pub fn advance(&mut self) -> bool {
        if let Some(index) = self.current.take() {
            self.advance_file(index);
        }
        self.open_those_whose_turn_it_is();
        self.current = self.turn.pop().map(|Reverse((_, index))| index);
        self.current.is_some()
    }

    /// The frame it stands at.
    #[must_use]
    pub fn frame(&self) -> Option<Frame<'_>> {
        self.open.get(self.current?)?.as_ref()?.frame()
    }

    /// Bytes read from all sources, before any decompression.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether none of the sources could be opened.
    #[must_use]
    pub fn has_nothing(&self) -> bool {
        self.sources.is_empty()
    }

    /// The times that each capture spans, as far as they have been read, and the packets that
    /// they lost.
    #[must_use]
    pub fn watched(&self) -> (Vec<(Timestamp, Timestamp)>, u64) {
        let open = self.open.iter().flatten().map(CaptureFile::summary);
        let all: Vec<&Summary> = open.chain(self.done.iter().map(|(_, summary)| summary)).collect();
        let lost = all.iter().map(|one| one.problems.lost()).sum();
        (all.into_iter().filter_map(Summary::watched).collect(), lost)
    }

    /// What is known of each capture, earliest first, and of those that could not be opened.
    #[must_use]
    pub fn finish(mut self) -> (Vec<Summary>, Vec<OpenError>) {
        for (index, file) in self.open.into_iter().enumerate() {
            if let Some(file) = file {
                self.done.push((index, file.into_summary()));
            }
        }
        self.done.sort_by(|(a, x), (b, y)| (x.first, a).cmp(&(y.first, b)));
        (self.done.into_iter().map(|(_, summary)| summary).collect(), self.failures)
    }

    fn open_those_whose_turn_it_is(&mut self) {
        while let Some((first, index)) = self.waiting.last().copied() {
            if self.turn.peek().is_some_and(|Reverse((next, _))| *next < first) {
                return;
            }
            self.waiting.pop();
            match CaptureFile::open(&self.sources[index], Arc::clone(&self.read)) {
                Ok(file) => {
                    self.open[index] = Some(file);
                    self.advance_file(index);
                }
                Err(error) => self.failures.push(error),
            }
        }
    }

    fn advance_file(&mut self, index: usize) {
        let Some(file) = self.open[index].as_mut() else { return };
        if file.advance() {
            let time = file.frame().map_or(Timestamp::default(), |frame| frame.time);
            self.turn.push(Reverse((time, index)));
        } else if let Some(file) = self.open[index].take() {
            self.done.push((index, file.into_summary()));
        }
    }
}
