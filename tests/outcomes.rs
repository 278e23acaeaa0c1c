//! How conversations went, at the edges: each with its neighbour just outside.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use recorder::{acking, icmp, udp};
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::Decoder,
    flow::{Basis, Conversation, FlowTable, NO_REPLY_NANOS, Outcome, SILENCE_NANOS, Side, View},
};

const CLIENT: (&str, u16) = ("10.0.0.1", 50_000);
const SERVER: (&str, u16) = ("10.0.1.7", 5985);
const MS: i64 = 1_000_000;

/// A capture that sees everything, until a time in milliseconds.
fn until(ms: i64) -> View {
    View {
        until: Timestamp(ms * MS),
        loss: 0.0,
        deaf: false,
        two_way: true,
        clock_stands_still: false,
        replied_elsewhere: Some(false),
        client_ttl: Some(64),
    }
}

/// The conversation that packets make, each with its time in milliseconds.
fn conversation(packets: &[(i64, Vec<u8>)]) -> Conversation {
    let mut table = FlowTable::default();
    let mut decoder = Decoder::default();
    for (ms, data) in packets {
        let (time, wire_len) = (Timestamp(ms * MS), data.len() as u32);
        let said = Said::default();
        let frame = Frame { time, link: LinkType::ETHERNET, data, wire_len, said };
        let decoded = decoder.read(&frame, |packet| {
            table.take(packet);
        });
        decoded.expect("a packet that is understood");
    }
    assert_eq!(table.len(), 1);
    table.conversations()[0].clone()
}

/// Segments by their time in milliseconds, direction, flags, numbers and payload length:
/// `0 > S 100 0`, `2 > A 101 501 4`. Each has an IPv4 identification of its own; with `=` in the place
/// of the direction's space (`>=`), that of the one before, as a copy has.
fn segments(script: &str) -> Vec<(i64, Vec<u8>)> {
    let mut id = 0_u16;
    let lines = script.split(';').map(str::trim).filter(|line| !line.is_empty());
    let read = lines.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number =
            |at: usize| words.get(at).map_or(0, |word| word.parse::<u32>().expect("a number"));
        let forward = words[1].starts_with('>');
        let (from, to) = if forward { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        // Nothing that any protocol begins with.
        let payload = vec![b'~'; number(5) as usize];
        let mut packet = acking(from, to, (number(3), number(4)), words[2], &payload);
        id += u16::from(!words[1].ends_with('='));
        packet[18..20].copy_from_slice(&id.to_be_bytes());
        (i64::from(number(0)), packet)
    });
    read.collect()
}

fn outcome(script: &str, view: &View) -> Outcome {
    let one = conversation(&segments(script));
    let client = if one.ends()[0].port == CLIENT.1 { Side::A } else { Side::B };
    Outcome::of(&one, client, view)
}

#[test]
fn syns_without_a_reply_are_silent_once_they_are_repeated_or_long_ago() {
    for (script, view, expected) in [
        ("0 > S 100 0", until(2_999), Outcome::Pending),
        ("0 > S 100 0", until(3_000), Outcome::Silent),
        ("0 > S 100 0", View { loss: 0.01, ..until(9_000) }, Outcome::Pending),
        ("0 > S 100 0", View { loss: 0.0001, ..until(9_000) }, Outcome::Pending),
        ("0 > S 100 0", View { loss: 0.00009, ..until(9_000) }, Outcome::Silent),
        ("0 > S 100 0", View { deaf: true, ..until(9_000) }, Outcome::Partial),
        ("0 > S 100 0; 200 >= S 100 0", until(201), Outcome::Silent),
        ("0 > S 100 0; 199 >= S 100 0", until(201), Outcome::Pending),
        ("0 > S 100 0; 1 > S 100 0", until(201), Outcome::Silent),
        (
            "0 > S 100 0; 1 > S 100 0",
            View { clock_stands_still: true, ..until(1) },
            Outcome::Silent,
        ),
        ("0 > S 100 0", View { clock_stands_still: true, ..until(9_000) }, Outcome::Pending),
        ("0 > S 100 0; 200 > S 100 0", View { deaf: true, ..until(9_000) }, Outcome::Silent),
    ] {
        assert_eq!(outcome(script, &view), expected, "{script} {view:?}");
    }
}

