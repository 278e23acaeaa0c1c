//! The packets that ICMP errors quote.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod layers;
mod recorder;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use etherparse::PacketBuilder;
use layers::{decode, ethernet, frame, gre, ipv4, ipv6, syn, syn_frame, udp, vxlan};
use vmmtap::{
    capture::{CaptureFile, LinkType, Source},
    decode::{Body, Decoder, Quote, Skip},
};

/// An ICMP destination unreachable that quotes `quoted`.
fn unreachable(code: u8, quoted: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 254], [10, 0, 0, 1], 64)
        .icmpv4_raw(3, code, [0; 4])
        .write(&mut data, quoted)
        .expect("written to memory");
    data
}

fn quote(quoted: &[u8]) -> Result<Quote, Skip> {
    let packet = decode(&frame(LinkType::RAW, &unreachable(13, quoted)))?;
    let Body::Error(error) = packet.body else { panic!("{packet:?}") };
    assert_eq!((error.kind, error.code), (3, 13));
    Ok(error.quote)
}

fn is_of_the_syn(quote: &Quote) -> bool {
    let ends = [quote.src.to_string(), quote.dst.to_string()];
    ends == ["10.0.0.1", "10.0.0.2"] && (quote.protocol, quote.ports) == (6, (1000, 80))
}

#[test]
fn an_icmp_error_gives_the_ports_that_it_quotes_from_eight_bytes() {
    for len in [24, 28, 40] {
        assert!(is_of_the_syn(&quote(&syn()[..len]).expect("a quote")), "{len}");
    }
    for len in [0, 12, 20, 23] {
        assert_eq!(quote(&syn()[..len]), Err(Skip::UnreadableQuote), "{len}");
    }
}

#[test]
fn a_quotes_own_lengths_do_not_matter() {
    for len in [[0, 0], [40, 0], [0xff, 0xff], [0, 22]] {
        let mut quoted = syn();
        quoted[2..4].copy_from_slice(&len);
        assert!(is_of_the_syn(&quote(&quoted).expect("a quote")), "{len:?}");
    }
    // "Do not fragment" with its bytes turned.
    let mut turned = syn();
    turned[6..8].copy_from_slice(&[0, 0x40]);
    assert!(is_of_the_syn(&quote(&turned).expect("a quote")));
    // RFC 4884: padded to 128 bytes, its length told, an extension behind.
    let mut padded = syn();
    padded.resize(128, 0);
    padded.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 0, 0]);
    let mut data = unreachable(13, &padded);
    data[25] = 32;
    let packet = decode(&frame(LinkType::RAW, &data)).expect("a packet");
    assert!(matches!(packet.body, Body::Error(error) if is_of_the_syn(&error.quote)));
}

#[test]
fn a_first_fragment_has_ports_and_a_later_one_says_nothing() {
    let mut quoted = syn();
    quoted[6] = 0x20;
    assert!(is_of_the_syn(&quote(&quoted).expect("a quote")));
    quoted[7] = 9;
    assert_eq!(quote(&quoted), Err(Skip::UnreadableQuote));
    let fragment = |offset: u8| ipv6(44, &[&[6, 0, 0, offset, 0, 0, 0, 1], &syn()[20..]].concat());
    assert_eq!(quote(&fragment(1)).expect("a quote").ports, (1000, 80));
    assert_eq!(quote(&fragment(9)), Err(Skip::UnreadableQuote));
}

