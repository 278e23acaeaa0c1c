//! Which directions the capture can see.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::MOST;

/// One-sided conversations for each two-way one in a capture that sees one side only.
const ONE_SIDED_SHARE: u64 = 10;

/// Two addresses, the lower one first.
type Pair = (IpAddr, IpAddr);

/// What was seen between two addresses, first of what the lower one sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Directions {
    /// Packets were seen.
    seen: [bool; 2],
    /// The sender went on as if it were answered, and the answer was not seen.
    alone: [bool; 2],
}

impl Directions {
    /// Whether nothing of what goes this way is visible, though there must be something.
    fn deaf_to(&self, way: usize) -> bool {
        self.alone[1 - way] && !self.seen[way]
    }

    fn is_deaf(&self) -> bool {
        self.deaf_to(0) || self.deaf_to(1)
    }
}

/// The pair of two addresses, and the place of what the first of them sends.
fn pair(from: IpAddr, to: IpAddr) -> (Pair, usize) {
    if from <= to { ((from, to), 0) } else { ((to, from), 1) }
}

/// The directions in which packets were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    pairs: HashMap<Pair, Directions>,
    deaf: u64,
    two_way: u64,
    tcp_two_way: u64,
    tcp_alone: u64,
}

impl Sight {
    /// Notes the first packet of a side in a conversation.
    pub fn sees(&mut self, from: IpAddr, to: IpAddr) {
        let (pair, way) = pair(from, to);
        self.note(pair, MOST, |known| known.seen[way] = true);
    }

    /// Notes that a side goes on alone.
    pub fn alone(&mut self, from: IpAddr, to: IpAddr) {
        self.tcp_alone += 1;
        let (pair, way) = pair(from, to);
        self.note(pair, MOST, |known| known.alone[way] = true);
    }

    /// Notes the second side of a conversation, which may have gone on alone before.
    pub fn two_way(&mut self, tcp: bool, was_alone: bool) {
        self.two_way += 1;
        self.tcp_two_way += u64::from(tcp);
        self.tcp_alone = self.tcp_alone.saturating_sub(u64::from(was_alone));
    }

    fn note(&mut self, pair: Pair, most: usize, note: impl FnOnce(&mut Directions)) {
        let room = self.pairs.len() < most;
        let known = if room {
            Some(self.pairs.entry(pair).or_default())
        } else {
            self.pairs.get_mut(&pair)
        };
        let Some(known) = known else { return };
        let deaf = known.is_deaf();
        note(known);
        let is_deaf = known.is_deaf();
        self.deaf = (self.deaf + u64::from(is_deaf)).saturating_sub(u64::from(deaf));
    }

    /// Whether nothing that `to` sends to `from` is visible, though there must be something.
    pub fn is_deaf_to(&self, to: IpAddr, from: IpAddr) -> bool {
        let (pair, way) = pair(to, from);
        self.deaf > 0 && self.pairs.get(&pair).is_some_and(|known| known.deaf_to(way))
    }

    pub fn is_one_sided(&self) -> bool {
        self.tcp_alone > 0 && self.tcp_two_way * ONE_SIDED_SHARE <= self.tcp_alone
    }

    pub fn has_two_way(&self) -> bool {
        self.two_way > 0
    }

    /// What it says of conversations, in short.
    pub fn verdict(&self) -> (u64, bool, bool) {
        (self.deaf, self.is_one_sided(), self.has_two_way())
    }

