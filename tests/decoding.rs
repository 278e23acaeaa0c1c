//! Frames of every link type read here, and the reasons why a frame is no packet.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod layers;
mod recorder;

use etherparse::PacketBuilder;
use layers::{ETHERNET, all, decode, ethernet, frame, is_the_syn, syn, syn_frame};
use recorder::tcp;
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::{Body, Counted, Flags, Neighbour, Skip},
};

#[test]
fn every_link_type_leads_to_the_same_packet() {
    let under = |header: &[u8]| [header, &syn()].concat();
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let behind = |len: usize, header: &[u8]| under(&[&vec![0; len], header].concat());
    let cases = [
        (LinkType::ETHERNET, syn_frame()),
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
        (LinkType::PPP_WITH_DIRECTION, under(&[1, 0xff, 3, 0, 0x21])),
        (LinkType::PPP_PPPD, under(&[0, 0x21])),
        (LinkType::PPP, under(&[0x0f, 0, 8, 0])),
        (LinkType::PPP_HDLC, under(&[0x8f, 0, 8, 0])),
        (LinkType::PPP_WITH_DIRECTION, under(&[1, 0x0f, 0, 8, 0])),
        (LinkType::PPPOE, under(&[0x11, 0, 0, 1, 0, 42, 0, 0x21])),
        (LinkType::SLIP, behind(16, &[])),
        (LinkType::TOKEN_RING, under(&[&[0x10, 0x40][..], &[0; 12], &snap].concat())),
        (
            LinkType::TOKEN_RING,
            under(&[&[0x10, 0x40][..], &[0; 6], &[0x80], &[0; 5], &[4, 0, 1, 1], &snap].concat()),
        ),
        (LinkType::FDDI, under(&[&[0x50][..], &[0; 12], &snap].concat())),
        (LinkType::ATM_RFC1483, under(&snap)),
        (LinkType::ATM_RFC1483, under(&[0xfe, 0xfe, 3, 0xcc])),
        (
            LinkType::ATM_RFC1483,
            [&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0], &syn_frame()[..]].concat(),
        ),
        (LinkType::ATM_CLIP, under(&snap)),
        (LinkType::ATM_CLIP, syn()),
        (LinkType::SUNATM, under(&[&[2, 0, 0, 1][..], &snap].concat())),
        (LinkType::SUNATM, [&[1, 0, 0, 1, 0, 0], &syn_frame()[..]].concat()),
        (LinkType::IP_OVER_FC, behind(16, &snap)),
        (LinkType::CISCO_HDLC, under(&[0x0f, 0, 8, 0])),
        (LinkType::FRAME_RELAY, under(&[0x18, 0x41, 3, 0xcc])),
        (LinkType::FRAME_RELAY, under(&[0x18, 0x41, 8, 0])),
        (LinkType::FRAME_RELAY, under(&[0x18, 0x40, 0x40, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0])),
        (
            LinkType::FRAME_RELAY,
            [&[0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7], &syn_frame()[..]].concat(),
        ),
        (LinkType::NFLOG, under(&[2, 0, 0, 1, 5, 0, 1, 0, 7, 0, 0, 0, 44, 0, 9, 0])),
        (LinkType::NFLOG, under(&[2, 0, 0, 1, 0, 5, 0, 1, 7, 0, 0, 0, 0, 44, 0, 9])),
        (LinkType::IPNET, behind(24, &[])),
        (LinkType::IPOIB, behind(40, &[8, 0, 0, 0])),
        (LinkType::PKTAP, behind(0, &[16, 0, 0, 0, 1, 0, 0, 0, 101, 0, 0, 0, 9, 9, 9, 9])),
        (LinkType::USER_2, under(&pktap(108, 1, 101, b"en0"))),
        (LinkType::USER_2, under(&pktap(156, 1, 101, b"utun12"))),
        (LinkType::PPI, under(&[0, 0, 10, 0, 9, 0, 0, 0, 1, 1, 0, 0x21])),
        (LinkType::BROADCOM_TAG, behind(12, &[1, 2, 3, 4, 8, 0])),
        (LinkType::DSA_TAG, behind(12, &[1, 2, 3, 4, 8, 0])),
        (LinkType::EDSA_TAG, behind(12, &[1, 2, 3, 4, 5, 6, 7, 8, 8, 0])),
    ];
    for (number, (link, data)) in cases.iter().enumerate() {
        let packet = decode(&frame(*link, data)).unwrap_or_else(|skip| panic!("{number}: {skip}"));
        assert!(is_the_syn(&packet), "{number}: {packet:?}");
    }
}

