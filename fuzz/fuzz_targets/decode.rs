//! Any bytes as a frame; the first one chooses the link type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::{Body, decode},
    dissect,
};

const LINKS: [u32; 9] = [1, 0, 9, 50, 101, 108, 113, 229, 276];

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else { return };
    let link = LinkType(LINKS[usize::from(*choice) % LINKS.len()]);
    let wire_len = data.len() as u32;
    let Ok(packet) = decode(&Frame { time: Timestamp(0), link, data, wire_len, said: Said::default() }) else { return };
    match packet.body {
        Body::Tcp(segment) => {
            let _protocol = dissect::stream_start(segment.payload);
        }
        Body::Udp(datagram) => {
            let _protocol = dissect::datagram(datagram.payload, (datagram.src_port, datagram.dst_port));
        }
        Body::Echo(_) | Body::Error(_) => {}
    }
});
