//! The table of conversations, bounded in memory.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{
    Conversation, IcmpErrorSeen, Key, Meaning, Surroundings, Transport,
    endpoint::{ends, tenant},
    surroundings::Before,
};
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    decode::{Body, Packet},
};

/// A TCP conversation is another one after this silence: 2 h 4 min, the floor for established
/// connections in RFC 5382, REQ-5, so that keep-alives of two hours hold it together.
const TCP_IDLE: i64 = (2 * 60 + 4) * 60 * NANOS_PER_SECOND;
/// RFC 4787, REQ-5.
const UDP_IDLE: i64 = 5 * 60 * NANOS_PER_SECOND;
/// RFC 5508, REQ-2.
const ICMP_IDLE: i64 = 60 * NANOS_PER_SECOND;

/// An error this long after a conversation's last packet is about something else. Hosts and routers
/// give up on a neighbour after some seconds (RFC 4861, section 10).
const ERROR_DELAY: i64 = 60 * NANOS_PER_SECOND;

/// Conversations by key. A key's conversation is the latest one; earlier ones are kept beside.
#[derive(Default)]
pub struct FlowTable {
    current: HashMap<Key, u32>,
    conversations: Vec<Conversation>,
    surroundings: Arc<Surroundings>,
    copies: u64,
}

impl FlowTable {
    /// Takes a packet in, or the error that it is, and gives the place of the conversation that it
    /// told something of. Places hold until conversations are shed.
    pub fn take(&mut self, packet: &Packet<'_>) -> Option<usize> {
        if let Body::Neighbour(neighbour) = packet.body {
            Arc::make_mut(&mut self.surroundings).take_neighbour(packet.src, neighbour);
        }
        let (from, to, transport) = ends(packet)?;
        let key = Key::new(from, to, transport, tenant(packet));
        let known = self.current.get(&key).map(|slot| *slot as usize);
        if let Body::Error(error) = &packet.body {
            let known = known
                .filter(|slot| packet.time.since(self.conversations[*slot].last) <= ERROR_DELAY);
            let about = known.map_or(super::Side::A, |slot| self.conversations[slot].side(from));
            let seen = IcmpErrorSeen::new(packet.src, error, about);
            if seen.meaning() == Meaning::Advice {
                return None;
            }
            // The quote alone is a conversation that failed, though no packet of it was seen.
            let slot = known.unwrap_or_else(|| {
                self.begin(key, Conversation::new(key, (from, to), packet.time))
            });
            self.conversations[slot].take_error(seen, packet.time);
            return Some(slot);
        }
        let slot = known
            .filter(|slot| self.continues(*slot, packet))
            .unwrap_or_else(|| self.begin(key, Conversation::new(key, (from, to), packet.time)));
        let conversation = &mut self.conversations[slot];
        let side = conversation.side(from);
        let before = Before::of(conversation);
        if !conversation.take(side, packet) {
            self.copies += 1;
        }
        if before.tells_more_now(side, conversation) {
            Arc::make_mut(&mut self.surroundings).take(before, side, conversation, packet);
        }
        Some(slot)
    }

    /// Packets that were copies of others and count in no conversation again.
    #[must_use]
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// What the packets of all conversations together tell.
    #[must_use]
    pub fn surroundings(&self) -> &Arc<Surroundings> {
        &self.surroundings
    }

    /// The conversation at a place that [`Self::take`] gave.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Conversation> {
        self.conversations.get(place)
    }

    fn begin(&mut self, key: Key, conversation: Conversation) -> usize {
        let slot = self.conversations.len();
        self.current.insert(key, u32::try_from(slot).unwrap_or(u32::MAX));
        self.conversations.push(conversation);
        slot
    }

    /// Whether a packet belongs to the conversation, or begins another one on the same ports.
    fn continues(&self, slot: usize, packet: &Packet<'_>) -> bool {
        let conversation = &self.conversations[slot];
        let idle = packet.time.since(conversation.last);
        if idle > idle_limit(conversation.transport) {
            return false;
        }
        match (&packet.body, &conversation.tcp) {
            (Body::Tcp(segment), Some(tcp)) => {
                let sender = super::Endpoint { ip: packet.src, port: segment.src_port };
                !tcp.is_reused_by(conversation.side(sender), segment)
            }
            _ => true,
        }
    }

    /// Conversations held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.conversations.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conversations.is_empty()
    }

    /// Removes `count` conversations, those of the lowest `rank` first and the longest idle first
    /// among equals, and gives them.
    pub fn shed<R: Ord>(
        &mut self,
        count: usize,
        mut rank: impl FnMut(&Conversation) -> R,
    ) -> Vec<Conversation> {
        let count = count.min(self.conversations.len());
        if count == 0 {
            return Vec::new();
        }
        let all = std::mem::take(&mut self.conversations);
        self.current.clear();
        let mut ranked: Vec<(R, Timestamp, Conversation)> =
            all.into_iter().map(|one| (rank(&one), one.last, one)).collect();
        ranked.select_nth_unstable_by(count - 1, |a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let kept = ranked.split_off(count);
        for (_, _, conversation) in kept {
            self.keep(conversation);
        }
        ranked.into_iter().map(|(_, _, conversation)| conversation).collect()
    }

    fn keep(&mut self, conversation: Conversation) {
        let key = conversation.key();
        let later_is_known = self
            .current
            .get(&key)
            .is_some_and(|slot| self.conversations[*slot as usize].first > conversation.first);
        if later_is_known {
            self.conversations.push(conversation);
        } else {
            self.begin(key, conversation);
        }
    }

    /// Adds the conversations of another table that was fed other conversations.
    pub fn merge(&mut self, other: Self) {
        for conversation in other.conversations {
            self.keep(conversation);
        }
        self.copies += other.copies;
        Arc::make_mut(&mut self.surroundings).merge(Arc::unwrap_or_clone(other.surroundings));
    }

    /// Ends the table and gives all conversations, in order of their beginning.
    #[must_use]
    pub fn into_conversations(self) -> Vec<Conversation> {
        let mut all = self.conversations;
        drop(self.current);
        all.sort_by_key(|one| (one.first, one.key(), one.last));
        all
    }
}

fn idle_limit(transport: Transport) -> i64 {
    match transport {
        Transport::Tcp => TCP_IDLE,
        Transport::Udp => UDP_IDLE,
        Transport::Icmp => ICMP_IDLE,
    }
}
