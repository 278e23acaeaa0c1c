//! How far a log's clock is from the capture's.
//!
//! Every conversation whose beginning is in both gives a difference. The true ones agree to a second
//! or two, whatever the time zone; those of ports used again by chance do not.

use super::{
    Candidate,
    index::{Group, Index},
};
use crate::{
    capture::{LogLine, NANOS_PER_SECOND},
    flow::Conversations,
};

/// Local times are at most 14 h from UTC; one more for a clock that is wrong.
const MAX_OFFSET: i64 = 15 * 3600 * NANOS_PER_SECOND;
/// How far a clock in UTC may be from the truth.
const MAX_ERROR: i64 = 120 * NANOS_PER_SECOND;
/// Differences that agree are no further apart: a second for the log's resolution, one for delay.
const WINDOW: i64 = 2 * NANOS_PER_SECOND;
/// A line this long after the one before it begins something new: what lies between is sent again.
const PAUSE_SECONDS: i64 = 60;
/// Ends that talk more often than this tell nothing: any difference is found among them.
const MAX_CONVERSATIONS: usize = 4;
const MAX_BEGINNINGS: usize = 8;
/// Zones are multiples of a quarter of an hour apart, and clocks of a domain seconds at most. So near
/// to one, a single pair is enough; else it takes as many pairs as chance does not bring together.
const ZONE_SECONDS: i64 = 900;
const USUAL_ERROR: i64 = 5;
const ENOUGH_PAIRS: usize = 3;

/// What a log's clock shows more than the capture's: one offset, or another one from a line on, where
/// daylight saving began or ended.
pub(super) struct Offset {
    pub seconds: i64,
    pub pairs: u64,
    pub later: Option<Later>,
}

/// The offset from a line of the log on.
pub(super) struct Later {
    pub line: u32,
    pub seconds: i64,
}

impl Offset {
    /// The offset that most pairs agree on; `None` where they are too few, or agree on another one
    /// nearly as well. Sorts the candidates by their ends.
    pub fn estimate(
        conversations: &Conversations,
        index: &Index,
        log: &[LogLine],
        candidates: &mut [Candidate],
        utc: bool,
    ) -> Option<Self> {
        let farthest = if utc { MAX_ERROR } else { MAX_OFFSET };
        let seconds = |candidate: &Candidate| log[candidate.line as usize].seconds;
        candidates.sort_unstable_by_key(|one| (one.group, seconds(one), one.line));
        let mut differences = Vec::new();
        for of_ends in candidates.chunk_by(|a, b| a.group == b.group) {
            let times: Vec<(i64, u32)> =
                of_ends.iter().map(|one| (seconds(one), one.line)).collect();
            let firsts = begins(conversations, index, of_ends[0].group);
            differences.extend(differences_of(&times, &firsts, farthest));
        }
        differences.sort_unstable();
        let clusters = clusters(&differences);
        let best = clusters.iter().reduce(|a, b| if b.pairs > a.pairs { b } else { a })?;
        if let Some(changed) = (!utc).then(|| changed(best, &clusters, log)).flatten() {
            return Some(changed);
        }
        let apart = |other: &&Cluster| (other.from - best.from).abs() > WINDOW;
        let rival = clusters.iter().filter(apart).map(|other| other.pairs).max().unwrap_or(0);
        let clear = 2 * rival <= best.pairs;
        let pairs = best.pairs as u64;
        clear.then_some(Self { seconds: best.seconds, pairs, later: None })
    }

    /// The offset that holds for a line.
    pub fn at(&self, line: u32) -> i64 {
        match &self.later {
            Some(later) if line >= later.line => later.seconds,
            _ => self.seconds,
        }
    }
}

/// Clocks change by an hour, in one place by half an hour.
const CLOCK_CHANGES: [i64; 2] = [1800, 3600];

