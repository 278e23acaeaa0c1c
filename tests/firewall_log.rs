//! pfirewall.log as Windows writes it, as people copy it, and as it is broken.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use std::io::{Cursor, Read};

use proptest::prelude::*;
use vmmtap::capture::{FirewallLog, LogLine, OpenError, Problem};

const HEADER: &str = "\
#Version: 1.5
#Software: Microsoft Windows Firewall
#Time Format: Local
#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack \
tcpwin icmptype icmpcode info path

";

fn read(bytes: impl Into<Vec<u8>>) -> Result<FirewallLog, OpenError> {
    FirewallLog::from_reader("test.log".to_owned(), Cursor::new(bytes.into()))
}

fn log(text: &str) -> FirewallLog {
    read(text).expect("a firewall log")
}

/// The one line that a header and these lines tell.
fn line(text: &str) -> LogLine {
    let log = log(&format!("{HEADER}{text}\n"));
    assert!(log.problems.is_empty(), "{text}: {:?}", log.problems.lines());
    assert_eq!(log.lines.len(), 1, "{text}");
    log.lines[0]
}

fn told(line: &LogLine) -> String {
    let act = if line.dropped { "drop" } else { "allow" };
    let icmp = line.icmp_type.map_or(String::new(), |kind| format!(" type {kind}"));
    let (from, to) = line.ports;
    format!(
        "{} {act} {} {} {from} -> {} {to}{icmp} {:?}",
        line.seconds, line.protocol, line.src, line.dst, line.path
    )
}

/// 2022-01-31 12:24:51 as if it were UTC.
const NOON: i64 = 1_643_631_891;

#[test]
fn every_kind_of_line_is_read() {
    for (text, expected) in [
        (
            "2022-01-31 12:24:51 DROP TCP 192.168.9.163 192.168.9.212 63619 445 64 S 1031365855 0 65535 - - - RECEIVE 4",
            format!("{NOON} drop 6 192.168.9.163 63619 -> 192.168.9.212 445 Receive"),
        ),
        (
            "2022-01-31 12:24:51 ALLOW TCP 10.0.0.1 10.0.0.2 50941 443 0 - 0 0 0 - - - SEND",
            format!("{NOON} allow 6 10.0.0.1 50941 -> 10.0.0.2 443 Send"),
        ),
        (
            "2022-01-31 12:24:51 DROP UDP fe80::3680:dff:fe01:9e88%12 ff02::fb 5353 5353 89 - - - - - - - RECEIVE",
            format!("{NOON} drop 17 fe80::3680:dff:fe01:9e88 5353 -> ff02::fb 5353 Receive"),
        ),
        (
            "2022-01-31 12:24:51 DROP UDP fe80::1 ff02::fb 5353 5353 89 - - - - - -",
            format!("{NOON} drop 17 fe80::1 5353 -> ff02::fb 5353 Unknown"),
        ),
        (
            "2022-01-31 12:24:51 DROP ICMP 10.0.0.1 10.0.0.2 - - 60 - - - - 8 0 - RECEIVE",
            format!("{NOON} drop 1 10.0.0.1 0 -> 10.0.0.2 0 type 8 Receive"),
        ),
        (
            "2022-01-31 12:24:51 DROP ICMP fe80::1 fe80::2 - - 60 - - - - 128 0 - RECEIVE",
            format!("{NOON} drop 58 fe80::1 0 -> fe80::2 0 type 128 Receive"),
        ),
        (
            "2022-01-31 12:24:51 DROP 58 fe80::1 fe80::2 - - 60 - - - - - - - RECEIVE",
            format!("{NOON} drop 58 fe80::1 0 -> fe80::2 0 Receive"),
        ),
        (
            "2022-01-31 12:24:51 ALLOW TCP ::ffff:10.0.0.1 10.0.0.2 1 2 0 - 0 0 0 - - - FORWARD",
            format!("{NOON} allow 6 10.0.0.1 1 -> 10.0.0.2 2 Forward"),
        ),
        (
            "2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 1 2 0 - 0 0 0 - - - UNKNOWN",
            format!("{NOON} drop 6 10.0.0.1 1 -> 10.0.0.2 2 Unknown"),
        ),
        // Windows XP and Server 2003.
        (
            "2022-01-31 12:24:51 OPEN TCP 10.0.0.1 10.0.0.2 1 2 - - - - - - - -",
            format!("{NOON} allow 6 10.0.0.1 1 -> 10.0.0.2 2 Send"),
        ),
        (
            "2022-01-31 12:24:51 OPEN-INBOUND UDP 10.0.0.1 10.0.0.2 1 2 - - - - - - - - -",
            format!("{NOON} allow 17 10.0.0.1 1 -> 10.0.0.2 2 Receive"),
        ),
    ] {
        assert_eq!(told(&line(text)), expected, "{text}");
    }
}

