//! What the captures as a whole are worth as a witness.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    flow::{Conversation, Side, Surroundings, TFTP, View},
};

/// When the captures looked on, what they missed, and what all they saw tells of a single
/// conversation.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// From each of these times on, until when a capture that recorded then went on, in order; `None`
    /// where none recorded. Empty where only the latest packet's time is known.
    watched: Vec<(Timestamp, Option<Timestamp>)>,
    captures: usize,
    now: Timestamp,
    dropped: u64,
    frames: u64,
    clock_stands_still: bool,
    surroundings: Arc<Surroundings>,
}

/// The files of a ring buffer follow each other without a pause, but for the network's own quiet.
const PAUSE_WITHIN_A_RING: i64 = NANOS_PER_SECOND;

impl Witness {
    /// What captures with these first and last times see; `now` is the time of the latest packet.
    #[must_use]
    pub fn new(mut spans: Vec<(Timestamp, Timestamp)>, now: Timestamp) -> Self {
        spans.sort_unstable();
        Self { captures: spans.len(), watched: watched(&spans), now, ..Self::default() }
    }

    /// Besides, so many packets are known to have been lost by who recorded `frames`.
    #[must_use]
    pub fn lacking(self, dropped: u64, frames: u64) -> Self {
        Self { dropped, frames, ..self }
    }

    /// Besides, this is what all conversations together tell.
    #[must_use]
    pub fn amid(self, surroundings: Arc<Surroundings>) -> Self {
        Self { surroundings, ..self }
    }

    /// Besides, all packets bear the same time, or not.
    #[must_use]
    pub fn with_clock(self, clock_stands_still: bool) -> Self {
        Self { clock_stands_still, ..self }
    }

    /// Whether all packets bear the same time, so that nothing follows from times.
    #[must_use]
    pub fn clock_stands_still(&self) -> bool {
        self.clock_stands_still
    }

    /// What all conversations together tell.
    #[must_use]
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Packets that the recorder says it lost.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The share of packets that the captures lack, 0 to 1: what the recorder counted, or what the
    /// acknowledgements of unseen bytes betray.
    #[must_use]
    pub fn loss(&self) -> f64 {
        let all = self.dropped.saturating_add(self.frames);
        let counted = if all == 0 { 0.0 } else { self.dropped as f64 / all as f64 };
        counted.max(self.surroundings.loss())
    }

    /// What could be seen of a conversation that `client` opened.
    #[must_use]
    pub fn view(&self, conversation: &Conversation, client: Side) -> View {
        let [client_end, server_end] =
            [client, !client].map(|side| conversation.ends()[side as usize]);
        let (client, server) = (client_end.ip, server_end.ip);
        let around = &self.surroundings;
        View {
            until: self.saw_until(conversation.last),
            loss: self.loss(),
            deaf: self.is_deaf_to(server, client),
            clock_stands_still: self.clock_stands_still,
            replied_elsewhere: match server_end.port {
                TFTP => around.replied_with_file(client_end, server),
                _ => Some(false),
            },
            client_ttl: around.highest_ttl(client),
            two_way: self.surroundings.has_two_way(),
        }
    }

    /// Whether what `server` sends to `client` is known not to be visible.
    #[must_use]
    pub fn is_deaf_to(&self, server: IpAddr, client: IpAddr) -> bool {
        self.surroundings.is_one_sided() || self.surroundings.is_deaf_to(server, client)
    }

    /// Whether it would say something else than another one of a question long unanswered.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        (self.dropped > 0) != (other.dropped > 0)
            || self.surroundings.differs_from(&other.surroundings)
            || self.captures != other.captures
            || self.clock_stands_still != other.clock_stands_still
    }

    /// Until when a capture that recorded at `time` went on. A capture of another day, or of another
    /// place that began later, says nothing about an attempt that it did not record; of several that
    /// recorded at that time, the one that ended first decides, since it may be the only one that would
    /// have seen the reply.
    #[must_use]
    pub fn saw_until(&self, time: Timestamp) -> Timestamp {
        if self.watched.is_empty() {
            return self.now;
        }
        let next = self.watched.partition_point(|(from, _)| *from <= time);
        let place = next.checked_sub(1).and_then(|place| self.watched.get(place));
        place.and_then(|(_, until)| *until).map_or(time, |until| until.max(time))
    }
}

