//! Which addresses reply to ARP (RFC 826) and neighbour discovery (RFC 4861), and when.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::MOST;
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    decode::Neighbour,
};

/// What ARP or neighbour discovery show of an address at the time of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbourhood {
    /// No request, not enough of them, or at another time.
    Unknown,
    /// It replied: it was up, so many nanoseconds before the conversation's end.
    Answers {
        /// 0 where it replied during the conversation.
        ago: i64,
    },
    /// It was requested at that time and did not reply.
    Silent,
}

/// Requests without a reply until an address is said to be silent: the first may be lost, or the reply
/// may have gone past the capture.
const ENOUGH_REQUESTS: u32 = 2;
/// A reply or a request this long before or after a conversation says nothing about it: an entry of a
/// neighbour cache is confirmed again within a minute (RFC 4861, section 10).
const NEARBY: i64 = 60 * NANOS_PER_SECOND;

/// What is known of an address. The latest times hold.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    requests: u32,
    first_request: Option<Timestamp>,
    request: Option<Timestamp>,
    reply: Option<Timestamp>,
    /// It sent something, be it only a request of its own.
    sent: bool,
}

/// Addresses requested, how often and when, and whether they replied.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours {
    known: HashMap<IpAddr, Known>,
    /// Whether any reply was captured: at some places requests are, and replies are not.
    replies: bool,
}

impl Neighbours {
    pub fn take(&mut self, from: IpAddr, neighbour: Neighbour, time: Timestamp) {
        let known = if neighbour.asks {
            let at = Some(time);
            Known { requests: 1, first_request: at, request: at, ..Known::default() }
        } else {
            Known { reply: Some(time), ..Known::default() }
        };
        self.note(neighbour.about, known, MOST);
        self.sends(from);
        self.replies |= !neighbour.asks;
    }

    /// Notes that an address sends.
    pub fn sends(&mut self, from: IpAddr) {
        self.note(from, Known { sent: true, ..Known::default() }, MOST);
    }

    fn note(&mut self, about: IpAddr, more: Known, most: usize) {
        if self.known.len() >= most && !self.known.contains_key(&about) {
            return;
        }
        let known = self.known.entry(about).or_default();
        known.requests = known.requests.saturating_add(more.requests);
        known.first_request = match (known.first_request, more.first_request) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        known.request = known.request.max(more.request);
        known.reply = known.reply.max(more.reply);
        known.sent |= more.sent;
    }

    /// What is known of an address for a conversation between two times. `sends` is whether it sent
    /// packets, as far as the caller knows.
    pub fn of(
        &self,
        ip: IpAddr,
        sends: bool,
        (first, last): (Timestamp, Timestamp),
    ) -> Neighbourhood {
        let Some(known) = self.known.get(&ip) else { return Neighbourhood::Unknown };
        let near = |time: Timestamp| first.since(time) <= NEARBY && time.since(last) <= NEARBY;
        if let Some(reply) = known.reply {
            return if near(reply) {
                Neighbourhood::Answers { ago: last.since(reply).max(0) }
            } else {
                Neighbourhood::Unknown
            };
        }
        let requested = known.requests >= ENOUGH_REQUESTS
            && known.request.is_some_and(near)
            && known.first_request.is_some_and(near);
        if requested && !known.sent && !sends && self.replies {
            Neighbourhood::Silent
        } else {
            Neighbourhood::Unknown
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.replies |= other.replies;
        for (about, known) in &other.known {
            self.note(*about, *known, usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_silent_only_where_replies_are_captured_and_it_never_sends() {
        let ip = |last: u8| IpAddr::from([10, 0, 0, last]);
        let request = |about| Neighbour { asks: true, about };
        let reply = |about| Neighbour { asks: false, about };
        let second = |n: i64| Timestamp(n * NANOS_PER_SECOND);
        for (others_reply, sends, requested, at, expected) in [
            (true, false, 2, 5, Neighbourhood::Silent),
            (true, false, 1, 5, Neighbourhood::Unknown),
            (true, true, 2, 5, Neighbourhood::Unknown),
            (false, false, 2, 5, Neighbourhood::Unknown),
            (true, false, 2, 7200, Neighbourhood::Unknown),
        ] {
            let mut neighbours = Neighbours::default();
            (0..requested).for_each(|_| neighbours.take(ip(1), request(ip(7)), second(at)));
            if others_reply {
                neighbours.take(ip(2), reply(ip(2)), second(0));
            }
            let times = (second(0), second(10));
            let what = format!("{others_reply} {sends} {requested} {at}");
            assert_eq!(neighbours.of(ip(7), sends, times), expected, "{what}");
            if sends {
                neighbours.sends(ip(7));
                assert_eq!(neighbours.of(ip(7), false, times), expected, "{what}");
            }
        }
    }

    #[test]
    fn a_reply_counts_for_a_minute_and_its_age_is_known() {
        let ip = IpAddr::from([10, 0, 0, 7]);
        let second = |n: i64| Timestamp(n * NANOS_PER_SECOND);
        for (at, expected) in [
            (40, Neighbourhood::Answers { ago: 70 * NANOS_PER_SECOND }),
            (39, Neighbourhood::Unknown),
            (105, Neighbourhood::Answers { ago: 5 * NANOS_PER_SECOND }),
            (170, Neighbourhood::Answers { ago: 0 }),
            (171, Neighbourhood::Unknown),
        ] {
            let mut neighbours = Neighbours::default();
            neighbours.take(ip, Neighbour { asks: false, about: ip }, second(at));
            assert_eq!(neighbours.of(ip, false, (second(100), second(110))), expected, "{at}");
        }
    }

    #[test]
    fn requests_count_from_the_first_to_the_last_of_them() {
        let ip = |last: u8| IpAddr::from([10, 0, 0, last]);
        let second = |n: i64| Timestamp(n * NANOS_PER_SECOND);
        // Times of the requests; the conversation lasts from 100 to 110.
        for (times, expected) in [
            (&[40, 100][..], Neighbourhood::Silent),
            (&[39, 100], Neighbourhood::Unknown),
            (&[100, 170], Neighbourhood::Silent),
            (&[100, 171], Neighbourhood::Unknown),
            (&[170, 100], Neighbourhood::Silent),
            (&[100, 39], Neighbourhood::Unknown),
        ] {
            let request = Neighbour { asks: true, about: ip(7) };
            for split in 0..=times.len() {
                let [mut one, mut other] = [Neighbours::default(), Neighbours::default()];
                other.take(ip(2), Neighbour { asks: false, about: ip(2) }, second(100));
                times[..split].iter().for_each(|at| one.take(ip(1), request, second(*at)));
                times[split..].iter().for_each(|at| other.take(ip(1), request, second(*at)));
                one.merge(&other);
                let found = one.of(ip(7), false, (second(100), second(110)));
                assert_eq!(found, expected, "{times:?} {split}");
            }
        }
    }

    #[test]
    fn a_full_memory_still_learns_of_the_addresses_that_it_has() {
        let ip = |last: u8| IpAddr::from([10, 0, 0, last]);
        let mut neighbours = Neighbours::default();
        let known = |reply| Known { reply: Some(Timestamp(reply)), ..Known::default() };
        neighbours.note(ip(1), known(5), 1);
        neighbours.note(ip(2), known(5), 1);
        neighbours.note(ip(1), known(9), 1);
        let times = (Timestamp(9), Timestamp(9));
        assert_eq!(neighbours.of(ip(1), false, times), Neighbourhood::Answers { ago: 0 });
        assert_eq!(neighbours.of(ip(2), false, times), Neighbourhood::Unknown);
    }
}
