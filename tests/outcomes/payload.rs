//! Requests, replies and what is lost of them.

use crate::*;

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
        (
            "4 < A 501 105 4; 5 > A 105 505; 6 < A 505 105 4; 400 < A 505 105 4",
            until(500),
            Outcome::Answered,
        ),
        // The client goes on to repeat what the server acknowledged.
        ("4 < A 501 105 4; 1003 > A 101 501 4", until(1_500), Outcome::Answered),
        ("4 < A 501 105 4; 1004 > A 101 501 4", until(1_500), Outcome::Pending),
        ("4 < A 501 105 4; 1004 > A 104 501 1", until(1_500), Outcome::Answered),
        // It closes without having read the reply, at once or after a while.
        ("4 < A 501 105 4; 2999 > FA 105 501", until(9_000), Outcome::Answered),
        ("4 < A 501 105 4; 3004 > FA 105 501", until(9_000), Outcome::Pending),
        // A reply of which nothing arrived.
        ("4 < A 501 105 4", until(9_000), Outcome::Answered),
        ("4 < A 501 105 4; 400 < A 501 105 4", until(500), Outcome::Pending),
        ("4 < A 501 105 4; 5 > RA 105 501", until(500), Outcome::Pending),
        ("4 < A 501 105 4; 5 > R 105 0", until(500), Outcome::Pending),
        ("4 < A 505 105 4; 5 > A 105 501", until(9_000), Outcome::Stalled),
    ] {
        assert_eq!(outcome(&format!("{asked}{rest}"), &view), expected, "{rest} {view:?}");
    }
}

