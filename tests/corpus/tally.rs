//! Comparisons, counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::truth::Capture;

/// Disagreements printed of each kind.
const PRINTED: usize = 10;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Frames in a capture.
    Packets,
    /// A TCP conversation of the truth is there.
    TcpFound,
    /// A TCP conversation found is one of the truth's.
    TcpKnown,
    TcpClient,
    TcpOutcome,
    TcpPackets,
    TcpPayload,
    TcpCompleteness,
    TcpSynTries,
    UdpFound,
    UdpKnown,
    UdpClient,
    UdpOutcome,
    UdpPackets,
    UdpPayload,
    /// A TCP conversation of Zeek's log is there.
    ZeekFound,
    ZeekState,
    ZeekHistory,
    /// An ICMP error is told with the conversation that it quotes.
    IcmpJoined,
    /// What nDPI names was recognised at all.
    ProtocolSeen,
    /// What was recognised is what nDPI names.
    Protocol,
    /// Datagrams of which the first is an answer by its port: who asked is not who sent first.
    Answer,
    /// Conversations with packets that were recorded twice; listed, never a disagreement.
    Folded,
    /// Beginnings that no outcome is set for; listed, never a disagreement.
    Look,
    /// Established, then reset or stalled, which the truth does not say; listed, never a disagreement.
    Broken,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

#[derive(Clone, Copy, Default)]
struct Count {
    compared: u32,
    agreed: u32,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.compared += other.compared;
        self.agreed += other.agreed;
    }

    fn percent(self) -> f64 {
        if self.compared == 0 {
            return 100.0;
        }
        100.0 * f64::from(self.agreed) / f64::from(self.compared)
    }
}

/// Counts and disagreements.
#[derive(Default)]
pub struct Tally {
    counts: BTreeMap<(Kind, String), Count>,
    disagreements: BTreeMap<Kind, Vec<String>>,
    broken: BTreeSet<String>,
}

impl Tally {
    /// Counts a comparison; `words` says what disagrees.
    pub fn compare(
        &mut self,
        kind: Kind,
        capture: &Capture,
        agrees: bool,
        words: impl FnOnce() -> String,
    ) {
        let count = self.counts.entry((kind, capture.category.clone())).or_default();
        count.add(Count { compared: 1, agreed: agrees.into() });
        if !agrees {
            self.note(kind, capture, &words());
        }
    }

    /// Lists what is only to be looked at.
    pub fn note(&mut self, kind: Kind, capture: &Capture, words: &str) {
        let line = format!("{kind}\t{}/{}\t{words}", capture.category, capture.name);
        self.disagreements.entry(kind).or_default().push(line);
    }

    /// Takes a broken promise in.
    pub fn breaks(&mut self, words: String) {
        self.broken.insert(words);
    }

    pub fn broken(&self) -> Vec<&str> {
        self.broken.iter().map(String::as_str).collect()
    }

    pub fn merge(&mut self, other: Self) {
        for (key, count) in other.counts {
            self.counts.entry(key).or_default().add(count);
        }
        for (kind, mut lines) in other.disagreements {
            self.disagreements.entry(kind).or_default().append(&mut lines);
        }
        self.broken.extend(other.broken);
    }

    /// Per cent that agree, over all categories.
    pub fn percent(&self, kind: Kind) -> f64 {
        self.over_categories(kind).percent()
    }

    fn over_categories(&self, kind: Kind) -> Count {
        let mut all = Count::default();
        for (_, count) in self.counts.iter().filter(|((of, _), _)| *of == kind) {
            all.add(*count);
        }
        all
    }

    /// Every disagreement, a line each.
    pub fn every_disagreement(&self) -> String {
        let mut text = String::new();
        for (_, lines) in self.sorted() {
            text.push_str(&lines.join("\n"));
            text.push('\n');
        }
        text
    }

    /// In an order that does not depend on which thread was first.
    fn sorted(&self) -> impl Iterator<Item = (Kind, Vec<&str>)> {
        self.disagreements.iter().map(|(kind, lines)| {
            let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            lines.sort_unstable();
            (*kind, lines)
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |kind: Kind, category: &str, count: Count| {
            let Count { compared, agreed } = count;
            let percent = count.percent();
            writeln!(f, "{kind:16} {category:12} {compared:8} {agreed:8} {percent:8.2}")
        };
        let kinds: BTreeSet<Kind> = self.counts.keys().map(|(kind, _)| *kind).collect();
        for kind in kinds {
            for ((_, category), count) in self.counts.iter().filter(|((of, _), _)| *of == kind) {
                row(kind, category, *count)?;
            }
            row(kind, "all", self.over_categories(kind))?;
        }
        for (kind, lines) in self.sorted() {
            writeln!(f, "\n{} of {kind}:", lines.len())?;
            for line in lines.iter().take(PRINTED) {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}
