//! The columns of the flows.

use std::cmp::Ordering;

use serde::Deserialize;
use unicode_width::UnicodeWidthStr;

use super::{super::names, theme::mark};
use crate::{
    capture::NANOS_PER_SECOND,
    flow::{ConnState, Counters},
    judge::{Policy, Verdict},
    ledger::Row,
};

/// A column of the flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the help of each says what it shows")]
pub enum Column {
    Verdict,
    Start,
    Last,
    Transport,
    Client,
    Server,
    Port,
    Outcome,
    State,
    Tries,
    Packets,
    Bytes,
    Protocol,
    Rule,
    Evidence,
    History,
    Handshake,
}

impl Column {
    /// All of them, in the order of the chooser.
    pub const ALL: [Self; 17] = [
        Self::Verdict,
        Self::Start,
        Self::Last,
        Self::Transport,
        Self::Client,
        Self::Server,
        Self::Port,
        Self::Outcome,
        Self::State,
        Self::Tries,
        Self::Packets,
        Self::Bytes,
        Self::Protocol,
        Self::Rule,
        Self::Evidence,
        Self::History,
        Self::Handshake,
    ];

    /// Those shown unless the configuration says otherwise.
    pub const USUAL: [Self; 9] = [
        Self::Verdict,
        Self::Start,
        Self::Transport,
        Self::Client,
        Self::Server,
        Self::Port,
        Self::Outcome,
        Self::Packets,
        Self::Rule,
    ];

    /// Its heading.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.table().0
    }

    /// What it shows.
    #[must_use]
    pub fn help(self) -> &'static str {
        self.table().2
    }

    /// The least and the most cells it takes.
    #[must_use]
    pub fn width(self) -> (u16, u16) {
        self.table().1
    }

    /// Whether its cells stand at the right.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Port | Self::Tries | Self::Packets | Self::Bytes | Self::Handshake)
    }

    fn table(self) -> (&'static str, (u16, u16), &'static str) {
        match self {
            Self::Verdict => ("verdict", (12, 12), "mark and verdict"),
            Self::Start => ("start", (8, 8), "time of the first packet, UTC"),
            Self::Last => ("last", (8, 8), "time of the latest packet, UTC"),
            Self::Transport => ("l4", (4, 4), "tcp, udp or icmp"),
            Self::Client => ("client", (8, 24), "who asks"),
            Self::Server => ("server", (8, 24), "who is asked"),
            Self::Port => ("port", (5, 5), "the server's port"),
            Self::Outcome => ("outcome", (11, 11), "how it went"),
            Self::State => ("state", (6, 6), "Zeek's conn_state"),
            Self::Tries => ("tries", (5, 5), "SYNs of the client"),
            Self::Packets => ("packets", (7, 11), "packets of client and server"),
            Self::Bytes => ("bytes", (7, 9), "IP bytes of both sides"),
            Self::Protocol => ("protocol", (8, 15), "what is spoken"),
            Self::Rule => ("rule", (8, 40), "the rules that expect it"),
            Self::Evidence => ("evidence", (9, 9), "how far the verdict can be trusted"),
            Self::History => ("history", (7, 23), "Zeek's history"),
            Self::Handshake => ("rtt ms", (6, 9), "time of the handshake"),
        }
    }

    /// The cell of a row.
    #[must_use]
    pub fn cell(self, policy: &Policy, row: &Row) -> String {
        let conversation = &row.conversation;
        let tcp = conversation.tcp();
        let time = |time: crate::capture::Timestamp| names::clock(time);
        match self {
            Self::Verdict => format!("{} {}", mark(row.verdict), row.verdict.name()),
            Self::Start => time(conversation.first),
            Self::Last => time(conversation.last),
            Self::Transport => conversation.transport.name().to_owned(),
            Self::Client => names::party(policy, row.client_machine, row.client_end()),
            Self::Server => names::party(policy, row.server_machine, row.server_end()),
            Self::Port => match conversation.transport {
                crate::flow::Transport::Icmp => String::new(),
                _ => row.server_end().port.to_string(),
            },
            Self::Outcome => row.outcome.name().to_owned(),
            Self::State => tcp.map_or(String::new(), |_| {
                ConnState::of(conversation, row.client).name().to_owned()
            }),
            Self::Tries => tcp.map_or(String::new(), |tcp| tcp.syn_tries(row.client).to_string()),
            Self::Packets => {
                let count = |side: crate::flow::Side| self::packets(row, side);
                format!("{}/{}", count(row.client), count(!row.client))
            }
            Self::Bytes => names::amount(bytes(row)),
            Self::Protocol => {
                let spoken = conversation.protocol(row.client);
                spoken.map_or(String::new(), |protocol| protocol.name().to_owned())
            }
            Self::Rule => rules(policy, row),
            Self::Evidence => row.evidence.name().to_owned(),
            Self::History => tcp.map_or(String::new(), |tcp| tcp.history(row.client)),
            Self::Handshake => tcp.and_then(|tcp| tcp.handshake()).map_or(String::new(), |nanos| {
                format!("{:.1}", nanos as f64 / (NANOS_PER_SECOND as f64 / 1000.0))
            }),
        }
    }

    /// The order of two rows by this column; rows that are alike stay in their order.
    #[must_use]
    pub fn compare(self, policy: &Policy, a: &Row, b: &Row) -> Ordering {
        let text = || self.cell(policy, a).cmp(&self.cell(policy, b));
        let number = |value: fn(&Row) -> u64| value(a).cmp(&value(b));
        match self {
            Self::Verdict => a.verdict.cmp(&b.verdict),
            Self::Start => a.conversation.first.cmp(&b.conversation.first),
            Self::Last => a.conversation.last.cmp(&b.conversation.last),
            Self::Transport => a.conversation.transport.cmp(&b.conversation.transport),
            Self::Client => party(policy, a, true).cmp(&party(policy, b, true)),
            Self::Server => party(policy, a, false).cmp(&party(policy, b, false)),
            Self::Port => a.server_end().port.cmp(&b.server_end().port),
            Self::Outcome => a.outcome.cmp(&b.outcome),
            Self::Tries => number(|row| {
                row.conversation.tcp().map_or(0, |tcp| tcp.syn_tries(row.client).into())
            }),
            Self::Packets => number(|row| packets(row, row.client) + packets(row, !row.client)),
            Self::Bytes => number(bytes),
            Self::Handshake => number(|row| {
                let handshake = row.conversation.tcp().and_then(|tcp| tcp.handshake());
                handshake.and_then(|nanos| u64::try_from(nanos).ok()).unwrap_or(0)
            }),
            Self::Rule => a.expectation.rules.cmp(&b.expectation.rules),
            Self::State | Self::Protocol | Self::Evidence | Self::History => text(),
        }
    }
}

