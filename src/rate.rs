//! Frames per second, in the capture's own time.

use std::collections::VecDeque;

use crate::capture::{NANOS_PER_SECOND, Timestamp};

/// Seconds that are remembered.
pub const SECONDS: usize = 60;

/// How many frames each of the last seconds brought.
#[derive(Default)]
pub struct Rate {
    per_second: VecDeque<u64>,
    second: i64,
}

impl Rate {
    /// Counts a frame. One that is late counts for the present second.
    pub fn frame(&mut self, time: Timestamp) {
        self.pass(time);
        if let Some(present) = self.per_second.back_mut() {
            *present += 1;
        }
    }

    /// Time has passed.
    pub fn pass(&mut self, time: Timestamp) {
        let second = time.0.div_euclid(NANOS_PER_SECOND);
        if self.per_second.is_empty() {
            self.second = second;
            self.per_second.push_back(0);
        }
        if second <= self.second {
            return;
        }
        let passed = usize::try_from(second - self.second).unwrap_or(SECONDS).min(SECONDS);
        self.per_second.extend(std::iter::repeat_n(0, passed));
        let excess = self.per_second.len().saturating_sub(SECONDS);
        self.per_second.drain(..excess);
        self.second = second;
    }

    /// The counts, the present second last.
    #[must_use]
    pub fn per_second(&self) -> &VecDeque<u64> {
        &self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_without_frames_count_nothing_and_old_ones_are_forgotten() {
        let mut rate = Rate::default();
        for second in [10, 10, 9, 12] {
            rate.frame(Timestamp(second * NANOS_PER_SECOND));
        }
        assert_eq!(rate.per_second(), &[3, 0, 1]);
        rate.pass(Timestamp(1_000_000 * NANOS_PER_SECOND));
        assert_eq!(rate.per_second().len(), SECONDS);
        assert_eq!(rate.per_second().iter().sum::<u64>(), 0);
    }
}
