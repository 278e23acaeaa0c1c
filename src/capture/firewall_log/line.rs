//! One line of a firewall log.

use std::net::IpAddr;

use arrayvec::ArrayVec;
use jiff::{
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{
    LogLine, LogPath,
    columns::{Column, Columns, MAX_COLUMNS},
};

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// What a line says.
#[derive(Debug)]
pub(super) enum Line {
    /// A packet was dropped or let through.
    Packet { dropped: bool, told: Told },
    /// So many events were not written.
    Lost(u64),
    /// Something of no use here.
    Nothing,
}

/// What is told of a packet.
#[derive(Debug)]
pub(super) enum Told {
    /// All of it.
    Line(LogLine),
    /// It is of a protocol without conversations, or a fragment without ports.
    OtherProtocol,
}

impl Line {
    /// Reads a line; the error says why it cannot be read.
    pub fn parse(text: &str, columns: &Columns) -> Result<Self, &'static str> {
        let values: ArrayVec<&str, MAX_COLUMNS> =
            text.split_ascii_whitespace().take(MAX_COLUMNS).collect();
        let of = |column| columns.of(&values, column);
        let action = of(Column::Action).ok_or("it has no action")?;
        // OPEN, OPEN-INBOUND and CLOSE are of Windows XP and Server 2003.
        let (dropped, usual_path) = match action {
            "DROP" => (true, LogPath::Unknown),
            "ALLOW" => (false, LogPath::Unknown),
            "OPEN" => (false, LogPath::Send),
            "OPEN-INBOUND" => (false, LogPath::Receive),
            "CLOSE" => return Ok(Self::Nothing),
            "INFO-EVENTS-LOST" => return Ok(Self::Lost(lost(&values, of(Column::Info)))),
            _ => return Err("its action is unknown"),
        };
        let seconds = seconds(of(Column::Date), of(Column::Time)).ok_or("it has no time")?;
        let src = address(of(Column::SrcIp)).ok_or("it has no source address")?;
        let dst = address(of(Column::DstIp)).ok_or("it has no destination address")?;
        let protocol = protocol(of(Column::Protocol).unwrap_or_default(), src);
        let ports = port(of(Column::SrcPort)).zip(port(of(Column::DstPort)));
        let (protocol, ports, icmp_type) = match (protocol, ports) {
            (Some(protocol @ (TCP | UDP)), Some(ports)) => (protocol, ports, None),
            (Some(protocol @ (ICMP | ICMPV6)), _) => (protocol, (0, 0), icmp_type(of)),
            _ => return Ok(Self::Packet { dropped, told: Told::OtherProtocol }),
        };
        let path = of(Column::Path).map_or(usual_path, path);
        let line = LogLine { seconds, protocol, src, dst, ports, icmp_type, dropped, path };
        Ok(Self::Packet { dropped, told: Told::Line(line) })
    }
}

/// How many events were lost: the info column says it; some versions write one dash more or less.
fn lost(values: &[&str], info: Option<&str>) -> u64 {
    let told = info.and_then(|info| info.parse().ok());
    let last = || values.iter().skip(3).rev().find_map(|value| value.parse().ok());
    told.or_else(last).unwrap_or(1)
}

fn seconds(date: Option<&str>, time: Option<&str>) -> Option<i64> {
    let (date, time): (Date, Time) = (date?.parse().ok()?, time?.parse().ok()?);
    let timestamp = TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    Some(timestamp.as_second())
}

/// An address, without the scope that IPv6 may bear (RFC 4007, 11).
fn address(text: Option<&str>) -> Option<IpAddr> {
    let text = text?;
    let plain = text.split_once('%').map_or(text, |(address, _)| address);
    plain.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn port(text: Option<&str>) -> Option<u16> {
    text?.parse().ok()
}

fn icmp_type<'v>(of: impl Fn(Column) -> Option<&'v str>) -> Option<u8> {
    of(Column::IcmpType)?.parse().ok()
}

/// A protocol by name or number. ICMP is called so for IPv6, too.
fn protocol(text: &str, src: IpAddr) -> Option<u8> {
    match text.to_ascii_uppercase().as_str() {
        "TCP" => Some(TCP),
        "UDP" => Some(UDP),
        "ICMP" if src.is_ipv6() => Some(ICMPV6),
        "ICMP" => Some(ICMP),
        "ICMPV6" => Some(ICMPV6),
        number => number.parse().ok(),
    }
}

fn path(text: &str) -> LogPath {
    match text {
        "SEND" => LogPath::Send,
        "RECEIVE" => LogPath::Receive,
        "FORWARD" => LogPath::Forward,
        _ => LogPath::Unknown,
    }
}
