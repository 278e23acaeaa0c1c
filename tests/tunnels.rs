//! Encapsulations, alone and within each other: what is inside, whose it is, and how it counts.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod layers;
mod recorder;

use layers::{
    all, decode, ethernet, frame, gre, ipv4, ipv6, is_the_syn, syn, syn_frame, udp, vxlan,
};
use proptest::prelude::*;
use vmmtap::{
    capture::LinkType,
    decode::{Body, Counted, Overlay, Skip, Tenant},
};

fn under(header: &[u8], inner: &[u8]) -> Vec<u8> {
    [header, inner].concat()
}

/// Tunnels without a conversation of their own, as IP packets.
fn without_carrier() -> Vec<(&'static str, Vec<u8>)> {
    let (ip, ether) = (syn(), syn_frame());
    let ppp = under(&[0xff, 3, 0, 0x21], &ip);
    vec![
        ("ip in ip", ipv4(4, &ip)),
        ("ip in ipv6", ipv6(4, &ip)),
        ("ip in ip in ipv6", ipv6(41, &ipv6(4, &ipv4(4, &ip)))),
        ("gre", gre(0, 0x0800, &ip)),
        ("gre, checksum", gre(0x8000, 0x0800, &under(&[1; 4], &ip))),
        ("gre, key, sequence", gre(0x3000, 0x0800, &under(&[1; 8], &ip))),
        (
            "gre, routing",
            gre(0x4000, 0x0800, &[&[0; 4][..], &[0, 8, 0, 2, 1, 1], &[0; 4], &ip].concat()),
        ),
        ("gre, pptp", gre(0x3081, 0x880b, &under(&[0, 44, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], &ppp))),
        ("gre, ppp", gre(0, 0x880b, &ppp)),
        ("gre, mpls", gre(0, 0x8847, &under(&[0, 1, 1, 64], &ip))),
        ("gre, ethernet", gre(0, 0x6558, &ether)),
        ("erspan I", gre(0, 0x88be, &ether)),
        ("erspan II", gre(0x1000, 0x88be, &under(&[1; 12], &ether))),
        ("erspan III", gre(0x1000, 0x22eb, &under(&[0; 16], &ether))),
        (
            "erspan III, subheader",
            gre(0x1000, 0x22eb, &[&[0; 15][..], &[1], &[0; 8], &ether].concat()),
        ),
        ("erspan III, ip", gre(0x1000, 0x22eb, &[&[0; 14][..], &[8, 0], &ip].concat())),
        ("ethernet in ip", ipv4(97, &under(&[0x30, 0], &ether))),
        ("ethernet in ipv6", ipv6(143, &ether)),
        ("mpls in ip", ipv4(137, &under(&[0, 1, 1, 64], &ip))),
    ]
}

#[test]
fn a_tunnel_without_a_conversation_counts_by_what_is_inside() {
    for (name, data) in without_carrier() {
        let (packets, read) = all(&frame(LinkType::RAW, &data));
        assert_eq!((packets.len(), read), (1, Ok(())), "{name}");
        assert!(is_the_syn(&packets[0]) && packets[0].tenant.is_none(), "{name}: {packets:?}");
    }
}

