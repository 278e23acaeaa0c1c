//! From how far away an address's packets come.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::MOST;

/// Paths differ by a hop or two; a device that answers in a host's name is further off, or starts
/// from another initial value.
const USUAL_SPREAD: u8 = 2;

/// The lowest and the highest time to live of an address's segments other than RST.
#[derive(Clone, Debug, Default)]
pub(super) struct Hops(HashMap<IpAddr, (u8, u8)>);

impl Hops {
    pub fn note(&mut self, ip: IpAddr, ttl: u8) {
        self.widen(ip, (ttl, ttl), MOST);
    }

    fn widen(&mut self, ip: IpAddr, (low, high): (u8, u8), most: usize) {
        if self.0.len() >= most && !self.0.contains_key(&ip) {
            return;
        }
        let known = self.0.entry(ip).or_insert((low, high));
        *known = (known.0.min(low), known.1.max(high));
    }

    pub fn is_strange(&self, ip: IpAddr, ttl: u8) -> bool {
        self.0.get(&ip).is_some_and(|(low, high)| {
            ttl.saturating_add(USUAL_SPREAD) < *low || ttl > high.saturating_add(USUAL_SPREAD)
        })
    }

    /// The highest one.
    pub fn highest(&self, ip: IpAddr) -> Option<u8> {
        self.0.get(&ip).map(|(_, high)| *high)
    }

    pub fn merge(&mut self, other: &Self) {
        for (ip, range) in &other.0 {
            self.widen(*ip, *range, usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_strange_beyond_the_usual_spread() {
        let ip = [10, 0, 0, 1].into();
        let mut hops = Hops::default();
        assert!(!hops.is_strange(ip, 64), "nothing to compare with");
        hops.note(ip, 126);
        hops.note(ip, 127);
        for (ttl, strange) in
            [(123, true), (124, false), (129, false), (130, true), (64, true), (255, true)]
        {
            assert_eq!(hops.is_strange(ip, ttl), strange, "{ttl}");
        }
    }

    #[test]
    fn parts_put_together_keep_the_lowest_and_the_highest_and_a_full_memory_what_it_has() {
        let [near, far] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let [mut one, mut other] = [Hops::default(), Hops::default()];
        one.note(near, 60);
        other.note(near, 64);
        other.note(far, 128);
        one.merge(&other);
        assert_eq!((one.highest(near), one.highest(far)), (Some(64), Some(128)));
        assert!(one.is_strange(near, 57) && !one.is_strange(near, 58));
        let mut full = Hops::default();
        full.widen(near, (60, 60), 1);
        full.widen(far, (60, 60), 1);
        full.widen(near, (64, 64), 1);
        assert_eq!((full.highest(near), full.highest(far)), (Some(64), None));
    }
}
