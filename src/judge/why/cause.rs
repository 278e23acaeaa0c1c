//! The likely cause of a failure.

use super::{Explanation, duration};
use crate::{
    flow::{Act, Neighbourhood, Outcome, Speaker, Statement, Transport},
    judge::{FixAt, Kind},
};

impl Explanation<'_> {
    /// The likely cause of a failure.
    pub(super) fn cause(&self) -> String {
        let Self { client, server, .. } = self;
        let no_listener = self.no_listener();
        if let Some(statement) = self.drop_statement() {
            return self.dropped_by(statement);
        }
        let by_icmp = self.icmp_error().is_some();
        match self.judgement.outcome {
            Outcome::HalfOpen => format!(
                "packets of {client} or replies of {server} are lost after the first one, as with a firewall that sees one direction only or another route back"
            ),
            Outcome::Reset | Outcome::Refused if self.judgement.context.strange_reset => {
                "the RST was sent by another device on the path (its TTL differs)".to_owned()
            }
            Outcome::Reset => {
                format!("the service on {server} closes the connection, or a firewall resets it")
            }
            Outcome::Stalled => format!(
                "a device between {client} and {server} drops packets of an open connection (idle timeout, packet size, inspection), or the service on {server} does not work"
            ),
            Outcome::Refused
                if by_icmp && self.judgement.conversation.transport == Transport::Tcp =>
            {
                format!("a firewall on {server} rejects it, or {no_listener}")
            }
            Outcome::Refused if by_icmp => no_listener,
            Outcome::Refused => format!("{no_listener}, or a firewall rejects it"),
            Outcome::Prohibited => match self.judgement.fix_at(self.policy) {
                FixAt::Device(Some(address)) => format!("prohibited by a firewall at {address}"),
                FixAt::Client(_) => format!("prohibited by the firewall of {client}"),
                _ => format!("prohibited by the firewall of {server}"),
            },
            Outcome::Unreachable => format!("no route to {server}, or {server} is down"),
            _ => self.cause_of_silence(),
        }
    }

    fn dropped_by(&self, statement: &Statement) -> String {
        let machine = self.stated_by(statement);
        match statement.speaker {
            Speaker::Log(_) => format!("dropped by the firewall of {machine}"),
            Speaker::Recorder => format!(
                "dropped by the firewall of {machine}, or {} (the drop reason of the packet monitor shows which)",
                self.no_listener()
            ),
        }
    }

    fn cause_of_silence(&self) -> String {
        let Self { server, .. } = self;
        let no_listener = self.no_listener();
        if self.is_allowed_in() {
            return format!(
                "the firewall log of {server} records that it allowed this: {no_listener}, or the reply is lost on the way back"
            );
        }
        let up = match self.judgement.context.neighbourhood {
            Neighbourhood::Silent => {
                return format!("no ARP/ND reply from {server}: it is down or not on this link");
            }
            Neighbourhood::Answers { ago } => format!(
                "{server} replied to ARP/ND {}, so it is up: ",
                if ago < 1_000_000_000 {
                    "at that time".to_owned()
                } else {
                    format!("{} before", duration(ago))
                }
            ),
            Neighbourhood::Unknown => String::new(),
        };
        if self.is_ping() {
            return if up.is_empty() {
                format!("dropped by a firewall, or {server} is down")
            } else {
                format!("{up}dropped by a firewall")
            };
        }
        let machine = self.judgement.server_machine;
        let windows = machine.is_some_and(|id| self.policy.site.machine(id).may_run_windows());
        let hidden =
            if windows { " (the stealth mode of Windows makes them look the same)" } else { "" };
        format!("{up}dropped by a firewall, or {no_listener}{hidden}")
    }

    /// Whether the server's own log records that it allowed the client's packets.
    fn is_allowed_in(&self) -> bool {
        self.judgement.conversation.statements().iter().any(|one| {
            let by_server = matches!(one.speaker, Speaker::Log(log)
                if self.policy.log_owner(log) == self.judgement.server_machine);
            by_server && one.act == Act::Allowed && one.about == self.judgement.client
        })
    }

    /// `WinRM is not listening on hv07`; the service has a name where a rule of the page gives it.
    fn no_listener(&self) -> String {
        let Self { server, port, .. } = self;
        let expectation = &self.judgement.expectation;
        let first = expectation.rules.first().filter(|_| expectation.kind == Kind::Expected);
        match first.and_then(|rule| self.policy.entry(*rule)) {
            Some(entry) => format!("{} is not listening on {server}", entry.service),
            None => format!("no service is listening on {port} of {server}"),
        }
    }
}
