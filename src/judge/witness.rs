//! What the captures as a whole are worth as a witness.

use std::{net::IpAddr, sync::Arc};

use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    flow::{Conversation, Side, Surroundings, View},
};

/// When the captures looked on, what they missed, and what all they saw tells of a single
/// conversation.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// Times without interruption, in order; none where only the latest packet's time is known.
    watched: Vec<(Timestamp, Timestamp)>,
    now: Timestamp,
    dropped: u64,
    frames: u64,
    surroundings: Arc<Surroundings>,
}

/// The files of a ring buffer follow each other without a pause, but for the network's own quiet.
const PAUSE_WITHIN_A_RING: i64 = 60 * NANOS_PER_SECOND;

impl Witness {
    /// What captures with these first and last times see; `now` is the time of the latest packet.
    #[must_use]
    pub fn new(mut spans: Vec<(Timestamp, Timestamp)>, now: Timestamp) -> Self {
        spans.sort_unstable();
        let mut watched: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (first, last) in spans {
            match watched.last_mut() {
                Some((_, until)) if first.since(*until) <= PAUSE_WITHIN_A_RING => {
                    *until = last.max(*until);
                }
                _ => watched.push((first, last)),
            }
        }
        Self { watched, now, ..Self::default() }
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
        let [client, server] = [client, !client].map(|side| conversation.ends()[side as usize].ip);
        View {
            until: self.saw_until(conversation.last),
            loss: self.loss(),
            deaf: self.is_deaf_to(server, client),
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
            || self.watched.len() != other.watched.len()
            || self.watched.iter().zip(&other.watched).any(|(a, b)| a.0 != b.0)
    }

    /// Until when somebody looked on without interruption from `time` on. A capture of another day
    /// says nothing of a question that was not answered today.
    #[must_use]
    pub fn saw_until(&self, time: Timestamp) -> Timestamp {
        let next = self.watched.partition_point(|(first, _)| *first <= time);
        match next.checked_sub(1).and_then(|place| self.watched.get(place)) {
            Some((_, until)) => time.max(*until),
            None => self.now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_captures_that_follow_each_other_look_on() {
        let second = |n: i64| Timestamp(n * NANOS_PER_SECOND);
        let spans = vec![
            (second(5000), second(6000)),
            (second(0), second(100)),
            (second(130), second(200)),
        ];
        let witness = Witness::new(spans, second(6000));
        assert_eq!(witness.saw_until(second(50)), second(200));
        assert_eq!(witness.saw_until(second(5500)), second(6000));
        let alone = Witness::new(Vec::new(), second(9));
        assert_eq!(alone.saw_until(second(1)), second(9));
    }
}
