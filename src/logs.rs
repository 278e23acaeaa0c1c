//! Firewall logs on their way into a report.

use std::net::IpAddr;

use crate::{
    capture::{FirewallLog, Problems},
    flow::{self, Conversations, Joined, Speaker},
    identify::MachineId,
    judge::Policy,
};

/// What is known of a firewall log.
#[derive(Clone, Debug)]
pub struct LogSummary {
    /// The machine that wrote it, as the user says.
    pub machine: MachineId,
    /// The path as given.
    pub source: String,
    /// Lines that tell of packets.
    pub lines: u64,
    /// Those of packets dropped.
    pub dropped: u64,
    /// Those of packets let through.
    pub allowed: u64,
    /// Whether its times are in UTC, as its header says.
    pub utc: bool,
    /// How it came together with the conversations.
    pub joined: Joined,
    /// What went wrong.
    pub problems: Problems,
}

/// Joins logs to the conversations; a log's place in the result is that of its
/// [`Speaker`]. Logs beyond the places that a speaker may have are left out.
pub fn join(
    logs: Vec<(MachineId, FirewallLog)>,
    policy: &Policy,
    conversations: &mut Conversations,
) -> Vec<LogSummary> {
    let join_one = |(place, (machine, log)): (u16, (MachineId, FirewallLog))| {
        let of_machine = |ip: IpAddr| policy.site.owner(ip) == Some(machine);
        let joined =
            flow::join(conversations, &log.lines, Speaker::Log(place), &of_machine, log.utc);
        LogSummary {
            machine,
            source: log.source,
            lines: log.dropped + log.allowed,
            dropped: log.dropped,
            allowed: log.allowed,
            utc: log.utc,
            joined,
            problems: log.problems,
        }
    };
    (0..=u16::MAX).zip(logs).map(join_one).collect()
}
