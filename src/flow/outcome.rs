//! How a conversation went, from the wire alone.

use std::net::IpAddr;

use super::{Conversation, Endpoint, Meaning, Side, Transport, tcp::Sent};
use crate::capture::{NANOS_PER_SECOND, Timestamp};

/// How a conversation went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The server took part: handshake done, or data both ways.
    Answered,
    /// RST to the SYN, or ICMP port unreachable.
    Refused,
    /// An ICMP error says that a filter did it.
    Prohibited,
    /// Any other ICMP unreachable or time exceeded.
    Unreachable,
    /// Asked at least twice, or once and long enough ago, and never answered.
    Silent,
    /// Asked, and the capture ends too soon to say.
    Pending,
    /// Begun before the capture, or only one side is visible.
    Partial,
}

/// A single question is unanswered after this time in nanoseconds: the first retransmission of a
/// TCP SYN comes after 1 s (RFC 6298, section 2), on older Windows after 3 s.
pub const SILENCE_NANOS: i64 = 3 * NANOS_PER_SECOND;

/// Two questions closer to each other than this, in nanoseconds, may be one that was recorded twice,
/// as at a mirror port; no stack asks again so soon.
const RETRY_NANOS: i64 = NANOS_PER_SECOND / 5;

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Answered,
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
            Self::Refused => "refused",
            Self::Prohibited => "prohibited",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::Pending => "pending",
            Self::Partial => "partial",
        }
    }

    /// How `conversation` went for `client`, as it stands at `now`, the latest time of the capture.
    #[must_use]
    pub fn of(conversation: &Conversation, client: Side, now: Timestamp) -> Self {
        match &conversation.tcp {
            Some(tcp) => {
                tcp_outcome(conversation, tcp.sent(client), tcp.sent(!client), client, now)
            }
            None => datagram_outcome(conversation, client, now),
        }
    }
}

fn tcp_outcome(
    conversation: &Conversation,
    client: Sent,
    server: Sent,
    client_side: Side,
    now: Timestamp,
) -> Outcome {
    let asked = client.contains(Sent::SYN);
    let data_both_ways = client.contains(Sent::DATA) && server.contains(Sent::DATA);
    if server.contains(Sent::SYN_ACK) {
        // Without the SYN, an ACK or data of the client shows that it had asked.
        let took_part = asked || client.intersects(Sent::ACK | Sent::DATA);
        return if took_part { Outcome::Answered } else { Outcome::Partial };
    }
    if !asked {
        // An error about a connection met in the middle ends it, but does not say that it never was.
        let quote_alone = client.is_empty() && server.is_empty();
        let failed = failure(conversation, client_side).filter(|_| quote_alone);
        return failed.unwrap_or(Outcome::Partial);
    }
    let opened_from_both_sides = server.contains(Sent::SYN | Sent::ACK);
    if data_both_ways || opened_from_both_sides {
        return Outcome::Answered;
    }
    if server.contains(Sent::RST) && !server.contains(Sent::DATA) {
        return Outcome::Refused;
    }
    if !server.is_empty() {
        return Outcome::Partial;
    }
    if let Some(failure) = failure(conversation, client_side) {
        return failure;
    }
    // The client goes on as if it had been answered: the answer is not in this capture.
    if client.intersects(Sent::ACK | Sent::DATA | Sent::FIN) && !data_on_syn_alone(client) {
        return Outcome::Partial;
    }
    let (tries, span) = conversation
        .tcp
        .as_ref()
        .map_or((0, 0), |tcp| (u64::from(tcp.syn_tries(client_side)), tcp.syn_span()));
    unanswered(tries, span, conversation.first, now)
}

/// TCP fast open puts data on the SYN (RFC 7413).
fn data_on_syn_alone(client: Sent) -> bool {
    !client.intersects(Sent::ACK | Sent::FIN)
}

fn datagram_outcome(conversation: &Conversation, client: Side, now: Timestamp) -> Outcome {
    let asked = conversation.counters[client as usize].packets;
    let answers = conversation.counters[!client as usize].packets;
    if asked > 0 && answers > 0 {
        return Outcome::Answered;
    }
    if answers > 0 {
        return Outcome::Partial;
    }
    if let Some(failure) = failure(conversation, client) {
        return failure;
    }
    if conversation.transport == Transport::Udp
        && answers_from_elsewhere(conversation.ends[!client as usize])
    {
        return Outcome::Partial;
    }
    let span = conversation.last.since(conversation.first);
    unanswered(asked, span, conversation.first, now)
}

/// Nobody answers from a group's or a network's address, and a TFTP server answers each request from
/// a port of its own choice (RFC 1350, section 4), which is another conversation.
fn answers_from_elsewhere(server: Endpoint) -> bool {
    const TFTP: u16 = 69;
    if server.port == TFTP {
        return true;
    }
    match server.ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}

fn failure(conversation: &Conversation, client: Side) -> Option<Outcome> {
    match conversation.failure_of(client)?.meaning() {
        Meaning::Prohibited => Some(Outcome::Prohibited),
        Meaning::PortUnreachable => Some(Outcome::Refused),
        Meaning::Unreachable => Some(Outcome::Unreachable),
        Meaning::Advice => None,
    }
}

fn unanswered(tries: u64, span: i64, first: Timestamp, now: Timestamp) -> Outcome {
    let asked_again = tries >= 2 && span >= RETRY_NANOS;
    let long_ago = now.since(first) >= SILENCE_NANOS;
    if asked_again || long_ago { Outcome::Silent } else { Outcome::Pending }
}
