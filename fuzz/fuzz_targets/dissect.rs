//! What two speakers say in turn: each turn begins with an octet for the speaker and the number of
//! octets, and is heard in pieces and as a whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmmtap::dissect::{Dialogue, Heard, datagram};

const PORTS: [[u16; 2]; 8] = [
    [50_000, 135],
    [50_000, 445],
    [50_000, 5985],
    [50_000, 443],
    [50_000, 8100],
    [50_000, 53],
    [50_000, 88],
    [50_000, 623],
];

fn heard(turns: &[(usize, &[u8])], ports: [u16; 2], piece: usize) -> Heard {
    let mut dialogue = Dialogue::new(ports);
    let mut heard = Heard::default();
    for (speaker, bytes) in turns {
        for piece in bytes.chunks(piece) {
            dialogue.hear(*speaker, piece, &mut heard);
        }
    }
    heard
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, mut rest)) = data.split_first() else { return };
    let ports = PORTS[usize::from(*choice) % PORTS.len()];
    let mut turns = Vec::new();
    while let [turn, len, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*len).min(tail.len()));
        turns.push((usize::from(turn & 1), bytes));
        rest = after;
    }
    let whole = heard(&turns, ports, usize::MAX);
    assert_eq!(whole, heard(&turns, ports, 1));
    for (speaker, bytes) in turns {
        datagram(bytes, speaker, ports, &mut Heard::default());
    }
});
