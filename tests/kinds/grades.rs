//! How far a verdict can be trusted.

use vmmtap::{flow::Outcome, judge::Evidence};

use crate::{
    recorder::icmp,
    scene::{End, HV07, HV08, Scene, VMM, WINRM, only},
};

const CLIENT: End = (VMM, 50_000);
const SERVER: End = (HV07, 5985);
const TO: (End, End) = (CLIENT, SERVER);
const BACK: (End, End) = (SERVER, CLIENT);

fn syns() -> Scene {
    [0, 1000, 3000].into_iter().fold(Scene::default(), |scene, ms| scene.syn(ms, CLIENT, SERVER))
}

fn half_open() -> Scene {
    [0, 1000, 3000].into_iter().fold(Scene::default(), |scene, ms| {
        scene.syn(ms, CLIENT, SERVER).syn_ack(ms + 1, CLIENT, SERVER)
    })
}

/// Payload that is sent again and again after `before`.
fn stalled(before: Scene) -> Scene {
    [5, 400, 1200, 2800, 6000]
        .into_iter()
        .fold(before, |scene, ms| scene.tcp(ms, TO, (101, 501), "A", b"data"))
}

/// Other machines' connection, of which a packet is missing.
fn with_gap(scene: Scene) -> Scene {
    let (client, server) = ((VMM, 60_000), (HV08, 445));
    scene.opened(7000, client, server).tcp(7010, (server, client), (501, 301), "A", b"").tcp(
        7011,
        (client, server),
        (301, 501),
        "A",
        b"",
    )
}

/// A connection whose beginning was not captured.
fn met_before() -> Scene {
    Scene::default().tcp(0, TO, (90, 501), "A", b"first-data!").tcp(1, BACK, (501, 101), "A", b"")
}

/// What the server, or a router, says of the SYN.
fn error(from: &str, code: u8, ms: i64, scene: Scene) -> Scene {
    let syn = crate::recorder::tcp(CLIENT, SERVER, 100, "S", b"");
    let mut error = icmp(from, VMM, 3, &syn[14..]);
    error[35] = code;
    scene.raw(ms, error)
}

#[test]
fn what_was_said_is_worth_more_than_what_was_seen_and_silence_less() {
    let syn = || Scene::default().syn(0, CLIENT, SERVER);
    let reset = || Scene::default().opened(0, CLIENT, SERVER).tcp(3, TO, (101, 501), "A", b"data");
    for (what, scene, outcome, evidence) in [
        (
            "a reply",
            Scene::default().exchange(0, CLIENT, SERVER, WINRM).until(9000),
            Outcome::Answered,
            Evidence::Observed,
        ),
        (
            "a reset",
            reset().tcp(4, BACK, (501, 105), "RA", b"").until(9000),
            Outcome::Reset,
            Evidence::Observed,
        ),
        ("silence", syns().until(9000), Outcome::Silent, Evidence::Inferred),
        (
            "silence in a capture with gaps",
            (0..30)
                .fold(with_gap(syns()), |scene, n| {
                    scene.tcp(7100 + n, ((VMM, 60_000), (HV08, 445)), (301, 501), "A", b"")
                })
                .until(9000),
            Outcome::Silent,
            Evidence::Weak,
        ),
        (
            "silence in a capture that lost a packet",
            Scene { dropped: 1, ..syns().until(9000) },
            Outcome::Silent,
            Evidence::Weak,
        ),
        ("no reply yet", syn().until(100), Outcome::Pending, Evidence::Weak),
        (
            "a refusal",
            syn().tcp(1, BACK, (0, 101), "RA", b"").until(9000),
            Outcome::Refused,
            Evidence::Observed,
        ),
        (
            "a router that prohibits",
            error("192.0.2.1", 13, 1, syn()).until(9000),
            Outcome::Prohibited,
            Evidence::Confirmed,
        ),
        (
            "the error without its packet",
            error("192.0.2.1", 13, 1, Scene::default()).until(9000),
            Outcome::Prohibited,
            Evidence::Weak,
        ),
        (
            "a host that does not listen",
            error(HV07, 3, 1, syn()).until(9000),
            Outcome::Refused,
            Evidence::Confirmed,
        ),
        (
            "a router that says the same",
            error("192.0.2.1", 3, 1, syn()).until(9000),
            Outcome::Unreachable,
            Evidence::Confirmed,
        ),
        ("repeated SYN-ACKs", half_open().until(9000), Outcome::HalfOpen, Evidence::Observed),
        (
            "one SYN-ACK, and nothing after it",
            syn().syn_ack(1, CLIENT, SERVER).until(9000),
            Outcome::HalfOpen,
            Evidence::Inferred,
        ),
        (
            "a SYN that the system dropped",
            Scene { discarded: Some(0), ..syn().until(9000) },
            Outcome::Prohibited,
            Evidence::Confirmed,
        ),
        (
            "payload sent in vain, and the system dropped it",
            Scene { discarded: Some(1), ..stalled(met_before()).until(20_000) },
            Outcome::Stalled,
            Evidence::Confirmed,
        ),
        (
            "payload sent in vain",
            stalled(Scene::default().opened(0, CLIENT, SERVER)).until(20_000),
            Outcome::Stalled,
            Evidence::Inferred,
        ),
        (
            "the same met in the middle",
            stalled(met_before()).until(20_000),
            Outcome::Stalled,
            Evidence::Weak,
        ),
    ] {
        let report = scene.report();
        let one = only(&report);
        assert_eq!((one.outcome, one.evidence), (outcome, evidence), "{what}");
    }
}

#[test]
fn nothing_follows_from_time_where_the_clock_stands_still() {
    let still = |scene: Scene| {
        let packets = scene.packets.into_iter().map(|(_, packet)| (0, packet)).collect();
        Scene { packets, ..scene }
    };
    for (what, scene, outcome, evidence) in [
        (
            "five SYNs",
            (0..5).fold(Scene::default(), |scene, ms| scene.syn(ms, CLIENT, SERVER)),
            Outcome::Silent,
            Evidence::Weak,
        ),
        (
            "a reply",
            Scene::default().exchange(0, CLIENT, SERVER, WINRM),
            Outcome::Answered,
            Evidence::Observed,
        ),
    ] {
        let report = still(scene.until(0)).report();
        assert!(report.witness.clock_stands_still(), "{what}");
        let one = only(&report);
        assert_eq!((one.outcome, one.evidence), (outcome, evidence), "{what}");
    }
    assert!(!syns().until(9000).report().witness.clock_stands_still());
}

#[test]
fn the_share_of_lost_packets_is_the_recorders_or_that_of_the_gaps_whichever_is_larger() {
    let quiet = syns().until(9000);
    let all = quiet.packets.len() as f64;
    let report = Scene { dropped: 2, ..quiet }.report();
    assert_eq!(report.witness.dropped(), 2);
    assert!((report.witness.loss() - 2.0 / (all + 2.0)).abs() < 1e-9, "{}", report.witness.loss());
    let report = syns().until(9000).report();
    assert_eq!((report.witness.dropped(), report.witness.loss()), (0, 0.0));
    // One gap among all acknowledgements.
    let report = with_gap(syns()).report();
    let surroundings = report.witness.surroundings();
    assert_eq!(surroundings.gaps(), 1);
    assert!((report.witness.loss() - 1.0 / 4.0).abs() < 1e-9, "{}", report.witness.loss());
}
