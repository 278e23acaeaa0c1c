//! Captures as they are handed to the program: packed, in pieces, broken, twice.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{fs, io::Write, process::Stdio};

use desk::{Desk, HOST, SECOND, SERVICE, answered, blocked, code, err, out, syn, verdicts};
use recorder::{Pcap, tcp};
use serde_json::Value;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn one_unreadable_capture_does_not_silence_the_others() {
    let desk = Desk::new();
    desk.put("bad.pcap", &blocked());
    let output = desk.run(&["check", "bad.pcap", "absent.pcap"]);
    assert!(out(&output).contains("BLOCKED"), "{}", out(&output));
    assert!(err(&output).contains("absent.pcap"), "{}", err(&output));
}

#[test]
fn packed_captures_and_standard_input_tell_the_same() {
    let desk = Desk::new();
    let (packed, frames) = (gzip(&blocked()), zstd(&blocked()));
    desk.put("plain.pcap", &blocked());
    desk.put("packed.pcap", &packed);
    desk.put("frames.pcap.zst", &frames);
    let flows = |arguments: &[&str]| -> Value {
        let output = desk.run(&[&["check", "--format", "json"], arguments].concat());
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["flows"].clone()
    };
    let plain = flows(&["plain.pcap"]);
    assert_eq!(plain[0]["verdict"], "blocked");
    assert_eq!(flows(&["packed.pcap"]), plain);
    assert_eq!(flows(&["frames.pcap.zst"]), plain);
    for bytes in [blocked(), packed, frames] {
        let mut child = desk
            .command(&["check", "--format", "json", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("vmmtap runs");
        child.stdin.take().expect("a pipe").write_all(&bytes).expect("written");
        let output = child.wait_with_output().expect("an end");
        assert_eq!(verdicts(&output), ["blocked"]);
    }
}

#[test]
fn a_packed_capture_that_breaks_off_gives_what_came_before() {
    let desk = Desk::new();
    let packets: Vec<(u64, Vec<u8>)> = (0..2000)
        .map(|n| (n * 1000, tcp(("10.0.0.1", 1000 + n as u16), SERVICE, n as u32, "S", b"")))
        .collect();
    let mut packed = gzip(&Pcap::PLAIN.file(&packets));
    packed.truncate(packed.len() / 2);
    desk.put("cut.pcap.gz", &packed);
    let output = desk.run(&["flows", "--format", "json", "cut.pcap.gz"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let read = report["captures"][0]["packets"].as_u64().expect("a count");
    assert!((200..2000).contains(&read), "{read}");
    let problems = report["captures"][0]["problems"].to_string();
    assert!(problems.contains("compressed data broken"), "{problems}");
}

#[test]
fn files_of_a_ring_are_one_capture_in_whatever_order_they_are_named() {
    let desk = Desk::new();
    desk.put("ring_2.pcap", &Pcap::PLAIN.file(&[(1000, tcp(SERVICE, HOST, 1, "SA", b""))]));
    desk.put("ring_1.pcap", &Pcap::PLAIN.file(&[(0, syn())]));
    desk.put("ring_3.pcap", &Pcap::PLAIN.file(&[(2000, tcp(HOST, SERVICE, 2, "A", b""))]));
    let one = desk.run(&["check", "--format", "json", "ring_1.pcap", "ring_2.pcap", "ring_3.pcap"]);
    let other =
        desk.run(&["check", "--format", "json", "ring_3.pcap", "ring_1.pcap", "ring_2.pcap"]);
    assert_eq!(out(&one), out(&other));
    assert_eq!(verdicts(&one), ["ok"]);
    let twice = desk.run(&["check", "--format", "json", "ring_1.pcap", "ring_1.pcap"]);
    assert!(out(&twice).contains("named more than once"), "{}", out(&twice));
}

#[test]
fn more_files_than_are_kept_open_are_one_capture_too() {
    let desk = Desk::new();
    let names: Vec<String> = (0..150).map(|n| format!("ring_{n}.pcap")).collect();
    for (n, name) in names.iter().enumerate() {
        desk.put(name, &Pcap::PLAIN.file(&[(n as u64 * SECOND, syn())]));
    }
    let mut arguments = vec!["flows", "--format", "ndjson"];
    arguments.extend(names.iter().rev().map(String::as_str));
    let output = desk.run(&arguments);
    let flow: Value = serde_json::from_slice(&output.stdout).expect("one flow");
    assert_eq!(flow["tcp"]["syn_tries"], 150);
    assert_eq!(flow["first"], "1970-01-01T00:00:00.000000000Z");
}

#[test]
fn a_folder_is_told_of() {
    let desk = Desk::new();
    fs::create_dir(desk.0.path().join("folder")).expect("a folder");
    let output = desk.run(&["check", "folder"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("folder"), "{}", err(&output));
}

#[test]
fn a_capture_of_another_day_does_not_make_a_question_unanswered() {
    let desk = Desk::new();
    desk.put("one.pcap", &Pcap::PLAIN.file(&[(0, syn())]));
    let other = tcp(("192.0.2.1", 1), ("192.0.2.2", 2), 1, "S", b"");
    desk.put(
        "soon.pcap",
        &Pcap::PLAIN.file(&[(SECOND, other.clone()), (5 * SECOND, other.clone())]),
    );
    desk.put(
        "apart.pcap",
        &Pcap::PLAIN.file(&[(2 * SECOND, other.clone()), (9 * SECOND, other.clone())]),
    );
    desk.put("later.pcap", &Pcap::PLAIN.file(&[(86_400 * SECOND, other)]));
    let check =
        |other: &str| verdicts(&desk.run(&["check", "--format", "json", "one.pcap", other]));
    assert_eq!(check("later.pcap"), ["unknown"]);
    assert_eq!(check("apart.pcap"), ["unknown"], "the reply may have come in between");
    assert_eq!(check("soon.pcap"), ["blocked"]);
}

#[test]
fn a_packet_recorded_twice_is_not_asking_again() {
    let desk = Desk::new();
    desk.put("mirrored.pcap", &Pcap::PLAIN.file(&[(0, syn()), (1000, syn())]));
    desk.put("one.pcap", &Pcap::PLAIN.file(&[(0, syn())]));
    for arguments in [&["mirrored.pcap"][..], &["one.pcap", "./one.pcap"]] {
        let output = desk.run(&[&["check", "--format", "json"], arguments].concat());
        assert_eq!(verdicts(&output), ["unknown"], "{arguments:?}");
    }
}

#[test]
fn a_capture_that_breaks_verifies_nothing_unless_it_shows_a_finding() {
    let desk = Desk::new();
    for (name, mut bytes, expected) in [("good.pcap", answered(), 2), ("bad.pcap", blocked(), 1)] {
        bytes.extend([0xff; 40]);
        desk.put(name, &bytes);
        let output = desk.run(&["check", name]);
        assert_eq!(code(&output), expected, "{}", err(&output));
        assert!(out(&output).contains("impossible length"), "{}", out(&output));
    }
}

#[test]
fn skippable_frames_of_zstandard_are_passed_over() {
    let desk = Desk::new();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let whole = blocked();
    let (first, second) = whole.split_at(50);
    let frames = [&skippable[..], &zstd(first), &skippable, &zstd(second)].concat();
    desk.put("frames.zst", &frames);
    assert_eq!(verdicts(&desk.run(&["check", "--format", "json", "frames.zst"])), ["blocked"]);
}
