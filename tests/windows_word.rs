//! What a recording system says beside the packets: options of packet blocks, names of addresses,
//! files of drops.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{
    io::Cursor,
    net::IpAddr,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use desk::{Desk, SECOND, answered, blocked, code, err, out, syn};
use proptest::prelude::*;
use recorder::{Pcap, Pcapng};
use serde_json::Value;
use vmmtap::capture::{CaptureFile, Direction, Problem, Said, Source, Summary};

const FLAGS: u16 = 2;
const DROPCOUNT: u16 = 4;
const PACKETID: u16 = 5;
const VERDICT: u16 = 7;

/// What a capture says of each frame, and its summary.
fn said(bytes: &[u8]) -> (Vec<Said>, Summary) {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut capture = CaptureFile::from_reader("test".to_owned(), reader, None).expect("a capture");
    let mut said = Vec::new();
    while capture.advance() {
        said.push(capture.frame().expect("a frame after an advance").said);
    }
    (said, capture.into_summary())
}

/// What one packet's options say, written in both byte orders by `options`.
fn of_packet(options: impl Fn(bool) -> Vec<(u16, Vec<u8>)>) -> Said {
    let both = [false, true].map(|big_endian| {
        let options = options(big_endian);
        let options: Vec<_> =
            options.iter().map(|(code, value)| (*code, value.as_slice())).collect();
        let mut file = Pcapng::default();
        file.section(big_endian).interface(1, None, None).packet_with(&[1, 2, 3], &options);
        let (said, summary) = said(&file.bytes);
        assert!(summary.problems.is_empty(), "{:?}", summary.problems.lines());
        said[0]
    });
    assert_eq!(both[0], both[1], "both byte orders tell the same");
    both[0]
}

fn word(value: u32, big_endian: bool) -> Vec<u8> {
    if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }.to_vec()
}

fn long(value: u64, big_endian: bool) -> Vec<u8> {
    if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }.to_vec()
}

#[test]
fn the_direction_is_in_two_bits_of_the_flags() {
    for (flags, direction) in [
        (0, None),
        (1, Some(Direction::In)),
        (2, Some(Direction::Out)),
        (3, None),
        (4, None),
        (0xffff_ff01, Some(Direction::In)),
        (0x0000_01e2, Some(Direction::Out)),
    ] {
        let said = of_packet(|big_endian| vec![(FLAGS, word(flags, big_endian))]);
        assert_eq!(said.direction, direction, "{flags:#x}");
    }
    let short = of_packet(|_| vec![(FLAGS, vec![1, 1])]);
    assert_eq!(short, Said::default());
}

#[test]
fn a_packet_id_has_eight_bytes() {
    let id = 0x1e00_0000_0000_2711;
    let said = of_packet(|big_endian| vec![(PACKETID, long(id, big_endian))]);
    assert_eq!(said.packet_id, Some(id));
    for len in [0, 4, 7, 9] {
        let said = of_packet(|_| vec![(PACKETID, vec![1; len])]);
        assert_eq!(said.packet_id, None, "{len} bytes");
    }
}

#[test]
fn the_verdicts_that_drop_are_told_from_those_that_do_not() {
    for (by, value, dropped) in [
        (2, 1, true),
        (2, 0, false),
        (2, 2, false),
        (2, 0x0100_0000_0000_0000, false),
        (1, 2, true),
        (1, 0, false),
        (1, 1, false),
        (0, 1, false),
        (3, 1, false),
    ] {
        let said = of_packet(|order| vec![(VERDICT, [vec![by], long(value, order)].concat())]);
        assert_eq!(said.dropped, dropped, "type {by}, value {value}");
    }
    for wrong in [vec![], vec![2], vec![2, 1, 0, 0, 0, 0, 0, 0], vec![2, 1, 0, 0, 0, 0, 0, 0, 0, 0]]
    {
        assert!(!of_packet(|_| vec![(VERDICT, wrong.clone())]).dropped, "{wrong:?}");
    }
    let several = |order| {
        let verdict = |by, value| (VERDICT, [vec![by], long(value, order)].concat());
        vec![verdict(1, 0), verdict(2, 1), verdict(2, 2)]
    };
    assert!(of_packet(several).dropped, "one of several verdicts is enough");
}

#[test]
fn all_that_etl2pcapng_writes_of_a_packet_is_read_together() {
    let said = of_packet(|order| {
        vec![
            (1, b"PID=4 ProcessName= TID=0".to_vec()),
            (FLAGS, word(1, order)),
            (PACKETID, long(77, order)),
            (VERDICT, [vec![2], long(1, order)].concat()),
            (8, [word(4, order), word(0, order)].concat()),
            (0, Vec::new()),
            (FLAGS, word(2, order)),
        ]
    });
    let expected = Said { direction: Some(Direction::In), packet_id: Some(77), dropped: true };
    assert_eq!(said, expected, "what stands after the end of the options is not read");
}

