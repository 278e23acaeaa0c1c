//! Firewall logs beside captures: which conversation a line belongs to, and how far the clocks are
//! apart.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{
    io::Cursor,
    net::IpAddr,
    sync::{Arc, LazyLock},
};

use desk::{SECOND, SITE};
use proptest::prelude::*;
use recorder::{Pcap, icmp, tcp, udp};

use vmmtap::{
    capture::{CaptureFile, Direction, FirewallLog, LogLine},
    engine::Engine,
    flow::{Act, Conversations, JOIN_TOLERANCE_SECONDS, Joined, Side, Speaker, Statement, join},
    identify::{MachineId, Site},
    judge::{Matrix, Policy},
    report::Report,
};

const VMM: &str = "10.0.0.1";
const HV: &str = "10.0.0.2";
/// 2026-03-01 12:00:00 UTC.
const NOON: u64 = 1_772_366_400;

static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let site = Site::parse("vmmtap.toml", SITE).expect("a good site file");
    Arc::new(Policy::new(Matrix::embedded().expect("the matrix"), site))
});

/// Frames at so many milliseconds after noon.
fn capture(frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let frames: Vec<_> = frames
        .iter()
        .map(|(millis, frame)| (NOON * SECOND + millis * 1_000_000, frame.clone()))
        .collect();
    Pcap::PLAIN.file(&frames)
}

/// A log of lines, each at a second after noon, shifted by what the log's clock shows more.
fn log(offset: i64, lines: &[(i64, &str)]) -> FirewallLog {
    let mut text = String::from("#Software: Microsoft Windows Firewall\n");
    for (second, rest) in lines {
        let (second, rest) = (NOON as i64 + second + offset, *rest);
        let time = jiff::Timestamp::from_second(second).expect("a time");
        text.push_str(&time.strftime(&format!("%Y-%m-%d %H:%M:%S {rest}\n")).to_string());
    }
    FirewallLog::from_reader("hv07.log".to_owned(), Cursor::new(text.into_bytes())).expect("a log")
}

fn report(frames: &[(u64, Vec<u8>)], log: FirewallLog) -> Report {
    let reader = Box::new(Cursor::new(capture(frames)));
    let mut capture = CaptureFile::from_reader("test".to_owned(), reader, None).expect("a capture");
    let mut engine = Engine::new(Arc::clone(&POLICY), 1000);
    while capture.advance() {
        engine.feed(&capture.frame().expect("a frame"));
    }
    let machine = POLICY.site.machine_named("hv07").expect("hv07");
    engine.attach_log(machine, log);
    engine.finish(vec![capture.into_summary()])
}

fn syn(port: u16) -> Vec<u8> {
    tcp((VMM, port), (HV, 5985), 1, "S", b"")
}

/// The same with another sequence number.
fn another_syn(port: u16) -> Vec<u8> {
    tcp((VMM, port), (HV, 5985), 77, "S", b"")
}

fn line(act: &str, from: (&str, u16), to: (&str, u16), path: &str) -> String {
    format!("{act} TCP {} {} {} {} 0 - 0 0 0 - - - {path}", from.0, to.0, from.1, to.1)
}

fn drop_of(port: u16) -> String {
    line("DROP", (VMM, port), (HV, 5985), "RECEIVE")
}

fn statement(act: Act, about: Side, direction: Option<Direction>, times: u32) -> Statement {
    Statement { speaker: Speaker::Log(0), act, about, direction, times }
}

#[test]
fn drops_and_allows_join_the_conversation_that_they_are_about() {
    let frames =
        [(100, syn(50_000)), (3100, syn(50_000)), (9100, syn(50_000)), (20_000, syn(50_001))];
    let (dropped, allowed) = (drop_of(50_000), line("ALLOW", (VMM, 50_001), (HV, 5985), "RECEIVE"));
    let reply = line("DROP", (HV, 5985), (VMM, 50_001), "SEND");
    let report = report(
        &frames,
        log(0, &[(0, &dropped), (3, &dropped), (9, &dropped), (20, &allowed), (20, &reply)]),
    );
    let said: Vec<_> = report.conversations.iter().map(|one| one.statements().to_vec()).collect();
    let expected = [
        vec![statement(Act::Dropped, Side::A, Some(Direction::In), 3)],
        vec![
            statement(Act::Allowed, Side::A, Some(Direction::In), 1),
            statement(Act::Dropped, Side::B, Some(Direction::Out), 1),
        ],
    ];
    assert_eq!(said, expected);
    let [log] = &report.logs[..] else { panic!("one log") };
    assert_eq!((log.lines, log.dropped, log.allowed), (5, 4, 1));
    assert_eq!(log.machine, POLICY.site.machine_named("hv07").expect("hv07"));
    assert_eq!(log.source, "hv07.log");
    let expected = Joined { matched: 5, offset_seconds: 0, pairs: 2, ..Joined::default() };
    assert_eq!(log.joined, expected);
}

