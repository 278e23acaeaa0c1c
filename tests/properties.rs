//! What must hold of every input.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use etherparse::PacketBuilder;
use proptest::prelude::*;
use recorder::{Pcap, read};
use vmmtap::{
    capture::{CaptureFile, Frame, LinkType, Said, Timestamp},
    decode::Decoder,
    dissect,
    engine::Engine,
    flow::Key,
    identify::Site,
    judge::{Matrix, Policy},
    present,
    report::Report,
};

/// A packet in a made-up exchange between a few machines.
#[derive(Clone, Debug)]
struct Made {
    millis: u32,
    from: u8,
    to: u8,
    ports: (u16, u16),
    kind: Kind,
    payload: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Tcp(u8),
    Udp,
    Unreachable(u8),
}

/// Machines 1 to 4; 5 is a stranger.
const MACHINES: u8 = 5;
const SITE: [(u8, &str, &str); 4] = [
    (1, "vmm01", "vmm-server"),
    (2, "hv01", "hyperv-host"),
    (3, "hv02", "hyperv-host"),
    (4, "bmc01", "bmc"),
];

fn address(machine: u8, v6: bool) -> IpAddr {
    if v6 {
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, machine.into()).into()
    } else {
        Ipv4Addr::new(10, 0, 0, machine).into()
    }
}

fn policy(v6: bool) -> Arc<Policy> {
    let machines = SITE.map(|(number, name, role)| {
        let address = address(number, v6);
        format!(
            "[[machine]]\nname = \"{name}\"\nroles = [\"{role}\"]\naddresses = [\"{address}\"]\n"
        )
    });
    let site = Site::parse("test.toml", &machines.concat()).expect("a good site");
    Arc::new(Policy::new(Matrix::embedded().expect("a good matrix"), site))
}

fn made() -> impl Strategy<Value = Made> {
    let port =
        prop_oneof![Just(443), Just(445), Just(623), Just(5985), Just(3389), 49_150..49_160u16];
    let kind = prop_oneof![
        6 => prop_oneof![Just(2), Just(0x12), Just(0x10), Just(0x18), Just(0x11), Just(4), Just(0x14), any::<u8>()]
            .prop_map(Kind::Tcp),
        2 => Just(Kind::Udp),
        1 => prop_oneof![Just(1), Just(3), Just(13)].prop_map(Kind::Unreachable),
    ];
    let payload = prop_oneof![
        Just(Vec::new()),
        Just(b"POST /wsman HTTP/1.1\r\n".to_vec()),
        Just(b"SSH-2.0-x".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    (
        0..20_000u32,
        1..=MACHINES,
        1..MACHINES,
        (port, 49_990..49_993u16),
        any::<bool>(),
        kind,
        payload,
    )
        .prop_map(|(millis, from, shift, (service, client), turned, kind, payload)| {
            let to = (from - 1 + shift) % MACHINES + 1;
            let ports = if turned { (service, client) } else { (client, service) };
            Made { millis, from, to, ports, kind, payload }
        })
}

fn exchange() -> impl Strategy<Value = Vec<Made>> {
    proptest::collection::vec(made(), 1..60).prop_map(|mut packets| {
        packets.sort_by_key(|packet| packet.millis);
        packets
    })
}

/// The IP packet; `v6` makes the twin over IPv6.
fn bytes(made: &Made, v6: bool) -> Vec<u8> {
    let (from, to) = (address(made.from, v6), address(made.to, v6));
    let ip = |from: IpAddr, to: IpAddr| match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), 64),
        (IpAddr::V6(from), IpAddr::V6(to)) => PacketBuilder::ipv6(from.octets(), to.octets(), 64),
        _ => unreachable!("twins do not mix"),
    };
    let mut bytes = Vec::new();
    match made.kind {
        Kind::Tcp(flags) => {
            let mut header = etherparse::TcpHeader::new(made.ports.0, made.ports.1, 1, 1024);
            header.fin = flags & 1 != 0;
            header.syn = flags & 2 != 0;
            header.rst = flags & 4 != 0;
            header.ack = flags & 0x10 != 0;
            ip(from, to).tcp_header(header).write(&mut bytes, &made.payload)
        }
        Kind::Udp => ip(from, to).udp(made.ports.0, made.ports.1).write(&mut bytes, &made.payload),
        Kind::Unreachable(code) => {
            // The error goes back to the sender of what it quotes.
            let quoted = Made { kind: Kind::Tcp(2), payload: Vec::new(), ..made.clone() };
            let quoted = self::bytes(&quoted, v6);
            if v6 {
                let code = match code {
                    13 => 1,
                    3 => 4,
                    _ => 3,
                };
                ip(to, from).icmpv6_raw(1, code, [0; 4]).write(&mut bytes, &quoted)
            } else {
                ip(to, from).icmpv4_raw(3, code, [0; 4]).write(&mut bytes, &quoted)
            }
        }
    }
    .expect("written to memory");
    bytes
}

