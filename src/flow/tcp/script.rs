//! Connections for tests, written as scripts.

use super::{Acknowledged, Tcp};
use crate::{
    capture::Timestamp,
    decode::{Flags, Segment},
    flow::Side,
};

/// A segment by its flags, its numbers and its length: `FA 101 501 4`; `?` after the length states that
/// the length on the wire is not known.
pub fn segment(text: &str) -> Segment<'static> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |at: usize| {
        words.get(at).map_or(0, |word| word.trim_end_matches('?').parse().expect("a number"))
    };
    let flags = words[0].chars().map(|letter| match letter {
        'S' => Flags::SYN,
        'A' => Flags::ACK,
        'F' => Flags::FIN,
        'R' => Flags::RST,
        'P' => Flags::PSH,
        _ => Flags::empty(),
    });
    Segment {
        src_port: 0,
        dst_port: 0,
        seq: number(1),
        ack: number(2),
        flags: flags.collect(),
        window: Some(1000),
        payload: &[],
        payload_len: number(3),
        length_known: !text.ends_with('?'),
    }
}

/// Takes in segments by time in milliseconds and direction, `0 > S 100; 1 < SA 500 101`, and gives what
/// the last of them acknowledged. Side A sends to the right.
pub fn play(script: &str) -> (Tcp, Acknowledged) {
    let lines = script.split(';').map(str::trim).filter(|line| !line.is_empty());
    let mut state: Option<Tcp> = None;
    let mut last = Acknowledged::default();
    for (id, line) in lines.enumerate() {
        let (time, rest) = line.split_once(' ').expect("a time");
        let (direction, text) = rest.split_once(' ').expect("a direction");
        let side = if direction == ">" { Side::A } else { Side::B };
        let time = Timestamp(time.parse::<i64>().expect("a time") * 1_000_000);
        let segment = segment(text);
        let tcp = state.get_or_insert_with(|| Tcp::new(side, time, &segment));
        last = tcp.take(side, (time, 64, id as u16 + 1), &segment);
    }
    (state.expect("a segment"), last)
}

/// The connection after a script.
pub fn after(script: &str) -> Tcp {
    play(script).0
}

/// A handshake, then a request and a reply of 4 bytes each.
pub const SETTLED: &str = "0 > S 100; 1 < SA 500 101; 2 > A 101 501; 3 > A 101 501 4; \
                           4 < A 501 105 4; 5 > A 105 505;";
