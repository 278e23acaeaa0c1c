//! How a conversation went, from the wire alone.

use std::net::IpAddr;

use super::{Conversation, Endpoint, Meaning, Side, Tcp, Transport, tcp::Sent};
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

    /// How `conversation` went for `client`, as far as `view` could see it.
    #[must_use]
    pub fn of(conversation: &Conversation, client: Side, view: &View) -> Self {
        match conversation.tcp() {
            Some(tcp) => tcp_outcome(conversation, tcp, client, view),
            None => datagram_outcome(conversation, client, view),
        }
    }
}

/// What the capture as a whole was able to see of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Until when somebody looked on.
    pub until: Timestamp,
    /// The share of packets that the capture lacks, 0 to 1.
    pub loss: f64,
    /// Whether answers from the server are known not to be visible.
    pub deaf: bool,
    /// Whether the capture shows both directions of any conversation.
    pub two_way: bool,
}

/// Silence is believed where it is less probable than this that every answer was lost by the capture.
const BELIEVABLE: f64 = 1e-4;

impl View {
    /// Whether the answers to so many questions cannot all have been lost.
    fn would_have_seen(&self, questions: u64) -> bool {
        let questions = i32::try_from(questions).unwrap_or(i32::MAX);
        !self.deaf && self.loss.powi(questions) < BELIEVABLE
    }
}

fn tcp_outcome(conversation: &Conversation, tcp: &Tcp, client_side: Side, view: &View) -> Outcome {
    let (client, server) = (tcp.sent(client_side), tcp.sent(!client_side));
    let asked = client.contains(Sent::SYN);
    let data_both_ways = client.contains(Sent::DATA) && server.contains(Sent::DATA);
    let went_on = client.intersects(Sent::ACK | Sent::DATA);
    // A packet dropped later, as the strays after a close, does not undo what came about.
    let dropped = conversation.is_dropped_by_system();
    if server.contains(Sent::SYN_ACK) {
        if dropped && asked && !went_on {
            return Outcome::Prohibited;
        }
        // Without the SYN, an ACK or data of the client shows that it had asked.
        let took_part = asked || went_on;
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
    if dropped {
        return Outcome::Prohibited;
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
    let tries = u64::from(tcp.syn_tries(client_side));
    // A client that asks again has got no answer, whatever the capture can see.
    if tries >= 2 && tcp.syn_span() >= RETRY_NANOS {
        return Outcome::Silent;
    }
    if view.deaf {
        return Outcome::Partial;
    }
    after_a_while(conversation.first, view, tries)
}

/// TCP fast open puts data on the SYN (RFC 7413).
fn data_on_syn_alone(client: Sent) -> bool {
    !client.intersects(Sent::ACK | Sent::FIN)
}

fn datagram_outcome(conversation: &Conversation, client: Side, view: &View) -> Outcome {
    let asked = conversation.counters[client as usize].packets;
    let answers = conversation.counters[!client as usize].packets;
    if asked > 0 && answers > 0 {
        return Outcome::Answered;
    }
    if conversation.is_dropped_by_system() {
        return Outcome::Prohibited;
    }
    if answers > 0 {
        return Outcome::Partial;
    }
    if let Some(failure) = failure(conversation, client) {
        return failure;
    }
    let elsewhere = conversation.transport == Transport::Udp
        && answers_from_elsewhere(conversation.ends()[!client as usize]);
    // Where nothing shows that answers can be seen at all, the same question asked again does.
    let visible = !view.deaf && (view.two_way || conversation.asks_again(client));
    if elsewhere || !visible {
        return Outcome::Partial;
    }
    let span = conversation.last.since(conversation.first);
    if asked >= 2 && span >= RETRY_NANOS && view.would_have_seen(asked) {
        return Outcome::Silent;
    }
    after_a_while(conversation.first, view, asked)
}

/// Silent where somebody looked on long enough after the first question and can be believed.
fn after_a_while(first: Timestamp, view: &View, questions: u64) -> Outcome {
    let long_ago = view.until.since(first) >= SILENCE_NANOS;
    if long_ago && view.would_have_seen(questions) { Outcome::Silent } else { Outcome::Pending }
}

/// Services that never answer to the port they were asked from: a TFTP server chooses a port for each
/// request (RFC 1350, 4), and tunnels send to the same port in both directions, from whichever (VXLAN,
/// RFC 7348, 5; Geneve, RFC 8926, 3.3).
const ANSWERED_ELSEWHERE: [u16; 5] = [69, 4789, 4790, 6081, 8472];

/// Services that only listen: NetBIOS datagrams (RFC 1002, 4.4), SNMP traps (RFC 3411), syslog
/// (RFC 5426), flow records (RFC 3954, RFC 7011, sFlow).
const NEVER_ANSWERED: [u16; 6] = [138, 162, 514, 2055, 4739, 6343];

/// Whether an answer is not to be expected in this conversation. Nobody answers from the address of a
/// group or of a network, either; the last octet 255 is a network's but for very few hosts.
fn answers_from_elsewhere(server: Endpoint) -> bool {
    if ANSWERED_ELSEWHERE.contains(&server.port) || NEVER_ANSWERED.contains(&server.port) {
        return true;
    }
    match server.ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.octets()[3] == u8::MAX,
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