/// For each time at which a capture begins or ends, until when the one goes on that ends first of those
/// that record from then on. `spans` are in order.
fn watched(spans: &[(Timestamp, Timestamp)]) -> Vec<(Timestamp, Option<Timestamp>)> {
    let after = |time: Timestamp| Timestamp(time.0.saturating_add(1));
    let ends = continued(spans);
    let mut changes: BTreeMap<Timestamp, Vec<(bool, Timestamp)>> = BTreeMap::new();
    for ((first, last), end) in spans.iter().zip(&ends) {
        changes.entry(*first).or_default().push((true, *end));
        changes.entry(after(*last)).or_default().push((false, *end));
    }
    let mut recording: BTreeMap<Timestamp, usize> = BTreeMap::new();
    let mut watched = Vec::new();
    for (time, changes) in changes {
        for (begins, end) in changes {
            let count = recording.entry(end).or_default();
            *count = if begins { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                recording.remove(&end);
            }
        }
        watched.push((time, recording.keys().next().copied()));
    }
    watched
}

/// Until when each capture goes on in the files that follow it.
fn continued(spans: &[(Timestamp, Timestamp)]) -> Vec<Timestamp> {
    let mut ends: Vec<Timestamp> = spans.iter().map(|(_, last)| *last).collect();
    for place in (0..spans.len()).rev() {
        let (_, last) = spans[place];
        let next = spans.partition_point(|(first, _)| *first < last).max(place + 1);
        if let Some((first, _)) = spans.get(next)
            && first.since(last) <= PAUSE_WITHIN_A_RING
        {
            ends[place] = ends[next];
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp(n * NANOS_PER_SECOND)
    }

    #[test]
    fn only_files_that_follow_each_other_at_once_are_one_capture() {
        for (spans, time, until) in [
            (&[(0, 100), (101, 200)][..], 50, 200),
            (&[(0, 100), (102, 200)], 50, 100),
            (&[(0, 100), (102, 200)], 101, 101),
            (&[(0, 100), (102, 200)], 150, 200),
            (&[(5000, 6000), (0, 100)], 50, 100),
            (&[(5000, 6000), (0, 100)], 5500, 6000),
            (&[(0, 100), (100, 200), (201, 300)], 100, 300),
        ] {
            let spans = spans.iter().map(|(first, last)| (second(*first), second(*last)));
            let witness = Witness::new(spans.collect(), second(9000));
            assert_eq!(witness.saw_until(second(time)), second(until), "{time}");
        }
        let alone = Witness::new(Vec::new(), second(9));
        assert_eq!(alone.saw_until(second(1)), second(9));
    }

    #[test]
    fn a_capture_of_one_packet_is_followed_by_the_next_file() {
        let witness = Witness::new(vec![(second(5), second(5)), (second(6), second(6))], second(6));
        assert_eq!(witness.saw_until(second(5)), second(6));
    }

    #[test]
    fn a_witness_differs_where_it_would_say_something_else_of_a_question_long_unanswered() {
        let plain = || Witness::new(vec![(second(0), second(9))], second(9));
        let later = Witness::new(vec![(second(0), second(9))], second(99));
        let two = Witness::new(vec![(second(0), second(9)); 2], second(9));
        for (one, other, differs) in [
            (plain(), plain(), false),
            (plain(), later, false),
            (plain().lacking(1, 9), plain(), true),
            (plain().lacking(1, 9), plain().lacking(2, 9), false),
            (plain().lacking(0, 9), plain().lacking(0, 10), false),
            (plain(), two, true),
            (plain().with_clock(true), plain(), true),
            (plain().with_clock(true), plain().with_clock(true), false),
        ] {
            assert_eq!(one.differs_from(&other), differs, "{one:?} {other:?}");
            assert_eq!(other.differs_from(&one), differs, "{other:?} {one:?}");
        }
    }

    #[test]
    fn what_the_recorder_lost_is_a_share_of_what_there_was() {
        for (dropped, frames, loss) in [(0, 0, 0.0), (1, 9, 0.1), (3, 1, 0.75), (0, 5, 0.0)] {
            let witness = Witness::default().lacking(dropped, frames);
            assert_eq!(witness.dropped(), dropped);
            assert!((witness.loss() - loss).abs() < 1e-12, "{dropped} of {frames}");
        }
    }

    #[test]
    fn of_captures_at_the_same_time_the_one_that_ends_first_decides() {
        let spans = vec![(second(0), second(100)), (second(50), second(500))];
        let witness = Witness::new(spans, second(500));
        for (time, until) in [(10, 100), (50, 100), (100, 100), (101, 500), (499, 500)] {
            assert_eq!(witness.saw_until(second(time)), second(until), "{time}");
        }
    }
}
