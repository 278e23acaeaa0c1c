//! Where frames come from: captures read to their ends, or an interface listened to.

use crate::{
    capture::{Drops, Merge, OpenError, Summary},
    engine::Engine,
    judge::Witness,
    listen::Listener,
};

/// Frames taken in one step from captures.
const FRAMES_PER_STEP: usize = 4096;

/// A source of frames that is drawn from step by step, so that others come to word in between.
pub enum Inflow {
    /// Captures, merged by time.
    Captures(Box<Merge>),
    /// An interface.
    Interface(Box<Listener>),
}

impl Inflow {
    /// Feeds some frames; waits a moment at most. False when there will be no more.
    pub fn step(&mut self, engine: &mut Engine) -> bool {
        match self {
            Self::Captures(merge) => {
                for _ in 0..FRAMES_PER_STEP {
                    if !merge.advance() {
                        return false;
                    }
                    if let Some(frame) = merge.frame() {
                        engine.feed(&frame);
                    }
                }
                true
            }
            Self::Interface(listener) => listener.step(engine),
        }
    }

    /// Who has looked on so far, and until when.
    #[must_use]
    pub fn witness(&self, engine: &mut Engine) -> Witness {
        let (spans, dropped) = match self {
            Self::Captures(merge) => merge.watched(),
            Self::Interface(listener) => listener.watched(),
        };
        engine.witness(spans, dropped)
    }

    /// Bytes read from captures.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        match self {
            Self::Captures(merge) => merge.bytes_read(),
            Self::Interface(_) => 0,
        }
    }

    /// Packets lost while listening.
    #[must_use]
    pub fn drops(&self) -> Drops {
        match self {
            Self::Captures(_) => Drops::default(),
            Self::Interface(listener) => listener.drops(),
        }
    }

    /// What is known of the sources, and those that could not be read.
    #[must_use]
    pub fn finish(self) -> (Vec<Summary>, Vec<OpenError>) {
        match self {
            Self::Captures(merge) => merge.finish(),
            Self::Interface(listener) => (vec![listener.finish()], Vec::new()),
        }
    }
}
