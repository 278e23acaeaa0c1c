//! The filter made from the site: libpcap understands it, it lets through what can concern a machine
//! and nothing else, and it fits a kernel.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use std::fmt::Write;

use pcap::{BpfProgram, Capture, Linktype};
use recorder::{icmp, tagged, tcp, udp, udp6};
use vmmtap::{
    capture::{TapError, interfaces},
    identify::{Site, capture_filter},
};

/// Customer, service provider and pre-standard tags.
const TAGS: [&[u16]; 6] =
    [&[], &[0x8100], &[0x88a8], &[0x9100], &[0x88a8, 0x8100], &[0x8100, 0x8100]];

fn site(addresses: &[String]) -> Site {
    let mut text = "[site]\nname = \"x\"\n".to_owned();
    for (number, address) in addresses.iter().enumerate() {
        write!(
            text,
            "[[machine]]\nname = \"m{number}\"\nroles = []\naddresses = [\"{address}\"]\n"
        )
        .expect("written to memory");
    }
    Site::parse("site", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Compiled for a link type; `None`, with a word, where libpcap is missing.
fn compiled(filter: &str, link: i32) -> Option<BpfProgram> {
    if let Err(error @ TapError::NoLibrary { .. }) = interfaces() {
        println!("skipped: {error}");
        return None;
    }
    if cfg!(windows) && std::env::var_os("WINEPREFIX").is_some() {
        println!("skipped: Wine's wpcap.dll compiles no filters");
        return None;
    }
    let dead = Capture::dead(Linktype(link)).expect("a capture of nothing");
    Some(dead.compile(filter, true).unwrap_or_else(|error| panic!("{error}: {filter}")))
}

fn of(addresses: &[&str]) -> String {
    let addresses: Vec<String> = addresses.iter().map(|&address| address.to_owned()).collect();
    capture_filter(&site(&addresses)).expect("a filter")
}

#[test]
fn machines_pass_in_any_tags_and_strangers_do_not() {
    let filter = of(&["10.0.0.1", "10.1.0.0/16", "2001:db8::1", "2001:db8:7::/64"]);
    let Some(program) = compiled(&filter, 1) else { return };
    let stranger = ("192.168.1.1", 40_000);
    let other = ("192.168.1.2", 443);
    let stranger6 = ("2001:db8:1::1", 40_000);
    let mut fragment = udp(stranger, ("10.0.0.1", 443), &[0; 64]);
    fragment[20..22].copy_from_slice(&[0x20, 0x10]);
    for (frame, passes, what) in [
        (tcp(("10.0.0.1", 1), other, 1, "S", &[]), true, "from a machine"),
        (tcp(other, ("10.0.0.1", 1), 1, "SA", &[]), true, "to a machine"),
        (tcp(other, ("10.1.200.3", 1), 1, "R", &[]), true, "to a machine of a network"),
        (udp(stranger, ("10.1.255.255", 1), &[1]), true, "to a network's broadcast address"),
        (fragment, true, "a later fragment to a machine"),
        (tcp(stranger, other, 1, "S", &[]), false, "between strangers"),
        (tcp(stranger, ("10.0.0.2", 1), 1, "S", &[]), false, "to a neighbour's address"),
        (tcp(stranger, ("10.2.0.1", 1), 1, "S", &[]), false, "to a neighbouring network"),
        (udp6(("2001:db8::1", 1), ("2001:db8:1::2", 2), &[]), true, "from a machine, IPv6"),
        (udp6(stranger6, ("2001:db8:7::99", 2), &[]), true, "to a network, IPv6"),
        (udp6(stranger6, ("2001:db8::2", 2), &[]), false, "between strangers, IPv6"),
        (icmp("192.168.1.1", "192.168.1.2", 3, &[0; 28]), true, "ICMP unreachable"),
        (icmp("192.168.1.1", "192.168.1.2", 11, &[0; 28]), true, "ICMP time exceeded"),
        (icmp("192.168.1.1", "192.168.1.2", 8, &[0; 28]), false, "a stranger's ping"),
        (icmp("10.0.0.1", "192.168.1.2", 8, &[0; 28]), true, "a machine's ping"),
        (icmp("2001:db8:1::1", "2001:db8:1::2", 1, &[0; 48]), true, "ICMPv6 unreachable"),
        (icmp("2001:db8:1::1", "2001:db8:1::2", 128, &[0; 48]), false, "a stranger's ping, IPv6"),
        ([vec![0xff; 12], vec![8, 6], vec![0; 46]].concat(), false, "ARP"),
    ] {
        for tags in TAGS {
            assert_eq!(program.filter(&tagged(&frame, tags)), passes, "{what}, {tags:x?}");
        }
    }
}

#[test]
fn a_type_of_icmp_is_found_behind_options() {
    let Some(program) = compiled(&of(&["10.0.0.1"]), 1) else { return };
    let plain = icmp("192.168.1.1", "192.168.1.2", 3, &[0; 28]);
    let mut with_options = plain[..34].to_vec();
    with_options[14] = 0x46;
    with_options.extend([1, 1, 1, 0]);
    with_options.extend(&plain[34..]);
    for tags in TAGS {
        assert!(program.filter(&tagged(&with_options, tags)), "{tags:x?}");
    }
}

#[test]
fn interfaces_without_ethernet_headers_have_a_filter_too() {
    let filter = of(&["10.0.0.1", "2001:db8::1"]);
    let raw = |frame: Vec<u8>| frame[14..].to_vec();
    let cooked = |frame: Vec<u8>| [vec![0; 14], frame[12..].to_vec()].concat();
    for (link, wrapped) in [(12, raw as fn(Vec<u8>) -> Vec<u8>), (113, cooked)] {
        let Some(program) = compiled(&filter, link) else { return };
        let mine = wrapped(tcp(("10.0.0.1", 1), ("10.9.0.1", 2), 1, "S", &[]));
        let strange = wrapped(tcp(("10.8.0.1", 1), ("10.9.0.1", 2), 1, "S", &[]));
        assert!(program.filter(&mine) && !program.filter(&strange), "link type {link}");
    }
}

#[test]
fn a_site_of_any_size_fits_a_kernel_and_loses_none_of_its_machines() {
    // Scattered by a fixed generator of numbers (Knuth's MMIX).
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for count in [1, 10, 50, 150, 400, 1000, 5000] {
        let mut addresses = Vec::new();
        for number in 0..count {
            addresses.push(format!("10.{}.{}.{}", next(30), next(256), 1 + next(250)));
            if number % 4 == 0 {
                addresses.push(format!("2001:db8:{:x}::{:x}", next(20), 1 + next(65_000)));
            }
        }
        addresses.sort_unstable();
        addresses.dedup();
        let filter = capture_filter(&site(&addresses)).expect("a filter");
        let Some(program) = compiled(&filter, 1) else { return };
        let instructions = program.get_instructions().len();
        assert!(instructions <= 4096, "{count} machines take {instructions} instructions");
        let dead = Capture::dead(Linktype(1)).expect("a capture of nothing");
        let at_first = dead.compile(&filter, false).expect("compiled").get_instructions().len();
        assert!(at_first < 20_000, "{count} machines take {at_first} before they are shortened");
        for address in &addresses {
            let frame = if address.contains(':') {
                udp6(("fe80::1", 1), (address, 2), &[])
            } else {
                udp(("192.168.0.1", 1), (address, 2), &[])
            };
            for tags in TAGS {
                assert!(program.filter(&tagged(&frame, tags)), "{address} of {count}, {tags:x?}");
            }
        }
        assert!(!program.filter(&udp(("192.168.0.1", 1), ("192.168.0.2", 2), &[])), "{count}");
    }
}