/// Two offsets that follow each other: the pairs of one stand in the log before those of the other.
fn changed(best: &Cluster, clusters: &[Cluster], log: &[LogLine]) -> Option<Offset> {
    let by_change = |other: &&Cluster| {
        let step = (other.seconds - best.seconds).abs();
        CLOCK_CHANGES.iter().any(|change| (step - change).abs() <= 1)
    };
    let apart = |other: &&Cluster| other.lines.1 < best.lines.0 || best.lines.1 < other.lines.0;
    let enough = |one: &&Cluster| one.pairs >= ENOUGH_PAIRS;
    let others = clusters.iter().filter(enough).filter(by_change).filter(apart);
    let other = others.max_by_key(|one| one.pairs).filter(|_| enough(&best))?;
    let (before, after) = if other.lines.1 < best.lines.0 { (other, best) } else { (best, other) };
    let between = before.lines.1..after.lines.0;
    let step = after.seconds - before.seconds;
    // The log's own times jump where the clock was set, if it was written to near that time.
    let jumps = |line: &u32| {
        let [a, b] = [*line, line + 1].map(|line| log.get(line as usize).map(|one| one.seconds));
        let jump = b.zip(a).map_or(0, |(b, a)| b - a);
        if step < 0 { jump < 0 } else { jump >= step }
    };
    let line = between.clone().find(jumps).map_or(after.lines.0, |line| line + 1);
    Some(Offset {
        seconds: before.seconds,
        pairs: (before.pairs + after.pairs) as u64,
        later: Some(Later { line, seconds: after.seconds }),
    })
}

fn begins(conversations: &Conversations, index: &Index, group: Group) -> Vec<i64> {
    let places = index.places(group);
    if places.len() > MAX_CONVERSATIONS {
        return Vec::new();
    }
    places.iter().map(|place| conversations[*place as usize].first.0).collect()
}

/// Differences in nanoseconds between each conversation's beginning and the beginnings in the log, with
/// the line of the log.
fn differences_of(times: &[(i64, u32)], firsts: &[i64], farthest: i64) -> Vec<(i64, u32)> {
    let beginnings: Vec<(i64, u32)> = times
        .chunk_by(|a, b| b.0.saturating_sub(a.0) < PAUSE_SECONDS)
        .map(|run| (run[0].0.saturating_mul(NANOS_PER_SECOND), run[0].1))
        .collect();
    let mut differences = Vec::new();
    for first in firsts {
        let from = beginnings.partition_point(|(time, _)| *time < first.saturating_sub(farthest));
        let to = beginnings.partition_point(|(time, _)| *time <= first.saturating_add(farthest));
        if to - from <= MAX_BEGINNINGS {
            let pairs = beginnings[from..to].iter();
            differences.extend(pairs.map(|(time, line)| (time.saturating_sub(*first), *line)));
        }
    }
    differences
}

/// Differences that agree.
struct Cluster {
    from: i64,
    seconds: i64,
    pairs: usize,
    /// The first and the last line of the log among the pairs.
    lines: (u32, u32),
}

impl Cluster {
    fn tells(&self) -> bool {
        let off_zone =
            (self.seconds + ZONE_SECONDS / 2).rem_euclid(ZONE_SECONDS) - ZONE_SECONDS / 2;
        self.pairs >= ENOUGH_PAIRS || off_zone.abs() <= USUAL_ERROR
    }
}

/// The window that begins at each of the differences, which are sorted.
fn clusters(differences: &[(i64, u32)]) -> Vec<Cluster> {
    let window = |(place, (from, _)): (usize, &(i64, u32))| {
        let rest = &differences[place..];
        let pairs = rest.partition_point(|(difference, _)| difference - from <= WINDOW);
        // The log cuts the fraction of its second off, so the truth is the next whole second.
        let seconds = -(-rest[pairs / 2].0).div_euclid(NANOS_PER_SECOND);
        let lines = || rest[..pairs].iter().map(|(_, line)| *line);
        let lines = (lines().min().unwrap_or(0), lines().max().unwrap_or(0));
        Cluster { from: *from, seconds, pairs, lines }
    };
    differences.iter().enumerate().map(window).filter(Cluster::tells).collect()
}
