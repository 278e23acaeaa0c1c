//! Every way that a capture is written, and every way that it is broken.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use recorder::{Pcap, Pcapng, read};
use vmmtap::capture::Problem;

const TIME: u64 = 1_772_352_000_123_456_789;

#[test]
fn every_variant_of_pcap_tells_the_same() {
    for big_endian in [false, true] {
        for (nanoseconds, modified) in [(false, false), (true, false), (false, true)] {
            let pcap = Pcap { big_endian, nanoseconds, modified, link: 101 };
            let mut bytes = pcap.header();
            bytes.extend(pcap.record(TIME, &[0x45, 1, 2], 60));
            bytes.extend(pcap.record(TIME + 1000, &[0x45], 1));
            let (frames, problems) = read(&bytes).expect("a capture");
            let expected = if nanoseconds { TIME } else { TIME / 1000 * 1000 } as i64;
            assert_eq!(frames[0], (expected, 101, vec![0x45, 1, 2], 60), "{pcap:?}");
            assert_eq!(frames.len(), 2, "{pcap:?}");
            assert!(problems.is_empty(), "{pcap:?}: {:?}", problems.lines());
        }
    }
}

#[test]
fn interfaces_and_sections_of_pcapng_keep_their_own_clocks_and_links() {
    let mut file = Pcapng::default();
    file.section(false)
        .interface(1, None, None)
        .interface(101, Some(9), None)
        .packet(1, 5_000_000_000, &[1])
        .packet(0, 5_000_000, &[2])
        .section(true)
        .interface(113, Some(0x8a), Some(100))
        .packet(0, 5 * 1024 + 512, &[3]);
    let (frames, problems) = read(&file.bytes).expect("a capture");
    let told: Vec<_> = frames.iter().map(|(time, link, data, _)| (*time, *link, data[0])).collect();
    assert_eq!(told, [(5_000_000_000, 101, 1), (5_000_000_000, 1, 2), (105_500_000_000, 113, 3)]);
    assert!(problems.is_empty(), "{:?}", problems.lines());
}

#[test]
fn a_simple_packet_bears_the_time_before_it_and_is_told_of() {
    let mut file = Pcapng::default();
    file.section(false).interface(1, None, None).packet(0, 7_000_000, &[1]).simple_packet(&[2; 5]);
    let (frames, problems) = read(&file.bytes).expect("a capture");
    assert_eq!(frames[1], (7_000_000_000, 1, vec![2; 5], 5));
    assert_eq!(problems.count(Problem::NoTime), 1);
}

#[test]
fn lost_packets_that_the_recorder_tells_of_are_counted_once() {
    for big_endian in [false, true] {
        let mut file = Pcapng::default();
        file.section(big_endian).interface(1, None, None).packet(0, 1, &[1]);
        file.drops(0, 3).drops(0, 5);
        let (_, problems) = read(&file.bytes).expect("a capture");
        assert_eq!(problems.count(Problem::RecorderDrops), 5);
    }
}

#[test]
fn a_cut_anywhere_keeps_every_whole_packet_before_it() {
    let packets: Vec<(u64, Vec<u8>)> = (0..4).map(|n| (TIME + n, vec![n as u8; 9])).collect();
    let mut pcapng = Pcapng::default();
    let mut blocks = vec![pcapng.section(false).bytes.len()];
    blocks.push(pcapng.interface(1, None, None).bytes.len());
    blocks.extend(packets.iter().map(|(time, packet)| pcapng.packet(0, *time, packet).bytes.len()));
    let records = (0..=4).map(|n| 24 + n * (16 + 9)).collect();
    for (whole, boundaries) in [(Pcap::PLAIN.file(&packets), records), (pcapng.bytes, blocks)] {
        let boundaries: Vec<usize> = boundaries;
        let mut ends = 0;
        for cut in 24..=whole.len() {
            let Ok((frames, problems)) = read(&whole[..cut]) else { continue };
            assert!(frames.len() >= ends, "cut at {cut} loses a packet");
            ends = frames.len();
            let told = problems.count(Problem::CutOff) == 1;
            assert_eq!(told, !boundaries.contains(&cut), "cut at {cut}");
        }
        assert_eq!(ends, 4);
    }
}

/// A capture with record headers longer by `extra` bytes than those of its magic number.
fn with_longer_headers(pcap: Pcap, extra: usize, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = pcap.header();
    for (number, packet) in packets.iter().enumerate() {
        let record = pcap.record(TIME + number as u64 * 1_000_000_000, packet, 1400);
        let header = record.len() - packet.len();
        bytes.extend(&record[..header]);
        bytes.extend(vec![7; extra]);
        bytes.extend(packet);
    }
    bytes
}

