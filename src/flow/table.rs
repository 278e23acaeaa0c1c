//! The table of conversations, bounded in memory.

use std::{hash::BuildHasher, net::IpAddr, sync::Arc};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{
    Address, Conversation, IcmpErrorSeen, Meaning, Side, Statement, Surroundings, Transport,
    endpoint::hash_ends,
    fold::{Recent, content},
    index::Index,
};
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    decode::{Body, IcmpError, Neighbour, Packet},
};

/// A TCP conversation is another one after this silence: 2 h 4 min, the floor for established
/// connections in RFC 5382, REQ-5, so that keep-alives of two hours hold it together.
const TCP_IDLE: i64 = (2 * 60 + 4) * 60 * NANOS_PER_SECOND;
/// RFC 4787, REQ-5.
const UDP_IDLE: i64 = 5 * 60 * NANOS_PER_SECOND;
/// RFC 5508, REQ-2.
const ICMP_IDLE: i64 = 60 * NANOS_PER_SECOND;

/// Conversations of the same ports that are looked at for a packet's numbers.
const MOST_EARLIER: usize = 8;
/// Conversations for which an earlier one of the same ports is remembered.
const MOST_REUSED: usize = 1 << 16;

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
    /// The conversation that used the same ports before, where it may still have packets to come.
    earlier: HashMap<u32, u32>,
    surroundings: Arc<Surroundings>,
    acks: u64,
    gaps: u64,
    copies: u64,
    follows: bool,
    /// Bytes in the boxes of conversations.
    beside: usize,
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
    pub fn take_neighbour(&mut self, from: IpAddr, neighbour: Neighbour, time: Timestamp) {
        Arc::make_mut(&mut self.surroundings).take_neighbour(from, neighbour, time);
    }

    /// Takes a packet in, or the error that it is, and gives the place of the conversation that it
    /// told something of. Places hold until conversations are shed.
    pub fn take(&mut self, packet: &Packet<'_>) -> Option<usize> {
        if let Body::Neighbour(neighbour) = packet.body {
            self.take_neighbour(packet.src, neighbour, packet.time);
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
        let of_ports = known.map(|place| self.of_same_ports(place, side, packet));
        let continues = |place: &usize| continues(&self.conversations[*place], side, packet);
        let place = match of_ports.filter(continues) {
            Some(place) => {
                side = self.conversations[place].side(at.ends.0);
                place
            }
            None => {
                side = Side::A;
                self.begin_after(known, at, hash, packet.time)
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
            conversation.copy(side);
            self.beside = self.beside.saturating_add_signed(conversation.count_bytes());
            self.copies += 1;
            return Some(place);
        }
        let told = conversation.take(side, packet, content);
        self.beside = self.beside.saturating_add_signed(told.bytes);
        self.acks += u64::from(told.acknowledged.counts);
        self.gaps += u64::from(told.acknowledged.gap);
        self.gaps = self.gaps.saturating_sub(u64::from(told.acknowledged.filled));
        if Surroundings::care_about(&told, conversation) {
            Arc::make_mut(&mut self.surroundings).take(&told, side, conversation, packet);
        }
        Some(place)
    }

    /// The conversation that a packet is of by its numbers: the latest one of its ports, or one that
    /// used them before. A firewall that rewrites sequence numbers, recorded on both sides, makes two
    /// conversations at once.
    fn of_same_ports(&self, latest: usize, side: Side, packet: &Packet<'_>) -> usize {
        if self.earlier.is_empty() || !matches!(&packet.body, Body::Tcp(_)) {
            return latest;
        }
        let end = self.conversations[latest].ends()[side as usize];
        let before = |place: &usize| {
            let place = u32::try_from(*place).unwrap_or(u32::MAX);
            self.earlier.get(&place).map(|earlier| *earlier as usize)
        };
        let is_its = |place: &usize| {
            let one = &self.conversations[*place];
            one.is_continued_by(one.side(end), packet)
        };
        let all = || std::iter::successors(Some(latest), before).take(MOST_EARLIER).filter(is_its);
        // Numbers that were rewritten may be near the others by chance.
        let expected = |place: &usize| {
            let one = &self.conversations[*place];
            one.expects(one.side(end), packet)
        };
        all().find(expected).or_else(|| all().next()).unwrap_or(latest)
    }

    fn begin_after(
        &mut self,
        known: Option<usize>,
        at: &Address,
        hash: u64,
        time: Timestamp,
    ) -> usize {
        let place = self.begin(at, hash, time);
        let before = known.filter(|known| self.conversations[*known].tcp().is_some());
        if let Some(before) = before
            && self.earlier.len() < MOST_REUSED
        {
            let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
            self.earlier.insert(number(place), number(before));
        }
        place
    }

    fn take_error(
        &mut self,
        at: &Address,
        hash: u64,
        known: Option<usize>,
        side: Side,
        (packet, error): (&Packet<'_>, &IcmpError),
    ) -> Option<usize> {
        // A wrong time does not part an error from the conversation whose number it quotes.
        let is_its = |place: &usize| {
            let one = &self.conversations[*place];
            let quotes = |seq| one.tcp().is_some_and(|tcp| tcp.has_sent_near(side, seq));
            packet.time.since(one.last) <= ERROR_DELAY || error.quote.seq.is_some_and(quotes)
        };
        let known = known.filter(is_its);
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

    fn push(&mut self, hash: u64, mut conversation: Conversation) -> usize {
        let place = self.conversations.len();
        let [a, b] = conversation.ends();
        let (ends, tenant) = ((a, b, conversation.transport), conversation.tenant());
        let conversations = &self.conversations;
        self.index.set(hash, u32::try_from(place).unwrap_or(u32::MAX - 1), |known| {
            conversations[known].side_from(ends, tenant).is_some()
        });
        self.beside = self.beside.saturating_add_signed(conversation.count_bytes());
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
        self.earlier.clear();
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
/// Sequence numbers take precedence over time: a clock may jump or stand still.
fn continues(conversation: &Conversation, side: Side, packet: &Packet<'_>) -> bool {
    let idle = packet.time.since(conversation.last) > idle_limit(conversation.transport);
    let reused = match &packet.body {
        Body::Tcp(segment) => conversation.is_reused_by(side, segment),
        _ => false,
    };
    !reused && (!idle || conversation.is_continued_by(side, packet))
}

fn idle_limit(transport: Transport) -> i64 {
    match transport {
        Transport::Tcp => TCP_IDLE,
        Transport::Udp => UDP_IDLE,
        Transport::Icmp => ICMP_IDLE,
    }
}