/// A PKTAP header of a length, with record type, link type and interface.
fn pktap(len: usize, kind: u8, link: u8, interface: &[u8]) -> Vec<u8> {
    let mut header = vec![0; len];
    header[..2].copy_from_slice(&(len as u16).to_le_bytes());
    (header[4], header[8]) = (kind, link);
    header[12..12 + interface.len()].copy_from_slice(interface);
    header
}

/// An 802.11 header with its first two octets, and so many bytes in all.
fn wlan(control: [u8; 2], len: usize) -> Vec<u8> {
    [&control[..], &vec![0; len - 2], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &syn()].concat()
}

#[test]
fn a_data_frame_of_802_11_leads_to_its_packet_behind_any_recorders_header() {
    let data = wlan([8, 1], 24);
    let radiotap = |fields: u32, rest: &[u8]| {
        let mut header = vec![0, 0, 8 + rest.len() as u8, 0];
        header.extend(fields.to_le_bytes());
        [&header, rest].concat()
    };
    let padded = [&wlan([0x88, 1], 26)[..26], &[0; 2], &wlan([0x88, 1], 26)[26..]].concat();
    let cases = [
        (LinkType::WLAN, data.clone()),
        (LinkType::WLAN, wlan([8, 3], 30)),
        (LinkType::WLAN, wlan([0x88, 1], 26)),
        (LinkType::WLAN, wlan([0x88, 0x81], 30)),
        (LinkType::WLAN_RADIOTAP, [radiotap(0, &[]), data.clone()].concat()),
        (LinkType::WLAN_RADIOTAP, [radiotap(2, &[0x10]), data.clone()].concat()),
        (LinkType::WLAN_RADIOTAP, [radiotap(2, &[0x20]), padded.clone()].concat()),
        (
            LinkType::WLAN_RADIOTAP,
            // Another word of fields, then the timer, which is aligned.
            [radiotap(0x8000_0003, &[&[0; 16][..], &[0x20]].concat()), padded].concat(),
        ),
        (LinkType::WLAN_PRISM, [&[0x44, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0], &data[..]].concat()),
        (LinkType::WLAN_PRISM, [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 8], &data[..]].concat()),
        (LinkType::WLAN_AVS, [&[0x80, 0x21, 0x10, 2, 0, 0, 0, 8], &data[..]].concat()),
        (LinkType::PPI, [&[0, 0, 8, 0, 105, 0, 0, 0], &data[..]].concat()),
    ];
    for (number, (link, data)) in cases.iter().enumerate() {
        let packet = decode(&frame(*link, data)).unwrap_or_else(|skip| panic!("{number}: {skip}"));
        assert!(is_the_syn(&packet), "{number}: {packet:?}");
    }
}