#[test]
fn a_line_joins_within_the_tolerance_and_not_beyond() {
    // Three others tell the offset, so that the line in question need not.
    let others: Vec<(u64, Vec<u8>)> = (0..3).map(|n| (500, syn(60_000 + n))).collect();
    let of_others: Vec<String> = (0..3).map(|n| drop_of(60_000 + n)).collect();
    for (second, joins) in [
        (100 - JOIN_TOLERANCE_SECONDS - 1, true),
        (100 - JOIN_TOLERANCE_SECONDS - 2, false),
        (103, true),
        (106 + JOIN_TOLERANCE_SECONDS, true),
        (106 + JOIN_TOLERANCE_SECONDS + 1, false),
    ] {
        let mut frames = others.clone();
        frames.extend([(100_000, syn(50_000)), (106_000, syn(50_000))]);
        let dropped = drop_of(50_000);
        let mut lines: Vec<(i64, &str)> = of_others.iter().map(|one| (0, one.as_str())).collect();
        lines.push((second, &dropped));
        let report = report(&frames, log(0, &lines));
        assert_eq!(report.conversations[3].statements().len(), usize::from(joins), "{second}");
        assert_eq!(report.logs[0].joined.unmatched, u64::from(!joins), "{second}");
        assert_eq!(report.logs[0].joined.pairs, 3 + u64::from((98..=100).contains(&second)));
    }
}

#[test]
fn a_port_used_again_joins_the_nearest_conversation() {
    // Another sequence number is another connection.
    let again = 9000;
    let frames =
        [(200, syn(50_000)), (again * 1000 + 200, another_syn(50_000)), (300, syn(50_001))];
    let (first, other) = (drop_of(50_000), drop_of(50_001));
    let again = again as i64;
    let report = report(&frames, log(3600, &[(0, &first), (0, &other), (again, &first)]));
    let times: Vec<_> = report
        .conversations
        .iter()
        .map(|one| one.statements().iter().map(|s| s.times).sum::<u32>())
        .collect();
    assert_eq!(times, [1, 1, 1]);
    assert_eq!(report.logs[0].joined.offset_seconds, 3600);
}

#[test]
fn lines_of_other_machines_are_left_out_but_what_is_forwarded_is_not() {
    let frames = [(0, tcp((VMM, 50_000), ("10.0.0.9", 443), 1, "S", b""))];
    for (path, elsewhere) in [("RECEIVE", 1), ("UNKNOWN", 1), ("FORWARD", 0)] {
        let text = line("DROP", (VMM, 50_000), ("10.0.0.9", 443), path);
        let report = report(&frames, log(0, &[(0, &text)]));
        assert_eq!(report.logs[0].joined.elsewhere, elsewhere, "{path}");
        let said = report.conversations[0].statements();
        let expected = statement(Act::Dropped, Side::A, None, 1);
        assert_eq!(said.first(), Some(&expected).filter(|_| elsewhere == 0), "{path}");
    }
}

#[test]
fn where_the_log_names_no_path_the_machine_tells_the_direction() {
    let frames = [(0, syn(50_000)), (10, tcp((HV, 5985), (VMM, 50_000), 1, "SA", b""))];
    let (of_client, of_server) = (
        line("ALLOW", (VMM, 50_000), (HV, 5985), "-"),
        line("DROP", (HV, 5985), (VMM, 50_000), "-"),
    );
    let report = report(&frames, log(0, &[(0, &of_client), (0, &of_server)]));
    let expected = [
        statement(Act::Allowed, Side::A, Some(Direction::In), 1),
        statement(Act::Dropped, Side::B, Some(Direction::Out), 1),
    ];
    assert_eq!(report.conversations[0].statements(), expected);
}

