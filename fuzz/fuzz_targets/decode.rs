//! Any bytes as a frame; the first one chooses the link type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::{Body, Counted, Decoder},
    dissect,
};

/// Those of the seeds first; then all that are read.
const LINKS: [u32; 38] = [
    1, 0, 9, 50, 101, 108, 113, 229, 276, 6, 8, 10, 12, 14, 51, 100, 104, 105, 106, 107, 119, 122,
    123, 127, 163, 166, 192, 204, 226, 228, 239, 242, 258, 281, 284, 285, 147, u32::MAX,
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else { return };
    let link = LinkType(LINKS[usize::from(*choice) % LINKS.len()]);
    let wire_len = data.len() as u32;
    let frame = Frame { time: Timestamp(0), link, data, wire_len, said: Said::default() };
    let mut counted = 0;
    let read = Decoder::default().read(&frame, |packet| {
        counted += u32::from(packet.counted == Counted::Here);
        let mut heard = dissect::Heard::default();
        match &packet.body {
            Body::Tcp(segment) => {
                let mut dialogue = dissect::Dialogue::new([segment.src_port, segment.dst_port]);
                dialogue.hear(0, segment.payload, &mut heard);
            }
            Body::Udp(datagram) => {
                let ports = [datagram.src_port, datagram.dst_port];
                dissect::datagram(datagram.payload, 0, ports, &mut heard);
            }
            Body::Echo(_) | Body::Error(_) | Body::Neighbour(_) => {}
        }
    });
    assert_eq!(counted, u32::from(read.is_ok()));
});