#[test]
fn damaged_options_never_lose_the_packet() {
    let mut file = Pcapng::default();
    file.section(false).interface(1, None, None);
    file.packet_with(&[1; 5], &[(FLAGS, &[1, 0, 0, 0]), (PACKETID, &[7; 8])]);
    // The second option's length, 12 bytes before the block's own at the end.
    let len = file.bytes.len() - 4 - 8 - 2;
    file.bytes[len..len + 2].copy_from_slice(&0xfff0_u16.to_le_bytes());
    file.packet_with(&[2; 5], &[]);
    let (frames, _) = recorder::read(&file.bytes).expect("a capture");
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].2, [1; 5]);
    let (said, _) = said(&file.bytes);
    let expected = Said { direction: Some(Direction::In), packet_id: None, dropped: false };
    assert_eq!(said, [expected, Said::default()], "what came before the damage holds");
}

#[test]
fn packets_lost_are_told_by_packets_or_statistics_and_counted_once() {
    for (by_packets, by_statistics, lost) in [
        (&[1_u64, 2][..], 0, 3),
        (&[1, 2], 5, 5),
        (&[1, 4], 3, 5),
        (&[0], 2, 2),
        (&[u64::MAX, 1], 1, u64::MAX),
    ] {
        let mut file = Pcapng::default();
        file.section(false).interface(1, None, None);
        for count in by_packets {
            file.packet_with(&[1], &[(DROPCOUNT, &count.to_le_bytes())]);
        }
        file.drops(0, by_statistics);
        let (_, summary) = said(&file.bytes);
        assert_eq!(summary.problems.count(Problem::RecorderDrops), lost, "{by_packets:?}");
    }
}

#[test]
fn the_first_name_of_an_address_holds() {
    let v6: IpAddr = "2001:db8::10".parse().expect("an address");
    let IpAddr::V6(octets) = v6 else { panic!("IPv6") };
    for big_endian in [false, true] {
        let mut file = Pcapng::default();
        file.section(big_endian)
            .interface(1, None, None)
            .names(&[
                (1, &[10, 0, 0, 9], b"printer.contoso.com\0printer\0"),
                (3, &[2, 0, 0, 0, 0, 1], b"a card\0"),
                (2, &octets.octets(), b"dc01.contoso.com\0"),
                (1, &[10, 0, 0, 8], b"\0"),
                (1, &[10, 0, 0, 7], b"caf\xe9\0"),
                (0, &[], b""),
                (1, &[10, 0, 0, 6], b"after the end\0"),
            ])
            .packet(0, 1, &[1])
            .names(&[
                (1, &[10, 0, 0, 9], b"scanner\0"),
                (1, &[10, 0, 0, 5], b"late"),
                (0, &[], b""),
            ]);
        let (_, summary) = said(&file.bytes);
        let named: Vec<_> = summary.names.iter().map(|(ip, name)| format!("{ip} {name}")).collect();
        assert_eq!(
            named,
            [
                "10.0.0.5 late",
                "10.0.0.7 caf\u{fffd}",
                "10.0.0.9 printer.contoso.com",
                "2001:db8::10 dc01.contoso.com"
            ]
        );
        assert!(summary.problems.is_empty(), "{:?}", summary.problems.lines());
    }
}

#[test]
fn names_are_bounded_and_a_broken_record_is_told_of() {
    let mut file = Pcapng::default();
    file.section(false).interface(1, None, None);
    for block in 0..70_u8 {
        let addresses: Vec<[u8; 4]> =
            (0..1000_u16).map(|n| [10, block, (n >> 8) as u8, n as u8]).collect();
        let records: Vec<(u16, &[u8], &[u8])> =
            addresses.iter().map(|ip| (1, &ip[..], &b"n\0"[..])).collect();
        file.names(&records);
    }
    let (_, summary) = said(&file.bytes);
    assert_eq!(summary.names.len(), 65_536);

    let mut file = Pcapng::default();
    let long = [vec![b'x'; 300], vec![0]].concat();
    file.section(false)
        .interface(1, None, None)
        .names(&[(1, &[10, 0, 0, 1], &long), (1, &[1], b"")]);
    file.block(4, &[1, 0, 0xff, 0, 1, 2, 3, 4]);
    file.packet(0, 1, &[1]);
    let (frames, summary) = said(&file.bytes);
    assert_eq!(frames.len(), 1);
    assert_eq!(summary.names.values().map(String::len).collect::<Vec<_>>(), [253]);
    assert_eq!(summary.problems.count(Problem::DamagedBlock), 1);
}

