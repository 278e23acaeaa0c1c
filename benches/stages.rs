//! Each stage by itself, on frames made here: `cargo bench --bench stages`.

#![allow(clippy::expect_used, reason = "a benchmark that cannot go on says why")]

use std::{hint::black_box, io::Cursor, sync::Arc};

use divan::{Bencher, counter::ItemsCount};
use vmmtap::{
    capture::{CaptureFile, Frame, LinkType, Said, Timestamp},
    decode::{Decoder, Packet, Plain},
    dissect::{Dialogue, Heard},
    engine::Engine,
    flow::FlowTable,
    identify::Site,
    judge::{Matrix, Policy, Witness},
    present,
};

/// Conversations, and packets of each.
const CONVERSATIONS: u32 = 20_000;
const PACKETS: u32 = 5;

const SITE: &str = r#"
[[machine]]
name = "vmm01"
roles = ["vmm-server"]
addresses = ["10.0.0.0/9"]

[[machine]]
name = "hosts"
roles = ["hyperv-host"]
addresses = ["10.128.0.0/9"]
"#;

fn main() {
    divan::main();
}

/// Ethernet, IPv4 and TCP with 40 bytes of payload where there is any.
fn frame(conversation: u32, step: u32) -> Vec<u8> {
    let (flags, payload): (u8, &[u8]) = match step {
        0 => (0x02, b""),
        1 => (0x12, b""),
        2 => (0x10, b""),
        3 => (0x18, b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n"),
        _ => (0x18, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\r\n\r\n"),
    };
    let from_client = matches!(step, 0 | 2 | 3);
    let client = 0x0a00_0000 | conversation;
    let server = 0x0a80_0000 | (conversation % 1000);
    let port = 49_152 + (conversation % 10_000) as u16;
    let ends = [(client, port), (server, 5985)];
    let [(src, src_port), (dst, dst_port)] = if from_client { ends } else { [ends[1], ends[0]] };
    let (seq, ack) = match step {
        0 => (100, 0),
        1 => (900, 101),
        2 | 3 => (101, 901),
        _ => (901, 101 + 41),
    };
    let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    bytes.extend([0x45, 0]);
    bytes.extend((40 + payload.len() as u16).to_be_bytes());
    bytes.extend(((conversation * PACKETS + step) as u16 | 1).to_be_bytes());
    bytes.extend([0x40, 0, 128, 6, 0, 0]);
    bytes.extend(src.to_be_bytes());
    bytes.extend(dst.to_be_bytes());
    bytes.extend(src_port.to_be_bytes());
    bytes.extend(dst_port.to_be_bytes());
    bytes.extend(u32::to_be_bytes(seq));
    bytes.extend(u32::to_be_bytes(ack));
    bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.extend(payload);
    bytes
}

/// All conversations at once, step by step, so that none follows itself.
fn frames() -> Vec<Vec<u8>> {
    (0..PACKETS).flat_map(|step| (0..CONVERSATIONS).map(move |one| frame(one, step))).collect()
}

fn as_frames(frames: &[Vec<u8>]) -> impl Iterator<Item = Frame<'_>> {
    frames.iter().zip(0..).map(|(data, at)| Frame {
        time: Timestamp(1_700_000_000_000_000_000 + at * 10_000),
        link: LinkType(1),
        data,
        wire_len: data.len() as u32,
        said: Said::default(),
    })
}

/// The short way through a frame, which all of these can go.
fn packet<'a>(frame: &Frame<'a>) -> Option<Packet<'a>> {
    Plain::locate(frame)?.read(frame)
}

fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (data, at) in frames.iter().zip(0_u32..) {
        let len = data.len() as u32;
        for word in [1_700_000_000 + at / 100_000, at % 100_000 * 10, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(data);
    }
    file
}

fn policy() -> Arc<Policy> {
    let site = Site::parse("bench", SITE).expect("a site");
    Arc::new(Policy::new(Matrix::embedded().expect("the page"), site))
}

