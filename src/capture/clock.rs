//! What the timestamps of one capture show about the recorder's clock.
//!
//! Npcap and others are known to give every packet the same time, single packets a time decades away,
//! or a clock that was set back. Times are gathered into periods without a pause of more than a day;
//! a period of few packets that the clock only visited does not belong to the observation.

use super::{Problem, Problems, Timestamp, time::NANOS_PER_SECOND};

const DAY: i64 = 86_400 * NANOS_PER_SECOND;
/// Longer pauses are not believed where only few packets stand behind them.
const YEAR: i64 = 366 * DAY;
/// Reordering between receive queues and interfaces is much shorter than this.
const BACKWARDS: i64 = 60 * NANOS_PER_SECOND;
/// Fewer packets may have arrived within one tick of a coarse clock.
const FEW: u64 = 5;
/// Packets of a period that the clock only visited: so many, or one in ten of all.
const VISITORS: u64 = 3;
const SHARE: u64 = 10;
/// Periods that are kept apart; later ones are added to the last.
const MAX_PERIODS: usize = 64;

/// Packets without a pause of more than a day.
#[derive(Clone, Copy, Debug)]
struct Period {
    first: Timestamp,
    last: Timestamp,
    packets: u64,
    /// The number of its first packet in the capture, from 1.
    number: u64,
    /// The clock came into it, or left it, backwards.
    backwards: bool,
}

impl Period {
    fn distance(&self, time: Timestamp) -> i64 {
        if time < self.first { self.first.since(time) } else { time.since(self.last) }
    }

    fn extend(&mut self, time: Timestamp) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        self.packets += 1;
    }
}

/// The clock of a capture, as far as it has been read.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    periods: Vec<Period>,
    current: usize,
    packets: u64,
    previous: Timestamp,
    /// Steps back within a period, and the first of them: the packet's number and nanoseconds.
    steps_back: u64,
    first_step: Option<(u64, i64)>,
}

impl Clock {
    /// Takes the time of the next packet.
    #[inline]
    pub fn take(&mut self, time: Timestamp) {
        self.packets += 1;
        let previous = std::mem::replace(&mut self.previous, time);
        if let Some(period) = self.periods.get_mut(self.current)
            && time >= previous.max(period.first)
            && time.since(period.last) <= DAY
        {
            period.last = period.last.max(time);
            period.packets += 1;
            return;
        }
        self.take_unusual(time, previous);
    }

    #[inline(never)]
    fn take_unusual(&mut self, time: Timestamp, previous: Timestamp) {
        if let Some(period) = self.periods.get_mut(self.current)
            && period.distance(time) <= DAY
        {
            period.extend(time);
            let back = previous.since(time);
            if back > BACKWARDS {
                self.steps_back += 1;
                self.first_step.get_or_insert((self.packets, back));
            }
            return;
        }
        self.enter(time, time < previous);
    }

    /// The clock is now in another period than before.
    fn enter(&mut self, time: Timestamp, backwards: bool) {
        if let Some(left) = self.periods.get_mut(self.current) {
            left.backwards |= backwards;
        }
        let known = self.periods.iter().position(|period| period.distance(time) <= DAY);
        let full = self.periods.len() >= MAX_PERIODS;
        if let Some(place) = known.or_else(|| full.then_some(MAX_PERIODS - 1)) {
            self.periods[place].extend(time);
            self.periods[place].backwards |= backwards;
            self.current = place;
        } else {
            let (packets, number) = (1, self.packets);
            self.current = self.periods.len();
            self.periods.push(Period { first: time, last: time, packets, number, backwards });
        }
    }

    /// Whether the clock stands still: more than a few packets have one time.
    #[must_use]
    pub fn stands_still(&self) -> bool {
        match self.periods.as_slice() {
            [only] => only.packets >= FEW && only.first == only.last,
            _ => false,
        }
    }

    /// The time of the first and the last packet, without packets whose time is far from all others.
    #[must_use]
    pub fn steady(&self) -> Option<(Timestamp, Timestamp)> {
        if let [only] = self.periods.as_slice() {
            return Some((only.first, only.last));
        }
        let steady = || self.periods.iter().filter(|period| !self.is_visited(period));
        let first = steady().map(|period| period.first).min()?;
        Some((first, steady().map(|period| period.last).max()?))
    }

    /// Whether a period is no part of the observation: few packets, which others came after although
    /// their time is earlier, or which are more than a year away.
    fn is_visited(&self, period: &Period) -> bool {
        let largest = self.periods.iter().map(|one| one.packets).max().unwrap_or_default();
        let is_small = period.packets < largest
            && (period.packets <= VISITORS || period.packets.saturating_mul(SHARE) <= self.packets);
        is_small && (period.backwards || self.is_remote(period))
    }

    fn is_remote(&self, period: &Period) -> bool {
        let others = self.periods.iter().filter(|one| one.packets > period.packets);
        let nearest = others.map(|one| {
            if one.first > period.last {
                one.first.since(period.last)
            } else {
                period.first.since(one.last)
            }
        });
        nearest.min().is_some_and(|distance| distance > YEAR)
    }