#[test]
fn a_client_that_goes_on_without_a_syn_ack_in_the_capture_had_one() {
    for (script, expected) in [
        ("0 > S 100 0; 9 > A 101 501", Outcome::Partial),
        ("0 > S 100 0; 9 > FA 101 501", Outcome::Partial),
        ("0 > S 100 0; 9 < A 501 101", Outcome::Partial),
        ("0 > S 100 0; 9 < RA 0 101", Outcome::Refused),
        ("0 > S 100 0; 9 > A 101 501; 10 < R 501 0", Outcome::Reset),
        ("0 > S 100 0; 9 > A 101 501 4; 10 < A 501 105 4; 11 > A 105 505", Outcome::Answered),
        ("0 > S 100 0; 9 < A 501 101 4; 10 < R 505 0", Outcome::Partial),
    ] {
        assert_eq!(outcome(script, &until(9_000)), expected, "{script}");
    }
}

#[test]
fn half_a_handshake_is_told_from_a_port_test_and_from_a_capture_that_began_late() {
    let syn = "0 > S 100 0; 1 < SA 500 101;";
    for (rest, view, expected) in [
        ("", until(3_000), Outcome::Pending),
        ("", until(3_001), Outcome::HalfOpen),
        ("", View { loss: 0.01, ..until(9_000) }, Outcome::Pending),
        ("", View { clock_stands_still: true, ..until(9_000) }, Outcome::Pending),
        ("9 > R 101 0", until(9_000), Outcome::Answered),
        ("200 < SA 500 101; 300 > R 101 0", until(9_000), Outcome::Pending),
        ("200 < SA 500 101; 900 > R 101 0", until(9_000), Outcome::HalfOpen),
        ("9 < R 501 0", until(9_000), Outcome::HalfOpen),
        ("1000 < SA 500 101", until(2_000), Outcome::HalfOpen),
        ("100 <= SA 500 101", until(2_000), Outcome::Pending),
        ("1000 > S 100 0", until(2_000), Outcome::HalfOpen),
        ("9 > A 101 501", until(9_000), Outcome::Answered),
    ] {
        assert_eq!(outcome(&format!("{syn}{rest}"), &view), expected, "{rest} {view:?}");
    }
    for (script, expected) in [
        // Without the SYN.
        ("1 < SA 500 101", Outcome::Partial),
        ("1 < SA 500 101; 2 > A 101 501", Outcome::Answered),
        // The client's acknowledgement is not in the capture, but what it asked for is.
        ("0 > S 100 0; 1 < SA 500 101; 9 < A 501 101", Outcome::Partial),
        ("0 > S 100 0; 1 < SA 500 101; 9 < A 501 101 4", Outcome::Answered),
    ] {
        assert_eq!(outcome(script, &until(9_000)), expected, "{script}");
    }
}

#[test]
fn an_acknowledgement_that_does_not_reach_the_server_leaves_the_handshake_half_open() {
    let opened = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501;";
    for (rest, view, expected) in [
        ("1000 < SA 500 101; 3000 < SA 500 101", until(9_000), Outcome::HalfOpen),
        ("1000 < SA 500 101", until(3_999), Outcome::Pending),
        ("1000 < SA 500 101", until(4_000), Outcome::Answered),
        ("1000 < SA 500 101; 1001 > A 101 501; 1002 < A 501 101", until(2_000), Outcome::Answered),
        ("1000 < SA 500 101; 1500 < R 501 0", until(2_000), Outcome::Reset),
        // A copy, or one that crossed the acknowledgement.
        ("100 <= SA 500 101", until(2_000), Outcome::Answered),
    ] {
        assert_eq!(outcome(&format!("{opened}{rest}"), &view), expected, "{rest} {view:?}");
    }
}