#[divan::bench]
fn capture_records(bencher: Bencher<'_, '_>) {
    let file = pcap(&frames());
    bencher
        .counter(ItemsCount::new(CONVERSATIONS * PACKETS))
        .with_inputs(|| file.clone())
        .bench_values(|file| {
            let reader = Box::new(Cursor::new(file));
            let mut capture =
                CaptureFile::from_reader("bench".to_owned(), reader, None).expect("a capture");
            let mut bytes = 0;
            while capture.advance() {
                bytes += capture.frame().map_or(0, |frame| frame.data.len());
            }
            bytes
        });
}

#[divan::bench]
fn decode_the_short_way(bencher: Bencher<'_, '_>) {
    let frames = frames();
    bencher.counter(ItemsCount::new(frames.len())).bench_local(|| {
        as_frames(&frames).filter_map(|frame| packet(&frame)).map(black_box).count()
    });
}

#[divan::bench]
fn decode_by_layers(bencher: Bencher<'_, '_>) {
    let frames = frames();
    let mut decoder = Decoder::default();
    bencher.counter(ItemsCount::new(frames.len())).bench_local(|| {
        for frame in as_frames(&frames) {
            let _skipped = decoder.read(&frame, |packet| {
                black_box(packet.ip_len);
            });
        }
    });
}

#[divan::bench]
fn flow_table(bencher: Bencher<'_, '_>) {
    let frames = frames();
    let packets: Vec<Packet<'_>> = as_frames(&frames).filter_map(|frame| packet(&frame)).collect();
    bencher.counter(ItemsCount::new(packets.len())).bench_local(|| {
        let mut table = FlowTable::default();
        for packet in &packets {
            black_box(table.take(packet));
        }
        table
    });
}

#[divan::bench]
fn dissect_an_exchange(bencher: Bencher<'_, '_>) {
    let (question, answer) = (frame(1, 3), frame(1, 4));
    bencher.counter(ItemsCount::new(2_u32)).bench_local(|| {
        let mut heard = Heard::default();
        let mut dialogue = Dialogue::new([50_000, 5985]);
        dialogue.hear(0, &question[54..], &mut heard);
        dialogue.hear(1, &answer[54..], &mut heard);
        heard
    });
}

#[divan::bench]
fn judge(bencher: Bencher<'_, '_>) {
    let (frames, policy) = (frames(), policy());
    let mut table = FlowTable::default();
    for packet in as_frames(&frames).filter_map(|frame| packet(&frame)) {
        table.take(&packet);
    }
    let witness = Witness::new(Vec::new(), Timestamp(i64::MAX)).amid(table.surroundings());
    bencher.counter(ItemsCount::new(table.len())).bench_local(|| {
        let all = table.conversations().iter();
        all.filter(|one| policy.judge(one, &witness).expectation.rules.is_empty()).count()
    });
}

#[divan::bench]
fn engine_from_frames_to_report(bencher: Bencher<'_, '_>) {
    let (frames, policy) = (frames(), policy());
    bencher.counter(ItemsCount::new(frames.len())).bench_local(|| {
        let mut engine = Engine::new(Arc::clone(&policy), usize::MAX);
        as_frames(&frames).for_each(|frame| engine.feed(&frame));
        engine.finish(Vec::new())
    });
}

#[divan::bench]
fn report_as_json_lines(bencher: Bencher<'_, '_>) {
    let mut engine = Engine::new(policy(), usize::MAX);
    let frames = frames();
    as_frames(&frames).for_each(|frame| engine.feed(&frame));
    let report = engine.finish(Vec::new());
    bencher.counter(ItemsCount::new(CONVERSATIONS)).bench_local(|| {
        let mut text = Vec::new();
        present::flow_lines(&report, true, &mut text).expect("memory takes it");
        text
    });
}
