//! What failed is never `ok`.

use crate::{
    each,
    scene::{End, HV07, Scene, VMM, WINRM},
};

const CLIENT: End = (VMM, 50_000);
const SERVER: End = (HV07, 5985);
const TO: (End, End) = (CLIENT, SERVER);
const BACK: (End, End) = (SERVER, CLIENT);

#[test]
fn half_a_handshake_is_no_connection() {
    let syns = || Scene::default().syn(0, CLIENT, SERVER);
    each(vec![
        (
            "the SYN-ACK never arrives, seen at the server",
            syns()
                .syn_ack(1, CLIENT, SERVER)
                .syn(1000, CLIENT, SERVER)
                .syn_ack(1001, CLIENT, SERVER)
                .syn(3000, CLIENT, SERVER)
                .syn_ack(3001, CLIENT, SERVER)
                .until(9000),
            ("half-open", "blocked"),
        ),
        (
            "the last ACK never arrives, seen at the server",
            syns()
                .syn_ack(1, CLIENT, SERVER)
                .syn_ack(1001, CLIENT, SERVER)
                .syn_ack(3001, CLIENT, SERVER)
                .until(9000),
            ("half-open", "blocked"),
        ),
        (
            "a SYN-ACK for another SYN",
            syns()
                .tcp(1, BACK, (500, 9_999), "SA", b"")
                .syn(1000, CLIENT, SERVER)
                .syn(3000, CLIENT, SERVER)
                .until(9000),
            ("silent", "blocked"),
        ),
        (
            "the capture ends with the SYN-ACK",
            syns().syn_ack(1, CLIENT, SERVER),
            ("pending", "unknown"),
        ),
        (
            "a port test: connected and reset",
            syns().syn_ack(1, CLIENT, SERVER).tcp(2, TO, (101, 501), "RA", b"").until(9000),
            ("answered", "ok"),
        ),
        (
            "a port test: connected and closed",
            Scene::default()
                .opened(0, CLIENT, SERVER)
                .tcp(3, TO, (101, 501), "FA", b"")
                .tcp(4, BACK, (501, 102), "FA", b"")
                .tcp(5, TO, (102, 502), "A", b"")
                .until(9000),
            ("answered", "ok"),
        ),
    ]);
}

#[test]
fn a_connection_that_dies_after_its_handshake_does_not_work() {
    let opened = || Scene::default().opened(0, CLIENT, SERVER);
    let asked = || opened().tcp(10, TO, (101, 501), "A", WINRM.0);
    let after = 101 + WINRM.0.len() as u32;
    let again = |scene: Scene, times: &[i64]| {
        times.iter().fold(scene, |scene, ms| scene.tcp(*ms, TO, (101, 501), "A", WINRM.0))
    };
    each(vec![
        (
            "reset after the request",
            asked().tcp(11, BACK, (501, after), "RA", b"").until(9000),
            ("reset", "blocked"),
        ),
        (
            "reset by the client, which did not wait for the response",
            asked()
                .tcp(11, BACK, (501, after), "A", b"")
                .tcp(500, TO, (after, 501), "RA", b"")
                .until(9000),
            ("pending", "unknown"),
        ),
        (
            "reset after the response",
            Scene::default()
                .exchange(0, CLIENT, SERVER, WINRM)
                .tcp(20, BACK, (501 + WINRM.1.len() as u32, after), "RA", b"")
                .until(9000),
            ("answered", "ok"),
        ),
        (
            "the request is never acknowledged",
            again(asked(), &[310, 910, 2110, 4510]).until(9000),
            ("stalled", "blocked"),
        ),
        (
            "the request is acknowledged and never answered",
            asked().tcp(11, BACK, (501, after), "A", b"").until(12_000),
            ("stalled", "blocked"),
        ),
        (
            "the response comes after eight seconds",
            asked()
                .tcp(11, BACK, (501, after), "A", b"")
                .tcp(8000, BACK, (501, after), "A", WINRM.1)
                .until(20_000),
            ("answered", "ok"),
        ),
    ]);
}

#[test]
fn another_service_on_the_port_is_shown_by_the_servers_bytes() {
    let said = |server: &'static [u8]| {
        Scene::default().exchange(0, CLIENT, SERVER, (WINRM.0, server)).until(9000)
    };
    each(vec![
        ("SSH", said(b"SSH-2.0-OpenSSH_9.2\r\n"), ("answered", "mismatch")),
        ("a mail server", said(b"220 mail.example ESMTP Postfix\r\n"), ("answered", "mismatch")),
        ("WinRM", said(WINRM.1), ("answered", "ok")),
    ]);
}

#[test]
fn keep_alives_without_reply_do_not_make_a_capture_one_sided() {
    let after = 101 + WINRM.0.len() as u32;
    let response = 501 + WINRM.1.len() as u32;
    let exchange = Scene::default().exchange(0, CLIENT, SERVER, WINRM);
    // The firewall has dropped the idle session: the next request is sent in vain.
    let request = |scene: Scene, ms| scene.tcp(ms, TO, (after, response), "A", WINRM.0);
    let scene =
        [60_000, 60_300, 60_900, 62_100, 64_500, 69_300].into_iter().fold(exchange, request);
    each(vec![("requests after an idle time", scene.until(80_000), ("stalled", "blocked"))]);
}

#[test]
fn packets_of_an_earlier_connection_do_not_answer_a_new_one() {
    let earlier = |flags: &'static str| {
        Scene::default()
            .tcp(0, BACK, (3_000_000_000, 2_000_000_000), flags, b"")
            .tcp(100, TO, (100, 0), "S", b"")
            .tcp(1100, TO, (100, 0), "S", b"")
            .tcp(3100, TO, (100, 0), "S", b"")
            .until(9000)
    };
    for flags in ["FA", "A"] {
        let verdicts = earlier(flags).verdicts();
        assert!(
            verdicts
                .iter()
                .any(|(.., outcome, verdict)| (*outcome, *verdict) == ("silent", "blocked")),
            "{flags}: {verdicts:?}"
        );
    }
    each(vec![(
        "an ACK of an older connection in reply to the SYNs (RFC 5961)",
        Scene::default()
            .syn(0, CLIENT, SERVER)
            .tcp(1, BACK, (3_000_000_000, 2_000_000_000), "A", b"")
            .syn(1000, CLIENT, SERVER)
            .tcp(1001, BACK, (3_000_000_000, 2_000_000_000), "A", b"")
            .syn(3000, CLIENT, SERVER)
            .tcp(3001, BACK, (3_000_000_000, 2_000_000_000), "A", b"")
            .until(9000),
        ("silent", "blocked"),
    )]);
}
