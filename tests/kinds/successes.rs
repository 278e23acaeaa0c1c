//! What works is never a finding, whatever the recorder, its clock and the path do to the packets.

use crate::{
    each,
    recorder::{acking, icmp},
    scene::{End, HV07, Scene, VMM, WINRM},
};

const CLIENT: End = (VMM, 50_000);
const SERVER: End = (HV07, 5985);
/// From a packet's number and its time in milliseconds, the time that the recorder gives it.
type Clock = fn(usize, i64) -> i64;

const TO: (End, End) = (CLIENT, SERVER);
const BACK: (End, End) = (SERVER, CLIENT);

fn without(mut scene: Scene, lost: &[usize]) -> Scene {
    let mut place = 0;
    scene.packets.retain(|_| {
        place += 1;
        !lost.contains(&(place - 1))
    });
    scene
}

#[test]
fn a_packet_that_the_recorder_lost_is_no_mismatch_and_no_failure() {
    for lost in 0..6 {
        let scene = Scene::default().exchange(0, CLIENT, SERVER, WINRM).until(20_000);
        let told = without(scene, &[lost]).verdicts();
        assert_eq!(told.len(), 1, "without packet {lost}: {told:?}");
        assert_eq!(told[0].3, "ok", "without packet {lost}: {told:?}");
    }
}

#[test]
fn a_response_before_its_request_is_no_mismatch() {
    for (one, other) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
        let mut scene = Scene::default().exchange(0, CLIENT, SERVER, WINRM);
        let first = scene.packets[one].1.clone();
        scene.packets[one].1 = scene.packets[other].1.clone();
        scene.packets[other].1 = first;
        each(vec![("two packets in the other order", scene.until(20_000), ("answered", "ok"))]);
    }
}

#[test]
fn a_wrong_clock_changes_no_verdict() {
    let works = || Scene::default().exchange(0, CLIENT, SERVER, WINRM);
    let fails = || (0..5).fold(Scene::default(), |scene, n| scene.syn(n * 2000, CLIENT, SERVER));
    let clocks: [(&str, Clock); 4] = [
        ("stands still", |_, _| 0),
        ("set back by an hour", |n, ms| if n < 2 { ms } else { ms - 3_600_000 }),
        ("set forward by an hour", |n, ms| if n < 2 { ms } else { ms + 3_600_000 }),
        ("one wrong timestamp", |n, ms| if n == 1 { ms + 900_000 } else { ms }),
    ];
    for (what, clock) in clocks {
        for (scene, expected) in [(works(), ("answered", "ok")), (fails(), ("silent", "blocked"))] {
            let mut scene = scene;
            for (n, (ms, _)) in scene.packets.iter_mut().enumerate() {
                *ms = clock(n, *ms);
            }
            each(vec![(what, scene, expected)]);
        }
    }
}

#[test]
fn a_firewall_that_rewrites_numbers_between_two_recorded_sides_is_one_connection() {
    let inside = 7_000;
    let scene = Scene::default()
        .syn(0, CLIENT, SERVER)
        .tcp(0, TO, (100 + inside, 0), "S", b"")
        .tcp(1, BACK, (500, 101 + inside), "SA", b"")
        .tcp(1, BACK, (500, 101), "SA", b"")
        .tcp(2, TO, (101, 501), "A", b"")
        .tcp(2, TO, (101 + inside, 501), "A", b"")
        .tcp(3, TO, (101, 501), "A", WINRM.0)
        .tcp(3, TO, (101 + inside, 501), "A", WINRM.0)
        .tcp(4, BACK, (501, 101 + inside + WINRM.0.len() as u32), "A", WINRM.1)
        .tcp(4, BACK, (501, 101 + WINRM.0.len() as u32), "A", WINRM.1)
        .until(9000);
    let told = scene.verdicts();
    assert!(told.iter().all(|(.., verdict)| *verdict == "ok"), "{told:?}");
}

#[test]
fn a_segment_of_unknown_length_is_no_loss() {
    // A large send that the card divides is recorded with a length of 0 in its IP header.
    let mut request = b"POST /wsman HTTP/1.1\r\nContent-Length: 2952\r\n\r\n".to_vec();
    request.resize(3000, b'x');
    let mut large = acking(CLIENT, SERVER, (101, 501), "A", &request);
    large[16..18].copy_from_slice(&[0, 0]);
    let scene = Scene::default()
        .opened(0, CLIENT, SERVER)
        .raw(3, large)
        .tcp(4, BACK, (501, 3101), "A", WINRM.1)
        .until(9000);
    each(vec![("a large send", scene, ("answered", "ok"))]);
}

#[test]
fn probes_with_a_small_ttl_prove_nothing_and_other_packets_do() {
    for (ttl, verdict) in [(1, "unknown"), (2, "unknown"), (3, "unknown"), (64, "blocked")] {
        let mut probe = acking(CLIENT, SERVER, (100, 0), "S", b"");
        probe[22] = ttl;
        let mut exceeded = icmp("192.0.2.1", VMM, 11, &probe[14..]);
        exceeded[35] = 0;
        let scene = Scene::default().raw(0, probe).raw(1, exceeded).until(1);
        let told = scene.verdicts();
        assert_eq!(told.len(), 1, "TTL {ttl}: {told:?}");
        assert_eq!(told[0].3, verdict, "TTL {ttl}: {told:?}");
    }
}

#[test]
fn a_probe_without_any_reply_is_told_by_the_clients_other_packets() {
    // The client's other packets have 64.
    for (ttl, verdict) in
        [(1, "unknown"), (30, "unknown"), (31, "blocked"), (64, "blocked"), (128, "blocked")]
    {
        let mut probe = acking(CLIENT, SERVER, (100, 0), "S", b"");
        probe[22] = ttl;
        let scene = Scene::default().raw(0, probe).until(9000);
        assert_eq!(scene.verdicts()[0].3, verdict, "TTL {ttl}");
    }
}