#[test]
fn pings_and_datagrams_join_by_their_ends() {
    let frames = [(0, icmp(VMM, HV, 8, b"ping")), (100, udp((VMM, 50_000), (HV, 623), b"asf"))];
    for (text, place, about) in [
        (format!("DROP ICMP {VMM} {HV} - - 60 - - - - 8 0 - RECEIVE"), 0, Some(Side::A)),
        (format!("DROP ICMP {VMM} {HV} - - 60 - - - - - - - RECEIVE"), 0, Some(Side::A)),
        (format!("DROP ICMP {HV} {VMM} - - 60 - - - - 0 0 - SEND"), 0, Some(Side::B)),
        (format!("DROP ICMP {HV} {VMM} - - 60 - - - - - - - SEND"), 0, Some(Side::B)),
        (format!("DROP ICMP {HV} {VMM} - - 60 - - - - 8 0 - SEND"), 0, None),
        (format!("DROP ICMP {VMM} {HV} - - 60 - - - - 3 3 - RECEIVE"), 0, None),
        (format!("DROP UDP {VMM} {HV} 50000 623 60 - - - - - - - RECEIVE"), 1, Some(Side::A)),
        (format!("DROP TCP {VMM} {HV} 50000 623 60 - - - - - - - RECEIVE"), 1, None),
    ] {
        let report = report(&frames, log(0, &[(0, &text)]));
        let said: Vec<Side> =
            report.conversations[place].statements().iter().map(|one| one.about).collect();
        assert_eq!(said, Vec::from_iter(about), "{text}");
    }
}

#[test]
fn the_offset_is_told_where_enough_pairs_agree_on_one() {
    const HOUR: i64 = 3600;
    // What the log's clock shows more, how many conversations are in both, and what is found.
    for (offset, pairs, found) in [
        (0, 1, Some(0)),
        (HOUR, 1, Some(HOUR)),
        (5 * HOUR + 45 * 60, 1, Some(20_700)),
        (-8 * HOUR + 2, 1, Some(-28_798)),
        (14 * HOUR, 1, Some(14 * HOUR)),
        (HOUR - 5, 1, Some(HOUR - 5)),
        (HOUR - 6, 1, None),
        (200, 1, None),
        (200, 2, None),
        (200, 3, Some(200)),
        (-HOUR + 437, 5, Some(-HOUR + 437)),
        (16 * HOUR, 5, None),
        (0, 0, None),
    ] {
        // Fractions of seconds of every kind, and each asks again, as TCP does.
        let begins = |n: u64| n * 97_000 + n * 389 % 1000;
        let frames: Vec<(u64, Vec<u8>)> = (0..5)
            .flat_map(|n| [0, 1000, 3000].map(|later| (begins(n) + later, syn(50_000 + n as u16))))
            .collect();
        let texts: Vec<String> = (0..pairs).map(|n| drop_of(50_000 + n as u16)).collect();
        let lines: Vec<(i64, &str)> = (0..pairs)
            .flat_map(|n| [0, 1000, 3000].map(|later| ((begins(n) + later) / 1000, n)))
            .map(|(second, n)| (second as i64, texts[n as usize].as_str()))
            .collect();
        let joined = report(&frames, log(offset, &lines)).logs[0].joined;
        assert_eq!(joined.offset_seconds, found.unwrap_or(0), "{offset} {pairs}");
        let told = found.map_or(0, |_| pairs);
        assert_eq!(joined.pairs, told, "{offset} {pairs}");
        assert_eq!(joined.matched, 3 * told, "{offset} {pairs}");
    }
}

#[test]
fn a_clock_change_in_the_middle_of_a_log_gives_it_two_offsets() {
    let begins = |n: u64| n * 97_000 + n * 389 % 1000;
    let frames: Vec<(u64, Vec<u8>)> =
        (0..10).map(|n| (begins(n), syn(50_000 + n as u16))).collect();
    let texts: Vec<String> = (0..10).map(|n| drop_of(50_000 + n)).collect();
    for change in [3600, -3600, 0] {
        let lines: Vec<(i64, &str)> = (0..10)
            .map(|n| {
                let after = if n < 5 { 0 } else { change };
                ((begins(n) / 1000) as i64 + after, texts[n as usize].as_str())
            })
            .collect();
        let joined = report(&frames, log(3600, &lines)).logs[0].joined;
        assert_eq!(
            (joined.offset_seconds, joined.change_seconds, joined.matched),
            (3600, change, 10),
            "{change}"
        );
    }
}

#[test]
fn pairs_that_contradict_each_other_tell_no_offset() {
    let frames: Vec<_> = (0..6).map(|n| (n * 1000, syn(50_000 + n as u16))).collect();
    let texts: Vec<String> = (0..6).map(|n| drop_of(50_000 + n)).collect();
    for (at_one_hour, at_two_hours, found) in
        [(1, 1, 0), (2, 1, 3600), (3, 2, 0), (4, 2, 3600), (3, 3, 3600), (1, 2, 7200)]
    {
        let lines: Vec<(i64, &str)> = (0..at_one_hour + at_two_hours)
            .map(|n| (n + if n < at_one_hour { 3600 } else { 7200 }, texts[n as usize].as_str()))
            .collect();
        let joined = report(&frames, log(0, &lines)).logs[0].joined;
        assert_eq!(joined.offset_seconds, found, "{at_one_hour} against {at_two_hours}");
        assert_eq!(joined.pairs == 0, found == 0, "{at_one_hour} against {at_two_hours}");
    }
}