#[test]
fn a_request_that_is_not_in_the_capture_proves_nothing() {
    let opened = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501;";
    for (rest, expected) in [
        ("", Outcome::Answered),
        ("3 > FA 101 501", Outcome::Answered),
        ("3 > FA 105 501", Outcome::Partial),
        ("3 > RA 105 501", Outcome::Partial),
        ("3 < A 501 105", Outcome::Partial),
        ("3 < A 501 101", Outcome::Partial),
        ("3 > FA 101 501; 4 < A 501 102", Outcome::Answered),
        ("2 < SA 500 101; 3 > A 101 501; 4 < A 501 101", Outcome::Answered),
        ("3 < FA 501 101", Outcome::Answered),
    ] {
        assert_eq!(outcome(&format!("{opened}{rest}"), &until(9_000)), expected, "{rest}");
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

#[test]
fn an_icmp_error_about_payload_that_was_never_acknowledged_explains_why() {
    let opened = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501; 3 > A 101 501 4;";
    // The script, whether the error is about the client's or the server's payload, and its code.
    for (rest, of_client, code, expected) in [
        ("", true, 13, Outcome::Prohibited),
        ("", true, 1, Outcome::Unreachable),
        ("4 < A 501 105", true, 13, Outcome::Answered),
        ("4 < A 501 105 4", false, 13, Outcome::Prohibited),
        ("4 < A 501 105 4; 5 > A 105 505", false, 13, Outcome::Answered),
    ] {
        let mut packets = segments(&format!("{opened}{rest}"));
        let at = if of_client { 3 } else { 4 };
        let to = if of_client { CLIENT.0 } else { SERVER.0 };
        let mut error = icmp("192.0.2.1", to, 3, &packets[at].1[14..]);
        error[35] = code;
        packets.insert(at + 1, (packets[at].0, error));
        let one = conversation(&packets);
        assert_eq!(Outcome::of(&one, Side::A, &until(100)), expected, "{rest} {of_client} {code}");
    }
}

#[test]
fn payload_is_stalled_where_the_capture_would_have_shown_its_acknowledgement() {
    let resent = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501; 3 > A 101 501 4; 400 > A 101 501 4; \
                  1200 > A 101 501 4; 2800 > A 101 501 4;";
    let hole = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501; 3 < A 501 101; 4 > A 151 501 10; \
                5 < A 501 101;";
    let bare_reset = format!("{resent}3500 > R 105 0");
    let abort = format!("{resent}3500 > RA 105 501");
    for (script, view, expected) in [
        (resent, until(9_000), Outcome::Stalled),
        (resent, View { loss: 0.046, ..until(9_000) }, Outcome::Stalled),
        (resent, View { loss: 0.047, ..until(9_000) }, Outcome::Pending),
        (hole, until(9_000), Outcome::Stalled),
        (hole, View { loss: 0.009, ..until(9_000) }, Outcome::Stalled),
        (hole, View { loss: 0.011, ..until(9_000) }, Outcome::Pending),
        (&abort, until(9_000), Outcome::Stalled),
        // The client had closed the connection, which the capture lacks.
        (&bare_reset, until(9_000), Outcome::Pending),
    ] {
        assert_eq!(outcome(script, &view), expected, "{script} {view:?}");
    }
}

#[test]
fn a_reply_is_cut_short_where_its_length_says_so_and_nothing_more_comes_for_a_while() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let after = 101 + request.len() as u32;
    // So many bytes of the body were sent and acknowledged of those that the head states.
    let cut = |stated: u32, sent: u32, last: i64| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {stated}\r\n\r\n");
        let mut reply = head.into_bytes();
        let end = 501 + reply.len() as u32 + sent;
        reply.resize(reply.len() + sent as usize, b'~');
        let mut packets = segments("0 > S 100 0; 1 < SA 500 101; 2 > A 101 501");
        packets.push((3, acking(CLIENT, SERVER, (101, 501), "A", request)));
        packets.push((4, acking(SERVER, CLIENT, (501, after), "A", &reply)));
        packets.push((5, acking(CLIENT, SERVER, (after, end), "A", b"")));
        packets.push((last, acking(CLIENT, SERVER, (after, end), "RA", b"")));
        conversation(&packets)
    };
    let still = View { clock_stands_still: true, ..until(9_000) };
    for (one, view, expected, exchanges) in [
        (cut(100, 100, 9_000), until(9_000), Outcome::Answered, true),
        (cut(100, 99, 3_005), until(9_000), Outcome::Pending, false),
        (cut(100, 99, 3_004), until(9_000), Outcome::Answered, false),
        (cut(100, 99, 3_004), still, Outcome::Pending, false),
        (cut(100 + (64 << 10), 100, 9_000), until(9_000), Outcome::Pending, false),
        // So much is a transfer, which the client may cancel.
        (cut(101 + (64 << 10), 100, 9_000), until(9_000), Outcome::Answered, true),
    ] {
        assert_eq!(Outcome::of(&one, Side::A, &view), expected, "{view:?}");
        assert_eq!(one.exchanges_data(), exchanges, "{view:?}");
    }
}

#[test]
fn a_request_of_which_more_was_acknowledged_than_captured_is_not_whole() {
    let opened = "0 > S 100 0; 1 < SA 500 101; 2 > A 101 501;";
    for (rest, expected) in [
        ("3 > A 101 501 4; 4 < A 501 105", Outcome::Answered),
        ("3 > FA 101 501 4; 4 < A 501 106", Outcome::Answered),
        ("3 > A 105 501 4; 4 < A 501 109", Outcome::Partial),
        // The acknowledgement was recorded first.
        ("3 < A 501 109; 4 > A 105 501 4", Outcome::Partial),
    ] {
        assert_eq!(outcome(&format!("{opened}{rest}"), &until(2_000)), expected, "{rest}");
    }
    // Where lengths are not known, neither is what the capture lacks.
    let mut packets = segments(&format!("{opened}3 > A 101 501 4; 4 < A 501 109"));
    packets[3].1[16..18].copy_from_slice(&[0, 0]);
    let one = conversation(&packets);
    assert_eq!(Outcome::of(&one, Side::A, &until(2_000)), Outcome::Answered);
}
