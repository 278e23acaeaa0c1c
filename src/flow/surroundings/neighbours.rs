//! Who answers on the link: down, or up and silent?

use std::net::IpAddr;

use hashbrown::HashMap;

use super::MOST;
use crate::decode::Neighbour;

/// What ARP or neighbour discovery say of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbourhood {
    /// Nobody asked, or not often enough.
    Unknown,
    /// It answered: it is up.
    Answers,
    /// It was asked for and did not answer.
    Silent,
}

/// Questions without an answer until an address is said to be silent: the first may be lost, or the
/// answer may have gone past the capture.
const ENOUGH_QUESTIONS: u32 = 2;

/// What is known of an address.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    questions: u32,
    answered: bool,
    /// It sent something, be it only a question of its own.
    sends: bool,
}

/// Addresses asked for, how often, and whether they answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours {
    known: HashMap<IpAddr, Known>,
    /// Whether any answer was seen: at some places questions are, and answers are not.
    answers: bool,
}

impl Neighbours {
    pub fn take(&mut self, from: IpAddr, neighbour: Neighbour) {
        let questions = u32::from(neighbour.asks);
        let known = Known { questions, answered: !neighbour.asks, sends: false };
        self.note(neighbour.about, known, MOST);
        self.sends(from);
        self.answers |= !neighbour.asks;
    }

    /// Notes that an address sends.
    pub fn sends(&mut self, from: IpAddr) {
        self.note(from, Known { sends: true, ..Known::default() }, MOST);
    }

    fn note(&mut self, about: IpAddr, more: Known, most: usize) {
        if self.known.len() >= most && !self.known.contains_key(&about) {
            return;
        }
        let known = self.known.entry(about).or_default();
        known.questions = known.questions.saturating_add(more.questions);
        known.answered |= more.answered;
        known.sends |= more.sends;
    }

    pub fn of(&self, ip: IpAddr) -> Neighbourhood {
        match self.known.get(&ip) {
            Some(known) if known.answered => Neighbourhood::Answers,
            Some(known) if known.questions >= ENOUGH_QUESTIONS && !known.sends && self.answers => {
                Neighbourhood::Silent
            }
            _ => Neighbourhood::Unknown,
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.answers |= other.answers;
        for (about, known) in &other.known {
            self.note(*about, *known, usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_silent_only_where_answers_are_seen_and_it_never_sends() {
        let ip = |last: u8| IpAddr::from([10, 0, 0, last]);
        let ask = |about| Neighbour { asks: true, about };
        let answer = |about| Neighbour { asks: false, about };
        for (others_answer, sends, asked, expected) in [
            (true, false, 2, Neighbourhood::Silent),
            (true, false, 1, Neighbourhood::Unknown),
            (true, true, 2, Neighbourhood::Unknown),
            (false, false, 2, Neighbourhood::Unknown),
        ] {
            let mut neighbours = Neighbours::default();
            (0..asked).for_each(|_| neighbours.take(ip(1), ask(ip(7))));
            if others_answer {
                neighbours.take(ip(2), answer(ip(2)));
            }
            if sends {
                neighbours.sends(ip(7));
            }
            assert_eq!(neighbours.of(ip(7)), expected, "{others_answer} {sends} {asked}");
            neighbours.take(ip(7), answer(ip(7)));
            assert_eq!(neighbours.of(ip(7)), Neighbourhood::Answers);
        }
    }
}
