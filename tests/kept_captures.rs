//! What is kept of a live capture: this program and others read it back.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use std::{fs, process::Command};

use recorder::{read, udp};
use vmmtap::capture::{Drops, Frame, LinkType, PcapngWriter, Problem, Said, Timestamp};

const TIME: i64 = 1_772_352_000_123_456_789;

fn frame(data: &[u8], time: i64, wire_len: u32) -> Frame<'_> {
    Frame { time: Timestamp(time), link: LinkType::ETHERNET, data, wire_len, said: Said::default() }
}

/// Frames of every length modulo 4, one of them cut, with their times a nanosecond apart.
fn kept(drops: Drops) -> (Vec<Vec<u8>>, Vec<u8>) {
    let frames: Vec<Vec<u8>> = (0_u8..9)
        .map(|len| udp(("10.0.0.1", 1000), ("10.0.0.2", 2000), &vec![len; usize::from(len)]))
        .collect();
    let mut writer =
        PcapngWriter::new(Vec::new(), "eth0", LinkType::ETHERNET, 262_144, Some("host 10.0.0.1"))
            .expect("begun");
    for (frame_data, time) in frames.iter().zip(TIME..) {
        writer.write(&frame(frame_data, time, 1500)).expect("written");
    }
    writer.flush().expect("flushed");
    let bytes = writer.finish(drops, 12, Timestamp(TIME + 8)).expect("finished");
    (frames, bytes)
}

#[test]
fn frames_come_back_as_they_were() {
    let (frames, bytes) = kept(Drops::default());
    let (told, problems) = read(&bytes).expect("a capture");
    let expected: Vec<_> =
        frames.into_iter().zip(TIME..).map(|(data, time)| (time, 1, data, 1500)).collect();
    assert_eq!(told, expected);
    assert!(problems.is_empty(), "{:?}", problems.lines());
}

#[test]
fn losses_are_told_of() {
    let (_, bytes) = kept(Drops { kernel: 5, interface: 2 });
    let (_, problems) = read(&bytes).expect("a capture");
    assert_eq!(problems.count(Problem::RecorderDrops), 7);
}

#[test]
fn a_file_that_was_not_finished_is_a_capture_all_the_same() {
    let writer = PcapngWriter::new(Vec::new(), "lo", LinkType(276), 0, None).expect("begun");
    let mut writer = writer;
    writer.write(&frame(&[1, 2, 3], 5, 2)).expect("written");
    let whole = writer.finish(Drops::default(), 1, Timestamp(-1)).expect("finished");
    let statistics =
        u32::from_le_bytes(whole[whole.len() - 4..].try_into().expect("the last block's length"));
    let (frames, problems) = read(&whole[..whole.len() - statistics as usize]).expect("a capture");
    assert_eq!(frames, [(5, 276, vec![1, 2, 3], 3)]);
    assert!(problems.is_empty(), "{:?}", problems.lines());
}

#[test]
fn a_link_type_that_pcapng_cannot_name_is_refused() {
    let refused = PcapngWriter::new(Vec::new(), "x", LinkType::UNDESCRIBED, 0, None);
    assert!(refused.is_err());
}

/// What a tool prints of the file; `None`, with a word, where it is not installed.
fn told_by(tool: &str, arguments: &[&str], bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kept.pcapng");
    fs::write(&path, bytes).expect("written");
    let Ok(output) = Command::new(tool).args(arguments).arg(&path).output() else {
        println!("skipped: {tool} is not installed");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn other_programs_read_it() {
    let (_, bytes) = kept(Drops { kernel: 5, interface: 2 });
    if let Some(told) = told_by("capinfos", &[], &bytes) {
        for part in [
            "pcapng",
            "Ethernet",
            "Number of packets:   9",
            "nanoseconds (9)",
            "Name = eth0",
            "Filter string = host 10.0.0.1",
            "Number of stat entries = 1",
            concat!("vmmtap ", env!("CARGO_PKG_VERSION")),
        ] {
            assert!(told.contains(part), "no `{part}` in:\n{told}");
        }
    }
    let fields =
        ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len"];
    if let Some(told) = told_by("tshark", &[&fields[..], &["-r"]].concat(), &bytes) {
        assert_eq!(told.lines().count(), 9);
        assert!(told.starts_with("1772352000.123456789\t42\t1500\n"), "{told}");
    }
}
