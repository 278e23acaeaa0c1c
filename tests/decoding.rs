//! Frames of every link type read here, and the reasons why a frame is no packet.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use etherparse::PacketBuilder;
use recorder::{tcp, udp};
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::{Body, Decoder, Flags, Packet, Skip},
};

const ETHERNET: usize = 14;

fn frame(link: LinkType, data: &[u8]) -> Frame<'_> {
    Frame { time: Timestamp(0), link, data, wire_len: data.len() as u32, said: Said::default() }
}

/// A SYN from 10.0.0.1:1000 to 10.0.0.2:80 as an IP packet.
fn syn() -> Vec<u8> {
    tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "S", b"")[ETHERNET..].to_vec()
}

fn is_the_syn(packet: &Packet<'_>) -> bool {
    let Body::Tcp(segment) = &packet.body else { return false };
    packet.src.to_string() == "10.0.0.1"
        && packet.ip_len == 40
        && (segment.src_port, segment.dst_port, segment.seq) == (1000, 80, 7)
        && segment.flags == Flags::SYN
}

#[test]
fn every_link_type_leads_to_the_same_packet() {
    let under = |header: &[u8]| [header, &syn()].concat();
    let ethernet = [0; 12];
    let cases = [
        (LinkType::ETHERNET, under(&[&ethernet[..], &[8, 0]].concat())),
        (LinkType::ETHERNET, under(&[&ethernet[..], &[0x81, 0, 0, 20, 8, 0]].concat())),
        (
            LinkType::ETHERNET,
            under(&[&ethernet[..], &[0x88, 0xa8, 0, 100, 0x81, 0, 0, 20, 8, 0]].concat()),
        ),
        (LinkType::RAW, syn()),
        (LinkType::RAW_DLT, syn()),
        (LinkType::RAW_OPENBSD, syn()),
        (LinkType::IPV4, syn()),
        (LinkType::NULL, under(&[2, 0, 0, 0])),
        (LinkType::NULL, under(&[0, 0, 0, 2])),
        (LinkType::LOOP, under(&[0, 0, 0, 2])),
        (LinkType::LINUX_SLL, under(&[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0])),
        (
            LinkType::LINUX_SLL2,
            under(&[8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0]),
        ),
        (LinkType::PPP, under(&[0xff, 3, 0, 0x21])),
        (LinkType::PPP, under(&[0, 0x21])),
        (LinkType::PPP, under(&[0x21])),
        (LinkType::PPP_HDLC, under(&[0xff, 3, 0, 0x21])),
    ];
    for (number, (link, data)) in cases.iter().enumerate() {
        let packet = decode(&frame(*link, data)).unwrap_or_else(|skip| panic!("{number}: {skip}"));
        assert!(is_the_syn(&packet), "{number}: {packet:?}");
    }
}

#[test]
fn ethernet_padding_is_no_payload() {
    let mut data = tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "A", b"");
    data.resize(60, 0);
    let packet = decode(&frame(LinkType::ETHERNET, &data)).expect("a packet");
    let Body::Tcp(segment) = packet.body else { panic!("no segment") };
    assert_eq!((segment.payload.len(), segment.payload_len, packet.ip_len), (0, 0, 40));
}

#[test]
fn a_packet_cut_by_the_snap_length_counts_with_its_length_on_the_wire() {
    let whole = tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "A", &[1; 1000]);
    for (captured, payload) in [(whole.len(), 1000), (64, 10), (54, 0), (48, 0)] {
        let data = &whole[..captured];
        let cut = Frame {
            time: Timestamp(0),
            link: LinkType::ETHERNET,
            data,
            wire_len: whole.len() as u32,
            said: Said::default(),
        };
        let packet = decode(&cut).expect("a packet");
        assert_eq!(packet.ip_len, 1040, "{captured}");
        let Body::Tcp(segment) = packet.body else { panic!("no segment") };
        assert_eq!((segment.payload.len(), segment.payload_len), (payload, 1000), "{captured}");
        assert_eq!(segment.flags, Flags::ACK);
    }
    let too_short = decode(&frame(LinkType::ETHERNET, &whole[..47]));
    assert_eq!(too_short.err(), Some(Skip::CutHeaders));
}

#[test]
fn a_length_of_zero_under_segmentation_offload_is_told_by_the_capture() {
    let mut data = tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "A", &[1; 3000]);
    data[ETHERNET + 2..ETHERNET + 4].copy_from_slice(&[0, 0]);
    let packet = decode(&frame(LinkType::ETHERNET, &data)).expect("a packet");
    let Body::Tcp(segment) = packet.body else { panic!("no segment") };
    assert_eq!((segment.payload_len, packet.ip_len), (3000, 3040));
}

#[test]
fn checksums_do_not_decide() {
    let mut data = tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "S", b"");
    data[ETHERNET + 10] ^= 0xff;
    data[ETHERNET + 20 + 16] ^= 0xff;
    assert!(is_the_syn(&decode(&frame(LinkType::ETHERNET, &data)).expect("a packet")));
}