#[test]
fn what_was_met_in_the_middle_is_stalled_only_where_both_sides_were_seen() {
    let resent = "400 > A 101 501 4; 1200 > A 101 501 4; 2800 > A 101 501 4; 6000 > A 101 501 4";
    for (script, expected) in [
        (format!("0 < A 501 101; 1 > A 101 501 4; {resent}"), Outcome::Stalled),
        (format!("1 > A 101 501 4; {resent}"), Outcome::Partial),
        ("0 < A 501 101; 1 > A 101 501 4".to_owned(), Outcome::Partial),
    ] {
        assert_eq!(outcome(&script, &until(9_000)), expected, "{script}");
    }
}

#[test]
fn a_request_without_a_reply_is_called_into_question_only_after_a_while() {
    let asked = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501; 3 > A 101 501 4;";
    for (rest, view, expected) in [
        ("", until(3_002), Outcome::Answered),
        ("", until(3_003), Outcome::Pending),
        ("", View { clock_stands_still: true, ..until(4) }, Outcome::Pending),
        ("400 > A 101 501 4", until(500), Outcome::Pending),
        ("4 > FA 105 501", until(500), Outcome::Pending),
        ("4 > R 105 0", until(500), Outcome::Pending),
        ("4 < A 501 105", until(9_000), Outcome::Answered),
        ("4 < A 501 105 4; 5 > A 105 505", until(9_000), Outcome::Answered),
        // A reply of which nothing arrived.
        ("4 < A 501 105 4", until(9_000), Outcome::Answered),
        ("4 < A 501 105 4; 400 < A 501 105 4", until(500), Outcome::Pending),
        ("4 < A 501 105 4; 5 > RA 105 501", until(500), Outcome::Pending),
        ("4 < A 501 105 4; 5 > R 105 0", until(500), Outcome::Answered),
        ("4 < A 505 105 4; 5 > A 105 501", until(9_000), Outcome::Stalled),
    ] {
        assert_eq!(outcome(&format!("{asked}{rest}"), &view), expected, "{rest} {view:?}");
    }
}

/// An exchange of HTTP up to the request, with what the server sends after it.
fn http(ms_of_reply: Option<i64>, flags: &str) -> Conversation {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let after = 101 + request.len() as u32;
    let mut packets = segments("0 > S 100 0; 1 < SA 500 101; 2 > A 101 501");
    packets.push((3, acking(CLIENT, SERVER, (101, 501), "A", request)));
    packets.push((4, acking(SERVER, CLIENT, (501, after), "A", b"")));
    if let Some(ms) = ms_of_reply {
        packets.push((ms, acking(SERVER, CLIENT, (501, after), flags, b"")));
    }
    conversation(&packets)
}

#[test]
fn a_request_that_is_recognised_and_acknowledged_must_be_answered_in_ten_seconds() {
    let acked = 4;
    for (reply, view, expected) in [
        (None, until(acked + 9_999), Outcome::Pending),
        (None, until(acked + 10_000), Outcome::Stalled),
        (None, until(acked + 2_999), Outcome::Answered),
        (None, until(acked + 3_000), Outcome::Pending),
        (None, View { loss: 0.02, ..until(20_000) }, Outcome::Pending),
        (None, View { loss: 0.009, ..until(20_000) }, Outcome::Stalled),
        (None, View { clock_stands_still: true, ..until(20_000) }, Outcome::Pending),
        (Some((9, "FA")), until(100), Outcome::Stalled),
        (Some((9, "RA")), until(100), Outcome::Reset),
    ] {
        let one = http(reply.map(|reply| reply.0), reply.map_or("", |reply| reply.1));
        assert_eq!(Outcome::of(&one, Side::A, &view), expected, "{reply:?} {view:?}");
    }
}

