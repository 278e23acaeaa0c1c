//! What fixes a blocked connection, and on which machine.

use super::names;
use crate::{
    flow::{Outcome, Transport},
    judge::{FixAt, Judgement, Kind, Policy, Requirement},
};

/// The change that fixes a blocked connection, in one line that begins with the place: `Fix on hv07:
/// vmmtap firewall --machine hv07`.
pub(super) fn fix(policy: &Policy, judgement: &Judgement<'_>) -> String {
    let (client, server) = names::parties(policy, judgement);
    let transport = judgement.conversation.transport;
    let service = names::service(transport, judgement.server_end().port);
    match judgement.fix_at(policy) {
        // The handshake was completed: no firewall rule is missing.
        FixAt::Server(_) if judgement.outcome == Outcome::Reset => {
            format!("Fix on {server}: the port is open; check the service on {service}")
        }
        FixAt::Server(_) => match command(policy, judgement, &server) {
            Some(command) => format!("Fix on {server}: {command}"),
            None => format!("Fix on {server}: allow inbound {service} from {client}"),
        },
        FixAt::Client(_) => {
            format!("Fix on {client}: allow outbound {service} to {server} in its firewall")
        }
        FixAt::Device(Some(address)) => {
            format!("Fix at {address}: allow {service} from {client} to {server}")
        }
        FixAt::Device(None) if transport == Transport::Tcp => format!(
            "Fix on the path between {client} and {server}: allow {service} and its replies"
        ),
        FixAt::Device(None) => {
            format!("Fix on the path between {client} and {server}: allow {service}")
        }
    }
}

/// The command that prints the server's exceptions, where a rule of the page or of the site has one.
fn command(policy: &Policy, judgement: &Judgement<'_>, server: &str) -> Option<String> {
    let covered =
        matches!(judgement.expectation.kind, Kind::Expected | Kind::DynamicRpc | Kind::Site);
    // A name that a shell would not take as it stands is not put into a command.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !covered || !server.chars().all(plain) {
        return None;
    }
    let conditional: Vec<&str> = judgement
        .expectation
        .rules
        .iter()
        .filter_map(|rule| policy.entry(*rule))
        .filter(|entry| {
            entry.requirement == Requirement::Conditional
                && judgement.expectation.kind == Kind::Expected
                && entry.id.chars().all(plain)
        })
        .map(|entry| entry.id.as_str())
        .collect();
    let conditional = match conditional.as_slice() {
        [] => String::new(),
        rules => format!(" --conditional {}", rules.join(",")),
    };
    Some(format!("vmmtap firewall{} --machine {server}{conditional}", policy.options))
}
