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

/// Addresses asked for, how often, and whether they answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours(HashMap<IpAddr, (u32, bool)>);

impl Neighbours {
    pub fn take(&mut self, neighbour: Neighbour) {
        self.note(neighbour.about, u32::from(neighbour.asks), !neighbour.asks);
    }

    fn note(&mut self, about: IpAddr, questions: u32, answered: bool) {
        if self.0.len() >= MOST && !self.0.contains_key(&about) {
            return;
        }
        let known = self.0.entry(about).or_default();
        known.0 = known.0.saturating_add(questions);
        known.1 |= answered;
    }

    pub fn of(&self, ip: IpAddr) -> Neighbourhood {
        match self.0.get(&ip) {
            Some((_, true)) => Neighbourhood::Answers,
            Some((asked, false)) if *asked >= ENOUGH_QUESTIONS => Neighbourhood::Silent,
            _ => Neighbourhood::Unknown,
        }
    }

    pub fn merge(&mut self, other: Self) {
        for (about, (questions, answered)) in other.0 {
            self.note(about, questions, answered);
        }
    }
}
