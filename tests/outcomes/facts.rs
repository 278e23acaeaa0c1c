//! What a conversation shows.

use crate::*;

#[test]
fn the_client_is_the_sender_of_the_syn_or_the_peer_of_the_sender_of_the_syn_ack() {
    for (script, expected) in [
        // Side A is whoever sends the first packet.
        ("0 > S 100 0", Some((Side::A, Basis::Syn))),
        ("0 > S 100 0; 1 < S 500 0", Some((Side::A, Basis::Syn))),
        ("0 < SA 500 101; 1 > S 100 0", Some((Side::B, Basis::Syn))),
        ("0 < SA 500 101", Some((Side::B, Basis::SynAck))),
        ("0 > A 101 501; 1 < SA 500 101", Some((Side::A, Basis::SynAck))),
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
        ("0 > A 100 500 4; 1 < A 500 104", true, false),
        ("0 > A 100 500 4; 1 < A 500 104 4", true, true),
        ("0 > A 100 500 4; 1 < A 500 100 4; 300 > A 100 504 4", true, true),
        ("0 > A 100 500 4; 1 < A 500 100 4; 300 > A 100 504 4; 900 > A 100 504 4", true, false),
        // The peer ends the connection, or repeats its acknowledgement, without having the payload.
        ("0 > A 100 500 4; 1 < A 500 104 4", true, true),
        ("0 > A 100 500 4; 1 < A 500 104 4; 2 > FA 104 500", true, false),
        ("0 > A 100 500 4; 1 < A 500 104 4; 2 > RA 104 500", true, false),
        ("0 > A 100 500 4; 1 < A 500 104 4; 2 > A 104 500", true, false),
        ("0 > A 100 500 4; 1 < A 500 104 4; 2 > A 104 504", true, true),
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
fn a_side_that_sends_nothing_has_no_time_to_live() {
    let one = conversation(&[(0, udp(CLIENT, SERVER, b"~"))]);
    assert_eq!([Side::A, Side::B].map(|side| one.ttl(side)), [Some(128), None]);
    let one = conversation(&segments("0 > S 100 0"));
    assert_eq!([Side::A, Side::B].map(|side| one.ttl(side)), [Some(128), None]);
}
