//! How many findings are reported while packets arrive, so that a port scan does not flood a terminal.

use std::collections::{BTreeMap, HashSet};

use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    identify::MachineId,
    judge::Verdict,
};

/// New kinds of findings reported in one interval of the packets' time.
const MOST_PER_INTERVAL: u32 = 20;
const INTERVAL: i64 = 60 * NANOS_PER_SECOND;
/// Pairs of machines counted at most.
const MOST_PAIRS: usize = 10_000;

/// Findings of a verdict that were counted and not reported one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Their verdict.
    pub verdict: Verdict,
    /// Different services among them.
    pub services: u64,
    /// Pairs of machines between which they are; at most 10,000 are counted.
    pub pairs: usize,
}

#[derive(Default)]
struct Held {
    services: u64,
    pairs: HashSet<(Option<MachineId>, Option<MachineId>)>,
}

/// Reports of the current interval.
#[derive(Default)]
pub(super) struct RateLimit {
    since: Option<Timestamp>,
    reported: u32,
    held: BTreeMap<Verdict, Held>,
}

impl RateLimit {
    /// Whether another finding may be reported at a time; if not, it is counted.
    pub fn allows(
        &mut self,
        now: Timestamp,
        verdict: Verdict,
        pair: (Option<MachineId>, Option<MachineId>),
    ) -> bool {
        self.since.get_or_insert(now);
        if self.reported < MOST_PER_INTERVAL {
            self.reported += 1;
            return true;
        }
        let held = self.held.entry(verdict).or_default();
        held.services += 1;
        if held.pairs.len() < MOST_PAIRS {
            held.pairs.insert(pair);
        }
        false
    }

    /// What was withheld in an interval that is over by `now`, or in any where `now` is `None`.
    pub fn take_over(&mut self, now: Option<Timestamp>) -> Vec<Withheld> {
        let is_over = |since: Timestamp| now.is_none_or(|now| now.since(since) >= INTERVAL);
        if !self.since.is_some_and(is_over) {
            return Vec::new();
        }
        (self.since, self.reported) = (None, 0);
        let held = std::mem::take(&mut self.held);
        let withheld = |(verdict, held): (Verdict, Held)| Withheld {
            verdict,
            services: held.services,
            pairs: held.pairs.len(),
        };
        held.into_iter().map(withheld).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_twenty_a_minute_findings_are_counted_and_summed_up_when_the_minute_is_over() {
        let mut limit = RateLimit::default();
        let second = |n: i64| Timestamp(n * NANOS_PER_SECOND);
        let allowed = |limit: &mut RateLimit, at, verdict| {
            (0..30).filter(|_| limit.allows(second(at), verdict, (None, None))).count()
        };
        assert_eq!(allowed(&mut limit, 100, Verdict::Unexpected), 20);
        assert_eq!(allowed(&mut limit, 130, Verdict::Blocked), 0);
        assert_eq!(limit.take_over(Some(second(159))), []);
        let withheld = |verdict, services| Withheld { verdict, services, pairs: 1 };
        let mut over = limit.take_over(Some(second(160)));
        over.sort_by_key(|one| one.services);
        assert_eq!(over, [withheld(Verdict::Unexpected, 10), withheld(Verdict::Blocked, 30)]);
        assert_eq!(allowed(&mut limit, 160, Verdict::Unexpected), 20);
        assert_eq!(limit.take_over(None), [withheld(Verdict::Unexpected, 10)]);
        assert_eq!(limit.take_over(None), []);
    }
}
