//! The log of the Windows firewall, pfirewall.log.
//!
//! A header names the columns; each line after it tells of a packet that was dropped or of a
//! connection that was let through, to the second, in the machine's local time unless the header
//! says otherwise. The zone is not told, so times are kept as the wall clock showed them. Format:
//! Windows documentation, "Interpreting the Windows Firewall log", and logs as they are found.

mod columns;
mod line;
mod text;

use std::{
    io::Read,
    net::IpAddr,
    sync::{Arc, atomic::AtomicU64},
};

use self::{
    columns::Columns,
    line::{Line, Told},
    text::{End, Lines},
};
use super::{OpenError, Problem, Problems, Source, open};

/// Lines kept of a log. Windows itself begins a new one after 32 MiB, some 300,000 lines.
const MAX_LINES: usize = 1 << 21;

/// Which way a packet went at the machine that wrote the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPath {
    /// It was sent.
    Send,
    /// It was received.
    Receive,
    /// It was passed on for others.
    Forward,
    /// The log does not say.
    Unknown,
}

/// A line that tells of a packet of TCP, UDP or ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Seconds from 1970-01-01 00:00 by the clock that the log uses.
    pub seconds: i64,
    /// IP protocol: 6, 17, 1 or 58.
    pub protocol: u8,
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Ports of sender and receiver; 0 for ICMP.
    pub ports: (u16, u16),
    /// Type of an ICMP message, where it is told.
    pub icmp_type: Option<u8>,
    /// Whether it was dropped; else it was let through.
    pub dropped: bool,
    /// Which way it went.
    pub path: LogPath,
}

/// What a firewall log says.
#[derive(Debug, Default)]
pub struct FirewallLog {
    /// The path as given.
    pub source: String,
    /// What it tells of TCP, UDP and ICMP, in its own order.
    pub lines: Vec<LogLine>,
    /// Lines that say that a packet was dropped, whatever its protocol.
    pub dropped: u64,
    /// Lines that say that a packet was let through, whatever its protocol.
    pub allowed: u64,
    /// Whether its times are in UTC.
    pub utc: bool,
    /// What went wrong.
    pub problems: Problems,
}

impl FirewallLog {
    /// Reads a log: UTF-8 or UTF-16, plain or in gzip or zstd.
    ///
    /// # Errors
    /// The file cannot be opened, or is something else than a firewall log.
    pub fn open(source: &Source) -> Result<Self, OpenError> {
        let (reader, _) = open::uncompressed(source, Arc::new(AtomicU64::new(0)))?;
        Self::from_reader(source.to_string(), reader)
    }

    /// Reads a log from any stream of uncompressed bytes.
    ///
    /// # Errors
    /// The stream holds something else than a firewall log.
    pub fn from_reader(
        source: String,
        reader: impl Read + Send + 'static,
    ) -> Result<Self, OpenError> {
        let mut reading = Reading::default();
        let mut lines = Lines::new(reader);
        while let Some(end) = lines.advance(&mut reading.log.problems) {
            reading.take(lines.number(), lines.text().as_ref(), end);
        }
        let Reading { mut log, has_header, .. } = reading;
        if !has_header && log.dropped + log.allowed == 0 {
            let what = "it is not a log of the Windows firewall, which begins with #Version and \
                        #Fields"
                .to_owned();
            return Err(OpenError::NotACapture { file: source, what });
        }
        log.source = source;
        Ok(log)
    }
}

/// A log under reading.
#[derive(Default)]
struct Reading {
    log: FirewallLog,
    columns: Columns,
    has_header: bool,
}

impl Reading {
    fn take(&mut self, number: u64, text: &str, end: End) {
        let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
        let unreadable = |problems: &mut Problems, why: &str| {
            problems.note(Problem::UnreadableLine, || format!("line {number}: {why}"));
        };
        if end == End::TooLong {
            return unreadable(&mut self.log.problems, "it is too long");
        }
        if text.is_empty() {
            return;
        }
        if let Some(header) = text.strip_prefix('#') {
            return self.take_header(header);
        }
        // Somebody copied it while a line was being written: a number that ends there may be a part.
        if end == End::OfFile && text.split_ascii_whitespace().count() < self.columns.count() {
            return self.log.problems.note(Problem::CutOff, || format!("line {number}"));
        }
        match Line::parse(text, &self.columns) {
            Ok(Line::Packet { dropped, told }) => self.take_packet(dropped, told),
            Ok(Line::Lost(count)) => {
                self.log.problems.add(Problem::EventsLost, count, String::new);
            }
            Ok(Line::Nothing) => {}
            Err(why) => unreadable(&mut self.log.problems, why),
        }
    }

    fn take_header(&mut self, header: &str) {
        let Some((name, value)) = header.split_once(':') else { return };
        match name.trim().to_ascii_lowercase().as_str() {
            "fields" => {
                self.columns = Columns::named(value);
                self.has_header = true;
            }
            "software" => self.has_header |= value.contains("Firewall"),
            "time format" => self.log.utc = value.trim().eq_ignore_ascii_case("utc"),
            _ => {}
        }
    }

    fn take_packet(&mut self, dropped: bool, told: Told) {
        let count = if dropped { &mut self.log.dropped } else { &mut self.log.allowed };
        *count += 1;
        match told {
            Told::Line(_) if self.log.lines.len() == MAX_LINES => {
                self.log.problems.note(Problem::TooMany, String::new);
            }
            Told::Line(line) => self.log.lines.push(line),
            Told::OtherProtocol => {}
        }
    }
}
