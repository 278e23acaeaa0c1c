//! How a TCP connection went.

use super::{
    NO_REPLY_NANOS, Outcome, RETRY_NANOS, SILENCE_NANOS, View, after_a_while, failure,
    is_evident_probe,
};
use crate::flow::{
    Conversation, Side, Tcp,
    tcp::{Sent, handshake::Facts},
};

pub(super) fn outcome(
    conversation: &Conversation,
    tcp: &Tcp,
    client: Side,
    view: &View,
) -> Outcome {
    let connection = Connection { conversation, tcp, client, view };
    let outcome = connection.outcome();
    // A packet dropped later, as the strays after a close, does not undo what came about.
    let came_about = matches!(outcome, Outcome::Answered | Outcome::Reset);
    let tried = tcp.sent(client).contains(Sent::SYN);
    if tried && !came_about && conversation.is_dropped_by_system() {
        return Outcome::Prohibited;
    }
    outcome
}

struct Connection<'a> {
    conversation: &'a Conversation,
    tcp: &'a Tcp,
    client: Side,
    view: &'a View,
}

impl Connection<'_> {
    fn outcome(&self) -> Outcome {
        let (client, server) = self.sent();
        if server.contains(Sent::SYN_ACK) {
            return self.after_syn_ack();
        }
        if !client.contains(Sent::SYN) {
            return self.met_in_the_middle();
        }
        let data_both_ways = client.contains(Sent::DATA) && server.contains(Sent::DATA);
        let opened_from_both_sides = server.contains(Sent::SYN | Sent::ACK);
        if data_both_ways || opened_from_both_sides {
            return self.established();
        }
        let went_on = client.intersects(Sent::ACK | Sent::FIN);
        if server.contains(Sent::RST) && !server.contains(Sent::DATA) {
            // Its SYN-ACK is not in the capture, but the client had it.
            return if went_on {
                self.reset().unwrap_or(Outcome::Partial)
            } else {
                Outcome::Refused
            };
        }
        if !server.is_empty() {
            return Outcome::Partial;
        }
        if let Some(failure) = failure(self.conversation, self.client) {
            return failure;
        }
        // The client goes on as if it had been answered: the reply is not in this capture.
        if went_on {
            return Outcome::Partial;
        }
        self.unanswered()
    }

    /// Kinds of segments of the client and of the server.
    fn sent(&self) -> (Sent, Sent) {
        (self.tcp.sent(self.client), self.tcp.sent(!self.client))
    }

    /// SYNs without any reply.
    fn unanswered(&self) -> Outcome {
        let Self { conversation, tcp, client, view } = *self;
        if is_evident_probe(conversation, client, view) {
            return Outcome::Pending;
        }
        let tries = u64::from(tcp.syn_tries(client));
        let separate = tcp.handshake_facts().facts.contains(Facts::SEPARATE_SYNS);
        // A client that tries again got no reply, whatever the capture can see.
        if tries >= 2 && (separate || tcp.syn_span() >= RETRY_NANOS) {
            return Outcome::Silent;
        }
        if view.deaf {
            return Outcome::Partial;
        }
        if view.clock_stands_still {
            return Outcome::Pending;
        }
        after_a_while(conversation.first, view, tries)
    }

    fn met_in_the_middle(&self) -> Outcome {
        let (client, server) = self.sent();
        if client.is_empty() && server.is_empty() {
            let quote_alone = failure(self.conversation, self.client);
            return quote_alone.unwrap_or(Outcome::Partial);
        }
        if let Some(failure) = self.cut_off() {
            return failure;
        }
        let both = !client.is_empty() && !server.is_empty();
        if both && self.is_stalled() { Outcome::Stalled } else { Outcome::Partial }
    }

    fn after_syn_ack(&self) -> Outcome {
        let (client, _) = self.sent();
        let handshake = self.tcp.handshake_facts();
        if client.is_empty() {
            return Outcome::Partial;
        }
        if !handshake.facts.intersects(Facts::CLIENT_ACKED | Facts::SERVER_WENT_ON) {
            return self.half_open();
        }
        if handshake.ack_is_lost() {
            return Outcome::HalfOpen;
        }
        let (_, server) = self.sent();
        let client_went_on = handshake.facts.contains(Facts::CLIENT_ACKED)
            || client.intersects(Sent::DATA | Sent::FIN)
            || server.contains(Sent::DATA);
        if !client_went_on {
            // The server goes on after something of the client that the capture lacks.
            return Outcome::Partial;
        }
        let repeated = handshake.syn_acks_after_ack > 0;
        let went_on = handshake.facts.contains(Facts::SERVER_WENT_ON) || server.contains(Sent::RST);
        if repeated && !went_on && self.since(handshake.last_syn_ack()) < SILENCE_NANOS {
            return Outcome::Pending;
        }
        self.established()
    }

    /// SYN-ACK, and nothing that acknowledges it.
    fn half_open(&self) -> Outcome {
        let (client, server) = self.sent();
        let handshake = self.tcp.handshake_facts();
        if handshake.facts.contains(Facts::CLIENT_RESET_AT_ONCE) {
            // After a repeated SYN-ACK it may be that of a client that had given up.
            let once = !handshake.is_repeated();
            return if once { Outcome::Answered } else { Outcome::Pending };
        }
        // A reset beyond the client's first byte: it had the SYN-ACK and sent what was not captured.
        let sent_unseen = handshake.facts.contains(Facts::CLIENT_SENT_UNSEEN);
        if !client.contains(Sent::SYN) || sent_unseen {
            return Outcome::Partial;
        }
        if handshake.is_repeated() || server.contains(Sent::RST) {
            return Outcome::HalfOpen;
        }
        let long_ago = self.since(handshake.last_syn_ack()) >= SILENCE_NANOS;
        let shown = long_ago && !self.view.clock_stands_still && self.view.would_have_seen(1);
        if shown { Outcome::HalfOpen } else { Outcome::Pending }
    }

    fn established(&self) -> Outcome {
        if let Some(reset) = self.reset() {
            return reset;
        }
        if self.is_stalled() {
            return if self.had_closed() { Outcome::Pending } else { Outcome::Stalled };
        }
        if let Some(failure) = self.cut_off() {
            return failure;
        }
        self.without_reply().unwrap_or(Outcome::Answered)
    }

    /// A reset before the server's first byte of payload and before the client closed.
    fn reset(&self) -> Option<Outcome> {
        let facts = self.tcp.handshake_facts().facts;
        if !facts.contains(Facts::SERVER_RESET_EARLY) || self.server_replied() {
            return None;
        }
        // The reset's number tells of payload that the capture lacks.
        let unseen = facts.contains(Facts::RESET_AFTER_PAYLOAD);
        Some(if unseen { Outcome::Partial } else { Outcome::Reset })
    }

    /// Whether the server sent payload, be it that only its acknowledgement was captured. A single
    /// byte that was not captured may be the FIN's number.
    fn server_replied(&self) -> bool {
        const MORE_THAN_FIN: u32 = 2;
        let server = !self.client;
        let acked = self.tcp.bytes_acked(server) >= MORE_THAN_FIN;
        self.tcp.sent(server).contains(Sent::DATA) || acked
    }

    /// Whether payload of either side is sent again and again without an acknowledgement, or the
    /// receiver's acknowledgements stop before a gap.
    fn is_stalled(&self) -> bool {
        // A client that has sent its FIN still receives.
        let (client, _) = self.sent();
        let last = self.conversation.last;
        let aborted = client.contains(Sent::RST);
        let last_packet = self.tcp.last_millis();
        let until = if aborted {
            last_packet
        } else {
            last_packet.max(self.tcp.millis(last.max(self.view.until)))
        };
        [Side::A, Side::B].into_iter().any(|side| {
            let delivery = self.tcp.delivery(side);
            let resent = delivery.is_resent_in_vain(until) && self.view.would_have_seen(3);
            let stops = self.tcp.stops_at_hole(side) && delivery.stops_before_gap(until);
            self.tcp.has_outstanding(side) && (resent || stops && self.view.would_have_seen(2))
        })
    }

    /// Whether a reset of the client is the reply to a segment for a closed connection, which
    /// acknowledges nothing (RFC 9293, 3.10.7.1): how the client closed it is not in the capture.
    fn had_closed(&self) -> bool {
        let (client, _) = self.sent();
        let aborted = self.tcp.handshake_facts().facts.contains(Facts::CLIENT_ABORTED);
        client.contains(Sent::RST) && !client.contains(Sent::FIN) && !aborted
    }

    /// An ICMP error about payload that was never acknowledged afterwards.
    fn cut_off(&self) -> Option<Outcome> {
        let cut = |side: &Side| self.tcp.has_outstanding(*side);
        let sides = [self.client, !self.client];
        sides.into_iter().filter(cut).find_map(|side| failure(self.conversation, side))
    }

    /// A request to which the server never sent a byte, or a reply of which nothing arrived. What ends
    /// with the capture right after the request is not called into question.
    fn without_reply(&self) -> Option<Outcome> {
        let (client, _) = self.sent();
        let own = self.tcp.delivery(self.client);
        let doubtful = client.intersects(Sent::FIN | Sent::RST)
            || own.resends().0 > 0
            || self.view.clock_stands_still
            || self.since(own.since()) >= SILENCE_NANOS;
        if self.server_replied() {
            return self.is_reply_doubtful().then_some(Outcome::Pending);
        }
        if !client.contains(Sent::DATA) {
            return self.had_request().then_some(Outcome::Partial);
        }
        if self.tcp.has_outstanding(self.client) {
            return doubtful.then_some(Outcome::Pending);
        }
        if !self.is_request_recognised() {
            return self.lacks_request().then_some(Outcome::Partial);
        }
        let facts = self.tcp.handshake_facts().facts;
        let waited = self.since(own.since()) >= NO_REPLY_NANOS
            && !self.view.clock_stands_still
            && self.view.would_have_seen(2);
        if facts.contains(Facts::SERVER_CLOSED_EARLY) || waited {
            return Some(Outcome::Stalled);
        }
        doubtful.then_some(Outcome::Pending)
    }

    /// Whether nothing shows that the server's reply, or all of it, reached the client, and something
    /// shows that it did not.
    fn is_reply_doubtful(&self) -> bool {
        let (client, _) = self.sent();
        let server = !self.client;
        let (own, reply) = (self.tcp.delivery(self.client), self.tcp.delivery(server));
        let arrived = self.tcp.has_delivered(server) || !self.tcp.has_outstanding(server);
        let troubled = self.tcp.handshake_facts().facts.contains(Facts::CLIENT_ABORTED)
            || client.contains(Sent::FIN) && self.since(own.since()) >= SILENCE_NANOS
            || self.had_closed()
            || reply.resends().0 > 0
            || own.ignores_acks()
            || self.tcp.stops_at_hole(server);
        // The client may cancel a transfer in progress; this one has made no progress for a while.
        let ended = self.view.clock_stands_still || self.since(reply.since()) >= SILENCE_NANOS;
        !arrived && troubled || ended && self.conversation.is_cut_short(server)
    }

    /// Whether the client sent a request that is not in the capture: its numbers show it, or the server
    /// acknowledges once more what it had acknowledged.
    fn had_request(&self) -> bool {
        let (client, server) = self.sent();
        let handshake = self.tcp.handshake_facts();
        let repeats = handshake.facts.contains(Facts::SERVER_WENT_ON)
            && !handshake.is_repeated()
            && !server.intersects(Sent::DATA | Sent::FIN)
            && !client.contains(Sent::FIN);
        self.tcp.was_acked(self.client) || self.tcp.has_sent_unseen(self.client) || repeats
    }

    /// Whether the server acknowledged more of the client's payload than was captured.
    fn lacks_request(&self) -> bool {
        let captured = self.conversation.counters[self.client as usize].payload_bytes;
        let fin = u64::from(self.tcp.sent(self.client).contains(Sent::FIN));
        let lacks = u64::from(self.tcp.bytes_acked(self.client)) > captured + fin;
        let lengths_are_known = self.tcp.delivery(self.client).lengths_are_known();
        self.tcp.has_gaps(self.client) || lacks && lengths_are_known
    }

    fn is_request_recognised(&self) -> bool {
        let application = self.conversation.heard.as_ref();
        application.is_some_and(|one| one.spoken[self.client as usize].is_some())
    }

    /// Nanoseconds from a time of the connection's clock to its end, where the client closed it, else to
    /// that of the capture.
    fn since(&self, millis: u32) -> i64 {
        let (client, _) = self.sent();
        let closed = client.intersects(Sent::FIN | Sent::RST);
        let last = self.tcp.last_millis();
        let end = if closed { last } else { last.max(self.tcp.millis(self.view.until)) };
        i64::from(end.saturating_sub(millis)) * 1_000_000
    }
}
