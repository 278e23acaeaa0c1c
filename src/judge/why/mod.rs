//! The sentence that a tired administrator understands.

mod cause;
mod expected;
mod seen;

use super::{Judgement, Kind, Policy, Verdict};
use crate::{
    flow::{Endpoint, Transport},
    identify::MachineId,
};

/// The verdict in a sentence.
pub(super) fn sentence(policy: &Policy, judgement: &Judgement<'_>) -> String {
    let words = Words::new(policy, judgement);
    let seen = words.seen();
    match judgement.verdict {
        Verdict::Outside => format!("{seen}; {}", words.strangers()),
        Verdict::Ok => format!("{seen}; {}{}", words.expected_by(), words.authentication()),
        Verdict::Blocked => format!("{seen}; {}: {}", words.expected_by(), words.cause()),
        Verdict::Mismatch => format!(
            "{} speaks {} on {}, where {} {} {}",
            words.server,
            judgement.observed().map_or("something else", |protocol| protocol.name()),
            words.port,
            words.rules(),
            words.verb(),
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