fn frames(exchange: &[Made], v6: bool) -> Vec<(Timestamp, Vec<u8>)> {
    let time = |made: &Made| Timestamp(i64::from(made.millis) * 1_000_000);
    exchange.iter().map(|made| (time(made), bytes(made, v6))).collect()
}

fn frame((time, data): &(Timestamp, Vec<u8>)) -> Frame<'_> {
    Frame {
        time: *time,
        link: LinkType::RAW,
        data,
        wire_len: data.len() as u32,
        said: Said::default(),
    }
}

fn judge(frames: &[(Timestamp, Vec<u8>)], v6: bool) -> Report {
    let mut engine = Engine::new(policy(v6), usize::MAX);
    frames.iter().for_each(|one| engine.feed(&frame(one)));
    engine.finish(Vec::new())
}

fn json(report: &Report) -> String {
    let mut bytes = Vec::new();
    present::report(report, true, &mut bytes).expect("written to memory");
    String::from_utf8(bytes).expect("UTF-8")
}

/// Gives at most `step` bytes at a time.
struct Chunks {
    bytes: io::Cursor<Vec<u8>>,
    step: usize,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = self.step.min(buffer.len());
        self.bytes.read(&mut buffer[..step])
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_a_reader(mut data in proptest::collection::vec(any::<u8>(), 0..600), magic in 0..7usize) {
        let magics: [&[u8]; 7] = [
            b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\x34\xcd\xb2\xa1",
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d", b"",
        ];
        data.splice(..magics[magic].len().min(data.len()), magics[magic].iter().copied());
        let _outcome = read(&data);
    }

    #[test]
    fn no_damage_to_a_good_capture_panics_a_reader(at in 0..400usize, value in any::<u8>(), exchange in exchange()) {
        let packets: Vec<_> = frames(&exchange, false).into_iter().map(|(time, data)| (time.0 as u64, data)).collect();
        let mut whole = Pcap { link: 101, ..Pcap::PLAIN }.file(&packets);
        let at = at % whole.len();
        whole[at] = value;
        let _outcome = read(&whole);
    }

    #[test]
    fn no_bytes_panic_the_decoder_or_the_dissector(link in 0..300u32, data in proptest::collection::vec(any::<u8>(), 0..200), ports in any::<(u16, u16)>()) {
        for link in [LinkType(link), LinkType::ETHERNET, LinkType::RAW, LinkType::LINUX_SLL2] {
            let wire_len = data.len() as u32;
            let _outcome = Decoder::default().read(&Frame { time: Timestamp(0), link, data: &data, wire_len, said: Said::default() }, |_| {});
        }
        let mut heard = dissect::Heard::default();
        dissect::Dialogue::new([ports.0, ports.1]).hear(0, &data, &mut heard);
        dissect::datagram(&data, 0, [ports.0, ports.1], &mut heard);
    }