#[test]
fn datagrams_without_an_answer_are_silent_by_their_repetition_or_their_age() {
    const DNS: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01";
    let server = ("10.0.1.7", 1434);
    let asked = |times: &[i64], same: bool| {
        let question = |n: usize| if same { b"question".to_vec() } else { vec![n as u8; 9] };
        let packet = |(n, ms): (usize, &i64)| {
            let mut packet = udp(CLIENT, server, &question(n));
            packet[18..20].copy_from_slice(&(n as u16 + 1).to_be_bytes());
            (*ms, packet)
        };
        conversation(&times.iter().enumerate().map(packet).collect::<Vec<_>>())
    };
    let still = |view: View| View { clock_stands_still: true, ..view };
    let alone = |view: View| View { two_way: false, ..view };
    for (one, view, expected) in [
        (asked(&[0], false), until(2_999), Outcome::Pending),
        (asked(&[0], false), until(3_000), Outcome::Silent),
        (asked(&[0, 200], false), until(201), Outcome::Silent),
        (asked(&[0, 199], false), until(201), Outcome::Pending),
        (asked(&[0], false), still(until(9_000)), Outcome::Pending),
        (asked(&[0, 0], false), still(until(0)), Outcome::Pending),
        (asked(&[0, 0], true), still(until(0)), Outcome::Silent),
        (asked(&[0, 100], true), until(201), Outcome::Pending),
        (asked(&[0, 200], true), View { loss: 0.02, ..until(201) }, Outcome::Pending),
        (asked(&[0], false), alone(until(9_000)), Outcome::Partial),
        (asked(&[0, 200], true), alone(until(9_000)), Outcome::Silent),
        (asked(&[0, 200], true), View { deaf: true, ..until(9_000) }, Outcome::Partial),
        (
            asked(&[0, 200], true),
            View { replied_elsewhere: Some(true), ..until(9_000) },
            Outcome::Answered,
        ),
        (
            asked(&[0, 200], true),
            View { replied_elsewhere: None, ..until(9_000) },
            Outcome::Partial,
        ),
    ] {
        assert_eq!(Outcome::of(&one, Side::A, &view), expected, "{view:?}");
    }
    let answer = conversation(&[(0, udp(server, CLIENT, DNS))]);
    assert_eq!(Outcome::of(&answer, Side::B, &until(9_000)), Outcome::Partial);
    // Services that never answer to the port that they were asked from.
    for (server, expected) in [
        (("10.0.1.7", 514), Outcome::Partial),
        (("10.0.1.7", 515), Outcome::Silent),
        (("10.0.1.7", 4789), Outcome::Partial),
        (("10.0.1.255", 99), Outcome::Partial),
        (("10.0.1.254", 99), Outcome::Silent),
        (("239.0.0.1", 99), Outcome::Partial),
    ] {
        let one = conversation(&[(0, udp(CLIENT, server, b"~~~~"))]);
        assert_eq!(Outcome::of(&one, Side::A, &until(9_000)), expected, "{server:?}");
    }
    // Nor does one-way traffic of other transports exist.
    let ping = conversation(&[(0, icmp(CLIENT.0, SERVER.0, 8, b"abcdefgh"))]);
    assert_eq!(Outcome::of(&ping, Side::A, &until(9_000)), Outcome::Silent);
}

#[test]
fn packets_with_a_ttl_much_smaller_than_others_of_their_host_are_probes() {
    let probe = |ttl: u8| {
        let mut packet = udp(CLIENT, ("10.0.1.7", 33_434), b"~~~~");
        packet[22] = ttl;
        let mut syn = acking(CLIENT, SERVER, (100, 0), "S", b"");
        syn[22] = ttl;
        [conversation(&[(0, packet)]), conversation(&[(0, syn)])]
    };
    for (ttl, usual, expected) in [
        (1, Some(64), Outcome::Pending),
        (30, Some(61), Outcome::Pending),
        (30, Some(60), Outcome::Silent),
        (31, Some(128), Outcome::Silent),
        (1, Some(1), Outcome::Silent),
        (1, None, Outcome::Silent),
    ] {
        for one in probe(ttl) {
            let view = View { client_ttl: usual, ..until(9_000) };
            assert_eq!(Outcome::of(&one, Side::A, &view), expected, "{ttl} of {usual:?}");
        }
    }
}

