//! Why an expected conversation may have failed.

use super::Words;
use crate::{
    flow::{Act, Neighbourhood, Outcome, Speaker, Statement},
    judge::Kind,
};

impl Words<'_> {
    /// Why an expected conversation may have failed.
    pub(super) fn cause(&self) -> String {
        let Self { server, .. } = self;
        let no_listener = self.no_listener();
        if let Some(statement) = self.drop_said() {
            return self.dropped_by(statement);
        }
        match self.judgement.outcome {
            Outcome::Refused if self.judgement.context.strange_reset => format!(
                "by its time to live the RST does not come from {server} itself: a device on the path rejects it"
            ),
            Outcome::Refused if self.said_by().is_some() => no_listener,
            Outcome::Refused => format!("{no_listener}, or a firewall rejects it"),
            Outcome::Prohibited => "a firewall there forbids it".to_owned(),
            Outcome::Unreachable => format!("no way leads to {server}, or it is down"),
            _ => self.cause_of_silence(),
        }
    }

    fn dropped_by(&self, statement: &Statement) -> String {
        let machine = self.speaker(statement);
        match statement.speaker {
            Speaker::Log(_) => format!("the firewall on {machine} drops it"),
            Speaker::Recorder => format!(
                "the firewall on {machine} drops it, or {} (the drop reason of the packet monitor tells which)",
                self.no_listener()
            ),
        }
    }

    fn cause_of_silence(&self) -> String {
        let Self { server, .. } = self;
        let no_listener = self.no_listener();
        if self.let_in() {
            return format!(
                "{server}'s firewall log says that it let this in: {no_listener}, or the answer is lost on the way back"
            );
        }
        let up = match self.judgement.context.neighbourhood {
            Neighbourhood::Silent => {
                return format!(
                    "nobody answers on the link for {server}: it is down, or not there"
                );
            }
            Neighbourhood::Answers => format!("{server} is up, since it answers on the link: "),
            Neighbourhood::Unknown => String::new(),
        };
        if self.is_ping() {
            return if up.is_empty() {
                format!("a firewall drops it, or {server} is down")
            } else {
                format!("{up}a firewall drops it")
            };
        }
        let machine = self.judgement.server_machine;
        let windows = machine.is_some_and(|id| self.policy.site.machine(id).may_run_windows());
        let hidden = if windows { " (on Windows, stealth mode hides which)" } else { "" };
        format!("{up}a firewall drops it, or {no_listener}{hidden}")
    }

    /// Whether the server's own log says that it let the client's packets in.
    fn let_in(&self) -> bool {
        self.judgement.conversation.statements().iter().any(|one| {
            let by_server = matches!(one.speaker, Speaker::Log(log)
                if self.policy.log_owner(log) == self.judgement.server_machine);
            by_server && one.act == Act::Allowed && one.about == self.judgement.client
        })
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
}