#[test]
fn names_in_other_peoples_captures_are_found() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures/c_format");
    for order in ["be", "le"] {
        let path = shared.join(format!("hadrielk__{order}__test102.pcapng"));
        if !path.exists() {
            eprintln!("skipped: {} is not here", path.display());
            return;
        }
        let mut capture =
            CaptureFile::open(&Source::File(path), Arc::new(AtomicU64::new(0))).expect("a capture");
        while capture.advance() {}
        let names = capture.into_summary().names;
        for (ip, expected) in [
            ("10.1.2.3", "example.org"),
            ("192.168.1.3", "bar.example.com"),
            ("fc01:feed::beef", "bar.example.net"),
        ] {
            let name = names.get(&ip.parse().expect("an address")).map(String::as_str);
            assert_eq!(name, Some(expected), "{ip}");
        }
    }
}

#[test]
fn every_frame_of_a_file_of_drops_was_dropped() {
    let desk = Desk::new();
    let path = desk.put("drops.pcap", &blocked());
    for (source, dropped) in [(Source::Drops(path.clone()), true), (Source::File(path), false)] {
        let mut capture =
            CaptureFile::open(&source, Arc::new(AtomicU64::new(0))).expect("a capture");
        while capture.advance() {
            assert_eq!(capture.frame().expect("a frame").said.dropped, dropped, "{source:?}");
        }
        let summary = capture.into_summary();
        assert_eq!(summary.packets, 2);
        assert_eq!(summary.watched().is_none(), dropped, "drops show no answers");
    }
}

#[test]
fn a_file_of_drops_is_read_beside_the_capture_and_listed_with_it() {
    let desk = Desk::new();
    desk.put("all.pcap", &answered());
    desk.put("drops.pcap", &Pcap::PLAIN.file(&[(9 * SECOND, syn())]));
    desk.put("none.pcap", &Pcap::PLAIN.file(&[]));
    for command in ["check", "flows"] {
        let output = desk.run(&[
            command,
            "--format",
            "json",
            "all.pcap",
            "--dropped",
            "drops.pcap",
            "--dropped",
            "none.pcap",
        ]);
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let captures = report["captures"].as_array().expect("captures");
        let mut told: Vec<_> = captures
            .iter()
            .map(|one| (one["source"].as_str().expect("a name"), one["packets"].as_u64()))
            .collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [("all.pcap", Some(3)), ("drops.pcap", Some(1)), ("none.pcap", Some(0))],
            "{command}"
        );
        let problems = captures.iter().flat_map(|one| one["problems"].as_array().expect("a list"));
        assert_eq!(problems.count(), 0, "an empty file of drops is good news");
        assert_eq!(report["totals"]["packets"], 4);
    }
}

#[test]
fn a_file_is_a_capture_or_a_file_of_drops() {
    let desk = Desk::new();
    desk.put("one.pcap", &answered());
    for (arguments, expected, word) in [
        (&["check", "one.pcap", "--dropped", "one.pcap"][..], 2, "which of them"),
        (&["flows", "one.pcap", "--dropped", "./one.pcap"], 2, "which of them"),
        (&["check", "one.pcap", "--dropped", "absent.pcap"], 2, "absent.pcap"),
        (&["check", "one.pcap", "--dropped", "-"], 2, "name a file"),
        (&["check", "-i", "lo", "--dropped", "one.pcap"], 2, "cannot be used with"),
        (&["flows", "--dropped", "one.pcap"], 0, ""),
    ] {
        let output = desk.run(arguments);
        assert_eq!(code(&output), expected, "{arguments:?}: {}{}", out(&output), err(&output));
        assert!(err(&output).contains(word), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn what_windows_makes_beside_captures_is_named_with_the_way_to_use_it() {
    let desk = Desk::new();
    desk.put("vmm.ETL", &[0, 0, 1, 0, 8, 7, 0, 0]);
    desk.put("pfirewall.log", b"#Version: 1.5\r\n#Software: Microsoft Windows Firewall\r\n");
    for (file, word) in
        [("vmm.ETL", "etl2pcapng"), ("pfirewall.log", "--firewall-log MACHINE=FILE")]
    {
        let output = desk.run(&["check", file]);
        assert_eq!(code(&output), 2, "{file}");
        assert!(err(&output).contains(word), "{}", err(&output));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_as_options_or_names_leave_the_packets(
        options in prop::collection::vec(any::<u8>(), 0..200),
        records in prop::collection::vec(any::<u8>(), 0..200),
        big_endian: bool,
    ) {
        let mut file = Pcapng::default();
        file.section(big_endian).interface(1, None, None);
        let mut body = vec![0; 12];
        for _ in 0..2 {
            body.extend(if big_endian { 4_u32.to_be_bytes() } else { 4_u32.to_le_bytes() });
        }
        body.extend([9; 4]);
        body.extend(&options);
        file.block(6, &body).block(4, &records).packet(0, 5, &[7]);
        let (frames, _) = recorder::read(&file.bytes).expect("a capture");
        prop_assert_eq!(frames.len(), 2);
        prop_assert_eq!(&frames[0].2, &vec![9; 4]);
    }
}
