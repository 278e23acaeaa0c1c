//! What single segments do to the state of a connection.

use super::{
    script::{SETTLED, after, play, segment},
    *,
};

#[test]
fn only_the_next_segment_of_a_connection_in_order_takes_the_short_way() {
    let unknown_end = "6 < A 505 105 9?;";
    let hole = "6 < A 600 105 4;";
    let far = 505_u32.wrapping_sub(1 << 30);
    for (more, side, text, expected) in [
        ("", Side::A, "A 105 505 10", true),
        ("", Side::A, "PA 105 505 10", true),
        ("", Side::B, "A 505 105", true),
        ("", Side::A, "A 105 504", true),
        ("", Side::A, &format!("A 105 {far}"), true),
        ("", Side::A, &format!("A 105 {}", far.wrapping_sub(1)), false),
        ("", Side::A, "A 105 506", false),
        ("", Side::A, "A 104 505", false),
        ("", Side::A, "A 106 505", false),
        ("", Side::A, "FA 105 505", false),
        ("", Side::A, "RA 105 505", false),
        ("", Side::A, "SA 105 505", false),
        ("", Side::A, "P 105 505", false),
        ("", Side::A, "A 105 505 10?", false),
        (unknown_end, Side::A, "A 105 505", false),
        (hole, Side::A, "A 105 505", false),
    ] {
        let tcp = after(&format!("{SETTLED}{more}"));
        assert_eq!(tcp.is_next(side, &segment(text)), expected, "{more} {text}");
    }
    for script in [
        "0 > S 100; 1 < SA 500 101; 2 > A 101 501",
        "0 > A 101 501 4; 1 < A 501 105",
        "0 < SA 500 101; 1 > A 101 501; 2 < A 501 101",
    ] {
        let tcp = after(script);
        let text = format!("A {} {}", tcp.next_seq[0], tcp.next_seq[1]);
        assert!(!tcp.is_next(Side::A, &segment(&text)), "{script}");
    }
}

#[test]
fn a_segment_states_what_it_acknowledges_and_what_it_fills() {
    // Whether it counts, whether it is about bytes that were not captured, whether it brings them.
    for (more, expected) in [
        ("6 > A 105 505 4", (true, false, false)),
        ("6 > R 105 0", (false, false, false)),
        ("6 > A 105 509", (true, true, false)),
        ("6 > A 105 509; 7 < A 505 105 4", (true, false, true)),
        ("6 > A 105 509; 7 < P 505 105 4", (false, false, true)),
        ("6 < A 505 105 9?; 7 > A 105 900", (false, false, false)),
        ("6 < A 505 105 9?; 7 < A 600 105 9; 8 > A 105 700", (true, true, false)),
    ] {
        let found = play(&format!("{SETTLED}{more}")).1;
        assert_eq!((found.counts, found.gap, found.filled), expected, "{more}");
    }
}

#[test]
fn a_connections_clock_follows_the_recorders_but_not_its_jumps() {
    // Times of an ACK after the first one at 0, and what the clock shows after each.
    for (times, expected) in [
        (&[5, 9][..], &[5, 9][..]),
        (&[2_000, 1_000], &[2_000, 1_000]),
        (&[2_000, 999, 1_009], &[2_000, 2_000, 2_010]),
        (&[3_600_000], &[3_600_000]),
        (&[3_600_001, 3_600_011], &[0, 10]),
    ] {
        let mut tcp = after("0 > A 1 1");
        let shown = times.iter().map(|ms| tcp.advance_clock(Timestamp(ms * NANOS_PER_MILLI)));
        let shown: Vec<u32> = shown.collect();
        assert_eq!(shown, expected, "{times:?}");
    }
}

#[test]
fn a_side_goes_on_that_acknowledges_after_its_syn_or_again_and_again() {
    for (script, expected) in [
        ("0 > S 100", false),
        ("0 > S 100; 9 > A 101 501", true),
        ("0 > SA 100 1; 9 > A 101 501", true),
        ("0 > A 100 500", false),
        ("0 > A 100 500; 1 > A 100 500", false),
        ("0 > A 100 500; 1 > A 100 504", true),
        ("0 > A 100 500 4; 4000 > A 104 500 4; 5000 > A 108 500 4", false),
        ("0 > A 100 500 4; 4000 > A 104 500 4; 5000 > A 108 500 4; 6000 > A 112 500 4", true),
        ("0 > A 100 500 4; 1000 > A 104 500 4; 1001 > A 108 500 4; 1002 > A 112 500 4", false),
        // What was sent again shows that no acknowledgement came.
        (
            "0 > A 100 500 4; 300 > A 100 500 4; 4000 > A 104 500 4; 5000 > A 108 500 4; \
             6000 > A 112 500 4",
            false,
        ),
        // Keep-alives.
        ("0 > A 100 500 4; 4000 > A 99 500 1; 5000 > A 99 500 1; 6000 > A 99 500 1", false),
        ("0 > A 100 500 4; 4000 > A 100 500 4; 5000 > A 100 500 4; 6000 > A 100 500 4", false),
    ] {
        assert_eq!(after(script).goes_on(Side::A), expected, "{script}");
    }
}

#[test]
fn times_to_live_are_those_that_were_seen() {
    let tcp = after(SETTLED);
    assert_eq!((tcp.ttl(Side::A), tcp.reset_ttl(Side::A)), (Some(64), None));
    let tcp = after("0 > R 100");
    assert_eq!((tcp.ttl(Side::A), tcp.reset_ttl(Side::A)), (None, Some(64)));
}

#[test]
fn a_repeated_number_is_told_from_another_one_in_the_history() {
    for (script, history) in [
        ("0 > S 100; 900 > S 100", "S"),
        ("0 > S 100; 1 < SA 500 101; 2 < SA 500 101", "Sh"),
        ("0 > S 100; 1 < SA 500 101; 2 < SA 900 101", "Shh"),
        ("0 > S 0; 900 > S 0", "S"),
    ] {
        assert_eq!(after(script).history(Side::A), history, "{script}");
    }
}