/// Layers between an Ethernet frame's addresses and IP.
fn below_ip() -> Vec<(&'static str, u16, Vec<u8>)> {
    let (ip, ether) = (syn(), syn_frame());
    let label = |rest: &[u8]| under(&[0, 1, 0, 64, 0, 2, 1, 64], rest);
    vec![
        ("vlan", 0x8100, under(&[0, 20, 8, 0], &ip)),
        ("three tags", 0x9100, under(&[0, 1, 0x88, 0xa8, 0, 2, 0x81, 0, 0, 3, 8, 0], &ip)),
        ("vlan, llc", 0x8100, under(&[0, 20, 0, 48, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip)),
        ("vn-tag", 0x8926, under(&[0, 1, 0, 2, 8, 0], &ip)),
        ("e-tag", 0x893f, under(&[0, 1, 0, 2, 0, 0, 8, 0], &ip)),
        ("cisco metadata", 0x8909, under(&[1, 1, 0, 1, 0, 5, 8, 0], &ip)),
        ("backbone", 0x88e7, under(&[0, 0, 0, 9], &ether)),
        ("fabric path", 0x8903, under(&[0, 9], &ether)),
        ("macsec, not encrypted", 0x88e5, under(&[0, 0, 0, 0, 0, 1, 8, 0], &ip)),
        (
            "macsec, channel",
            0x88e5,
            under(&[0x20, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8, 0], &ip),
        ),
        ("nsh", 0x894f, under(&[0, 2, 1, 1, 0, 0, 0, 1], &ip)),
        ("nsh, ethernet", 0x894f, under(&[0, 2, 1, 3, 0, 0, 0, 1], &ether)),
        ("mpls", 0x8847, label(&ip)),
        ("mpls, ipv6", 0x8848, label(&ipv6(4, &ip))),
        ("pseudowire, control word", 0x8847, label(&under(&[0; 4], &ether))),
        ("pseudowire", 0x8847, label(&ether)),
        ("pppoe", 0x8864, under(&[0x11, 0, 0, 1, 0, 42, 0, 0x21], &ip)),
        ("pppoe, bridged", 0x8864, under(&[0x11, 0, 0, 1, 0, 42, 0, 0x31, 0, 1], &ether)),
        ("pppoe, mpls", 0x8864, under(&[0x11, 0, 0, 1, 0, 42, 2, 0x81, 0, 1, 1, 64], &ip)),
        ("ethernet in ethernet", 0x6558, ether.clone()),
        ("802.2, ip", 43, under(&[6, 6, 3], &ip)),
        ("snap", 48, under(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip)),
        ("snap of 802.1h", 48, under(&[0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0], &ip)),
    ]
}

#[test]
fn layers_below_ip_lead_to_it() {
    for (name, ether_type, rest) in below_ip() {
        let data = ethernet(ether_type, &rest);
        let (packets, read) = all(&frame(LinkType::ETHERNET, &data));
        assert_eq!((packets.len(), read), (1, Ok(())), "{name}");
        assert!(is_the_syn(&packets[0]), "{name}: {packets:?}");
    }
}

/// Tunnels in UDP: ports, what is before the packet or frame, whether it is a frame, the tenant.
type InUdp = (&'static str, (u16, u16), Vec<u8>, bool, Option<(Overlay, u32)>);

fn in_udp() -> Vec<InUdp> {
    use Overlay::{Geneve, Vxlan};
    let ip_len = syn().len() as u8;
    vec![
        ("vxlan", (9, 4789), vec![8, 0, 0, 0, 1, 2, 3, 0], true, Some((Vxlan, 0x01_02_03))),
        ("vxlan of linux", (9, 8472), vec![8, 0, 0, 0, 0, 0, 1, 0], true, Some((Vxlan, 1))),
        ("vxlan, policy", (9, 4789), vec![0x88, 0x40, 1, 1, 0, 0, 1, 0], true, Some((Vxlan, 1))),
        ("vxlan-gpe, ip", (9, 4790), vec![0x0c, 0, 0, 1, 0, 0, 2, 0], false, Some((Vxlan, 2))),
        ("vxlan-gpe, frame", (9, 4790), vec![0x0c, 0, 0, 3, 0, 0, 2, 0], true, Some((Vxlan, 2))),
        ("geneve", (9, 6081), vec![0, 0, 0x65, 0x58, 0, 0, 3, 0], true, Some((Geneve, 3))),
        (
            "geneve, options",
            (9, 6081),
            vec![2, 0x40, 8, 0, 0, 0, 3, 0, 1, 2, 0x80, 1, 0, 0, 0, 0],
            false,
            Some((Geneve, 3)),
        ),
        ("gre in udp", (9, 4754), vec![0, 0, 8, 0], false, None),
        ("gtp", (2152, 2152), vec![0x30, 0xff, 0, ip_len, 0, 0, 0, 1], false, None),
        (
            "gtp, extension",
            (9, 2152),
            vec![0x34, 0xff, 0, ip_len + 8, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0],
            false,
            None,
        ),
        ("gtp 0", (9, 3386), [&[0x1e, 0xff, 0, ip_len][..], &[0; 16]].concat(), false, None),
        (
            "ayiya",
            (9, 5072),
            [&[0x41, 0x52, 0x11, 4, 0, 0, 0, 0][..], &[0; 16], &[0; 20]].concat(),
            false,
            None,
        ),
        ("l2tp", (1701, 1701), vec![0x40, 2, 0, 52, 0, 1, 0, 1, 0xff, 3, 0, 0x21], false, None),
    ]
}

#[test]
fn a_tunnel_in_udp_has_a_conversation_of_its_own() {
    for (name, ports, header, is_frame, tenant) in in_udp() {
        let inner = if is_frame { syn_frame() } else { syn() };
        let data = udp(ports, &under(&header, &inner));
        let (packets, read) = all(&frame(LinkType::RAW, &data));
        let [outer, inner] = &packets[..] else { panic!("{name}: {packets:?}") };
        assert_eq!(read, Ok(()), "{name}");
        let Body::Udp(datagram) = &outer.body else { panic!("{name}: {outer:?}") };
        assert_eq!((datagram.src_port, datagram.dst_port), ports, "{name}");
        assert_eq!((outer.counted, outer.tenant), (Counted::Here, None), "{name}");
        assert!(is_the_syn(inner) && inner.counted == Counted::ByCarrier, "{name}: {inner:?}");
        assert_eq!(inner.tenant, tenant.map(|(overlay, id)| Tenant { overlay, id }), "{name}");
    }
}

#[test]
fn teredo_carries_ipv6_behind_what_its_server_says() {
    let inner = ipv6(4, &syn());
    let authentication = [0, 1, 2, 3, 9, 9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 0];
    let origin = [0, 0, 1, 1, 192, 0, 2, 9];
    for before in
        [vec![], authentication.to_vec(), origin.to_vec(), under(&authentication, &origin)]
    {
        let data = udp((3544, 9), &under(&before, &inner));
        let (packets, _) = all(&frame(LinkType::RAW, &data));
        assert!(packets.len() == 2 && is_the_syn(&packets[1]), "{before:?}");
    }
    let data = udp((3544, 9), &syn());
    assert_eq!(all(&frame(LinkType::RAW, &data)).0.len(), 1, "it carries no IPv4");
}

#[test]
fn a_datagram_on_a_tunnels_port_is_no_tunnel_unless_its_header_is_whole() {
    for (name, ports, header, is_frame, _) in in_udp() {
        let inner = if is_frame { syn_frame() } else { syn() };
        // The first byte holds the flags that must be set, and those that must not.
        let mut wrong = under(&header, &inner);
        wrong[0] ^= 0xff;
        let other_port = udp((9, 40_000), &under(&header, &inner));
        let cut_header = udp(ports, &header[..2]);
        for data in [udp(ports, &wrong), other_port, cut_header, udp(ports, b"hello")] {
            let (packets, read) = all(&frame(LinkType::RAW, &data));
            assert_eq!((packets.len(), read), (1, Ok(())), "{name}: {packets:?}");
        }
    }
    // A reply from the port.
    let from = udp((4789, 9), &under(&[8, 0, 0, 0, 0, 0, 1, 0], &syn_frame()));
    assert_eq!(all(&frame(LinkType::RAW, &from)).0.len(), 1);
}

#[test]
fn reserved_bits_are_ignored_if_the_inner_headers_are_plausible() {
    let with = |header: &[u8], place: usize, bits: u8| {
        let mut header = header.to_vec();
        header[place] |= bits;
        header
    };
    let (vxlan, gpe) = ([8, 0, 0, 0, 0, 0, 1, 0], [0x0c, 0, 0, 3, 0, 0, 1, 0]);
    let (geneve, gpe_ip) = ([0, 0, 0x65, 0x58, 0, 0, 1, 0], [0x0c, 0, 0, 1, 0, 0, 1, 0]);
    let geneve_ip = [0, 0, 8, 0, 0, 0, 1, 0];
    // Port, header, whether it carries a frame, and the reserved bits.
    type Case<'a> = (u16, [u8; 8], bool, &'a [(usize, u8)]);
    let cases: [Case<'_>; 5] = [
        (4789, vxlan, true, &[(0, 0x01), (0, 0x77), (1, 1), (2, 0x80), (3, 0xff), (7, 1)]),
        (4790, gpe, true, &[(0, 0xc0), (0, 1), (1, 1), (2, 2), (7, 0xff)]),
        (4790, gpe_ip, false, &[(1, 0xff), (7, 1)]),
        (6081, geneve, true, &[(1, 0x3f), (7, 1)]),
        (6081, geneve_ip, false, &[(1, 1), (7, 0x80)]),
    ];
    let tagged = |inner: &[u8]| ethernet(0x8100, &under(&[0, 1, 8, 0], inner));
    let twice =
        |inner: &[u8]| ethernet(0x88a8, &[&[0, 1, 0x81, 0, 0, 2, 8, 0][..], inner].concat());
    let mut damaged = syn();
    damaged[0] = 0x35;
    for (port, header, is_frame, bits) in cases {
        let inner = |ip: &[u8]| if is_frame { ethernet(0x0800, ip) } else { ip.to_vec() };
        for (place, bits) in bits {
            let header = with(&header, *place, *bits);
            let packets = |inner: &[u8]| {
                let data = udp((9, port), &under(&header, inner));
                all(&frame(LinkType::RAW, &data)).0.len()
            };
            assert_eq!(packets(&inner(&syn())), 2, "{port} {header:?}");
            assert_eq!(packets(&inner(&damaged)), 1, "{port} {header:?}");
            assert_eq!(packets(b"any other datagram of some length"), 1, "{port} {header:?}");
            if is_frame {
                assert_eq!(packets(&tagged(&syn())), 2, "{port} {header:?}");
                assert_eq!(packets(&twice(&syn())), 2, "{port} {header:?}");
                assert_eq!(packets(&tagged(&damaged)), 1, "{port} {header:?}");
            }
        }
    }
    // Required flags, version and control bit decide all the same.
    for (port, header) in [
        (4789, [0x71, 0, 0, 0, 0, 0, 1, 0]),
        (4790, [0x1c, 0, 0, 3, 0, 0, 1, 0]),
        (6081, [0x40, 0, 0x65, 0x58, 0, 0, 1, 0]),
        (6081, [0, 0x80, 0x65, 0x58, 0, 0, 1, 0]),
    ] {
        let data = udp((9, port), &under(&header, &syn_frame()));
        assert_eq!(all(&frame(LinkType::RAW, &data)).0.len(), 1, "{port} {header:?}");
    }
}

#[test]
fn gre_carries_802_11_under_arubas_numbers() {
    let inner = |control: [u8; 2], len: usize| {
        [&control[..], &vec![0; len - 2], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &syn()].concat()
    };
    for number in [0x8200, 0x8210, 0x82f0, 0x8300, 0x8370, 0x9000] {
        for data in [inner([8, 1], 24), inner([0x88, 2], 26), inner([0x88, 3], 32)] {
            let packet = decode(&frame(LinkType::RAW, &gre(0, number, &data)));
            assert!(packet.is_ok_and(|packet| is_the_syn(&packet)), "{number:04x}");
        }
        let protected = decode(&frame(LinkType::RAW, &gre(0, number, &inner([8, 0x41], 24))));
        assert_eq!(
            protected.err().map(|skip| skip.to_string()).as_deref(),
            Some("802.11-protected")
        );
    }
    for number in [0x8201, 0x81f0, 0x8380, 0x9010] {
        let skip = decode(&frame(LinkType::RAW, &gre(0, number, &inner([8, 1], 24))));
        assert_eq!(skip.err().map(|skip| skip.to_string()).as_deref(), Some("gre"), "{number:04x}");
    }
}

#[test]
fn the_innermost_network_number_is_the_tenant() {
    let tenant = |overlay, id| Some(Tenant { overlay, id });
    let nvgre =
        |id: u32, inner: &[u8]| gre(0x2000, 0x6558, &under(&(id << 8 | 0xff).to_be_bytes(), inner));
    let cases = [
        (nvgre(0x00ab_cdef, &syn_frame()), tenant(Overlay::Nvgre, 0x00ab_cdef)),
        (vxlan(5, &ethernet(0x8100, &under(&[0, 1, 8, 0], &syn()))), tenant(Overlay::Vxlan, 5)),
        (vxlan(5, &ethernet(0x0800, &nvgre(6, &syn_frame()))), tenant(Overlay::Nvgre, 6)),
        (nvgre(6, &ethernet(0x0800, &vxlan(7, &syn_frame()))), tenant(Overlay::Vxlan, 7)),
        (vxlan(5, &ethernet(0x0800, &gre(0, 0x0800, &syn()))), tenant(Overlay::Vxlan, 5)),
    ];
    for (data, expected) in cases {
        let packet = decode(&frame(LinkType::RAW, &data)).expect("a packet");
        assert!(is_the_syn(&packet));
        assert_eq!(packet.tenant, expected);
    }
}

#[test]
fn eight_encapsulations_are_followed_and_nine_are_not() {
    type Wrap = fn(&[u8]) -> Vec<u8>;
    let nested = |count: usize, wrap: Wrap| (0..count).fold(syn(), |inner, _| wrap(&inner));
    let wraps: [Wrap; 3] =
        [|inner| ipv4(4, inner), |inner| gre(0, 0x0800, inner), |inner| ipv6(4, inner)];
    for wrap in wraps {
        assert!(decode(&frame(LinkType::RAW, &nested(8, wrap))).is_ok_and(|one| is_the_syn(&one)));
        let beyond = decode(&frame(LinkType::RAW, &nested(9, wrap))).expect_err("too deep");
        assert_eq!((beyond, beyond.to_string().as_str()), (Skip::TooDeep, "nested-too-deep"));
    }
    let tags = |count: usize| {
        ethernet(0x8100, &[&[0, 1, 0x81, 0].repeat(count - 1)[..], &[0, 1, 8, 0], &syn()].concat())
    };
    assert!(decode(&frame(LinkType::ETHERNET, &tags(8))).is_ok());
    assert_eq!(decode(&frame(LinkType::ETHERNET, &tags(9))).err(), Some(Skip::TooDeep));
    // What a datagram carries may be too deep: the datagram itself counts.
    let (packets, read) =
        all(&frame(LinkType::RAW, &nested(9, |inner| vxlan(1, &ethernet(0x0800, inner)))));
    assert_eq!((packets.len(), read), (9, Ok(())));
    assert!(packets[1..].iter().all(|packet| packet.counted == Counted::ByCarrier));
}

#[test]
fn a_tunnel_with_nothing_readable_is_skipped_by_its_name() {
    let cases = [
        (gre(0, 0x0800, &[]), "gre"),
        (gre(0, 0x1234, &syn()), "gre"),
        (gre(7, 0x0800, &syn()), "gre"),
        (gre(0x8000, 0x0800, &[0]), "gre"),
        (gre(0x4000, 0x0800, &[0, 1, 0, 255, 1]), "gre"),
        (gre(0x1000, 0x22eb, &[&[0; 14][..], &[0x0c, 0], &syn()].concat()), "gre"),
        (ipv4(4, &[0x95; 40]), "ip-in-ip"),
        (ipv4(41, &[0x60]), "ipv6-in-ip"),
        (ipv4(137, &[0, 0, 1, 0, 0x70]), "mpls-in-ip"),
        (ipv4(4, &ipv4(89, &[0; 20])), "ospf"),
        (gre(0, 0x0800, &ipv4(1, &[9, 0, 0, 0, 0, 0, 0, 0])), "icmp-other"),
        (ipv6(59, &[]), "no-next-header"),
        (ipv6(50, &[0; 20]), "esp"),
    ];
    for (data, reason) in cases {
        let skip = decode(&frame(LinkType::RAW, &data)).expect_err(reason);
        assert_eq!(skip.to_string(), reason);
    }
    // In UDP the datagram counts, whatever is inside.
    for inside in [&[][..], &[0; 13], &ethernet(0x1234, &[0; 40]), &ethernet(0x0800, &[0x45; 9])] {
        let (packets, read) = all(&frame(LinkType::RAW, &vxlan(1, inside)));
        assert_eq!((packets.len(), read), (1, Ok(())), "{inside:?}");
    }
}

#[test]
fn what_the_snap_length_cut_inside_a_tunnel_counts_with_its_length_on_the_wire() {
    let mut inner = recorder::tcp(("10.0.0.1", 1000), ("10.0.0.2", 80), 7, "A", &[1; 500]);
    // A length of 0 says nothing: that of the carrier does.
    for with_length in [true, false] {
        if !with_length {
            inner[layers::ETHERNET + 2..layers::ETHERNET + 4].copy_from_slice(&[0, 0]);
        }
        let whole = vxlan(1, &inner);
        let mut cut = frame(LinkType::RAW, &whole[..120]);
        cut.wire_len = whole.len() as u32;
        let packet = decode(&cut).expect("a packet");
        let Body::Tcp(segment) = &packet.body else { panic!("{packet:?}") };
        assert_eq!((packet.ip_len, segment.payload_len, segment.payload.len()), (540, 500, 30));
        assert!(segment.length_known);
    }
    // Offload leaves both lengths to the interface: UDP length 0, IP length 0.
    let mut whole = vxlan(1, &inner);
    whole[2..4].copy_from_slice(&[0, 0]);
    whole[24..26].copy_from_slice(&[0, 0]);
    for (wire_len, known) in [(120, false), (whole.len(), true)] {
        let mut cut = frame(LinkType::RAW, &whole[..120]);
        cut.wire_len = wire_len as u32;
        let (packets, _) = all(&cut);
        let lengths = packets.iter().map(|packet| match &packet.body {
            Body::Tcp(segment) => segment.length_known,
            Body::Udp(datagram) => datagram.length_known,
            _ => panic!("{packet:?}"),
        });
        assert_eq!(lengths.collect::<Vec<_>>(), [known, known]);
    }
}

proptest! {
    #[test]
    fn no_bytes_inside_a_tunnel_panic(at in 0..40usize, data in proptest::collection::vec(any::<u8>(), 0..120)) {
        let tunnels = without_carrier();
        let (_, whole) = &tunnels[at % tunnels.len()];
        // The outer header stays, all behind it is anything.
        let header = if whole[0] >> 4 == 6 { 40 } else { 20 };
        let _read = all(&frame(LinkType::RAW, &under(&whole[..header], &data)));
        let in_udp = in_udp();
        let (_, ports, before, ..) = &in_udp[at % in_udp.len()];
        let _read = all(&frame(LinkType::RAW, &udp(*ports, &under(before, &data))));
        let below = below_ip();
        let (_, ether_type, _) = &below[at % below.len()];
        let _read = all(&frame(LinkType::ETHERNET, &ethernet(*ether_type, &data)));
    }

    #[test]
    fn no_damage_to_a_tunnel_panics(at in 0..40usize, place in 0..80usize, value in any::<u8>()) {
        let in_udp = in_udp();
        let (_, ports, before, is_frame, _) = &in_udp[at % in_udp.len()];
        let inner = if *is_frame { syn_frame() } else { syn() };
        let mut data = udp(*ports, &under(before, &inner));
        let place = place % data.len();
        data[place] = value;
        let _read = all(&frame(LinkType::RAW, &data));
    }
}