    pub fn merge(&mut self, other: &Self) {
        self.two_way += other.two_way;
        self.tcp_two_way += other.tcp_two_way;
        self.tcp_alone += other.tcp_alone;
        for (pair, directions) in &other.pairs {
            self.note(*pair, usize::MAX, |known| {
                for way in [0, 1] {
                    known.seen[way] |= directions.seen[way];
                    known.alone[way] |= directions.alone[way];
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    #[test]
    fn a_pair_is_deaf_only_where_an_answer_must_be_there_and_nothing_came() {
        let mut sight = Sight::default();
        sight.sees(ip(1), ip(2));
        assert!(!sight.is_deaf_to(ip(2), ip(1)), "a question alone proves nothing");
        sight.alone(ip(1), ip(2));
        assert!(sight.is_deaf_to(ip(2), ip(1)));
        assert!(!sight.is_deaf_to(ip(1), ip(2)), "the other direction is seen");
        sight.sees(ip(2), ip(1));
        assert!(!sight.is_deaf_to(ip(2), ip(1)));
    }

    #[test]
    fn a_capture_is_one_sided_where_hardly_any_conversation_has_two() {
        for (alone, two_way, one_sided) in
            [(0, 0, false), (1, 0, true), (9, 1, false), (10, 1, true), (100, 11, false)]
        {
            let mut sight = Sight::default();
            (0..alone).for_each(|_| sight.alone(ip(1), ip(2)));
            (0..two_way).for_each(|_| sight.two_way(true, false));
            assert_eq!(sight.is_one_sided(), one_sided, "{alone} {two_way}");
        }
    }

    #[test]
    fn a_side_that_was_alone_is_so_no_longer_once_the_other_is_seen() {
        let mut sight = Sight::default();
        sight.alone(ip(1), ip(2));
        assert_eq!(sight.verdict(), (1, true, false));
        sight.two_way(false, false);
        assert!(sight.is_one_sided(), "datagrams say nothing about TCP");
        sight.two_way(true, true);
        sight.sees(ip(2), ip(1));
        assert_eq!(sight.verdict(), (0, false, true));
    }

    #[test]
    fn each_direction_of_a_pair_is_known_by_itself() {
        for (from, to) in [(1, 2), (2, 1)] {
            let mut sight = Sight::default();
            sight.sees(ip(from), ip(to));
            sight.alone(ip(from), ip(to));
            assert!(sight.is_deaf_to(ip(to), ip(from)) && !sight.is_deaf_to(ip(from), ip(to)));
            assert!(!sight.is_deaf_to(ip(3), ip(from)), "another pair");
            assert_eq!(sight.verdict().0, 1);
        }
    }

    #[test]
    fn parts_put_together_know_what_one_would() {
        let steps: [fn(&mut Sight); 6] = [
            |sight| sight.sees(ip(1), ip(2)),
            |sight| sight.alone(ip(1), ip(2)),
            |sight| sight.sees(ip(4), ip(3)),
            |sight| sight.alone(ip(4), ip(3)),
            |sight| sight.sees(ip(3), ip(4)),
            |sight| sight.two_way(true, false),
        ];
        let mut whole = Sight::default();
        steps.iter().for_each(|step| step(&mut whole));
        for at in 0..=steps.len() {
            let [mut first, mut second] = [Sight::default(), Sight::default()];
            steps[..at].iter().for_each(|step| step(&mut first));
            steps[at..].iter().for_each(|step| step(&mut second));
            first.merge(&second);
            assert_eq!(first.verdict(), whole.verdict(), "{at}");
            assert!(first.is_deaf_to(ip(2), ip(1)) && !first.is_deaf_to(ip(3), ip(4)), "{at}");
            assert_eq!((first.two_way, first.tcp_two_way, first.tcp_alone), (1, 1, 2));
        }
    }

    #[test]
    fn a_full_memory_still_learns_of_the_pairs_that_it_has() {
        let mut sight = Sight::default();
        sight.note(pair(ip(1), ip(2)).0, 1, |known| known.seen[0] = true);
        sight.note(pair(ip(1), ip(3)).0, 1, |known| known.alone[0] = true);
        assert!(!sight.is_deaf_to(ip(3), ip(1)) && sight.pairs.len() == 1);
        sight.note(pair(ip(1), ip(2)).0, 1, |known| known.alone[0] = true);
        assert!(sight.is_deaf_to(ip(2), ip(1)));
    }
}
