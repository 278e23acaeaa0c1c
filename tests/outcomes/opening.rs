//! Handshakes.

use crate::*;

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
        ("9 < R 501 0", until(10), Outcome::HalfOpen),
        ("9 > R 105 0", until(10), Outcome::Partial),
        ("1000 < SA 500 101", until(2_000), Outcome::HalfOpen),
        ("100 <= SA 500 101", until(2_000), Outcome::Pending),
        ("1000 > S 100 0", until(2_000), Outcome::HalfOpen),
        ("9 > A 101 501", until(9_000), Outcome::Answered),
    ] {
        assert_eq!(outcome(&format!("{syn}{rest}"), &view), expected, "{rest} {view:?}");
    }
    for (script, expected) in [
        // Data with the SYN (RFC 7413), of which the server's second segment shows that it arrived.
        ("0 > S 100 0 4; 1 < SA 500 105; 9 < A 501 105", Outcome::Answered),
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
        // The client closed so soon that nothing follows from the silence afterwards.
        ("1000 < SA 500 101; 1400 > FA 101 501", until(9_000), Outcome::Pending),
        ("1000 < SA 500 101; 1400 > FA 105 501", until(1_500), Outcome::Pending),
        // A copy, or one that crossed the acknowledgement.
        ("100 <= SA 500 101", until(2_000), Outcome::Answered),
    ] {
        assert_eq!(outcome(&format!("{opened}{rest}"), &view), expected, "{rest} {view:?}");
    }
}