    #[test]
    fn no_text_panics_the_site_loader(text in "(\\[\\[?(machine|allow|site|ports)\\]\\]?\n|(name|roles|addresses|from|to|ports|transport) = (\\[\"[a-z0-9./:-]{0,12}\"\\]|\"[a-z0-9-]{0,8}\"|[0-9]{1,6})\n|.){0,30}") {
        if let Err(complaints) = Site::parse("fuzzed.toml", &text) {
            prop_assert!(!complaints.list.is_empty());
            prop_assert!(!complaints.to_string().is_empty());
        }
    }

    #[test]
    fn a_capture_in_chunks_is_the_capture_as_a_whole(exchange in exchange(), step in 1..40usize) {
        let packets: Vec<_> = frames(&exchange, false).into_iter().map(|(time, data)| (time.0 as u64, data)).collect();
        let whole = Pcap { link: 101, ..Pcap::PLAIN }.file(&packets);
        let chunks = Chunks { bytes: io::Cursor::new(whole.clone()), step };
        let mut capture = CaptureFile::from_reader("chunks".to_owned(), Box::new(chunks), None).expect("a capture");
        let mut told = Vec::new();
        while capture.advance() {
            let frame = capture.frame().expect("a frame");
            told.push((frame.time.0, frame.link.0, frame.data.to_vec(), frame.wire_len));
        }
        prop_assert_eq!(told, read(&whole).expect("a capture").0);
    }

    #[test]
    fn two_engines_that_share_the_conversations_report_as_one(exchange in exchange(), shards in 2..5u64) {
        let frames = frames(&exchange, false);
        let mut engines: Vec<Engine> = (0..shards).map(|_| Engine::new(policy(false), usize::MAX)).collect();
        for one in &frames {
            let frame = frame(one);
            engines[0].count(frame.time);
            let read = Decoder::default().read(&frame, |packet| {
                let mut hasher = DefaultHasher::new();
                Key::of(packet).hash(&mut hasher);
                engines[(hasher.finish() % shards) as usize].take(packet);
            });
            if let Err(skip) = read {
                engines[0].skip(skip);
            }
        }
        let mut engines = engines.into_iter();
        let mut merged = engines.next().expect("an engine");
        engines.for_each(|engine| merged.merge(engine));
        prop_assert_eq!(json(&merged.finish(Vec::new())), json(&judge(&frames, false)));
    }

    #[test]
    fn twins_over_ipv4_and_ipv6_are_judged_alike(exchange in exchange()) {
        let judged = |v6: bool| -> Vec<_> {
            let report = judge(&frames(&exchange, v6), v6);
            report
                .judgements()
                .map(|one| (one.client_end().port, one.server_end().port, one.basis, one.outcome, one.verdict, one.expectation, one.agrees, one.evidence))
                .collect()
        };
        prop_assert_eq!(judged(false), judged(true));
    }

    #[test]
    fn swapping_the_sides_of_every_packet_swaps_nothing_but_the_sides(exchange in exchange()) {
        // Machines 2 and 3 have the same role, so an exchange between them means the same either way.
        let between = |turned: bool| -> Vec<Made> {
            let machine = |number: u8| if number.is_multiple_of(2) == turned { 2 } else { 3 };
            exchange
                .iter()
                .filter(|made| made.from % 2 != made.to % 2)
                .map(|made| Made { from: machine(made.from), to: machine(made.to), ..made.clone() })
                .collect()
        };
        let judged = |turned: bool| -> Vec<_> {
            let report = judge(&frames(&between(turned), false), false);
            let mut told: Vec<_> = report
                .judgements()
                .map(|one| {
                    let client = one.client_end();
                    let is_two = client.ip == address(2, false);
                    let counters = [one.client, !one.client].map(|side| one.conversation.counters[side as usize]);
                    (is_two == turned, client.port, one.server_end().port, format!("{counters:?}"), one.outcome, one.verdict, one.conversation.first)
                })
                .collect();
            told.sort_by_key(|one| format!("{one:?}"));
            told
        };
        prop_assert_eq!(judged(false), judged(true));
    }
}
