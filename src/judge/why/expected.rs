//! Which rule expects a conversation, or that none does.

use super::Explanation;
use crate::{
    capture::Timestamp,
    dissect::{Auth, Interface, LearnedBy, Protocol},
    identify::{MachineId, VmmVersion},
    judge::{Grade, Kind, RuleRef, Who, may_talk},
};

impl Explanation<'_> {
    /// `rule agent-winrm (row 3)`.
    pub(super) fn rules(&self) -> String {
        let rules = &self.judgement.expectation.rules;
        let titles: Vec<String> = rules.iter().map(|rule| self.policy.title(*rule)).collect();
        let word = if titles.len() == 1 { "rule" } else { "rules" };
        format!("{word} {}", titles.join(", "))
    }

    /// What one rule or several do.
    pub(super) fn verb(&self) -> &'static str {
        if self.judgement.expectation.rules.len() == 1 { "expects" } else { "expect" }
    }

    pub(super) fn expected_by(&self) -> String {
        let rules = self.rules();
        let verb = self.verb();
        match self.judgement.expectation.kind {
            Kind::Expected => format!("{rules} {verb} it{}", self.assumption()),
            Kind::Reverse => format!("reverse direction of {rules}: {}", self.reason_of_reverse()),
            Kind::DynamicRpc => self.dynamic_rpc(),
            Kind::Companion => {
                format!("known companion traffic that the page does not list ({rules})")
            }
            Kind::Site => format!("allowed by the site file ({rules})"),
            Kind::None => self.no_rule(),
        }
    }

    pub(super) fn reason_of_reverse(&self) -> String {
        let first = self.judgement.expectation.rules.first();
        let entry = first.and_then(|rule| self.policy.entry(*rule));
        entry.and_then(|entry| entry.reverse.clone()).unwrap_or_default()
    }

    /// Says so where the port is the matrix's guess.
    pub(super) fn assumption(&self) -> &'static str {
        let server = self.judgement.server_machine.map(|id| self.policy.site.machine(id));
        let assumed = self.judgement.expectation.rules.iter().any(|rule| match rule {
            RuleRef::Entry(_) => self
                .policy
                .entry(*rule)
                .is_some_and(|entry| self.policy.ports_are_assumed(entry, server)),
            RuleRef::Allow(_) => false,
        });
        if assumed { " (port assumed: the site file states none)" } else { "" }
    }

    /// The page's note on dynamic ports, and how far the port is known to be one.
    fn dynamic_rpc(&self) -> String {
        const NOTE: &str = "dynamic RPC port (note of the page)";
        match (self.judgement.grade, self.judgement.context.learned) {
            (Some(Grade::Learned), Some(learned)) => {
                let source = match learned.by {
                    LearnedBy::EndpointMapper => "the endpoint mapper",
                    LearnedBy::Activation => "a DCOM activation",
                };
                let service = self.bound().or(learned.interface);
                let service =
                    service.map_or(String::new(), |one| format!(" for {}", interface(one)));
                format!("{NOTE}, named by {source}{service} at {}", clock(learned.since))
            }
            (Some(Grade::Bind), _) => {
                let service =
                    self.bound().map_or(String::new(), |one| format!(" ({})", interface(one)));
                format!("{NOTE}, and RPC is spoken there{service}")
            }
            _ => format!(
                "{NOTE}, by its number alone: the capture does not show which service it is"
            ),
        }
    }

    /// The first interface that was bound in this conversation.
    fn bound(&self) -> Option<Interface> {
        self.judgement.conversation.heard.as_ref()?.interfaces.first().copied()
    }

    /// The page's note on authentication, where something else is seen on a management conversation.
    /// It holds for 2019 and 2022 alone.
    pub(super) fn authentication(&self) -> String {
        let auth = self.judgement.auth();
        // To ask for tickets is what Kerberos itself is for.
        if auth.is_empty() || self.judgement.observed() == Some(Protocol::Kerberos) {
            return String::new();
        }
        let ways = [
            (Auth::NTLM, "NTLM"),
            (Auth::KERBEROS, "Kerberos"),
            (Auth::CREDSSP, "CredSSP"),
            (Auth::BASIC, "a password in clear text (Basic)"),
            (Auth::CERTIFICATE, "a certificate"),
        ];
        let ways = ways.into_iter().filter(|(one, _)| auth.contains(*one)).map(|(_, name)| name);
        let names = ways.collect::<Vec<_>>().join(" and ");
        let noted = matches!(self.policy.site.vmm_version, VmmVersion::V2019 | VmmVersion::V2022)
            && self.judgement.expectation.kind == Kind::Expected
            && auth.contains(Auth::KERBEROS);
        let note = if noted {
            "; the page states that VMM uses NTLM for management and does not recommend Kerberos"
        } else {
            ""
        };
        format!("; authenticated with {names}{note}")
    }

    pub(super) fn no_rule(&self) -> String {
        let Self { client, server, port, .. } = self;
        if self.is_ping() {
            return format!("no rule allows {client} to ping {server}");
        }
        let range = if self.judgement.grade.is_some() {
            ", only the dynamic RPC range covers it, and the capture does not show which service it is"
        } else {
            ""
        };
        format!("no rule allows {client} to {server} on {port}{range}")
    }

    /// The rule between these two machines that comes nearest, if there is one.
    pub(super) fn nearest_rule(&self) -> String {
        let who = |id: Option<MachineId>| {
            id.map(|id| Who { roles: self.policy.site.machine(id).roles, machine: Some(id) })
        };
        let (from, to) = (who(self.judgement.client_machine), who(self.judgement.server_machine));
        let transport = self.judgement.conversation.transport;
        let port = Some(self.judgement.server_end().port).filter(|_| !self.is_ping());
        let answer = may_talk(self.policy, from, to, Some(transport), port);
        let near = answer.nearest.filter(|near| near.parties_fit);
        near.map_or(String::new(), |near| {
            format!("; nearest rule: {}, but {}", self.policy.title(near.rule), near.reason)
        })
    }
}

/// `IWbemServices`, or the number of an interface without a name.
fn interface(interface: Interface) -> String {
    interface.name().map_or_else(|| interface.to_string(), str::to_owned)
}

/// `08:00:01`.
fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(11..19).unwrap_or(&text).to_owned()
}
