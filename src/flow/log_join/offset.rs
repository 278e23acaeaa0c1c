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

/// What a log's clock shows more than the capture's.
pub(super) struct Offset {
    pub seconds: i64,
    pub pairs: u64,
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
            let times: Vec<i64> = of_ends.iter().map(seconds).collect();
            let firsts = begins(conversations, index, of_ends[0].group);
            differences.extend(differences_of(&times, &firsts, farthest));
        }
        differences.sort_unstable();
        best(&clusters(&differences))
    }
}

fn begins(conversations: &Conversations, index: &Index, group: Group) -> Vec<i64> {
    let places = index.places(group);
    if places.len() > MAX_CONVERSATIONS {
        return Vec::new();
    }
    places.iter().map(|place| conversations[*place as usize].first.0).collect()
}

/// Differences in nanoseconds between each conversation's beginning and the beginnings in the log.
fn differences_of(times: &[i64], firsts: &[i64], farthest: i64) -> Vec<i64> {
    let beginnings: Vec<i64> = times
        .chunk_by(|a, b| b.saturating_sub(*a) < PAUSE_SECONDS)
        .map(|run| run[0].saturating_mul(NANOS_PER_SECOND))
        .collect();
    let mut differences = Vec::new();
    for first in firsts {
        let from = beginnings.partition_point(|time| *time < first.saturating_sub(farthest));
        let to = beginnings.partition_point(|time| *time <= first.saturating_add(farthest));
        if to - from <= MAX_BEGINNINGS {
            differences.extend(beginnings[from..to].iter().map(|time| time.saturating_sub(*first)));
        }
    }
    differences
}

/// Differences that agree.
struct Cluster {
    from: i64,
    seconds: i64,
    pairs: usize,
}

impl Cluster {
    fn tells(&self) -> bool {
        let off_zone =
            (self.seconds + ZONE_SECONDS / 2).rem_euclid(ZONE_SECONDS) - ZONE_SECONDS / 2;
        self.pairs >= ENOUGH_PAIRS || off_zone.abs() <= USUAL_ERROR
    }
}

/// The window that begins at each of the differences, which are sorted.
fn clusters(differences: &[i64]) -> Vec<Cluster> {
    let window = |(place, from): (usize, &i64)| {
        let rest = &differences[place..];
        let pairs = rest.partition_point(|difference| difference - from <= WINDOW);
        // The log cuts the fraction of its second off, so the truth is the next whole second.
        let seconds = -(-rest[pairs / 2]).div_euclid(NANOS_PER_SECOND);
        Cluster { from: *from, seconds, pairs }
    };
    differences.iter().enumerate().map(window).filter(Cluster::tells).collect()
}

fn best(clusters: &[Cluster]) -> Option<Offset> {
    let best = clusters.iter().reduce(|a, b| if b.pairs > a.pairs { b } else { a })?;
    let apart = |other: &&Cluster| (other.from - best.from).abs() > WINDOW;
    let rival = clusters.iter().filter(apart).map(|other| other.pairs).max().unwrap_or(0);
    let clear = 2 * rival <= best.pairs;
    clear.then_some(Offset { seconds: best.seconds, pairs: best.pairs as u64 })
}