#[test]
fn an_outcome_may_change_without_a_packet_only_while_a_reply_is_due() {
    let at = |ms: i64| Timestamp(ms * MS);
    let after = |ms: i64, nanos: i64| Some(Timestamp(ms * MS + nanos));
    let one = conversation(&segments("0 > S 100 0; 100 > S 100 0"));
    for (now, due) in [
        (0, after(0, SILENCE_NANOS)),
        (2_999, after(0, SILENCE_NANOS)),
        (3_000, after(100, SILENCE_NANOS)),
        (3_100, after(100, NO_REPLY_NANOS)),
        (10_099, after(100, NO_REPLY_NANOS)),
        (10_100, None),
    ] {
        assert_eq!(Outcome::Pending.due(&one, at(now)), due, "{now}");
    }
    assert_eq!(Outcome::Silent.due(&one, at(0)), None);
    assert_eq!(Outcome::Answered.due(&one, at(0)), None, "nothing waits for a reply");
    let asked = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501; 3 > A 101 501 4;";
    let waiting = conversation(&segments(asked));
    assert_eq!(Outcome::Answered.due(&waiting, at(0)), after(0, SILENCE_NANOS));
    assert_eq!(Outcome::Reset.due(&waiting, at(0)), None);
    let served = conversation(&segments(&format!("{asked} 4 < A 501 105")));
    assert_eq!(Outcome::Answered.due(&served, at(0)), None);
}

#[test]
fn the_client_is_the_sender_of_the_syn_or_the_peer_of_the_sender_of_the_syn_ack() {
    for (script, expected) in [
        ("0 > S 100 0", Some((Side::A, Basis::Syn))),
        ("0 < S 500 0", Some((Side::B, Basis::Syn))),
        ("0 > S 100 0; 1 < S 500 0", Some((Side::A, Basis::Syn))),
        ("0 < SA 500 101", Some((Side::A, Basis::SynAck))),
        ("0 > SA 100 501", Some((Side::B, Basis::SynAck))),
        ("0 > A 100 500", None),
    ] {
        assert_eq!(conversation(&segments(script)).opener(), expected, "{script}");
    }
}

#[test]
fn both_sides_talk_unless_one_refuses_and_exchange_data_where_it_arrives() {
    for (script, talk, exchange) in [
        ("0 > S 100 0; 1 < RA 0 101", false, false),
        ("0 > S 100 0; 1 < SA 500 101", false, false),
        ("0 < SA 500 101; 1 > A 101 501", true, false),
        ("0 > S 100 0; 1 < SA 500 101; 2 > A 101 501", true, false),
        ("0 > A 100 500; 1 < A 500 100", true, false),
        ("0 > PA 100 500 4; 1 < A 500 104", true, false),
        ("0 > A 100 500 4; 1 < A 500 104 4", true, true),
        ("0 > A 100 500 4; 1 < A 500 100 4; 300 > A 100 504 4", true, true),
        ("0 > A 100 500 4; 1 < A 500 100 4; 300 > A 100 504 4; 900 > A 100 504 4", true, false),
        (
            "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501 4; 3 < A 501 105 4; 4 > A 105 505",
            true,
            true,
        ),
        ("0 > S 100 0; 1 < SA 500 101; 2 > A 101 501 4; 3 < A 501 105 4", true, false),
    ] {
        let one = conversation(&segments(script));
        assert_eq!((one.both_sides_talk(), one.exchanges_data()), (talk, exchange), "{script}");
    }
    let datagrams = |count: usize| {
        let both = [udp(CLIENT, SERVER, b"~"), udp(SERVER, CLIENT, b"~")];
        let packets: Vec<_> = both.into_iter().take(count).map(|packet| (0, packet)).collect();
        let one = conversation(&packets);
        (one.both_sides_talk(), one.exchanges_data())
    };
    assert_eq!([datagrams(1), datagrams(2)], [(false, false), (true, true)]);
}

#[test]
fn payload_is_lacking_where_it_was_acknowledged_and_not_captured() {
    let opened = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501;";
    for (rest, lacks) in [("", false), ("3 < A 501 105", true), ("3 > A 101 501 4", false)] {
        let one = conversation(&segments(&format!("{opened}{rest}")));
        let client = if one.ends()[0].port == CLIENT.1 { Side::A } else { Side::B };
        assert_eq!(one.lacks_payload(client), lacks, "{rest}");
        assert!(!one.repeats_syn_ack());
    }
    let one = conversation(&segments("0 > S 100 0; 1 < SA 500 101; 900 < SA 500 101"));
    assert!(one.repeats_syn_ack());
}
