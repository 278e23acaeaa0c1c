//! Tenants' networks are not the site's; mirrored traffic is, and both of its directions are one
//! conversation, however it is fed.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod layers;
mod recorder;

use std::{fs, sync::Arc};

use layers::ETHERNET;
use recorder::{Pcap, tcp};
use vmmtap::{
    capture::{Frame, LinkType, Said, Source, Timestamp},
    engine::Engine,
    identify::Site,
    judge::{Matrix, Policy},
    present,
    replay::replay_into,
    report::Report,
};

const SITE: &str = "\
[[machine]]
name = \"vmm\"
roles = [\"vmm-server\"]
addresses = [\"10.0.0.1\"]
[[machine]]
name = \"hosts\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.0/24\"]
[[machine]]
name = \"perimeter\"
roles = [\"perimeter-host\"]
addresses = [\"10.0.2.1\"]
[[machine]]
name = \"mux\"
roles = [\"load-balancer\"]
addresses = [\"10.0.3.1\"]
[[machine]]
name = \"collector\"
roles = []
addresses = [\"10.0.1.9\"]
";

const VMM: (&str, u16) = ("10.0.0.1", 50_000);
const HOST: (&str, u16) = ("10.0.1.7", 5985);

type Wrap = fn(outer: (&str, &str), id: u32, frame: &[u8]) -> Vec<u8>;

fn between((from, to): (&str, &str), mut packet: Vec<u8>) -> Vec<u8> {
    for (place, address) in [(12, from), (16, to)] {
        let address: std::net::Ipv4Addr = address.parse().expect("an address");
        packet[place..place + 4].copy_from_slice(&address.octets());
    }
    packet
}

fn vxlan(outer: (&str, &str), id: u32, frame: &[u8]) -> Vec<u8> {
    between(outer, layers::vxlan(id, frame))
}

fn geneve(outer: (&str, &str), id: u32, frame: &[u8]) -> Vec<u8> {
    let id = (id << 8).to_be_bytes();
    between(outer, layers::udp((50_001, 6081), &[&[0, 0, 0x65, 0x58][..], &id, frame].concat()))
}

fn nvgre(outer: (&str, &str), id: u32, frame: &[u8]) -> Vec<u8> {
    let key = (id << 8 | 0x55).to_be_bytes();
    between(outer, layers::gre(0x2000, 0x6558, &[&key[..], frame].concat()))
}

/// A session id for each direction, and a VLAN.
fn erspan(outer: (&str, &str), id: u32, frame: &[u8]) -> Vec<u8> {
    let header = [0, 0, 0, id as u8, 0x10, id as u8, id as u8, id as u8, 0, 0, 0, 0];
    between(outer, layers::gre(0x1000, 0x88be, &[&header[..], &in_vlan(id, frame)].concat()))
}

fn in_vlan(id: u32, frame: &[u8]) -> Vec<u8> {
    [&frame[..12], &[0x81, 0], &(id as u16).to_be_bytes(), &frame[12..]].concat()
}

const OVERLAYS: [Wrap; 3] = [vxlan, geneve, nvgre];
const MIRRORS: [Wrap; 4] = [vxlan, geneve, nvgre, erspan];

/// A handshake with a request and a response.
fn exchange(client: (&str, u16), server: (&str, u16)) -> Vec<(bool, Vec<u8>)> {
    let frames = [
        (true, tcp(client, server, 1, "S", b"")),
        (false, tcp(server, client, 9, "SA", b"")),
        (true, tcp(client, server, 2, "A", b"request")),
        (false, tcp(server, client, 10, "A", b"response")),
    ];
    frames.into_iter().collect()
}

fn policy(site: &str) -> Arc<Policy> {
    let site = Site::parse("test.toml", site).expect("a good site");
    Arc::new(Policy::new(Matrix::embedded().expect("a good matrix"), site))
}

fn without_site() -> Arc<Policy> {
    Arc::new(Policy::new(Matrix::embedded().expect("a good matrix"), Site::default()))
}

fn feed(engine: &mut Engine, packets: &[Vec<u8>]) {
    for (number, data) in packets.iter().enumerate() {
        engine.feed(&Frame {
            time: Timestamp(number as i64 * 1_000_000),
            link: LinkType::RAW,
            data,
            wire_len: data.len() as u32,
            said: Said::default(),
        });
    }
}

fn report(policy: &Arc<Policy>, packets: &[Vec<u8>]) -> Report {
    let mut engine = Engine::new(Arc::clone(policy), usize::MAX);
    feed(&mut engine, packets);
    engine.finish(Vec::new())
}

/// Verdict, packets of both sides, and whether a tenant's, of the TCP conversations.
fn told(report: &Report) -> Vec<(&'static str, [u64; 2], bool)> {
    let of_tcp = report.judgements().filter(|one| one.conversation.tcp().is_some());
    of_tcp
        .map(|one| {
            let packets = one.conversation.counters.map(|side| side.packets);
            (one.verdict.name(), packets, one.conversation.tenant().is_some())
        })
        .collect()
}

#[test]
fn what_hosts_carry_in_an_overlay_belongs_to_tenants_unless_listed() {
    let listed = format!("{SITE}[[overlay]]\nvni = [5001, 7]\n");
    // Tunnel endpoints, network, whether it is listed, and the verdict.
    let cases = [
        (("10.0.1.7", "10.0.1.8"), 5001, false, "outside"),
        (("10.0.1.7", "10.0.1.8"), 5001, true, "ok"),
        (("10.0.1.7", "10.0.1.8"), 5002, true, "outside"),
        (("10.0.1.7", "10.0.2.1"), 5001, false, "outside"),
        (("10.0.3.1", "10.0.1.7"), 5001, false, "outside"),
        (("10.0.1.7", "239.1.1.1"), 5001, false, "outside"),
        (("10.0.1.7", "239.1.1.1"), 5001, true, "ok"),
        // To a collector, of the site or not, and from a switch.
        (("10.0.1.7", "10.0.1.9"), 5001, false, "ok"),
        (("10.0.0.1", "10.0.1.9"), 5001, false, "ok"),
        (("10.0.1.7", "192.0.2.1"), 5001, false, "ok"),
        (("192.0.2.2", "10.0.1.7"), 5001, false, "ok"),
        (("192.0.2.2", "192.0.2.1"), 5001, false, "ok"),
    ];
    for wrap in OVERLAYS {
        for (outer, id, is_listed, verdict) in cases {
            let policy = policy(if is_listed { &listed } else { SITE });
            let packets: Vec<Vec<u8>> =
                exchange(VMM, HOST).iter().map(|(_, frame)| wrap(outer, id, frame)).collect();
            let is_tenants = verdict == "outside";
            assert_eq!(
                told(&report(&policy, &packets)),
                [(verdict, [2, 2], is_tenants)],
                "{outer:?} {id} {is_listed}"
            );
        }
    }
}

/// The same exchange, each direction mirrored with an id of its own.
fn mirrored(wrap: Wrap, from: (&str, &str), collector: &str) -> Vec<Vec<u8>> {
    let exchange = exchange(VMM, HOST);
    let frames = exchange.iter().map(|(by_client, frame)| {
        let (outer, id) = if *by_client { (from.0, 11) } else { (from.1, 12) };
        wrap((outer, collector), id, frame)
    });
    frames.collect()
}

#[test]
fn both_directions_of_mirrored_traffic_are_one_conversation() {
    let policy = policy(SITE);
    for wrap in MIRRORS {
        for from in [("192.0.2.2", "192.0.2.2"), ("192.0.2.2", "192.0.2.3"), (VMM.0, HOST.0)] {
            for collector in ["192.0.2.1", "10.0.1.9"] {
                let packets = mirrored(wrap, from, collector);
                let found = told(&report(&policy, &packets));
                assert_eq!(found, [("ok", [2, 2], false)], "{from:?}");
            }
        }
    }
}

#[test]
fn the_original_and_its_mirror_are_one_conversation() {
    let policy = policy(SITE);
    for wrap in MIRRORS {
        let exchange = exchange(VMM, HOST);
        let mut packets = Vec::new();
        for ((_, original), copy) in
            exchange.iter().zip(mirrored(wrap, ("192.0.2.2", "192.0.2.3"), "192.0.2.1"))
        {
            packets.extend([original[ETHERNET..].to_vec(), copy]);
        }
        assert_eq!(told(&report(&policy, &packets)), [("ok", [2, 2], false)]);
    }
}

#[test]
fn without_a_site_a_machine_that_mirrors_its_own_traffic_is_recognised() {
    let policy = without_site();
    // Senders and receiver of the mirror, and the conversations.
    for (from, collector, conversations) in [
        ((VMM.0, HOST.0), "192.0.2.1", 1),
        ((VMM.0, VMM.0), "192.0.2.1", 1),
        (("192.0.2.2", "192.0.2.3"), "192.0.2.1", 2),
        ((VMM.0, HOST.0), HOST.0, 2),
    ] {
        for wrap in OVERLAYS {
            let found = told(&report(&policy, &mirrored(wrap, from, collector)));
            assert_eq!(found.len(), conversations, "{from:?} {collector}: {found:?}");
        }
    }
}

#[test]
fn tenants_in_a_mirror_are_tenants() {
    let policy = policy(SITE);
    let carried = exchange(VMM, HOST);
    let packets: Vec<Vec<u8>> = carried
        .iter()
        .map(|(by_client, frame)| {
            let outer =
                if *by_client { ("10.0.1.7", "10.0.1.8") } else { ("10.0.1.8", "10.0.1.7") };
            let carrier = layers::ethernet(0x0800, &vxlan(outer, 5001, frame));
            vxlan(("192.0.2.2", "192.0.2.1"), 11 + u32::from(*by_client), &carrier)
        })
        .collect();
    assert_eq!(told(&report(&policy, &packets)), [("outside", [2, 2], true)]);
}

#[test]
fn an_error_about_a_tunnelled_packet_is_about_the_same_network() {
    let syn = tcp(VMM, HOST, 1, "S", b"");
    for (outer, is_tenants) in
        [(("10.0.1.7", "10.0.1.8"), true), (("192.0.2.2", "192.0.2.1"), false)]
    {
        for wrap in OVERLAYS {
            let carrier = wrap(outer, 5001, &syn);
            // Destination unreachable, communication administratively prohibited (RFC 1812).
            let error = [&[3, 13, 0, 0, 0, 0, 0, 0][..], &carrier].concat();
            let error = between(("192.0.2.254", outer.0), layers::ipv4(1, &error));
            let report = report(&policy(SITE), &[carrier, error]);
            let of_tcp: Vec<_> =
                report.conversations.iter().filter(|one| one.tcp().is_some()).collect();
            assert_eq!(of_tcp.len(), 1);
            assert!(of_tcp[0].icmp_error().is_some());
            assert_eq!(of_tcp[0].tenant().is_some(), is_tenants);
        }
    }
}

#[test]
fn every_way_of_feeding_gives_the_same_report() {
    let folder = std::env::temp_dir().join(format!("vmmtap-networks-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let mut packets = Vec::new();
    for (number, wrap) in MIRRORS.into_iter().enumerate() {
        let client = (VMM.0, 51_000 + number as u16);
        for (by_client, frame) in exchange(client, HOST) {
            packets.push(frame[ETHERNET..].to_vec());
            let id = 20 + u32::from(by_client);
            packets.push(wrap(("192.0.2.2", "192.0.2.1"), id, &frame));
            packets.push(wrap(("10.0.1.7", "10.0.1.8"), 5001, &frame));
        }
    }
    let times: Vec<(u64, Vec<u8>)> =
        packets.iter().enumerate().map(|(n, data)| (n as u64 * 1_000_000, data.clone())).collect();
    let path = folder.join("mirror.pcap");
    fs::write(&path, Pcap { link: 101, ..Pcap::PLAIN }.file(&times)).expect("written");
    for policy in [policy(SITE), without_site()] {
        let json = |report: &Report| {
            let mut text = Vec::new();
            present::report(report, true, &mut text).expect("written to memory");
            text
        };
        let replayed = |threads| {
            let engine = Engine::new(Arc::clone(&policy), usize::MAX).with_threads(threads);
            let (report, _) = replay_into(engine, &[Source::File(path.clone())], |_| {});
            (json(&report), told(&report))
        };
        let (alone, conversations) = replayed(1);
        for threads in [2, 3] {
            assert!(replayed(threads).0 == alone, "{threads} threads");
        }
        assert_eq!(told(&report(&policy, &packets)), conversations);
        let mut engines = [0, 1].map(|_| Engine::new(Arc::clone(&policy), usize::MAX));
        for (number, data) in packets.iter().enumerate() {
            let of_client = number / 12 % 2;
            let time = Timestamp(number as i64 * 1_000_000);
            let wire_len = data.len() as u32;
            let link = LinkType::RAW;
            engines[of_client].feed(&Frame { time, link, data, wire_len, said: Said::default() });
        }
        let [mut first, second] = engines;
        first.merge(second);
        assert_eq!(told(&first.finish(Vec::new())), conversations);
    }
    fs::remove_dir_all(&folder).expect("removed");
}
