//! What was seen on the wire, or said by a system.

use super::Words;
use crate::{
    capture::{Direction, NANOS_PER_SECOND},
    flow::{Act, Basis, Outcome, Side, Speaker, Statement},
};

impl Words<'_> {
    /// What was seen on the wire.
    pub(super) fn seen(&self) -> String {
        let Self { client, server, port, .. } = self;
        let on = if self.is_ping() { "to ping".to_owned() } else { format!("on {port}") };
        if let Some(said) = self.system_said(&on) {
            return said;
        }
        match self.judgement.outcome {
            Outcome::Answered => format!("{server} answered {client} {on}"),
            Outcome::Refused => match self.said_by() {
                Some(said) => format!("{said} for {server} {on}"),
                None => format!("{server} refused {client} {on} with RST"),
            },
            Outcome::Prohibited | Outcome::Unreachable => {
                let said = self.said_by().unwrap_or_else(|| "a device reports failure".to_owned());
                format!("{said} when {client} asks {server} {on}")
            }
            Outcome::Silent => self.silence(),
            Outcome::Pending => {
                format!(
                    "{client} asked {server} {on} just before the capture ends: too soon to say"
                )
            }
            Outcome::Partial => self.halfway(),
        }
    }

    /// `hv07 never answered 3 SYNs in 9.0 s`.
    fn silence(&self) -> String {
        let conversation = self.judgement.conversation;
        let client = self.judgement.client;
        let (tries, what, span) = match conversation.tcp() {
            Some(tcp) => (u64::from(tcp.syn_tries(client)), "SYN", tcp.syn_span()),
            None => {
                let what = if self.is_ping() { "ping" } else { "datagram" };
                let span = conversation.last.since(conversation.first);
                (conversation.counters[client as usize].packets, what, span)
            }
        };
        let plural = if tries == 1 { "" } else { "s" };
        let tenths = (span + NANOS_PER_SECOND / 20) / (NANOS_PER_SECOND / 10);
        let within = if tries > 1 {
            format!(" in {}.{} s", tenths / 10, tenths % 10)
        } else {
            String::new()
        };
        let port = if self.is_ping() { String::new() } else { format!(" on {}", self.port) };
        format!("{} never answered {tries} {what}{plural}{within}{port}", self.server)
    }

    fn halfway(&self) -> String {
        let Self { client, server, port, .. } = self;
        let conversation = self.judgement.conversation;
        let spoke = |side: Side| conversation.counters[side as usize].packets > 0;
        let asks = self.judgement.client;
        let guess = match self.judgement.basis {
            Basis::Syn | Basis::SynAck => "",
            Basis::Matrix => " (who is the client is told by the matrix)",
            Basis::Port => " (who is the client is told by the port)",
            Basis::FirstPacket => " (who is the client is a guess)",
        };
        let one_side = |from: &str, to: &str| {
            format!(
                "of a conversation on {port} only the packets from {from} to {to} are visible{guess}"
            )
        };
        match (spoke(asks), spoke(!asks)) {
            (true, false) if self.judgement.context.deaf => format!(
                "of a conversation on {port} only the packets from {client} to {server} are visible: this capture does not show what {server} sends to {client}"
            ),
            (true, true) => format!(
                "{client} and {server} are in the middle of a conversation on {port}, begun before the capture{guess}"
            ),
            (true, false) => one_side(client, server),
            _ => one_side(server, client),
        }
    }

    /// `10.20.0.1 says "communication administratively prohibited" (ICMP 3/13)`.
    pub(super) fn said_by(&self) -> Option<String> {
        let error = self.judgement.conversation.failure_of(self.judgement.client)?;
        let from = match self.policy.site.owner(error.from) {
            Some(id) => self.policy.site.machine(id).name.clone(),
            None if error.from == self.judgement.server_end().ip => error.from.to_string(),
            None => format!("{}, a device on the path that the site does not know,", error.from),
        };
        let family = if error.v6 { "ICMPv6" } else { "ICMP" };
        Some(format!("{from} says \"{}\" ({family} {}/{})", error.words(), error.kind, error.code))
    }

    /// `hv07's firewall log says that it dropped what vmm01 sent (3 times)`; nothing where the
    /// conversation went well all the same.
    fn system_said(&self, on: &str) -> Option<String> {
        let statement = self.drop_said()?;
        let Self { client, server, .. } = self;
        let asks = self.judgement.client;
        let (from, to) = if statement.about == asks { (client, server) } else { (server, client) };
        let times = match statement.times {
            1 => String::new(),
            times => format!(" ({times} times)"),
        };
        Some(match statement.speaker {
            Speaker::Log(_) => {
                let machine = self.speaker(statement);
                format!(
                    "{machine}'s firewall log says that it dropped what {from} sent to {to} {on}{times}"
                )
            }
            Speaker::Recorder => {
                let machine = self.speaker(statement);
                format!("{machine} itself dropped what {from} sent to {to} {on}{times}")
            }
        })
    }

    /// A system's word that it dropped packets of a conversation that failed.
    pub(super) fn drop_said(&self) -> Option<&Statement> {
        let prohibited = self.judgement.outcome == Outcome::Prohibited;
        let mut said = self.judgement.conversation.statements().iter();
        said.find(|one| prohibited && one.act == Act::Dropped)
    }

    /// Who says so: a log's machine, or the end of the conversation at which the packet went that way.
    pub(super) fn speaker(&self, statement: &Statement) -> String {
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