    /// Notes what is wrong with the clock, at the end of the capture.
    pub(super) fn note(&self, problems: &mut Problems) {
        if self.stands_still() {
            problems.note(Problem::ClockStandsStill, || {
                format!("all {} packets have the time {}", self.packets, self.previous)
            });
        }
        for period in self.periods.iter().filter(|period| self.is_visited(period)) {
            problems.add(Problem::ClockJumps, period.packets, || {
                format!("packet {} has the time {}", period.number, period.first)
            });
        }
        if let Some((number, back)) = self.first_step {
            problems.add(Problem::ClockBackwards, self.steps_back, || {
                format!("by {} s at packet {number}", back / NANOS_PER_SECOND)
            });
        }
        let returns = self.returns();
        if returns > 0 {
            problems.add(Problem::ClockBackwards, returns, || "by more than a day".to_owned());
        }
    }

    /// Periods that belong to the observation and that the clock entered or left backwards.
    fn returns(&self) -> u64 {
        let largest = self.periods.iter().map(|one| one.packets).max().unwrap_or_default();
        let counts = |one: &&Period| one.backwards && !self.is_visited(one);
        let kept = self.periods.iter().filter(counts).filter(|one| one.packets < largest).count();
        // Two periods of the same size are both the largest.
        let largest = self.periods.iter().filter(counts).filter(|one| one.packets == largest);
        let returns = kept + largest.count().saturating_sub(1);
        u64::try_from(returns).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = NANOS_PER_SECOND;

    fn clock(times: impl IntoIterator<Item = i64>) -> Clock {
        let mut clock = Clock::default();
        times.into_iter().for_each(|time| clock.take(Timestamp(time)));
        clock
    }

    /// Counts of standing still, jumps and steps back.
    fn problems(clock: &Clock) -> [u64; 3] {
        let mut problems = Problems::default();
        clock.note(&mut problems);
        [Problem::ClockStandsStill, Problem::ClockJumps, Problem::ClockBackwards]
            .map(|kind| problems.count(kind))
    }

    #[test]
    fn each_kind_of_bad_clock_is_recognised_and_no_good_one() {
        let base = 20_000 * DAY;
        let seconds = |range: std::ops::Range<i64>| range.map(move |n| base + n * S);
        let with = |extra: &[(usize, i64)], count: i64| {
            let mut times: Vec<i64> = seconds(0..count).collect();
            extra.iter().for_each(|(place, time)| times.insert(*place, *time));
            times
        };
        let end = base + 19 * S;
        // Times, problems, steady first and last.
        type Case = (&'static str, Vec<i64>, [u64; 3], (i64, i64));
        let cases: Vec<Case> = vec![
            ("steady", with(&[], 20), [0, 0, 0], (base, end)),
            ("still", vec![base; 5], [1, 0, 0], (base, base)),
            ("few", vec![base; 4], [0, 0, 0], (base, base)),
            (
                "nearly still",
                vec![base, base, base, base, base, base + 1],
                [0, 0, 0],
                (base, base + 1),
            ),
            ("ahead", with(&[(1, base + 46 * YEAR)], 20), [0, 1, 0], (base, end)),
            ("two days ahead", with(&[(9, base + 2 * DAY)], 20), [0, 1, 0], (base, end)),
            (
                "less than a day",
                with(&[(9, base + DAY - S)], 20),
                [0, 0, 1],
                (base, base + DAY - S),
            ),
            ("1970", with(&[(9, 0)], 20), [0, 1, 0], (base, end)),
            ("first in 1970", with(&[(0, 0)], 20), [0, 1, 0], (base, end)),
            ("last far away", with(&[(20, base + 2 * YEAR)], 20), [0, 1, 0], (base, end)),
            (
                "last after a weekend",
                with(&[(20, base + 3 * DAY)], 20),
                [0, 0, 0],
                (base, base + 3 * DAY),
            ),
            (
                "two at different times",
                with(&[(3, base + 5 * YEAR), (9, 0)], 20),
                [0, 2, 0],
                (base, end),
            ),
            ("extremes", with(&[(3, i64::MAX), (9, i64::MIN)], 20), [0, 2, 0], (base, end)),
            (
                "a minute back",
                seconds(0..10).chain(seconds(-51..-40)).collect(),
                [0, 0, 0],
                (base - 51 * S, base + 9 * S),
            ),
            (
                "more than a minute back",
                seconds(0..10).chain(seconds(-52..-40)).collect(),
                [0, 0, 1],
                (base - 52 * S, base + 9 * S),
            ),
            (
                "two halves",
                seconds(0..10).chain(seconds(0..10).map(|time| time - 3 * DAY)).collect(),
                [0, 0, 1],
                (base - 3 * DAY, base + 9 * S),
            ),
            (
                "a packet a day",
                (0..30).map(|n| base + n * DAY * 2).collect(),
                [0, 0, 0],
                (base, base + 58 * DAY),
            ),
            ("nothing", vec![], [0, 0, 0], (0, 0)),
        ];
        for (name, times, expected, (first, last)) in cases {
            let clock = clock(times.clone());
            assert_eq!(problems(&clock), expected, "{name}");
            let steady = clock.steady().map_or((0, 0), |(first, last)| (first.0, last.0));
            assert_eq!(steady, (first, last), "{name}");
        }
    }

    #[test]
    fn a_clock_without_any_order_takes_no_memory() {
        let clock = clock((0..10_000).map(|n| (n * 7919 % 10_000) * 3 * DAY));
        assert!(clock.periods.len() <= MAX_PERIODS && clock.steady().is_some());
    }
}
