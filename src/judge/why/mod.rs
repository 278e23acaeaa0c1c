//! The explanation of a verdict: what was captured, which rule expects it, and the likely cause. It
//! states only what the capture supports.

mod cause;
mod expected;
mod observed;

use super::{Judgement, Kind, Policy, Verdict};
use crate::{
    capture::NANOS_PER_SECOND,
    dissect::Protocol,
    flow::{Endpoint, Transport},
    identify::MachineId,
};

/// The explanation of a verdict.
pub(super) fn explanation(policy: &Policy, judgement: &Judgement<'_>) -> String {
    let explanation = Explanation::new(policy, judgement);
    let observed = explanation.observed();
    let local = explanation.is_local();
    match judgement.verdict {
        Verdict::Outside => format!("{observed}; {}", explanation.unknown_hosts()),
        Verdict::Ok if judgement.expectation.kind == Kind::None && local => {
            format!("{observed}; local traffic of {}, no rule applies", explanation.server)
        }
        Verdict::Ok => {
            format!("{observed}; {}{}", explanation.expected_by(), explanation.authentication())
        }
        Verdict::Blocked => {
            format!("{observed}; {}: {}", explanation.expected_by(), explanation.cause())
        }
        Verdict::Mismatch => explanation.mismatch(),
        Verdict::Unexpected => {
            format!("{observed}; {}{}", explanation.no_rule(), explanation.nearest_rule())
        }
        Verdict::Denied if judgement.expectation.kind != Kind::None => format!(
            "{observed}; {}, but it is not needed: another port works between {} and {}",
            explanation.expected_by(),
            explanation.client,
            explanation.server
        ),
        Verdict::Denied => format!("{observed}; {}: not a finding", explanation.no_rule()),
        Verdict::Unknown if judgement.expectation.kind == Kind::None => {
            format!("{observed}; {}", explanation.no_rule())
        }
        Verdict::Unknown => format!("{observed}; {}", explanation.expected_by()),
    }
}

/// The names that an explanation is made of.
struct Explanation<'a> {
    policy: &'a Policy,
    judgement: &'a Judgement<'a>,
    client: String,
    server: String,
    /// `tcp 5985`, `udp 623` or `ping`.
    port: String,
}

impl<'a> Explanation<'a> {
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

    /// `SSH server on tcp 5985 of hv07: rule agent-winrm (row 3) expects winrm`.
    fn mismatch(&self) -> String {
        let Self { server, client, port, .. } = self;
        let expected: Vec<&str> = self.judgement.protocols.iter().map(|one| one.name()).collect();
        let expected = format!("{} {} {}", self.rules(), self.verb(), expected.join(" or "));
        let conversation = self.judgement.conversation;
        let by_server = conversation
            .heard
            .as_ref()
            .is_some_and(|heard| heard.spoken[!self.judgement.client as usize].is_some());
        match self.judgement.observed().map(Protocol::name) {
            Some(name) if by_server => format!("{server} speaks {name} on {port}; {expected}"),
            Some(name) => format!(
                "{client} speaks {name} to {server} on {port}, and no byte of {server} was captured; {expected}"
            ),
            None => {
                format!("{server} speaks a protocol on {port} that is not recognised; {expected}")
            }
        }
    }

    fn unknown_hosts(&self) -> String {
        let client = self.judgement.client_machine.is_none();
        let server = self.judgement.server_machine.is_none();
        match (client, server) {
            (true, true) => "neither host is in the site file".to_owned(),
            (true, false) => format!("{} is not in the site file", self.client),
            (false, true) => format!("{} is not in the site file", self.server),
            (false, false) => "the traffic of a tenant network".to_owned(),
        }
    }

    fn is_local(&self) -> bool {
        self.judgement.client_machine == self.judgement.server_machine
    }

    fn is_ping(&self) -> bool {
        self.judgement.conversation.transport == Transport::Icmp
    }
}

/// `3.0 s`, or `40 ms` where that is shorter than a second.
fn duration(nanos: i64) -> String {
    const MILLI: i64 = NANOS_PER_SECOND / 1000;
    let nanos = nanos.max(0);
    if nanos < NANOS_PER_SECOND {
        return format!("{} ms", (nanos + MILLI / 2) / MILLI);
    }
    let tenths = (nanos + NANOS_PER_SECOND / 20) / (NANOS_PER_SECOND / 10);
    format!("{}.{} s", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_and_short_ones_are_never_zero_seconds() {
        for (nanos, text) in [
            (0, "0 ms"),
            (40_000_000, "40 ms"),
            (999_000_000, "999 ms"),
            (1_000_000_000, "1.0 s"),
            (2_960_000_000, "3.0 s"),
            (-5, "0 ms"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }
}
