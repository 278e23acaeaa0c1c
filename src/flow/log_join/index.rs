//! Conversations found by their endpoints and time.

use std::ops::Range;

use hashbrown::HashMap;

use super::JOIN_TOLERANCE_SECONDS;
use crate::{
    capture::NANOS_PER_SECOND,
    flow::{Conversation, Conversations, Endpoint, Key, Transport},
};

/// Places of the conversations of one key, in order of their beginnings.
pub(super) type Group = (u32, u32);

/// The conversations by key, and those of a key in order of their beginnings.
pub(super) struct Index {
    places: Vec<u32>,
    groups: HashMap<Key, Group>,
}

/// The key by which a log knows a conversation: it does not know of virtual networks.
fn key(conversation: &Conversation) -> Key {
    Key::new(conversation.ends()[0], conversation.ends()[1], conversation.transport, None)
}

impl Index {
    pub fn new(conversations: &Conversations) -> Self {
        let mut places: Vec<u32> = conversations.iter().zip(0..).map(|(_, place)| place).collect();
        let conversation = |place: u32| &conversations[place as usize];
        places.sort_unstable_by_key(|place| {
            (key(conversation(*place)), conversation(*place).first, *place)
        });
        let mut groups = HashMap::with_capacity(places.len());
        let mut from = 0;
        for group in places.chunk_by(|a, b| key(conversation(*a)) == key(conversation(*b))) {
            let to = from + u32::try_from(group.len()).unwrap_or(u32::MAX);
            groups.insert(key(conversation(group[0])), (from, to));
            from = to;
        }
        Self { places, groups }
    }

    /// The conversations between two ends, in either direction.
    pub fn group(&self, (a, b, transport): (Endpoint, Endpoint, Transport)) -> Option<Group> {
        self.groups.get(&Key::new(a, b, transport, None)).copied()
    }

    /// Their places.
    pub fn places(&self, (from, to): Group) -> &[u32] {
        &self.places[Range { start: from as usize, end: to as usize }]
    }

    /// The conversation of a group that was nearest to a second of the capture's clock, where one was
    /// near enough; in no virtual network rather than in one.
    pub fn nearest(
        &self,
        conversations: &Conversations,
        group: Group,
        second: i64,
    ) -> Option<usize> {
        let from = second.saturating_mul(NANOS_PER_SECOND);
        let until = from.saturating_add(NANOS_PER_SECOND);
        let distance = |one: &Conversation| {
            let before = one.first.0.saturating_sub(until);
            let after = from.saturating_sub(one.last.0);
            before.max(after).max(0)
        };
        let places = self.places(group);
        // Conversations of one key follow each other, so the nearest is a neighbour.
        let next = places.partition_point(|place| conversations[*place as usize].first.0 < until);
        places[next.saturating_sub(2)..(next + 1).min(places.len())]
            .iter()
            .map(|place| *place as usize)
            .map(|place| {
                (distance(&conversations[place]), conversations[place].tenant().is_some(), place)
            })
            .min()
            .filter(|(distance, ..)| *distance <= JOIN_TOLERANCE_SECONDS * NANOS_PER_SECOND)
            .map(|(.., place)| place)
    }
}