#[test]
fn two_logs_keep_their_own_places() {
    let frames = [(0, syn(50_000))];
    let reader = Box::new(Cursor::new(capture(&frames)));
    let mut file = CaptureFile::from_reader("test".to_owned(), reader, None).expect("a capture");
    let mut engine = Engine::new(Arc::clone(&POLICY), 1000);
    while file.advance() {
        engine.feed(&file.frame().expect("a frame"));
    }
    let sent = line("ALLOW", (VMM, 50_000), (HV, 5985), "SEND");
    engine.attach_log(MachineId(0), log(0, &[(0, &sent)]));
    engine.attach_log(MachineId(1), log(3600, &[(0, &drop_of(50_000))]));
    let report = engine.finish(vec![file.into_summary()]);
    let said = report.conversations[0].statements();
    let told: Vec<_> = said.iter().map(|one| (one.speaker, one.act, one.direction)).collect();
    assert_eq!(
        told,
        [
            (Speaker::Log(0), Act::Allowed, Some(Direction::Out)),
            (Speaker::Log(1), Act::Dropped, Some(Direction::In))
        ]
    );
    assert_eq!(report.logs[1].joined.offset_seconds, 3600);
}

/// Conversations that begin so many milliseconds after noon, and were dropped or let through.
fn conversations(begins: &[u32]) -> Conversations {
    let frames: Vec<_> =
        begins.iter().zip(50_000..).map(|(millis, port)| (u64::from(*millis), syn(port))).collect();
    report(&frames, log(0, &[])).conversations
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_log_in_another_zone_joins_the_same(
        begins in prop::collection::vec(0..2_000_000_u32, 1..12),
        written in prop::collection::vec((0..12_usize, 0..2_u32, any::<bool>()), 1..30),
        quarters in -52..=52_i64,
    ) {
        let conversations = conversations(&begins);
        let line = |(place, late, dropped): &(usize, u32, bool)| {
            let one = &conversations[place % conversations.len()];
            LogLine {
                seconds: one.first.0.div_euclid(SECOND as i64) + i64::from(*late),
                protocol: 6,
                src: one.ends()[0].ip,
                dst: one.ends()[1].ip,
                ports: (one.ends()[0].port, one.ends()[1].port),
                icmp_type: None,
                dropped: *dropped,
                path: vmmtap::capture::LogPath::Receive,
            }
        };
        let here: Vec<LogLine> = written.iter().map(line).collect();
        let there: Vec<LogLine> = here
            .iter()
            .map(|line| LogLine { seconds: line.seconds + quarters * 900, ..*line })
            .collect();
        let all = |_: IpAddr| true;
        let [(joined, said), (shifted, also)] = [here, there].map(|lines| {
            let mut conversations = conversations.clone();
            let joined = join(&mut conversations, &lines, Speaker::Log(0), &all, false);
            (joined, conversations.iter().map(|one| one.statements().to_vec()).collect::<Vec<_>>())
        });
        prop_assert!(joined.pairs > 0);
        prop_assert_eq!(shifted.offset_seconds, joined.offset_seconds + quarters * 900);
        prop_assert_eq!(shifted, Joined { offset_seconds: shifted.offset_seconds, ..joined });
        prop_assert_eq!(said, also);
    }

    #[test]
    fn every_line_is_counted_once(
        begins in prop::collection::vec(0..100_000_u32, 0..6),
        lines in prop::collection::vec(
            (any::<i64>(), any::<bool>(), 0..4_u8, 49_998..50_008_u16, any::<Option<u8>>()), 0..30),
    ) {
        let mut conversations = conversations(&begins);
        let address = |n: u8| IpAddr::from([10, 0, 0, n]);
        let lines: Vec<LogLine> = lines
            .into_iter()
            .map(|(seconds, dropped, from, port, icmp_type)| LogLine {
                seconds: if port % 2 == 0 { seconds } else { NOON as i64 + seconds % 100 },
                protocol: if icmp_type.is_some() { 1 } else { 6 },
                src: address(from),
                dst: address(2),
                ports: (port, 5985),
                icmp_type,
                dropped,
                path: vmmtap::capture::LogPath::Unknown,
            })
            .collect();
        let of_machine = |ip: IpAddr| ip == address(1);
        let joined = join(&mut conversations, &lines, Speaker::Log(0), &of_machine, false);
        let told: u32 = conversations.iter().flat_map(|one| one.statements()).map(|s| s.times).sum();
        prop_assert_eq!(u64::from(told), joined.matched);
        prop_assert_eq!(joined.matched + joined.unmatched + joined.elsewhere, lines.len() as u64);
    }
}
