//! The sentence that a tired administrator understands.

use super::{Judgement, Kind, Policy, RuleRef, Verdict, Who, may_talk};
use crate::{
    capture::NANOS_PER_SECOND,
    flow::{Basis, Endpoint, Outcome, Side, Transport},
    identify::MachineId,
};

/// The verdict in a sentence.
pub(super) fn sentence(policy: &Policy, judgement: &Judgement<'_>) -> String {
    let words = Words::new(policy, judgement);
    let seen = words.seen();
    match judgement.verdict {
        Verdict::Outside => format!("{seen}; {}", words.strangers()),
        Verdict::Ok => format!("{seen}; {}", words.expected_by()),
        Verdict::Blocked => format!("{seen}; {}: {}", words.expected_by(), words.cause()),
        Verdict::Mismatch => format!(
            "{} speaks {} on {}, where {} expects {}",
            words.server,
            judgement.observed().map_or("something else", |protocol| protocol.name()),
            words.port,
            words.rules(),
            judgement.protocols.iter().map(|one| one.name()).collect::<Vec<_>>().join(" or "),
        ),
        Verdict::Unexpected => {
            format!("{seen}; {}{}", words.nothing_expects(), words.nearest_rule())
        }
        Verdict::Denied => {
            format!("{seen}; {}, so this is as it should be", words.nothing_expects())
        }
        Verdict::Unknown if judgement.expectation.kind == Kind::None => {
            format!("{seen}; {}", words.nothing_expects())
        }
        Verdict::Unknown => format!("{seen}; {}", words.expected_by()),
    }
}

/// The names that a sentence is made of.
struct Words<'a> {
    policy: &'a Policy,
    judgement: &'a Judgement<'a>,
    client: String,
    server: String,
    /// `port 5985` or `udp 623`.
    port: String,
}

impl<'a> Words<'a> {
    fn new(policy: &'a Policy, judgement: &'a Judgement<'a>) -> Self {
        let name = |machine: Option<MachineId>, end: Endpoint| {
            machine.map_or(end.ip.to_string(), |id| policy.site.machine(id).name.clone())
        };
        let server_end = judgement.server_end();
        let port = match judgement.conversation.transport {
            Transport::Tcp => format!("tcp {}", server_end.port),
            Transport::Udp => format!("udp {}", server_end.port),
            Transport::Icmp => "ping".to_owned(),
        };
        Self {
            policy,
            judgement,
            client: name(judgement.client_machine, judgement.client_end()),
            server: name(judgement.server_machine, server_end),
            port,
        }
    }

    /// What was seen on the wire.
    fn seen(&self) -> String {
        let Self { client, server, port, .. } = self;
        let on = if self.is_ping() { "to ping".to_owned() } else { format!("on {port}") };
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
        let (tries, what, span) = match &conversation.tcp {
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
            (true, true) => format!(
                "{client} and {server} are in the middle of a conversation on {port}, begun before the capture{guess}"
            ),
            (true, false) => one_side(client, server),
            _ => one_side(server, client),
        }
    }

    /// `10.20.0.1 says "communication administratively prohibited" (ICMP 3/13)`.
    fn said_by(&self) -> Option<String> {
        let error = self.judgement.conversation.failure_of(self.judgement.client)?;
        let from = match self.policy.site.owner(error.from) {
            Some(id) => self.policy.site.machine(id).name.clone(),
            None => error.from.to_string(),
        };
        let family = if error.v6 { "ICMPv6" } else { "ICMP" };
        Some(format!("{from} says \"{}\" ({family} {}/{})", error.words(), error.kind, error.code))
    }

    /// Why an expected conversation may have failed.
    fn cause(&self) -> String {
        let Self { server, .. } = self;
        let no_listener = self.no_listener();
        match self.judgement.outcome {
            Outcome::Refused if self.said_by().is_some() => no_listener,
            Outcome::Refused => format!("{no_listener}, or a firewall rejects it"),
            Outcome::Prohibited => "a firewall there forbids it".to_owned(),
            Outcome::Unreachable => format!("no way leads to {server}, or it is down"),
            _ if self.is_ping() => format!("a firewall drops it, or {server} is down"),
            _ => {
                let machine = self.judgement.server_machine;
                let windows =
                    machine.is_some_and(|id| self.policy.site.machine(id).may_run_windows());
                let hidden = if windows { " (on Windows, stealth mode hides which)" } else { "" };
                format!("a firewall drops it, or {no_listener}{hidden}")
            }
        }
    }

