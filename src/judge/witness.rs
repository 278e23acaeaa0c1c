//! What the captures as a whole are worth as a witness.

use crate::capture::{NANOS_PER_SECOND, Timestamp};

/// When the captures looked on, and whether they missed something.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// Times without interruption, in order; none where only the latest packet's time is known.
    watched: Vec<(Timestamp, Timestamp)>,
    now: Timestamp,
    /// Whether the recorder is known to have lost packets.
    pub lossy: bool,
}

/// The files of a ring buffer follow each other without a pause, but for the network's own quiet.
const PAUSE_WITHIN_A_RING: i64 = 60 * NANOS_PER_SECOND;

impl Witness {
    /// What captures with these first and last times see; `now` is the time of the latest packet.
    #[must_use]
    pub fn new(mut spans: Vec<(Timestamp, Timestamp)>, now: Timestamp, lossy: bool) -> Self {
        spans.sort_unstable();
        let mut watched: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (first, last) in spans {
            match watched.last_mut() {
                Some((_, until)) if first.since(*until) <= PAUSE_WITHIN_A_RING => {
                    *until = last.max(*until);
                }
                _ => watched.push((first, last)),
            }
        }
        Self { watched, now, lossy }
    }

    /// Whether it would say something else than another one of a question long unanswered.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        self.lossy != other.lossy
            || self.watched.len() != other.watched.len()
            || self.watched.iter().zip(&other.watched).any(|(a, b)| a.0 != b.0)
    }

    /// Until when somebody looked on without interruption from `time` on. A capture of another day
    /// says nothing of a question that was not answered today.
    #[must_use]
    pub fn saw_until(&self, time: Timestamp) -> Timestamp {
        let next = self.watched.partition_point(|(first, _)| *first <= time);
        match next.checked_sub(1).and_then(|place| self.watched.get(place)) {
            Some((_, until)) => time.max(*until),
            None => self.now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_captures_that_follow_each_other_look_on() {
        let second = |n: i64| Timestamp(n * NANOS_PER_SECOND);
        let spans = vec![
            (second(5000), second(6000)),
            (second(0), second(100)),
            (second(130), second(200)),
        ];
        let witness = Witness::new(spans, second(6000), false);
        assert_eq!(witness.saw_until(second(50)), second(200));
        assert_eq!(witness.saw_until(second(5500)), second(6000));
        let alone = Witness::new(Vec::new(), second(9), false);
        assert_eq!(alone.saw_until(second(1)), second(9));
    }
}
