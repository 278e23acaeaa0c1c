//! What was captured, or stated by a system.

use super::{Explanation, duration};
use crate::{
    capture::Direction,
    flow::{Act, Basis, Outcome, Side, Speaker, Statement},
};

impl Explanation<'_> {
    /// What was captured.
    pub(super) fn observed(&self) -> String {
        let Self { client, server, port, .. } = self;
        let on = if self.is_ping() { "to ping".to_owned() } else { format!("on {port}") };
        if let Some(stated) = self.stated_by_system(&on) {
            return stated;
        }
        match self.judgement.outcome {
            Outcome::Answered => format!("{server} answered {client} {on}"),
            Outcome::HalfOpen => self.half_open(),
            Outcome::Reset => self.reset(),
            Outcome::Stalled => self.stalled(),
            Outcome::Refused => match self.icmp_error() {
                Some(stated) => format!("{stated} for {client} to {server} {on}"),
                None => format!("RST in reply to the SYN of {client} to {server} {on}"),
            },
            Outcome::Prohibited | Outcome::Unreachable => {
                let stated = self.icmp_error().unwrap_or_else(|| "an ICMP error".to_owned());
                format!("{stated} for {client} to {server} {on}")
            }
            Outcome::Silent => self.silent(),
            Outcome::Pending => self.pending(),
            Outcome::Partial => self.partial(),
        }
    }

    /// `no reply from hv07 to 3 SYNs in 9.0 s`.
    fn silent(&self) -> String {
        let port = if self.is_ping() { String::new() } else { format!(" on {}", self.port) };
        let (count, attempts) = self.attempts();
        format!("no reply from {} to {attempts}{}{port}", self.server, self.within(count))
    }

    /// How many attempts, and in words.
    fn attempts(&self) -> (u64, String) {
        let conversation = self.judgement.conversation;
        let client = self.judgement.client;
        let (count, what) = match conversation.tcp() {
            Some(tcp) => (u64::from(tcp.syn_tries(client)), "SYN"),
            None => {
                let what = if self.is_ping() { "ping" } else { "datagram" };
                (conversation.counters[client as usize].packets, what)
            }
        };
        let plural = if count == 1 { "" } else { "s" };
        (count, format!("{count} {what}{plural}"))
    }

    /// ` in 9.0 s`; nothing for a single attempt, or where the clock shows no time.
    fn within(&self, attempts: u64) -> String {
        let conversation = self.judgement.conversation;
        let span = conversation
            .tcp()
            .map_or_else(|| conversation.last.since(conversation.first), |tcp| tcp.syn_span());
        if self.judgement.context.clock_stands_still {
            return " (all packets of the capture have the same time)".to_owned();
        }
        if attempts > 1 && span > 0 { format!(" in {}", duration(span)) } else { String::new() }
    }

    fn half_open(&self) -> String {
        let Self { client, server, port, .. } = self;
        let Some(tcp) = self.judgement.conversation.tcp() else { return String::new() };
        let (syn_acks, after_ack) = tcp.syn_acks();
        if after_ack > 0 {
            return format!(
                "{server} repeats its SYN-ACK to {client} on {port} although {client} acknowledges it"
            );
        }
        let times = if syn_acks > 1 {
            format!("{syn_acks} SYN-ACKs of {server}")
        } else {
            format!("the SYN-ACK of {server}")
        };
        format!("{client} never acknowledges {times} on {port}")
    }

    fn reset(&self) -> String {
        let Self { client, server, port, .. } = self;
        let sent = self.judgement.conversation.counters[self.judgement.client as usize];
        let after = match (sent.payload_bytes, self.request()) {
            (0, _) => "right after the handshake".to_owned(),
            (_, Some(request)) => format!("after the {request} request of {client}"),
            (bytes, None) => format!("after {bytes} bytes of {client}"),
        };
        format!(
            "RST from {server} or on its behalf to {client} on {port}, {after} and before any reply"
        )
    }

    /// What the client's first bytes are, in upper case.
    fn request(&self) -> Option<String> {
        let heard = self.judgement.conversation.heard.as_ref()?;
        heard.spoken[self.judgement.client as usize].map(|one| one.name().to_uppercase())
    }

    fn stalled(&self) -> String {
        let Self { client, server, port, .. } = self;
        let own = self.judgement.client;
        let Some(tcp) = self.judgement.conversation.tcp() else { return String::new() };
        for (side, from, to) in [(own, client, server), (!own, server, client)] {
            if let Some((times, millis)) = tcp.resent_in_vain(side) {
                let span = duration(i64::from(millis) * 1_000_000);
                return format!(
                    "{from} retransmitted data to {to} {times} times in {span} on {port} without an acknowledgement"
                );
            }
        }
        for (side, from, to) in [(own, client, server), (!own, server, client)] {
            if tcp.has_outstanding(side) {
                return format!(
                    "the acknowledgements of {to} on {port} stop before a gap in the data of {from}: the network lost it"
                );
            }
        }
        let request = self.request().map_or_else(String::new, |name| format!("{name} "));
        format!(
            "{server} acknowledged the {request}request of {client} on {port} and never replied"
        )
    }

    fn pending(&self) -> String {
        let Self { client, server, port, .. } = self;
        let conversation = self.judgement.conversation;
        let on = if self.is_ping() { String::new() } else { format!(" on {port}") };
        if conversation.failure_of(self.judgement.client).is_some() {
            return format!(
                "{client} probed the path to {server}{on} with a small TTL: proves nothing about {server}"
            );
        }
        let waited = duration(self.judgement.observed_for);
        let of_server = conversation.counters[!self.judgement.client as usize];
        if of_server.payload_bytes > 0 && conversation.tcp().is_some() {
            return format!(
                "{server} replied to {client}{on}, but {client} did not acknowledge all of the reply: the capture does not show whether it arrived"
            );
        }
        if of_server.packets > 0 {
            return format!(
                "{client} and {server} opened a connection{on}, but the request has no reply yet ({waited} observed after the last packet): too early to tell"
            );
        }
        format!(
            "no reply from {server} to {client}{on} yet, {waited} observed after the last packet: too early to tell"
        )
    }

    fn partial(&self) -> String {
        let Self { client, server, port, .. } = self;
        let conversation = self.judgement.conversation;
        let spoke = |side: Side| conversation.counters[side as usize].packets > 0;
        let own = self.judgement.client;
        let guess = match self.judgement.basis {
            Basis::Syn | Basis::SynAck => "",
            Basis::Matrix => " (client by the matrix)",
            Basis::Port => " (client by the port)",
            Basis::FirstPacket => " (client by the first packet)",
        };
        let one_side = |from: &str, to: &str| {
            format!("only packets from {from} to {to} were captured on {port}{guess}")
        };
        match (spoke(own), spoke(!own)) {
            (true, false) if self.judgement.context.deaf => format!(
                "only packets from {client} to {server} were captured on {port}: this capture does not show what {server} sends to {client}"
            ),
            (true, true) if conversation.opener().is_some() => format!(
                "the capture lacks packets of the connection from {client} to {server} on {port} that would show how it went"
            ),
            (true, true) => format!(
                "{client} and {server} exchange packets on {port} in a connection that began before the capture{guess}"
            ),
            (true, false) => one_side(client, server),
            _ => one_side(server, client),
        }
    }

    /// `10.20.0.1 reports "communication administratively prohibited" (ICMP 3/13)`.
    pub(super) fn icmp_error(&self) -> Option<String> {
        let conversation = self.judgement.conversation;
        let own = self.judgement.client;
        let error = conversation.failure_of(own).or_else(|| conversation.failure_of(!own))?;
        let from = match self.policy.site.owner(error.from) {
            Some(id) => self.policy.site.machine(id).name.clone(),
            None if error.from == self.judgement.server_end().ip => error.from.to_string(),
            None => format!("{}, a device on the path,", error.from),
        };
        let family = if error.v6 { "ICMPv6" } else { "ICMP" };
        Some(format!(
            "{from} reports \"{}\" ({family} {}/{})",
            error.words(),
            error.kind,
            error.code
        ))
    }

    /// `the firewall log of hv07 records 3 dropped packets from vmm01 to hv07 on tcp 5985`; nothing where
    /// the connection went well all the same.
    fn stated_by_system(&self, on: &str) -> Option<String> {
        let statement = self.drop_statement()?;
        let Self { client, server, .. } = self;
        let own = self.judgement.client;
        let (from, to) = if statement.about == own { (client, server) } else { (server, client) };
        let packets = match statement.times {
            1 => "a dropped packet".to_owned(),
            times => format!("{times} dropped packets"),
        };
        let machine = self.stated_by(statement);
        Some(match statement.speaker {
            Speaker::Log(_) => {
                format!("the firewall log of {machine} records {packets} from {from} to {to} {on}")
            }
            Speaker::Recorder => {
                format!("{machine} itself reports {packets} from {from} to {to} {on}")
            }
        })
    }

    /// A system's statement that it dropped packets of a connection that failed.
    pub(super) fn drop_statement(&self) -> Option<&Statement> {
        let prohibited = self.judgement.outcome == Outcome::Prohibited;
        let mut statements = self.judgement.conversation.statements().iter();
        statements.find(|one| prohibited && one.act == Act::Dropped)
    }

    /// The machine that made a statement: a log's, or the end at which the packet went that way.
    pub(super) fn stated_by(&self, statement: &Statement) -> String {
        let sender = statement.about;
        let end = |side: Side| {
            if side == self.judgement.client { self.client.clone() } else { self.server.clone() }
        };
        match (statement.speaker, statement.direction) {
            (Speaker::Log(log), _) => match self.policy.log_owner(log) {
                Some(machine) => self.policy.site.machine(machine).name.clone(),
                None => "a machine".to_owned(),
            },
            (Speaker::Recorder, Some(Direction::In)) => end(!sender),
            (Speaker::Recorder, Some(Direction::Out)) => end(sender),
            (Speaker::Recorder, None) => "the machine that recorded".to_owned(),
        }
    }
}