    /// `WinRM does not listen on hv07`; the service has a name where a rule of the page gives it.
    fn no_listener(&self) -> String {
        let Self { server, port, .. } = self;
        let expectation = &self.judgement.expectation;
        let first = expectation.rules.first().filter(|_| expectation.kind == Kind::Expected);
        match first.and_then(|rule| self.policy.entry(*rule)) {
            Some(entry) => format!("{} does not listen on {server}", entry.service),
            None => format!("nothing listens on {port} of {server}"),
        }
    }

    /// `rule agent-winrm (row 3)`.
    fn rules(&self) -> String {
        let rules = &self.judgement.expectation.rules;
        let titles: Vec<String> = rules.iter().map(|rule| self.policy.title(*rule)).collect();
        let word = if titles.len() == 1 { "rule" } else { "rules" };
        format!("{word} {}", titles.join(", "))
    }

    fn expected_by(&self) -> String {
        let rules = self.rules();
        let verb = if self.judgement.expectation.rules.len() == 1 { "expects" } else { "expect" };
        match self.judgement.expectation.kind {
            Kind::Expected => format!("{rules} {verb} it{}", self.assumption()),
            Kind::Reverse => format!("the reverse of {rules}: {}", self.reason_of_reverse()),
            Kind::DynamicRpc => {
                "the page's note on dynamic RPC covers the port by its range alone".to_owned()
            }
            Kind::Companion => format!("not on the page, but known companion traffic ({rules})"),
            Kind::Site => format!("the site file allows it ({rules})"),
            Kind::None => self.nothing_expects(),
        }
    }

    fn reason_of_reverse(&self) -> String {
        let first = self.judgement.expectation.rules.first();
        let entry = first.and_then(|rule| self.policy.entry(*rule));
        entry.and_then(|entry| entry.reverse.clone()).unwrap_or_default()
    }

    /// Says so where the port is the matrix's guess.
    fn assumption(&self) -> &'static str {
        let server = self.judgement.server_machine.map(|id| self.policy.site.machine(id));
        let assumed = self.judgement.expectation.rules.iter().any(|rule| match rule {
            RuleRef::Entry(_) => self
                .policy
                .entry(*rule)
                .is_some_and(|entry| self.policy.ports_are_assumed(entry, server)),
            RuleRef::Allow(_) => false,
        });
        if assumed { " (its port is assumed: the site file names none)" } else { "" }
    }

    fn nothing_expects(&self) -> String {
        let Self { client, server, port, .. } = self;
        if self.is_ping() {
            return format!("no rule lets {client} ping {server}");
        }
        format!("no rule lets {client} reach {server} on {port}")
    }

    /// The rule between these two machines that comes nearest, if there is one.
    fn nearest_rule(&self) -> String {
        let who = |id: Option<MachineId>| {
            id.map(|id| Who { roles: self.policy.site.machine(id).roles, machine: Some(id) })
        };
        let (from, to) = (who(self.judgement.client_machine), who(self.judgement.server_machine));
        let transport = self.judgement.conversation.transport;
        let port = Some(self.judgement.server_end().port).filter(|_| !self.is_ping());
        let answer = may_talk(self.policy, from, to, Some(transport), port);
        let near = answer.nearest.filter(|near| near.parties_fit);
        near.map_or(String::new(), |near| {
            format!("; the nearest is {}, but {}", self.policy.title(near.rule), near.reason)
        })
    }

    fn strangers(&self) -> String {
        let client = self.judgement.client_machine.is_none();
        let server = self.judgement.server_machine.is_none();
        match (client, server) {
            (true, true) => "the site knows neither of them".to_owned(),
            (true, false) => format!("the site does not know {}", self.client),
            _ => format!("the site does not know {}", self.server),
        }
    }

    fn is_ping(&self) -> bool {
        self.judgement.conversation.transport == Transport::Icmp
    }
}
