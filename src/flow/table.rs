//! The table of conversations, bounded in memory.

use std::{hash::BuildHasher, net::IpAddr, sync::Arc};

use foldhash::fast::{FixedState, RandomState};

use super::{
    Conversation, Endpoint, IcmpErrorSeen, Meaning, Side, Statement, Surroundings, Transport,
    endpoint::{ends, hash_ends, tenant},
    fold::{Recent, content},
    index::Index,
};
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    decode::{Body, IcmpError, Neighbour, Packet, PlainEnds, Tenant},
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
    index: Index,
    hashing: RandomState,
    conversations: Vec<Conversation>,
    recent: Recent,
    surroundings: Arc<Surroundings>,
    acks: u64,
    gaps: u64,
    copies: u64,
    follows: bool,
    /// Bytes in the boxes of conversations.
    beside: usize,
}

/// Parts that conversations fall into by their ends. What is forgotten for lack of room depends on
/// what is in the same part alone, so that it does not matter how parts are shared out among tables.
pub const PARTS: usize = 16;

/// The part of conversations that spread to a number.
pub(super) fn part_of(spread: u64) -> usize {
    (spread >> 32) as usize % PARTS
}

/// Who a packet is from and to, as it is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    ends: (Endpoint, Endpoint, Transport),
    tenant: Option<Tenant>,
    /// Alike in all tables and all runs.
    spread: u64,
}

impl Address {
    /// Where a packet belongs, or the packet that it speaks of; `None` for an error about a packet of
    /// another protocol.
    #[must_use]
    pub fn of(packet: &Packet<'_>) -> Option<Self> {
        let ends = ends(packet)?;
        let tenant = tenant(packet);
        let hasher = FixedState::default().build_hasher();
        Some(Self { ends, tenant, spread: hash_ends(hasher, ends, tenant) })
    }

    /// The same of a plain frame, which is in no virtual network.
    #[must_use]
    pub fn of_plain(plain: &PlainEnds) -> Self {
        let end = |(ip, port)| Endpoint { ip, port };
        let transport = if plain.is_udp { Transport::Udp } else { Transport::Tcp };
        let ends = (end(plain.from), end(plain.to), transport);
        let hasher = FixedState::default().build_hasher();
        Self { ends, tenant: None, spread: hash_ends(hasher, ends, None) }
    }

    /// Which of the [`PARTS`] its conversation is in.
    #[must_use]
    pub fn part(&self) -> usize {
        part_of(self.spread)
    }
}

impl FlowTable {
    /// Remembers the moments of conversations that begin from now on.
    pub fn follow(&mut self) {
        self.follows = true;
    }

    /// The hash that this table knows an address by.
    #[must_use]
    pub fn hash(&self, address: &Address) -> u64 {
        hash_ends(self.hashing.build_hasher(), address.ends, address.tenant)
    }

    /// The place that a hash leads to at first sight, for [`Self::touch`].
    #[must_use]
    pub fn guess(&self, hash: u64) -> usize {
        self.index.guess(hash)
    }

    /// Looks at what is at a place, so that it is at hand when it is needed. Memory answers many
    /// questions in the time of one if none waits for another.
    #[must_use]
    pub fn touch(&self, place: usize) -> i64 {
        self.conversations.get(place).map_or(0, Conversation::touch)
    }

    /// Notes a question for a neighbour, or the answer.
    pub fn take_neighbour(&mut self, from: IpAddr, neighbour: Neighbour) {
        Arc::make_mut(&mut self.surroundings).take_neighbour(from, neighbour);
    }

    /// Takes a packet in, or the error that it is, and gives the place of the conversation that it
    /// told something of. Places hold until conversations are shed.
    pub fn take(&mut self, packet: &Packet<'_>) -> Option<usize> {
        if let Body::Neighbour(neighbour) = packet.body {
            self.take_neighbour(packet.src, neighbour);
        }
        let address = Address::of(packet)?;
        self.take_at(&address, self.hash(&address), packet)
    }

    /// The same with its address and the [`Self::hash`] of it.
    pub fn take_at(&mut self, at: &Address, hash: u64, packet: &Packet<'_>) -> Option<usize> {
        let mut side = Side::A;
        let conversations = &self.conversations;
        let known = self.index.find(hash, |place| {
            let found = conversations[place].side_from(at.ends, at.tenant);
            side = found.unwrap_or(side);
            found.is_some()
        });
        if let Body::Error(error) = &packet.body {
            return self.take_error(at, hash, known, side, (packet, error));
        }
        let continues = |place: &usize| continues(&self.conversations[*place], side, packet);
        let place = match known.filter(continues) {
            Some(place) => place,
            None => {
                side = Side::A;
                self.begin(at, hash, packet.time)
            }
        };
        let conversation = &mut self.conversations[place];
        if packet.said.dropped {
            conversation.state(Statement::dropped_by_recorder(side, packet.said.direction));
        }
        let content = match &packet.body {
            Body::Udp(datagram) => content(datagram),
            _ => 0,
        };
        if self.recent.is_copy(at.spread, side, packet, content) {
            let bytes = conversation.bytes();
            conversation.copy(side);
            self.beside += conversation.bytes() - bytes;
            self.copies += 1;
            return Some(place);
        }
        let told = conversation.take(side, packet, content);
        self.beside = self.beside.saturating_add_signed(told.bytes);
        self.acks += u64::from(told.acknowledged.counts);
        self.gaps += u64::from(told.acknowledged.gap);
        if Surroundings::care_about(&told, conversation) {
            Arc::make_mut(&mut self.surroundings).take(&told, side, conversation, packet);
        }
        Some(place)
    }