#[test]
fn a_first_fragment_has_ports_and_a_later_one_is_counted() {
    let mut data = udp(("10.0.0.1", 1000), ("10.0.0.2", 53), &[1; 100]);
    data[ETHERNET + 6] = 0x20;
    let packet = decode(&frame(LinkType::ETHERNET, &data)).expect("a packet");
    assert!(matches!(packet.body, Body::Udp(datagram) if datagram.dst_port == 53));
    data[ETHERNET + 7] = 10;
    assert_eq!(decode(&frame(LinkType::ETHERNET, &data)).err(), Some(Skip::Fragment));
}

#[test]
fn ipv6_with_extension_headers_is_read() {
    let mut udp = Vec::new();
    PacketBuilder::ipv6([1; 16], [2; 16], 64)
        .udp(1000, 623)
        .write(&mut udp, &[6, 0, 0xff, 7])
        .expect("written to memory");
    // Hop-by-hop options between the header and the datagram.
    let mut data = udp[..40].to_vec();
    data[5] += 8;
    let next = std::mem::replace(&mut data[6], 0);
    data.extend([next, 0, 1, 4, 0, 0, 0, 0]);
    data.extend(&udp[40..]);
    let packet = decode(&frame(LinkType::IPV6, &data)).expect("a packet");
    assert_eq!(packet.ip_len, 60);
    assert!(matches!(packet.body, Body::Udp(datagram)
        if datagram.dst_port == 623 && datagram.payload_len == 4));
}

/// An ICMP destination unreachable that quotes `quoted`.
fn unreachable(code: u8, quoted: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 254], [10, 0, 0, 1], 64)
        .icmpv4_raw(3, code, [0; 4])
        .write(&mut data, quoted)
        .expect("written to memory");
    data
}

#[test]
fn an_icmp_error_gives_the_ports_that_it_quotes_from_eight_bytes() {
    let quoted = &syn()[..28];
    let data = unreachable(13, quoted);
    let packet = decode(&frame(LinkType::RAW, &data)).expect("a packet");
    let Body::Error(error) = packet.body else { panic!("no error") };
    assert_eq!((error.kind, error.code, error.quote.ports), (3, 13, (1000, 80)));
    assert_eq!(error.quote.src.to_string(), "10.0.0.1");
    let short = unreachable(13, &syn()[..22]);
    assert_eq!(decode(&frame(LinkType::RAW, &short)).err(), Some(Skip::UnreadableQuote));
}

#[test]
fn each_other_frame_has_its_reason() {
    let ethernet = |ether_type: [u8; 2], rest: &[u8]| [&[0; 12][..], &ether_type, rest].concat();
    let mut gre = syn();
    gre[9] = 47;
    let cases = [
        (LinkType(127), vec![0; 40], "link-type-802.11-radiotap"),
        (LinkType(147), vec![0; 40], "link-type-147"),
        (LinkType::UNDESCRIBED, syn(), "link-type-undescribed"),
        (
            LinkType::ETHERNET,
            ethernet(
                [8, 6],
                &[
                    0, 1, 8, 0, 6, 4, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 2,
                    2, 2,
                ],
            ),
            "arp",
        ),
        (LinkType::ETHERNET, ethernet([0x88, 0xcc], &[0; 40]), "lldp"),
        (LinkType::ETHERNET, ethernet([0x12, 0x34], &[0; 40]), "ethertype-1234"),
        (LinkType::ETHERNET, ethernet([0, 40], &[0x42; 40]), "llc"),
        (LinkType::ETHERNET, vec![0; 9], "headers-cut"),
        (LinkType::RAW, syn()[..12].to_vec(), "headers-cut"),
        (LinkType::RAW, vec![0x95; 40], "malformed"),
        (LinkType::RAW, gre, "gre"),
        (LinkType::PPP, vec![0xff, 3, 0xc0, 0x21, 1, 1, 0, 4], "ppp-c021"),
    ];
    for (link, data, reason) in cases {
        let skip = decode(&frame(link, &data)).expect_err(reason);
        assert_eq!(skip.to_string(), reason);
    }
}

#[test]
fn a_chain_of_extension_headers_that_is_cut_or_lies_is_no_way_out_of_the_packet() {
    let mut ipv6 = vec![0x60, 0, 0, 0, 0, 8, 0, 64];
    ipv6.extend([1; 32]);
    for next in [0, 43, 44, 51, 60] {
        for chain in [&[][..], &[43], &[43, 200, 0, 0, 0, 0, 0, 0], &[44, 0, 0, 0, 0, 0, 0, 0]] {
            let mut data = ipv6.clone();
            data[6] = next;
            data[5] = chain.len() as u8;
            data.extend(chain);
            let skip = decode(&frame(LinkType::IPV6, &data)).expect_err("no transport");
            assert_eq!(skip, Skip::CutHeaders, "{next} {chain:?}");
        }
    }
}