#[test]
fn a_frame_of_802_11_without_a_readable_packet_says_why() {
    let mut fragment = wlan([8, 1], 24);
    fragment[22] = 1;
    let mut aggregate = wlan([0x88, 1], 26);
    aggregate[24] = 0x80;
    let cases = [
        (wlan([0x80, 0], 24), "802.11-management"),
        (wlan([0xd4, 0], 24), "802.11-control"),
        (wlan([0x48, 1], 24), "802.11-without-data"),
        (wlan([0x08, 0x41], 24), "802.11-protected"),
        (wlan([0x08, 0x05], 24), "802.11-fragment"),
        (fragment, "802.11-fragment"),
        (aggregate, "802.11-aggregate"),
        (wlan([0x0c, 0], 24), "802.11-extension"),
        (wlan([0x09, 0], 24), "malformed"),
        (wlan([8, 1], 24)[..20].to_vec(), "headers-cut"),
    ];
    for (data, reason) in cases {
        let skip = decode(&frame(LinkType::WLAN, &data)).expect_err(reason);
        assert_eq!(skip.to_string(), reason);
    }
}

#[test]
fn who_has_an_address_is_told_beside_the_reason() {
    let arp = |operation: u8, sender: u8, target: u8| {
        let mut data = vec![0, 1, 8, 0, 6, 4, 0, operation];
        data.extend([2, 0, 0, 0, 0, 1, 10, 0, 0, sender, 0, 0, 0, 0, 0, 0, 10, 0, 0, target]);
        ethernet(0x0806, &data)
    };
    let solicitation = |kind: u8| {
        let target = [&[0; 4][..], &[0x20, 1, 0xd, 0xb8], &[0; 11], &[9]].concat();
        recorder::icmp("fe80::1", "ff02::1:ff00:9", kind, &target[4..])
    };
    let cases = [
        (arp(1, 1, 9), Skip::Arp, Some((true, "10.0.0.9"))),
        (arp(2, 9, 1), Skip::Arp, Some((false, "10.0.0.9"))),
        (arp(1, 9, 9), Skip::Arp, Some((false, "10.0.0.9"))),
        (arp(3, 1, 9), Skip::Arp, None),
        (arp(1, 1, 9)[..30].to_vec(), Skip::Arp, None),
        (solicitation(135), Skip::OtherIcmp, Some((true, "2001:db8::9"))),
        (solicitation(136), Skip::OtherIcmp, Some((false, "2001:db8::9"))),
        (solicitation(134), Skip::OtherIcmp, None),
    ];
    for (data, skip, told) in cases {
        let (packets, read) = all(&frame(LinkType::ETHERNET, &data));
        assert_eq!(read, Err(skip));
        let seen: Vec<_> = packets
            .iter()
            .map(|packet| (packet.counted, matches!(packet.body, Body::Neighbour(_))))
            .collect();
        assert_eq!(seen, vec![(Counted::Skipped, true); usize::from(told.is_some())]);
        let expected =
            told.map(|(asks, about)| Neighbour { asks, about: about.parse().expect("an address") });
        let found = packets.first().map(|packet| match packet.body {
            Body::Neighbour(neighbour) => neighbour,
            _ => panic!("{packet:?}"),
        });
        assert_eq!(found, expected);
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
fn a_length_is_known_if_the_ip_header_or_the_capture_states_it() {
    const LEN: usize = 3000;
    let v4 = |total: u16| {
        let mut data =
            tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "A", &[1; LEN])[ETHERNET..].to_vec();
        data[2..4].copy_from_slice(&total.to_be_bytes());
        data
    };
    let segment = v4(0)[20..].to_vec();
    let v6 = |payload_len: u16, options: &[u8]| {
        let mut data = layers::ipv6(if options.is_empty() { 6 } else { 0 }, options);
        data[4..6].copy_from_slice(&payload_len.to_be_bytes());
        [data, segment.clone()].concat()
    };
    let jumbo = |kind: u8, len: u32| [&[6, 0, kind, 4][..], &len.to_be_bytes()].concat();
    let segment_len = segment.len() as u32;
    let stated = segment_len as u16;
    // Packet, bytes captured, length on the wire; payload length, whether it is known.
    let cases = [
        ("total length", v4(20 + stated), 100, 100, LEN, true),
        ("total length 0, all captured", v4(0), LEN + 40, LEN + 40, LEN, false),
        ("total length 0, truncated", v4(0), 100, 100, 60, false),
        ("total length 0, one byte cut", v4(0), LEN + 39, LEN + 40, LEN, true),
        ("total length 0, cut", v4(0), 100, LEN + 40, LEN, true),
        ("less than its header", v4(19), 100, 100, 60, false),
        ("payload length", v6(stated, &[]), 100, 100, LEN, true),
        ("payload length 0", v6(0, &[]), 100, 100, 40, false),
        ("payload length 0, cut", v6(0, &[]), 100, LEN + 60, LEN, true),
        ("jumbogram", v6(0, &jumbo(0xc2, 8 + segment_len)), 100, 100, LEN, true),
        ("another option", v6(0, &jumbo(0x1e, 8 + segment_len)), 100, 100, 32, false),
    ];
    for (name, packet, captured, wire_len, payload_len, known) in cases {
        let mut cut = frame(LinkType::RAW, &packet[..captured]);
        cut.wire_len = wire_len as u32;
        let packet = decode(&cut).expect(name);
        let Body::Tcp(segment) = packet.body else { panic!("no segment") };
        assert_eq!(
            (segment.payload_len, segment.length_known),
            (payload_len as u32, known),
            "{name}"
        );
    }
}

#[test]
fn checksums_do_not_decide() {
    let mut data = tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "S", b"");
    data[ETHERNET + 10] ^= 0xff;
    data[ETHERNET + 20 + 16] ^= 0xff;
    assert!(is_the_syn(&decode(&frame(LinkType::ETHERNET, &data)).expect("a packet")));
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

#[test]
fn each_other_frame_has_its_reason() {
    let ethernet =
        |ether_type: [u8; 2], rest: &[u8]| ethernet(u16::from_be_bytes(ether_type), rest);
    let mut gre = syn();
    gre[9] = 47;
    let cases = [
        (LinkType(195), vec![0; 40], "link-type-802.15.4"),
        (LinkType(252), vec![0; 40], "link-type-wireshark-upper-pdu"),
        (LinkType(300), vec![0; 40], "link-type-300"),
        (LinkType::USER_2, syn(), "link-type-user-2"),
        (LinkType::USER_2, vec![0; 200], "link-type-user-2"),
        (LinkType::USER_2, pktap(107, 1, 101, b"en0"), "link-type-user-2"),
        (LinkType::USER_2, pktap(108, 0, 101, b"en0"), "link-type-user-2"),
        (LinkType::USER_2, pktap(108, 1, 101, b""), "link-type-user-2"),
        (LinkType::USER_2, pktap(108, 1, 101, b"e\x01"), "link-type-user-2"),
        (LinkType::USER_2, pktap(108, 1, 149, b"en0"), "link-type-user-2"),
        (LinkType::USER_2, pktap(513, 1, 101, b"en0"), "link-type-user-2"),
        (LinkType::PPP, vec![0x0f, 0, 0x20, 0, 1, 1], "cdp"),
        (LinkType::PPP, vec![0x0f, 1, 8, 0, 1, 1], "ppp-000f"),
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
        (LinkType::ETHERNET, ethernet([0x88, 0x47], &[0, 0, 1, 0, 0x10]), "mpls"),
        (
            LinkType::ETHERNET,
            ethernet([0x88, 0x64], &[0x11, 9, 0, 1, 0, 2, 0, 0x21]),
            "pppoe-discovery",
        ),
        (LinkType::ETHERNET, ethernet([0x88, 0xe5], &[0x0c; 40]), "macsec"),
        (LinkType::FDDI, vec![0xc0; 40], "link-control"),
        (LinkType::PPI, [&[0, 0, 8, 0, 192, 0, 0, 0][..], &syn()].concat(), "link-type-ppi"),
        (LinkType::NFLOG, vec![2, 0, 0, 1, 3, 0, 9, 0, 0x45], "malformed"),
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
