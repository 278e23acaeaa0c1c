//! How a conversation went, from its packets alone.

mod datagram;
mod tcp;
mod view;

pub use view::View;

use super::{Conversation, Meaning, Side};
use crate::capture::{NANOS_PER_SECOND, Timestamp};

/// How a conversation went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Both sides took part: handshake completed, or data in both directions.
    Answered,
    /// SYN-ACK seen, but the client's part of the handshake never arrives.
    HalfOpen,
    /// Handshake completed, then a RST from the server's side before the first byte of its payload and
    /// before the client closed.
    Reset,
    /// Handshake completed, then payload without an acknowledgement, or a request without a reply,
    /// until the end.
    Stalled,
    /// RST in reply to the SYN, or ICMP port unreachable.
    Refused,
    /// ICMP administratively prohibited, or a system states that it dropped the packet.
    Prohibited,
    /// Any other ICMP unreachable or time exceeded.
    Unreachable,
    /// At least two attempts, or one long enough ago, without a reply.
    Silent,
    /// An attempt too close to the end of the capture to tell.
    Pending,
    /// Begun before the capture, or only one direction was captured.
    Partial,
}

/// A single attempt is without a reply after this time in nanoseconds: the first retransmission of a
/// TCP SYN comes after 1 s (RFC 6298, section 2), on older Windows after 3 s.
pub const SILENCE_NANOS: i64 = 3 * NANOS_PER_SECOND;
/// A request that was acknowledged is without a reply after this time in nanoseconds.
pub const NO_REPLY_NANOS: i64 = 10 * NANOS_PER_SECOND;

/// Two attempts closer to each other than this, in nanoseconds, may be one that was recorded twice,
/// as at a mirror port; no stack retries so soon.
const RETRY_NANOS: i64 = NANOS_PER_SECOND / 5;

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Answered,
        Self::HalfOpen,
        Self::Reset,
        Self::Stalled,
        Self::Refused,
        Self::Prohibited,
        Self::Unreachable,
        Self::Silent,
        Self::Pending,
        Self::Partial,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::HalfOpen => "half-open",
            Self::Reset => "reset",
            Self::Stalled => "stalled",
            Self::Refused => "refused",
            Self::Prohibited => "prohibited",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::Pending => "pending",
            Self::Partial => "partial",
        }
    }

    /// How `conversation` went for `client`, as far as `view` could see it.
    #[must_use]
    pub fn of(conversation: &Conversation, client: Side, view: &View) -> Self {
        match conversation.tcp() {
            Some(tcp) => tcp::outcome(conversation, tcp, client, view),
            None => datagram::outcome(conversation, client, view),
        }
    }

    /// The next time after `now` at which the outcome may change though no packet comes: what depends
    /// on time has passed then.
    #[must_use]
    pub fn due(self, conversation: &Conversation, now: Timestamp) -> Option<Timestamp> {
        let open = conversation.tcp().is_some_and(|tcp| {
            [Side::A, Side::B].into_iter().any(|side| tcp.has_outstanding(side))
        });
        if self != Self::Pending && !(self == Self::Answered && open) {
            return None;
        }
        let after = |time: Timestamp, nanos: i64| Timestamp(time.0.saturating_add(nanos));
        [
            after(conversation.first, SILENCE_NANOS),
            after(conversation.last, SILENCE_NANOS),
            after(conversation.last, NO_REPLY_NANOS),
        ]
        .into_iter()
        .filter(|due| *due > now)
        .min()
    }
}

/// Silent where somebody looked on long enough after the first attempt and can be believed.
fn after_a_while(first: Timestamp, view: &View, attempts: u64) -> Outcome {
    let long_ago = view.until.since(first) >= SILENCE_NANOS;
    if long_ago && view.would_have_seen(attempts) { Outcome::Silent } else { Outcome::Pending }
}

/// What an ICMP error about a side's packets makes of the conversation. A packet that was sent with a
/// TTL too small to arrive proves nothing (traceroute).
fn failure(conversation: &Conversation, side: Side) -> Option<Outcome> {
    let error = conversation.failure_of(side)?;
    match error.meaning() {
        Meaning::Prohibited => Some(Outcome::Prohibited),
        // Only the host itself knows that nothing listens; a router that says so rejects the packet.
        Meaning::PortUnreachable if error.from == conversation.ends()[!side as usize].ip => {
            Some(Outcome::Refused)
        }
        Meaning::PortUnreachable => Some(Outcome::Unreachable),
        Meaning::Unreachable if error.is_time_exceeded() && is_probe(conversation, side) => {
            Some(Outcome::Pending)
        }
        Meaning::Unreachable => Some(Outcome::Unreachable),
        Meaning::Advice => None,
    }
}

/// The largest TTL of a packet that may be a probe of the path: traceroute's limit is 30, and no system
/// starts ordinary packets from so little.
const LARGEST_PROBE_TTL: u8 = 30;

/// Whether a side's packets may be probes of the path, by their small TTL.
fn is_probe(conversation: &Conversation, side: Side) -> bool {
    conversation.ttl(side).is_some_and(|ttl| ttl <= LARGEST_PROBE_TTL)
}

/// Whether a client's packets are probes of the path: its other packets have a much larger TTL.
fn is_evident_probe(conversation: &Conversation, client: Side, view: &View) -> bool {
    let ttl = conversation.ttl(client).unwrap_or(u8::MAX);
    let usual = view.client_ttl.unwrap_or(0);
    is_probe(conversation, client) && usual.saturating_sub(ttl) > LARGEST_PROBE_TTL
}
