//! Names as people read them.

use ipnet::IpNet;

use super::clean;
use crate::{
    capture::{NANOS_PER_SECOND, Timestamp},
    flow::{Endpoint, Transport},
    identify::MachineId,
    judge::{Judgement, Policy, RuleRef},
};

/// A machine's name.
pub(super) fn machine(policy: &Policy, id: MachineId) -> String {
    clean(&policy.site.machine(id).name).into_owned()
}

/// A machine's name, or the address of a stranger.
pub(super) fn party(policy: &Policy, id: Option<MachineId>, end: Endpoint) -> String {
    id.map_or_else(|| end.ip.to_string(), |id| machine(policy, id))
}

/// Client and server of a judgement.
pub(super) fn parties(policy: &Policy, judgement: &Judgement<'_>) -> (String, String) {
    (
        party(policy, judgement.client_machine, judgement.client_end()),
        party(policy, judgement.server_machine, judgement.server_end()),
    )
}

/// `tcp 5985`, or `ping`.
pub(super) fn service(transport: Transport, port: u16) -> String {
    match transport {
        Transport::Icmp => "ping".to_owned(),
        other => format!("{other} {port}"),
    }
}

/// An endpoint with its port as one writes it.
pub(super) fn endpoint(end: Endpoint) -> String {
    std::net::SocketAddr::new(end.ip, end.port).to_string()
}

/// An address, or a network where it is more than one.
pub(super) fn network(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

/// The ids of rules.
pub(super) fn rule_id(policy: &Policy, rule: RuleRef) -> String {
    match rule {
        RuleRef::Entry(index) => policy.matrix.entries[index].id.clone(),
        RuleRef::Allow(index) => policy.site.allows[index].name.clone(),
    }
}

/// `1 packet`, `2 packets`.
pub(super) fn plural(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// `2026-03-01 08:00:00`, in UTC.
pub(super) fn second(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..19).map_or_else(|| text.clone(), |text| text.replace('T', " "))
}

/// A duration of nanoseconds as `7.0 s`, `3 min 20 s` or `2 h 4 min`.
pub(super) fn duration(nanos: i64) -> String {
    let seconds = nanos / NANOS_PER_SECOND;
    match seconds {
        0..60 => format!("{seconds}.{} s", nanos % NANOS_PER_SECOND / (NANOS_PER_SECOND / 10)),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The time of day as `08:00:01`, in UTC.
pub(super) fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(11..19).map_or_else(|| text.clone(), str::to_owned)
}

/// A large number short: `999`, `12.3k`, `4.0M`.
pub(super) fn amount(count: u64) -> String {
    let thousands = count / 1000;
    match thousands {
        0 => count.to_string(),
        1..1000 => format!("{thousands}.{}k", count % 1000 / 100),
        1000..1_000_000 => format!("{}.{}M", thousands / 1000, thousands % 1000 / 100),
        _ => format!("{}.{}G", thousands / 1_000_000, thousands % 1_000_000 / 100_000),
    }
}

/// How long ago something was: `now`, `12 s`, `3 min`, `2 h`, `4 d`.
pub(super) fn age(nanos: i64) -> String {
    match nanos / NANOS_PER_SECOND {
        0 => "now".to_owned(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}
