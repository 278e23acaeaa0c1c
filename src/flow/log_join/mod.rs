//! What a firewall log says, joined to the conversations that it says it of.
//!
//! A log tells time by its machine's wall clock and to the second, a capture by another clock. How far
//! they are apart shows in the packets that are in both.

mod index;
mod offset;

use std::net::IpAddr;

use self::{index::Index, offset::Offset};
use super::{
    Act, Conversations, Endpoint, Side, Speaker, Statement, Transport, endpoint::echo_ports,
};
use crate::capture::{Direction, LogLine, LogPath};

/// A line belongs to a conversation that went on within so many seconds of it, both clocks brought
/// together: logs are written to the second, and some time after the packet.
pub const JOIN_TOLERANCE_SECONDS: i64 = 3;

/// How a log and a capture came together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Lines that belong to a conversation.
    pub matched: u64,
    /// Lines that belong to none: not captured, or at another time.
    pub unmatched: u64,
    /// Lines about neither an address of the machine nor what it forwards. Where they are most of
    /// the log, it may be another machine's.
    pub elsewhere: u64,
    /// What the log's clock shows more than the capture's, in seconds: time zone and error. 0 where
    /// nothing tells.
    pub offset_seconds: i64,
    /// What the offset changed by in the middle of the log, in seconds: daylight saving time. 0 where it
    /// did not.
    pub change_seconds: i64,
    /// Conversations whose beginning is in both and that agree on the offset; 0 where nothing tells.
    pub pairs: u64,
}

/// A line, and where its conversations are in the index.
struct Candidate {
    line: u32,
    group: index::Group,
    src: Endpoint,
}

/// Adds what a log says to the conversations that it says it of. `of_machine` tells whether an
/// address is one of the machine that wrote the log, `utc` whether the log's times are in UTC.
pub fn join(
    conversations: &mut Conversations,
    log: &[LogLine],
    speaker: Speaker,
    of_machine: &dyn Fn(IpAddr) -> bool,
    utc: bool,
) -> Joined {
    let index = Index::new(conversations);
    let mut joined = Joined::default();
    let mut candidates = Vec::new();
    for (line, place) in log.iter().zip(0..) {
        if line.path != LogPath::Forward && !of_machine(line.src) && !of_machine(line.dst) {
            joined.elsewhere += 1;
            continue;
        }
        match ends(line).into_iter().flatten().find_map(|ends| Some((ends.0, index.group(ends)?))) {
            Some((src, group)) => candidates.push(Candidate { line: place, group, src }),
            None => joined.unmatched += 1,
        }
    }
    let offset = Offset::estimate(conversations, &index, log, &mut candidates, utc);
    if let Some(offset) = &offset {
        (joined.offset_seconds, joined.pairs) = (offset.seconds, offset.pairs);
        joined.change_seconds =
            offset.later.as_ref().map_or(0, |later| later.seconds - offset.seconds);
    }
    for candidate in &candidates {
        let line = &log[candidate.line as usize];
        let shown = offset.as_ref().map_or(0, |offset| offset.at(candidate.line));
        let seconds = line.seconds.saturating_sub(shown);
        match index.nearest(conversations, candidate.group, seconds) {
            Some(place) => {
                joined.matched += 1;
                let conversation = &mut conversations[place];
                let about = conversation.side(candidate.src);
                conversation.state(statement(line, about, speaker, of_machine));
            }
            None => joined.unmatched += 1,
        }
    }
    joined
}

/// Sender and receiver that a line may speak of. Where it tells no ICMP type, either may have asked.
fn ends(line: &LogLine) -> [Option<(Endpoint, Endpoint, Transport)>; 2] {
    let Some(transport) = Transport::from_protocol(line.protocol) else { return [None, None] };
    let with = |(src, dst)| {
        let src = Endpoint { ip: line.src, port: src };
        Some((src, Endpoint { ip: line.dst, port: dst }, transport))
    };
    if transport != Transport::Icmp {
        return [with(line.ports), None];
    }
    let (asking, asked) = echo_ports(line.src);
    match line.icmp_type.map(u16::from) {
        None => [with((asking, asked)), with((asked, asking))],
        Some(kind) if kind == asking => [with((asking, asked)), None],
        Some(kind) if kind == asked => [with((asked, asking)), None],
        Some(_) => [None, None],
    }
}

fn statement(
    line: &LogLine,
    about: Side,
    speaker: Speaker,
    of_machine: &dyn Fn(IpAddr) -> bool,
) -> Statement {
    let direction = match line.path {
        LogPath::Send => Some(Direction::Out),
        LogPath::Receive => Some(Direction::In),
        LogPath::Forward => None,
        LogPath::Unknown => match (of_machine(line.src), of_machine(line.dst)) {
            (true, false) => Some(Direction::Out),
            (false, true) => Some(Direction::In),
            _ => None,
        },
    };
    let act = if line.dropped { Act::Dropped } else { Act::Allowed };
    Statement { speaker, act, about, direction, times: 1 }
}