    fn take_error(
        &mut self,
        at: &Address,
        hash: u64,
        known: Option<usize>,
        side: Side,
        (packet, error): (&Packet<'_>, &IcmpError),
    ) -> Option<usize> {
        let known =
            known.filter(|place| packet.time.since(self.conversations[*place].last) <= ERROR_DELAY);
        let about = if known.is_some() { side } else { Side::A };
        let seen = IcmpErrorSeen::new(packet.src, error, about);
        if seen.meaning() == Meaning::Advice {
            return None;
        }
        // The quote alone is a conversation that failed, though no packet of it was seen.
        let place = known.unwrap_or_else(|| self.begin(at, hash, packet.time));
        self.conversations[place].take_error(seen, packet.time);
        Some(place)
    }

    /// Packets that were copies of others and count in no conversation again.
    #[must_use]
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// What the packets of all conversations together tell.
    #[must_use]
    pub fn surroundings(&mut self) -> Arc<Surroundings> {
        if self.surroundings.acks_and_gaps() != (self.acks, self.gaps) {
            Arc::make_mut(&mut self.surroundings).set_acks_and_gaps(self.acks, self.gaps);
        }
        Arc::clone(&self.surroundings)
    }

    /// The conversation at a place that [`Self::take`] gave.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Conversation> {
        self.conversations.get(place)
    }

    /// All conversations by place.
    #[must_use]
    pub fn conversations(&self) -> &[Conversation] {
        &self.conversations
    }

    fn begin(&mut self, at: &Address, hash: u64, time: Timestamp) -> usize {
        let (from, to, transport) = at.ends;
        let mut conversation = Conversation::new(transport, at.tenant, (from, to), time);
        if self.follows {
            conversation.follow();
        }
        self.push(hash, conversation)
    }

    fn push(&mut self, hash: u64, conversation: Conversation) -> usize {
        let place = self.conversations.len();
        let [a, b] = conversation.ends();
        let (ends, tenant) = ((a, b, conversation.transport), conversation.tenant());
        let conversations = &self.conversations;
        self.index.set(hash, u32::try_from(place).unwrap_or(u32::MAX - 1), |known| {
            conversations[known].side_from(ends, tenant).is_some()
        });
        self.beside += conversation.bytes();
        self.conversations.push(conversation);
        place
    }

    /// Conversations held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.conversations.len()
    }

    /// Bytes that the conversations take, nearly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.conversations.len() * size_of::<Conversation>() + self.index.bytes() + self.beside
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conversations.is_empty()
    }

    /// Removes `count` conversations, those of the lowest `rank` first and the longest idle first
    /// among equals, and gives them one by one.
    pub fn shed<R: Ord>(
        &mut self,
        count: usize,
        mut rank: impl FnMut(&Conversation) -> R,
        mut give: impl FnMut(Conversation),
    ) {
        let count = count.min(self.conversations.len());
        if count == 0 {
            return;
        }
        let mut ranked: Vec<(R, Timestamp, u32)> =
            self.conversations.iter().zip(0..).map(|(one, at)| (rank(one), one.last, at)).collect();
        ranked.select_nth_unstable(count - 1);
        let mut goes = vec![false; self.conversations.len()];
        ranked[..count].iter().for_each(|(_, _, place)| goes[*place as usize] = true);
        drop(ranked);
        let mut goes = goes.into_iter();
        // In place: memory is short just now.
        let shed = self.conversations.extract_if(.., |_| goes.next().unwrap_or(false));
        shed.for_each(&mut give);
        self.index_anew();
    }

    /// Finds all conversations again after their places have changed.
    fn index_anew(&mut self) {
        self.index.clear();
        self.beside = 0;
        for place in 0..self.conversations.len() {
            self.beside += self.conversations[place].bytes();
            self.note_place(place);
        }
    }

    /// Makes a conversation the one of its ends, unless a later one is known.
    fn note_place(&mut self, place: usize) {
        let Self { index, hashing, conversations, .. } = self;
        let this = &conversations[place];
        let [a, b] = this.ends();
        let (ends, tenant) = ((a, b, this.transport), this.tenant());
        let hash = hash_ends(hashing.build_hasher(), ends, tenant);
        let is_it = |known: usize| conversations[known].side_from(ends, tenant).is_some();
        let known = index.find(hash, is_it);
        if known.is_none_or(|known| conversations[known].first <= this.first) {
            index.set(hash, u32::try_from(place).unwrap_or(u32::MAX - 1), is_it);
        }
    }

    /// Adds the conversations of another table that was fed other conversations.
    pub fn merge(&mut self, mut other: Self) {
        let surroundings = other.surroundings();
        for conversation in other.conversations {
            self.beside += conversation.bytes();
            self.conversations.push(conversation);
            self.note_place(self.conversations.len() - 1);
        }
        self.copies += other.copies;
        self.acks += other.acks;
        self.gaps += other.gaps;
        Arc::make_mut(&mut self.surroundings).merge(&surroundings);
    }

    /// Ends the table and gives its conversations.
    #[must_use]
    pub fn into_conversations(self) -> Vec<Conversation> {
        self.conversations
    }
}

/// Whether a packet of a side belongs to a conversation, or begins another one on the same ports.
fn continues(conversation: &Conversation, side: Side, packet: &Packet<'_>) -> bool {
    let idle = packet.time.since(conversation.last);
    if idle > idle_limit(conversation.transport) {
        return false;
    }
    match &packet.body {
        Body::Tcp(segment) => !conversation.is_reused_by(side, segment),
        _ => true,
    }
}

fn idle_limit(transport: Transport) -> i64 {
    match transport {
        Transport::Tcp => TCP_IDLE,
        Transport::Udp => UDP_IDLE,
        Transport::Icmp => ICMP_IDLE,
    }
}
