//! Any fragments in any order: each frame counts once, and what waits stays within its bounds.
//!
//! The input is a row of fragments: a byte for the time that has passed, one for the number of the
//! datagram and the version of IP, two of flags and offset, one of length, then as much payload.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::{Counted, Decoder},
};

const SECOND: i64 = 1_000_000_000;

fn packet(number: u8, position: [u8; 2], payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u8;
    let (id, protocol) = (number & 3, if number & 4 == 0 { 17 } else { 47 });
    let mut data = if number & 8 == 0 {
        let mut header = vec![0x45, 0, 0, len + 20, 0, id, position[0], position[1], 64, protocol];
        header.extend([0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        header
    } else {
        let mut header = vec![0x60, 0, 0, 0, 0, len + 8, 44, 64];
        header.extend([1; 16]);
        header.extend([2; 16]);
        header.extend([protocol, 0, position[0], position[1], 0, 0, 0, id]);
        header
    };
    data.extend(payload);
    data
}

fuzz_target!(|data: &[u8]| {
    let mut decoder = Decoder::default();
    let (mut rest, mut time) = (data, 0);
    let (mut read, mut skipped, mut here, mut as_fragment) = (0, 0, 0, 0);
    let mut count = |counted: Counted| match counted {
        Counted::Here => here += 1,
        Counted::AsFragment => as_fragment += 1,
        Counted::ByCarrier | Counted::Skipped => {}
    };
    while let [pause, number, high, low, len, payload @ ..] = rest {
        let (payload, behind) = payload.split_at(payload.len().min(usize::from(len % 128)));
        rest = behind;
        time += i64::from(*pause) * SECOND / 8;
        let packet = packet(*number, [*high, *low], payload);
        // A recorder may have cut it.
        let captured = packet.len() - usize::from(number >> 4).min(payload.len());
        let frame = Frame {
            time: Timestamp(time),
            link: LinkType::RAW,
            data: &packet[..captured],
            wire_len: packet.len() as u32,
            said: Said::default(),
        };
        match decoder.read(&frame, |packet| count(packet.counted)) {
            Ok(()) => read += 1,
            Err(_) => skipped += 1,
        }
    }
    decoder.flush(|packet| count(packet.counted));
    assert_eq!(here, read);
    assert!(as_fragment <= skipped);
});
