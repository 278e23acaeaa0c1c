//! Which directions the capture can see.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::MOST;

/// One-sided conversations for each two-way one in a capture that sees one side only.
const ONE_SIDED_SHARE: u64 = 10;

/// What was seen of a direction between two addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Direction {
    /// Packets were seen.
    seen: bool,
    /// The sender went on as if it were answered, and the answer was not seen.
    alone: bool,
}

/// The directions in which packets were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    directions: HashMap<(IpAddr, IpAddr), Direction>,
    deaf: u64,
    two_way: u64,
    tcp_two_way: u64,
    tcp_alone: u64,
}

impl Sight {
    /// Notes the first packet of a side in a conversation.
    pub fn sees(&mut self, from: IpAddr, to: IpAddr) {
        self.note(from, to, |direction| direction.seen = true);
    }

    /// Notes that a side goes on alone.
    pub fn alone(&mut self, from: IpAddr, to: IpAddr) {
        self.tcp_alone += 1;
        self.note(from, to, |direction| direction.alone = true);
    }

    /// Notes the second side of a conversation, which may have gone on alone before.
    pub fn two_way(&mut self, tcp: bool, was_alone: bool) {
        self.two_way += 1;
        self.tcp_two_way += u64::from(tcp);
        self.tcp_alone = self.tcp_alone.saturating_sub(u64::from(was_alone));
    }

    fn note(&mut self, from: IpAddr, to: IpAddr, note: impl Fn(&mut Direction)) {
        let deaf = self.is_deaf_to(to, from) || self.is_deaf_to(from, to);
        if self.directions.len() < MOST {
            note(self.directions.entry((from, to)).or_default());
        } else if let Some(known) = self.directions.get_mut(&(from, to)) {
            note(known);
        }
        let is_deaf = self.is_deaf_to(to, from) || self.is_deaf_to(from, to);
        self.deaf = (self.deaf + u64::from(is_deaf)).saturating_sub(u64::from(deaf));
    }

    fn direction(&self, from: IpAddr, to: IpAddr) -> Direction {
        self.directions.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Whether nothing that `to` sends to `from` is visible, though there must be something.
    pub fn is_deaf_to(&self, to: IpAddr, from: IpAddr) -> bool {
        self.direction(from, to).alone && !self.direction(to, from).seen
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

    pub fn merge(&mut self, other: Self) {
        self.two_way += other.two_way;
        self.tcp_two_way += other.tcp_two_way;
        self.tcp_alone += other.tcp_alone;
        for ((from, to), direction) in other.directions {
            self.note(from, to, |known| {
                known.seen |= direction.seen;
                known.alone |= direction.alone;
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
}
