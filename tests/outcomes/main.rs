//! How conversations went, at the edges: each with its neighbour just outside.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod datagrams;
mod facts;
mod opening;
mod payload;
#[path = "../recorder/mod.rs"]
mod recorder;

use recorder::{acking, icmp, udp};
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::Decoder,
    flow::{Basis, Conversation, FlowTable, NO_REPLY_NANOS, Outcome, SILENCE_NANOS, Side, View},
};

const CLIENT: (&str, u16) = ("10.0.0.1", 50_000);
const SERVER: (&str, u16) = ("10.0.1.7", 5985);
const MS: i64 = 1_000_000;

/// A capture that sees everything, until a time in milliseconds.
fn until(ms: i64) -> View {
    View {
        until: Timestamp(ms * MS),
        loss: 0.0,
        deaf: false,
        two_way: true,
        clock_stands_still: false,
        replied_elsewhere: Some(false),
        client_ttl: Some(64),
    }
}

/// The conversation that packets make, each with its time in milliseconds.
fn conversation(packets: &[(i64, Vec<u8>)]) -> Conversation {
    let mut table = FlowTable::default();
    let mut decoder = Decoder::default();
    for (ms, data) in packets {
        let (time, wire_len) = (Timestamp(ms * MS), data.len() as u32);
        let said = Said::default();
        let frame = Frame { time, link: LinkType::ETHERNET, data, wire_len, said };
        let decoded = decoder.read(&frame, |packet| {
            table.take(packet);
        });
        decoded.expect("a packet that is understood");
    }
    assert_eq!(table.len(), 1);
    table.conversations()[0].clone()
}

/// Segments by their time in milliseconds, direction, flags, numbers and payload length:
/// `0 > S 100 0`, `2 > A 101 501 4`. Each has an IPv4 identification of its own; with `=` in the place
/// of the direction's space (`>=`), that of the one before, as a copy has.
fn segments(script: &str) -> Vec<(i64, Vec<u8>)> {
    let mut id = 0_u16;
    let lines = script.split(';').map(str::trim).filter(|line| !line.is_empty());
    let read = lines.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number =
            |at: usize| words.get(at).map_or(0, |word| word.parse::<u32>().expect("a number"));
        let forward = words[1].starts_with('>');
        let (from, to) = if forward { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        // Nothing that any protocol begins with.
        let payload = vec![b'~'; number(5) as usize];
        let mut packet = acking(from, to, (number(3), number(4)), words[2], &payload);
        id += u16::from(!words[1].ends_with('='));
        packet[18..20].copy_from_slice(&id.to_be_bytes());
        (i64::from(number(0)), packet)
    });
    read.collect()
}

fn outcome(script: &str, view: &View) -> Outcome {
    let one = conversation(&segments(script));
    let client = if one.ends()[0].port == CLIENT.1 { Side::A } else { Side::B };
    Outcome::of(&one, client, view)
}