#[test]
fn extension_headers_in_a_quote_are_passed() {
    let chain = |first: u8, rest: &[u8]| ipv6(first, &[rest, &syn()[20..]].concat());
    let cases = [
        chain(6, &[]),
        chain(0, &[6, 0, 1, 4, 0, 0, 0, 0]),
        chain(43, &[60, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0]),
        chain(51, &[6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
    ];
    for quoted in cases {
        let quote = quote(&quoted).expect("a quote");
        assert_eq!((quote.protocol, quote.ports), (6, (1000, 80)));
    }
}

#[test]
fn a_quoted_tunnel_gives_what_is_innermost_and_readable() {
    let in_vxlan = vxlan(9, &syn_frame());
    let nvgre = gre(0x2000, 0x6558, &[&[0, 0, 7, 1][..], &syn_frame()].concat());
    let cases = [
        (ipv4(4, &syn()), None),
        (gre(0, 0x0800, &syn()), None),
        (gre(0, 0x6558, &ethernet(0x8100, &[&[0, 1, 8, 0][..], &syn()].concat())), None),
        (nvgre, Some(7)),
        (in_vxlan.clone(), Some(9)),
        (ipv6(41, &ipv6(4, &in_vxlan)), Some(9)),
    ];
    for (quoted, tenant) in cases {
        let quote = quote(&quoted).expect("a quote");
        assert!(is_of_the_syn(&quote), "{quote:?}");
        assert_eq!(quote.tenant.map(|tenant| tenant.id), tenant);
    }
    // Eight bytes reach to the tunnel's own ports, or to its header.
    let short = quote(&in_vxlan[..28]).expect("a quote");
    assert_eq!((short.protocol, short.ports, short.tenant), (17, (50_000, 4789), None));
    let short = quote(&gre(0, 0x0800, &syn())[..28]).expect("a quote");
    assert_eq!(
        (short.protocol, short.ports, short.dst.to_string().as_str()),
        (47, (0, 0), "192.0.2.2")
    );
}

#[test]
fn an_error_within_a_virtual_network_speaks_of_that_network() {
    let error = unreachable(1, &syn());
    let packet = decode(&frame(LinkType::RAW, &vxlan(5, &ethernet(0x0800, &error))));
    let packet = packet.expect("a packet");
    let Body::Error(error) = packet.body else { panic!("{packet:?}") };
    assert!(is_of_the_syn(&error.quote) && error.quote.tenant == packet.tenant);
    assert_eq!(packet.tenant.map(|tenant| tenant.id), Some(5));
}

#[test]
fn a_quoted_echo_has_no_ports() {
    let quote = quote(&ipv4(1, &[8, 0, 0, 0, 0, 1, 0, 1])).expect("a quote");
    assert_eq!((quote.protocol, quote.ports), (1, (0, 0)));
    let dns = udp((1000, 53), b"");
    assert_eq!(self::quote(&dns).expect("a quote").ports, (1000, 53));
}

/// Captures of the corpus with errors that cannot be read as the table tells them, and why.
const NOT_AS_TOLD: &[(&str, &str)] = &[
    ("zeek__icmp__icmp6-destunreach-no-context.pcap", "nothing is quoted"),
    ("zeek__tunnels__gtp__gtp_control_prime.pcap", "the table has the carrier's ports for an echo"),
    (
        "zeek__tunnels__gtp__pdp_ctx_messages.pcapng",
        "the table has the carrier's ports for an echo",
    ),
    ("ipv6-malformed-fragments-12__frag-12.pcap", "fragment headers to the end of the quote"),
    ("ipv6-malformed-fragments-16__frag-16.pcap", "a later fragment"),
    ("ipv6-malformed-fragments-23__frag-23.pcap", "a later fragment"),
    ("ipv6-malformed-fragments-24__frag-24.pcap", "a later fragment"),
    ("ipv6-malformed-fragments-33__frag-33.pcap", "later fragments"),
];

#[test]
fn every_icmp_error_of_the_corpus_is_read_with_the_tuple_that_it_quotes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    let table = corpus.join("truth/ICMP_ERRORS.tsv");
    if !table.is_file() {
        println!("skipped: no captures at {}", corpus.display());
        return;
    }
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let text = std::fs::read_to_string(&table).expect("a table");
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let capture = format!("{}/{}", columns[0], columns[1]);
        let ports =
            [columns[9 + 1], columns[12]].map(|port| if port.is_empty() { "0" } else { port });
        let told = format!(
            "{} {}/{} {} > {}: {} {} > {} {}",
            columns[3],
            columns[4],
            columns[5],
            columns[6],
            columns[7],
            columns[9],
            ports[0],
            columns[11],
            ports[1]
        );
        expected.entry(capture).or_default().push(told);
    }
    let (mut missing, mut excused) = (Vec::new(), 0);
    for (capture, rows) in &expected {
        let mut read = errors(&corpus.join(capture));
        for row in rows {
            match read.iter().position(|one| one == row) {
                Some(place) => drop(read.swap_remove(place)),
                None if NOT_AS_TOLD.iter().any(|(name, _)| capture.ends_with(name)) => excused += 1,
                None => missing.push(format!("{capture}: {row}")),
            }
        }
    }
    let rows: usize = expected.values().map(Vec::len).sum();
    println!("{} of {rows} errors are read, {excused} excused", rows - excused - missing.len());
    assert!(rows > 250 && excused <= 9 && missing.is_empty(), "{}", missing.join("\n"));
}

/// The errors of a capture, as the table tells them.
fn errors(path: &Path) -> Vec<String> {
    let source = Source::File(path.to_owned());
    let mut capture = CaptureFile::open(&source, Arc::new(AtomicU64::new(0))).expect("a capture");
    let mut decoder = Decoder::default();
    let mut told = Vec::new();
    while capture.advance() {
        let frame = capture.frame().expect("a frame after an advance");
        let _counted = decoder.read(&frame, |packet| {
            let Body::Error(error) = &packet.body else { return };
            let Quote { src, dst, ports, .. } = error.quote;
            let family = if error.v6 { "icmpv6" } else { "icmp" };
            told.push(format!(
                "{family} {}/{} {} > {}: {src} {} > {dst} {}",
                error.kind, error.code, packet.src, packet.dst, ports.0, ports.1
            ));
        });
    }
    told
}