/// Machines by name, then strangers by address.
fn party<'a>(
    policy: &'a Policy,
    row: &Row,
    client: bool,
) -> (bool, Option<&'a str>, std::net::IpAddr) {
    let (id, end) = if client {
        (row.client_machine, row.client_end())
    } else {
        (row.server_machine, row.server_end())
    };
    (id.is_none(), id.map(|id| policy.site.machine(id).name.as_str()), end.ip)
}

fn packets(row: &Row, side: crate::flow::Side) -> u64 {
    row.conversation.counters[side as usize].packets
}

fn bytes(row: &Row) -> u64 {
    row.conversation.counters.iter().map(|Counters { ip_bytes, .. }| ip_bytes).sum()
}

/// The rules that expect a conversation, as ids; what expects it where no rule of the page does.
fn rules(policy: &Policy, row: &Row) -> String {
    if row.verdict == Verdict::Outside {
        return String::new();
    }
    let ids: Vec<String> =
        row.expectation.rules.iter().map(|rule| names::rule_id(policy, *rule)).collect();
    if ids.is_empty() { "no rule".to_owned() } else { ids.join(" ") }
}

/// How the columns share a width: the least each one takes, and what is left for those that can grow
/// to the width of their cells. Columns that do not fit are left out from `first` on.
#[must_use]
pub fn share(columns: &[Column], cells: &[Vec<String>], width: u16) -> Vec<(Column, u16)> {
    let mut shown: Vec<(Column, u16)> = Vec::new();
    let mut left = width;
    for column in columns {
        let least = column.width().0;
        let gap = u16::from(!shown.is_empty());
        if left < least + gap {
            break;
        }
        left -= least + gap;
        shown.push((*column, least));
    }
    for (place, (column, given)) in shown.iter_mut().enumerate() {
        let widest = cells.iter().map(|row| row[place].width()).max().unwrap_or(0);
        let wanted = u16::try_from(widest).unwrap_or(u16::MAX).clamp(*given, column.width().1);
        let more = (wanted - *given).min(left);
        *given += more;
        left -= more;
    }
    shown
}
