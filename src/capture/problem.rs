//! What went wrong while a capture was read, counted by kind.

use std::{collections::BTreeMap, fmt};

/// A kind of fault in a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Problem {
    /// The capture ends inside a record.
    CutOff,
    /// The compressed stream ends or breaks in the middle.
    Decompression,
    /// The system refused to read on.
    ReadFailed,
    /// A length field cannot be true; nothing after it can be found.
    BadLength,
    /// The two length fields of a pcapng block disagree; the first one was believed.
    LengthsDisagree,
    /// A block that this program knows could not be understood and was left out.
    DamagedBlock,
    /// A block of a type that no version of pcapng known here defines.
    UnknownBlock,
    /// A packet names an interface that the section does not describe.
    UnknownInterface,
    /// Records without a time bear the time of the record before them.
    NoTime,
    /// All packets have the same time.
    ClockStandsStill,
    /// Single packets have a time that is far from all others.
    ClockJumps,
    /// A packet is more than a minute earlier than the one before it.
    ClockBackwards,
    /// The interface's clock cannot be expressed; microseconds were assumed.
    BadResolution,
    /// The recorder lost packets (pcapng interface statistics).
    RecorderDrops,
    /// The interface or its driver lost packets before they reached the recorder.
    InterfaceDrops,
    /// Listening ended because the interface did.
    InterfaceGone,
    /// The kernel filter for the site was too large; everything was listened to.
    Unfiltered,
    /// What was captured could not be kept in the file asked for.
    NotKept,
    /// The same file was named more than once and read once.
    NamedTwice,
    /// A line of a log that cannot be understood.
    UnreadableLine,
    /// The writer of a log left events out.
    EventsLost,
    /// More than is kept; the rest was only counted.
    TooMany,
    /// Nothing came: the capture holds no packet.
    Empty,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutOff => "cut off in the middle",
            Self::Decompression => "compressed data broken",
            Self::ReadFailed => "reading stopped",
            Self::BadLength => "impossible length",
            Self::LengthsDisagree => "block lengths disagree",
            Self::DamagedBlock => "damaged block left out",
            Self::UnknownBlock => "block of unknown type passed over",
            Self::UnknownInterface => "packet of an undescribed interface",
            Self::NoTime => "record without a time",
            Self::ClockStandsStill => "clock stands still",
            Self::ClockJumps => "packets with a time far from all others",
            Self::ClockBackwards => "clock runs backwards",
            Self::BadResolution => "unusable clock resolution, microseconds assumed",
            Self::RecorderDrops => "packets lost by the recorder",
            Self::InterfaceDrops => "packets lost by the interface",
            Self::InterfaceGone => "listening ended early",
            Self::Unfiltered => "no kernel filter",
            Self::NotKept => "capture not kept",
            Self::NamedTwice => "named more than once, read once",
            Self::UnreadableLine => "line not readable",
            Self::EventsLost => "events that the log lost",
            Self::TooMany => "too many lines, the rest only counted",
            Self::Empty => "no packets",
        })
    }
}

/// The faults of one capture: each kind once, with its count and the first case in detail.
#[derive(Clone, Debug, Default)]
pub struct Problems(BTreeMap<Problem, (u64, String)>);

impl Problems {
    /// Counts one case; `detail` is asked for only at the first of its kind.
    pub fn note(&mut self, kind: Problem, detail: impl FnOnce() -> String) {
        self.add(kind, 1, detail);
    }

    /// Counts `cases` of a kind at once.
    pub fn add(&mut self, kind: Problem, cases: u64, detail: impl FnOnce() -> String) {
        let entry = self.0.entry(kind).or_insert_with(|| (0, detail()));
        entry.0 = entry.0.saturating_add(cases);
    }

    /// Whether nothing went wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Packets known to be missing, wherever they were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.count(Problem::RecorderDrops).saturating_add(self.count(Problem::InterfaceDrops))
    }

    /// How often a kind occurred.
    #[must_use]
    pub fn count(&self, kind: Problem) -> u64 {
        self.0.get(&kind).map_or(0, |(count, _)| *count)
    }

    /// One line per kind, for people.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(kind, (count, detail))| {
                let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
                let first = if *count > 1 && !detail.is_empty() { ", first" } else { "" };
                if detail.is_empty() {
                    format!("{kind}{times}")
                } else {
                    format!("{kind}{times}{first}: {detail}")
                }
            })
            .collect()
    }
}