#[test]
fn record_headers_of_other_lengths_are_recognised_by_the_records() {
    let ethernet = |len: u8| [&[2; 12][..], &[8, 0, 0x45], &vec![len; usize::from(len)]].concat();
    let raw = |len: u8| [&[0x45, 0][..], &vec![len; usize::from(len)]].concat();
    let all = |packet: &dyn Fn(u8) -> Vec<u8>, count: u8| {
        (0..count).map(|number| packet(40 + number)).collect::<Vec<_>>()
    };
    for big_endian in [false, true] {
        // Standard magic: 4 bytes more are Nokia's, 8 those of ss990417; modified magic: 4 of ss990915.
        for (modified, extra) in [(false, 0), (false, 4), (false, 8), (true, 0), (true, 4)] {
            for (link, packet) in [(1, &ethernet as &dyn Fn(u8) -> Vec<u8>), (101, &raw), (1, &raw)]
            {
                for count in [1, 2, 3, 9] {
                    if link == 1 && packet(1)[0] == 0x45 && count == 1 {
                        continue; // One record that is no Ethernet frame shows nothing.
                    }
                    let pcap = Pcap { big_endian, modified, nanoseconds: false, link };
                    let packets = all(packet, count);
                    let bytes = with_longer_headers(pcap, extra, &packets);
                    let (frames, problems) = read(&bytes).expect("a capture");
                    let found: Vec<Vec<u8>> = frames.into_iter().map(|frame| frame.2).collect();
                    assert_eq!(found, packets, "{pcap:?} {extra} {count} {:?}", problems.lines());
                    assert!(problems.is_empty(), "{:?}", problems.lines());
                }
            }
        }
    }
}

#[test]
fn a_variant_that_nobody_knows_is_no_capture_cut_off() {
    let packets = vec![[&[2; 12][..], &[8, 0, 0x45], &[9; 60]].concat(); 4];
    for (modified, extra) in [(false, 12), (false, 16), (false, 2), (true, 8), (true, 12)] {
        let pcap = Pcap { modified, ..Pcap::PLAIN };
        let (frames, problems) = read(&with_longer_headers(pcap, extra, &packets)).expect("opened");
        assert!(frames.len() < 4);
        assert_eq!(problems.count(Problem::BadLength), 1, "{extra}: {:?}", problems.lines());
        assert_eq!(problems.count(Problem::CutOff), 0, "{extra}: {:?}", problems.lines());
    }
}

#[test]
fn old_versions_may_have_the_lengths_of_a_record_the_other_way_round() {
    for (version, swapped, good) in [
        ([2, 0, 2, 0], true, true),
        ([2, 0, 3, 0], true, true),
        ([2, 0, 3, 0], false, true),
        ([0x1f, 2, 0, 0], true, true),
        ([2, 0, 4, 0], false, true),
        ([2, 0, 4, 0], true, false),
    ] {
        let mut bytes = Pcap::PLAIN.header();
        bytes[4..8].copy_from_slice(&version);
        for packet in [[1; 20], [2; 20]] {
            let mut record = Pcap::PLAIN.record(TIME, &packet, 1400);
            if swapped {
                let (captured, wire) = record[8..16].split_at_mut(4);
                captured.swap_with_slice(wire);
            }
            bytes.extend(record);
        }
        let (frames, _) = read(&bytes).expect("a capture");
        let found: Vec<(usize, u32)> = frames.iter().map(|one| (one.2.len(), one.3)).collect();
        assert_eq!(found == [(20, 1400); 2], good, "{version:?} {swapped}");
    }
}

#[test]
fn a_wrong_length_ends_the_reading_and_the_rest_is_counted() {
    let mut bytes = Pcap::PLAIN.file(&[(TIME, vec![1; 20])]);
    bytes.extend(Pcap::PLAIN.record(TIME, &[], 9));
    let claimed = bytes.len() - 8;
    bytes[claimed..claimed + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    bytes.extend([0; 100]);
    let (frames, problems) = read(&bytes).expect("a capture");
    assert_eq!(frames.len(), 1);
    assert!(problems.lines()[0].contains("116 bytes not readable"), "{:?}", problems.lines());
}

#[test]
fn what_pcapng_does_not_explain_is_passed_over_and_counted() {
    let mut file = Pcapng::default();
    file.section(false)
        .block(0x0000_7777, &[1, 2, 3, 4])
        .packet(0, 1, &[1])
        .interface(1, None, None)
        .block(6, &[0; 8])
        .packet(0, 2_000_000, &[2])
        .packet(9, 3_000_000, &[3]);
    let (frames, problems) = read(&file.bytes).expect("a capture");
    let links: Vec<u32> = frames.iter().map(|frame| frame.1).collect();
    assert_eq!(links, [u32::MAX, 1, u32::MAX]);
    assert_eq!(problems.count(Problem::UnknownBlock), 1);
    assert_eq!(problems.count(Problem::UnknownInterface), 2);
    assert_eq!(problems.count(Problem::DamagedBlock), 1);
}

#[test]
fn an_unusable_clock_is_taken_for_microseconds_and_told_of() {
    let mut file = Pcapng::default();
    file.section(false).interface(1, Some(77), None).packet(0, 4_000_000, &[1]);
    let (frames, problems) = read(&file.bytes).expect("a capture");
    assert_eq!(frames[0].0, 4_000_000_000);
    assert_eq!(problems.count(Problem::BadResolution), 1);
}

#[test]
fn what_is_no_capture_is_named_for_what_it_seems() {
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"\xd4\xc3\xb2\xa1\x02", "cut off within its header"),
        (b"\xfd7zXZ\0", "xz -d"),
        (b"GMBU\0\0", "Network Monitor"),
        (b"hello world, this is no capture", "not a capture file"),
        (b"\x0a\x0d\x0d\x0a\x0d\x0a\x0d\x0a", "line ends"),
        (b"\x0d\x0a\x0d\x0d\x0a\xac", "line ends"),
    ] {
        let error = read(bytes).expect_err("no capture").to_string();
        assert!(error.contains(word), "{error}");
    }
}