#[test]
fn lines_without_a_conversation_are_counted_and_not_kept() {
    let log = log(&format!(
        "{HEADER}\
         2022-01-31 12:24:51 DROP 2 10.0.0.1 224.0.0.22 - - 40 - - - - - - - RECEIVE\n\
         2022-01-31 12:24:51 ALLOW 47 10.0.0.1 10.0.0.2 - - 40 - - - - - - - SEND\n\
         2022-01-31 12:24:51 DROP - 10.0.0.1 10.0.0.2 - - 40 - - - - - - - RECEIVE\n\
         2022-01-31 12:24:51 DROP UDP 10.0.0.1 10.0.0.2 - - 40 - - - - - - - RECEIVE\n\
         2022-01-31 12:24:51 CLOSE TCP 10.0.0.1 10.0.0.2 1 2 - - - - - - - -\n"
    ));
    assert!(log.problems.is_empty(), "{:?}", log.problems.lines());
    assert_eq!((log.lines.len(), log.dropped, log.allowed), (0, 3, 1));
}

#[test]
fn the_header_decides_the_columns_and_may_come_again() {
    let log = log("\
#Version: 1.5
#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path pid
2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 1 2 0 - 0 0 0 - - - SEND 11188
#Time Format: UTC
#Fields: action path dst-port src-port dst-ip src-ip protocol time date novelty
DROP SEND 2 1 10.0.0.2 10.0.0.1 TCP 12:24:51 2022-01-31 -
#Fields: date time action protocol src-ip dst-ip src-port dst-port
2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 1 2
");
    assert!(log.problems.is_empty(), "{:?}", log.problems.lines());
    let told: Vec<String> = log.lines.iter().map(told).collect();
    let whole = format!("{NOON} drop 6 10.0.0.1 1 -> 10.0.0.2 2 Send");
    assert_eq!(told, [whole.clone(), whole.clone(), whole.replace("Send", "Unknown")]);
    assert!(log.utc);
    assert!(!self::log(HEADER).utc);
}

#[test]
fn lines_before_a_header_have_the_usual_columns() {
    let log = log("2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 1 2 0 - 0 0 0 - - - SEND 4\n");
    assert_eq!(told(&log.lines[0]), format!("{NOON} drop 6 10.0.0.1 1 -> 10.0.0.2 2 Send"));
}

#[test]
fn every_encoding_tells_the_same() {
    let text = format!(
        "{HEADER}2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 1 2 0 - 0 0 0 - - - SEND\n"
    );
    let windows = text.replace('\n', "\r\n");
    let little: Vec<u8> = windows.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = windows.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for (what, bytes) in [
        ("plain", text.clone().into_bytes()),
        ("CRLF", windows.clone().into_bytes()),
        ("UTF-8 with its mark", marked(b"\xef\xbb\xbf", windows.as_bytes())),
        ("UTF-16LE", little.clone()),
        ("UTF-16LE with its mark", marked(b"\xff\xfe", &little)),
        ("UTF-16BE", big.clone()),
        ("UTF-16BE with its mark", marked(b"\xfe\xff", &big)),
        ("zeros before it", marked(&[0; 40], windows.as_bytes())),
        ("zeros after it", marked(windows.as_bytes(), &[0; 4096])),
    ] {
        let log = read(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(log.problems.is_empty(), "{what}: {:?}", log.problems.lines());
        assert_eq!(log.lines.len(), 1, "{what}");
        assert_eq!(told(&log.lines[0]), format!("{NOON} drop 6 10.0.0.1 1 -> 10.0.0.2 2 Send"));
    }
}

#[test]
fn a_line_cut_off_by_the_end_of_the_file_is_left_out_and_told_of() {
    let whole = "2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 1 54321 0 - 0 0 0 - - - RECEIVE";
    let text = format!("{HEADER}{whole}\n{whole}");
    let begin = text.len() - whole.len();
    for cut in begin..=text.len() {
        let log = log(&text[..cut]);
        // Without its end the last value may be a part; of the path that says nothing wrong.
        let has_all = cut > text.len() - "RECEIVE".len();
        assert_eq!(log.lines.len(), 1 + usize::from(has_all), "cut at {cut}");
        assert!(log.lines.iter().all(|line| line.ports == (1, 54321)), "cut at {cut}");
        let partial = cut > begin && !has_all;
        assert_eq!(log.problems.count(Problem::CutOff), u64::from(partial), "cut at {cut}");
    }
}

#[test]
fn events_that_windows_left_out_are_counted_as_lost() {
    for (text, lost) in [
        ("2022-01-31 12:24:51 INFO-EVENTS-LOST - - - - - - - - - - - - 12 -", 12),
        ("2022-01-31 12:24:51 INFO-EVENTS-LOST - - - - - - - - - - - - - 12", 12),
        ("2022-01-31 12:24:51 INFO-EVENTS-LOST - - - - - - - - - - - - - -", 1),
    ] {
        let log = log(&format!("{HEADER}{text}\n{text}\n"));
        assert_eq!(log.problems.count(Problem::EventsLost), 2 * lost, "{text}");
        assert_eq!(log.dropped + log.allowed, 0);
    }
}

#[test]
fn lines_that_cannot_be_read_are_counted_with_the_first_ones_reason() {
    let tail = "1 2 0 - 0 0 0 - - - SEND";
    for (text, reason) in [
        (
            format!("2022-01-31 12:24:51 BLOCK TCP 10.0.0.1 10.0.0.2 {tail}"),
            "line 6: its action is unknown",
        ),
        (
            format!("2022-01-32 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 {tail}"),
            "line 6: it has no time",
        ),
        (
            format!("2022-01-31 25:24:51 DROP TCP 10.0.0.1 10.0.0.2 {tail}"),
            "line 6: it has no time",
        ),
        (format!("2022-01-31 12:24:51 DROP TCP 10.0.0.256 10.0.0.2 {tail}"), "no source address"),
        (format!("2022-01-31 12:24:51 DROP TCP 10.0.0.1 - {tail}"), "no destination address"),
        ("2022-01-31 12:24:51".to_owned(), "it has no action"),
        ("x".repeat(70_000), "it is too long"),
    ] {
        let good = format!("2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 {tail}");
        let log = log(&format!("{HEADER}{text}\n{text}\n{good}\n"));
        let told = log.problems.lines();
        assert_eq!(log.problems.count(Problem::UnreadableLine), 2, "{reason}: {told:?}");
        assert!(told[0].contains(reason), "{told:?}");
        assert_eq!(log.lines.len(), 1, "{reason}: the next line is read");
    }
}

#[test]
fn what_is_no_firewall_log_is_refused() {
    for bytes in [&b""[..], b"hello\n", b"\x0a\x0d\x0d\x0a\x1c\0\0\0", &[0xff; 3000]] {
        let error = read(bytes).expect_err("no log").to_string();
        assert!(error.contains("test.log: it is not a log of the Windows firewall"), "{error}");
    }
    assert_eq!(log(HEADER).lines.len(), 0, "a log of a firewall that dropped nothing is one");
}

#[test]
fn a_reader_that_fails_leaves_what_came_before() {
    struct Failing(Cursor<Vec<u8>>);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::other("line went dead")),
                count => Ok(count),
            }
        }
    }
    let text = format!(
        "{HEADER}2022-01-31 12:24:51 DROP TCP 10.0.0.1 10.0.0.2 1 2 0 - 0 0 0 - - - SEND\n2022-01"
    );
    let reader = Failing(Cursor::new(text.into_bytes()));
    let log = FirewallLog::from_reader("test".to_owned(), reader).expect("a log");
    assert_eq!(log.lines.len(), 1);
    assert_eq!(log.problems.count(Problem::ReadFailed), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_a_log_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        headed: bool,
    ) {
        let bytes = if headed { [HEADER.as_bytes(), &bytes].concat() } else { bytes };
        if let Ok(log) = read(bytes) {
            prop_assert!(log.lines.len() as u64 <= log.dropped + log.allowed);
        }
    }

    #[test]
    fn any_values_in_any_columns_are_read_or_counted(
        values in prop::collection::vec("[-0-9A-Z.:%]{1,12}|DROP|ALLOW|TCP|UDP|2022-01-31|12:24:51|10.0.0.1", 0..40),
    ) {
        let log = log(&format!("{HEADER}{}\n", values.join(" ")));
        let counted = log.dropped + log.allowed + log.problems.count(Problem::UnreadableLine)
            + log.problems.count(Problem::EventsLost);
        let closes = values.get(2).is_some_and(|action| action == "CLOSE");
        let nothing = values.is_empty() || closes || values[0].starts_with('#');
        prop_assert!(nothing || counted > 0);
    }
}
