//! Conversations from their segments: who is the client, how it went, and what Zeek and Wireshark
//! call it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use std::sync::Arc;

use recorder::{acking, tcp, udp};
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    engine::Engine,
    flow::ConnState,
    identify::Site,
    judge::{Matrix, Policy},
    report::Report,
};

const SECOND: i64 = 1_000_000_000;
const HOST: (&str, u16) = ("10.0.0.1", 50_000);
const SERVICE: (&str, u16) = ("10.0.0.2", 445);

fn policy() -> Arc<Policy> {
    let matrix = Matrix::embedded().expect("a good matrix");
    Arc::new(Policy::new(matrix, Site::default()))
}

fn engine() -> Engine {
    Engine::new(policy(), usize::MAX)
}

fn feed(engine: &mut Engine, time: i64, data: &[u8]) {
    let wire_len = data.len() as u32;
    engine.feed(&Frame {
        time: Timestamp(time),
        link: LinkType::ETHERNET,
        data,
        wire_len,
        said: Said::default(),
    });
}

/// Feeds a conversation in the words of the corpus: `>` from the host, `<` from the service; S SYN,
/// SA SYN-ACK, A ACK, D data, F FIN with ACK, R RST, RA RST with ACK; `+n` lets n seconds pass.
fn play(words: &str) -> Report {
    let mut engine = engine();
    let mut time = 0;
    let mut next = [100, 900];
    for word in words.split_whitespace() {
        if let Some(seconds) = word.strip_prefix('+') {
            time += seconds.parse::<i64>().expect("seconds") * SECOND;
            continue;
        }
        let (side, kind) = word.split_at(1);
        let (from, to, side) = if side == ">" { (HOST, SERVICE, 0) } else { (SERVICE, HOST, 1) };
        let (flags, payload, step) = match kind {
            "S" | "SA" => (kind, &b""[..], 0),
            "D" => ("A", &b"data!"[..], 5),
            "F" => ("FA", &b""[..], 1),
            other => (other, &b""[..], 0),
        };
        // A SYN takes one number, once: its retransmissions have the same one.
        let seq = if kind.starts_with('S') { next[side] } else { next[side] + 1 };
        let ack = next[1 - side] + 1;
        feed(&mut engine, time, &acking(from, to, (seq, ack), flags, payload));
        next[side] += step;
        time += SECOND / 1000;
    }
    // Something else goes on for as long as it takes to be sure of silence.
    let other = udp(("10.0.9.1", 9), ("10.0.9.2", 9), b"x");
    if words.ends_with("+9") {
        feed(&mut engine, time, &other);
    }
    engine.finish(Vec::new())
}

#[test]
fn outcomes_and_zeeks_states_follow_from_the_segments() {
    for (words, outcome, state, history, direction) in [
        (">S <SA >A >D <D >F <F >A", "answered", "SF", "ShADdFf", "syn"),
        (">S <SA >A >D <D", "answered", "S1", "ShADd", "syn"),
        (">S <SA >A >D >F <A", "answered", "S2", "ShADFa", "syn"),
        (">S <SA >A <F >A", "answered", "S3", "ShAf", "syn"),
        (">S <SA >A >D >R", "pending", "RSTO", "ShADR", "syn"),
        (">S <SA >A >D <R", "reset", "RSTR", "ShADr", "syn"),
        (">S <SA", "pending", "S1", "Sh", "syn"),
        (">S <RA", "refused", "REJ", "Sr", "syn"),
        (">S <RA +1 >S <RA", "refused", "REJ", "Sr", "syn"),
        (">S", "pending", "S0", "S", "syn"),
        (">S +9", "silent", "S0", "S", "syn"),
        (">S +1 >S", "silent", "S0", "S", "syn"),
        (">S +1 >S +2 >S +4 >S", "silent", "S0", "S", "syn"),
        (">S >R +9", "silent", "RSTOS0", "SR", "syn"),
        (">S >A >D", "partial", "S0", "SAD", "syn"),
        ("<SA", "partial", "OTH", "^h", "syn-ack"),
        ("<SA >A >D <D", "answered", "S1", "^hADd", "syn-ack"),
        ("<SA >R", "partial", "RSTO", "^hR", "syn-ack"),
        (">D <D >D", "partial", "OTH", "Dd", "port"),
        ("<D >D <D", "partial", "OTH", "^dD", "port"),
        (">D >D", "partial", "OTH", "D", "port"),
        ("<A <A", "partial", "OTH", "^a", "port"),
        ("<R", "partial", "RSTRH", "^r", "port"),
        (">F", "partial", "SH", "F", "port"),
        (">S <S >A <A", "answered", "S1", "SsAa", "syn"),
    ] {
        let report = play(words);
        let judgement = report.judgements().next().expect("a conversation");
        assert_eq!(judgement.outcome.name(), outcome, "{words}");
        assert_eq!(judgement.basis.name(), direction, "{words}");
        let conversation = judgement.conversation;
        let tcp = conversation.tcp().expect("TCP");
        assert_eq!(tcp.history(judgement.client), history, "{words}");
        assert_eq!(ConnState::of(conversation, judgement.client).name(), state, "{words}");
        assert_eq!(judgement.client_end().port, HOST.1, "{words}");
    }
}

#[test]
fn completeness_is_wiresharks_sum() {
    for (words, completeness) in [
        (">S", 1),
        (">S <R", 33),
        (">S <RA", 37),
        (">S <SA >A", 7),
        (">S <SA >A >D <D", 15),
        (">S <SA >A >D <D >F <F >A", 31),
        (">D <D", 8),
    ] {
        let report = play(words);
        let tcp = report.conversations[0].tcp().expect("TCP");
        assert_eq!(tcp.completeness(), completeness, "{words}");
    }
}

