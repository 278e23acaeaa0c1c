//! Datagrams and ICMP.

use crate::*;

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