#[test]
fn tries_and_handshake_times_are_measured_from_the_first_syn() {
    let report = play(">S +1 >S +2 >S <SA >A");
    let judgement = report.judgements().next().expect("a conversation");
    let tcp = judgement.conversation.tcp().expect("TCP");
    assert_eq!(tcp.syn_tries(judgement.client), 3);
    assert_eq!(tcp.handshake(), Some(3 * SECOND + 4 * SECOND / 1000));
    assert_eq!(tcp.syn_span(), 3 * SECOND + 2 * SECOND / 1000);
}

#[test]
fn a_new_syn_on_the_same_ports_is_a_new_conversation_and_a_repeated_one_is_not() {
    let mut engine = engine();
    for (time, seq) in [(0, 7), (1, 7), (2, 8), (3, 9)] {
        feed(&mut engine, time * SECOND, &tcp(HOST, SERVICE, seq, "S", b""));
    }
    let report = engine.finish(Vec::new());
    let tries: Vec<u64> = report.conversations.iter().map(|one| one.counters[0].packets).collect();
    assert_eq!(tries, [2, 1, 1]);
}

#[test]
fn idleness_ends_a_datagram_conversation_by_packet_time() {
    let mut engine = engine();
    for minutes in [0, 5, 10, 16] {
        feed(&mut engine, minutes * 60 * SECOND, &udp(HOST, ("10.0.0.2", 623), b"x"));
    }
    let report = engine.finish(Vec::new());
    let packets: Vec<u64> =
        report.conversations.iter().map(|one| one.counters[0].packets).collect();
    assert_eq!(packets, [3, 1]);
}

#[test]
fn keep_alives_of_two_hours_hold_a_connection_together() {
    let report = play(">S <SA >A >D +7200 >A <A +7200 >A <A");
    assert_eq!(report.conversations.len(), 1);
}

#[test]
fn a_full_table_gives_up_detail_and_never_counts() {
    let mut engine = Engine::new(policy(), 100);
    for port in 1000..2000 {
        feed(&mut engine, i64::from(port), &tcp(("10.0.0.1", port), SERVICE, 1, "S", b""));
    }
    let report = engine.finish(Vec::new());
    assert!(report.conversations.len() <= 100);
    let shed: u64 = report.shed.values().sum();
    assert_eq!(shed + report.conversations.len() as u64, 1000);
    assert_eq!(report.tally.total(), 1000);
}

#[test]
fn findings_are_the_last_to_be_given_up() {
    let site = "[[machine]]\nname = \"vmm\"\nroles = [\"vmm-server\"]\naddresses = [\"10.0.0.1\"]\n\
                [[machine]]\nname = \"hv\"\nroles = [\"hyperv-host\"]\naddresses = [\"10.0.0.2\"]\n";
    let site = Site::parse("test.toml", site).expect("a good site");
    let matrix = Matrix::embedded().expect("a good matrix");
    let mut engine = Engine::new(Arc::new(Policy::new(matrix, site)), 100);
    for tries in 0..2 {
        feed(&mut engine, tries * SECOND, &tcp(HOST, SERVICE, 1, "S", b""));
    }
    for port in 1..=5000 {
        let stranger = ("192.0.2.1", port);
        feed(&mut engine, 2 * SECOND, &tcp(stranger, ("10.0.0.2", 445), 1, "S", b""));
    }
    let report = engine.finish(Vec::new());
    assert!(report.judgements().any(|one| one.verdict.name() == "blocked"));
    assert!(report.conversations.len() <= 100);
}

#[test]
fn an_icmp_error_about_a_connection_met_in_the_middle_does_not_say_it_never_was() {
    let mut engine = engine();
    let fin = tcp(HOST, SERVICE, 1, "FA", b"");
    feed(&mut engine, 0, &fin);
    feed(&mut engine, 1, &prohibited(&fin));
    let report = engine.finish(Vec::new());
    let judgement = report.judgements().next().expect("one");
    assert_eq!(judgement.outcome.name(), "partial");
    assert!(judgement.conversation.icmp_error().is_some());
}

/// The error of a filter that quotes a packet's first bytes.
fn prohibited(packet: &[u8]) -> Vec<u8> {
    let mut error = Vec::new();
    etherparse::PacketBuilder::ethernet2([0; 6], [0; 6])
        .ipv4([10, 0, 0, 254], [10, 0, 0, 1], 64)
        .icmpv4_raw(3, 13, [0; 4])
        .write(&mut error, &packet[14..42])
        .expect("written to memory");
    error
}

#[test]
fn an_icmp_error_finds_the_conversation_that_it_quotes_whichever_side_it_quotes() {
    for (quoted, outcome) in [(true, "prohibited"), (false, "pending")] {
        let mut engine = engine();
        let syn = tcp(HOST, SERVICE, 1, "S", b"");
        let answer = tcp(SERVICE, HOST, 1, "SA", b"");
        feed(&mut engine, 0, &syn);
        let quote = if quoted {
            &syn
        } else {
            feed(&mut engine, 1, &answer);
            &answer
        };
        feed(&mut engine, 2, &prohibited(quote));
        let report = engine.finish(Vec::new());
        assert_eq!(report.conversations.len(), 1);
        assert_eq!(report.judgements().next().expect("one").outcome.name(), outcome);
        assert_eq!(report.icmp_errors, 1);
    }
}
