//! The coverage of rules, pair by pair.

use std::fmt::Write as _;

use vmmtap::{
    identify::Site,
    judge::{Matrix, Policy, Status, Tally, coverage},
};

use crate::{
    policy::own_rule,
    scene::{End, HV07, SITE, SMB, Scene, VMM, WINRM},
};

const UPDATES: &str = "10.0.4.1";
/// The greeting of an SSH server.
const SSH: &[u8] = b"SSH-2.0-OpenSSH_9.6\r\n";

/// A site of VMM servers, hosts, and networks of hosts.
fn site(servers: usize, hosts: usize, networks: usize) -> String {
    let mut text = String::new();
    let mut add = |name: &str, role: &str, count: usize, address: &dyn Fn(usize) -> String| {
        for number in 0..count {
            let address = address(number);
            let _ = writeln!(
                text,
                "[[machine]]\nname = \"{name}{number}\"\nroles = [\"{role}\"]\n\
                 addresses = [\"{address}\"]"
            );
        }
    };
    add("vmm", "vmm-server", servers, &|number| format!("10.1.0.{}", number + 1));
    add("host", "hyperv-host", hosts, &|number| format!("10.2.{}.1", number));
    add("network", "hyperv-host", networks, &|number| format!("10.3.{number}.0/24"));
    text
}

/// The number of rows of a rule, and the pairs and the note of the last of them.
fn unseen(text: &str, id: &str) -> (usize, u64, String) {
    let site = Site::parse("test.toml", text).expect("a good site");
    let policy = Policy::new(Matrix::embedded().expect("a good matrix"), site);
    let tally = Tally::default();
    let rows = coverage(&policy, &tally);
    let of_rule: Vec<_> = rows.iter().filter(|row| row.entry.id == id).collect();
    let last = of_rule.last().expect("a row");
    assert!(of_rule.iter().all(|row| row.status == Status::NotSeen), "{id}");
    (of_rule.len(), last.pairs, last.note.clone())
}

#[test]
fn more_than_ten_thousand_pairs_that_were_not_seen_are_one_row() {
    for (text, id, expected) in [
        (site(100, 100, 0), "agent-winrm", (10_000, 1, String::new())),
        (site(100, 101, 0), "agent-winrm", (1, 10_100, "10100 more pairs of machines".to_owned())),
        // A machine and itself are no pair.
        (site(1, 100, 0), "host-host-bits", (9_900, 1, String::new())),
        (site(1, 101, 0), "host-host-bits", (1, 10_100, "10100 more pairs of machines".to_owned())),
        // Two hosts of one network are.
        (site(1, 2, 1), "host-host-bits", (7, 1, String::new())),
        (site(1, 100, 1), "host-host-bits", (1, 10_101, "10101 more pairs of machines".to_owned())),
    ] {
        assert_eq!(unseen(&text, id), expected, "{id}");
    }
}

#[test]
fn in_a_large_site_the_pairs_that_were_seen_have_rows_of_their_own() {
    let (client, server) = (("10.2.0.1", 50_000), ("10.2.1.1", 443));
    let tls: (&[u8], &[u8]) =
        (b"\x16\x03\x01\0\x05\x01\0\0\x01\0", b"\x16\x03\x03\0\x05\x02\0\0\x01\0");
    let scene = Scene::default().exchange(0, client, server, tls);
    let report = scene.report_at(&site(1, 101, 0), false);
    let rows = report.coverage();
    let rows: Vec<_> = rows.iter().filter(|row| row.entry.id == "host-host-bits").collect();
    let found: Vec<_> =
        rows.iter().map(|row| (row.status, row.pairs, row.ok, row.note.as_str())).collect();
    let rest = (Status::NotSeen, 10_099, 0, "10099 more pairs of machines");
    assert_eq!(found, [(Status::Verified, 1, 1, ""), rest]);
}

/// The status, the counts and the note of the row of a rule at a server of [`SITE`].
fn row(scene: &Scene, id: &str, server: &str) -> (Status, u64, u64, String) {
    let report = scene.report_at(SITE, false);
    let rows = report.coverage();
    let named = |row: &&vmmtap::judge::CoverageRow<'_>| {
        row.entry.id == id
            && row.server.is_some_and(|id| report.policy.site.machine(id).name == server)
    };
    let row = rows.iter().find(named).expect("a row");
    (row.status, row.ok, row.blocked, row.note.clone())
}

fn refused(scene: Scene, client: End, server: End) -> Scene {
    scene.syn(0, client, server).tcp(1, (server, client), (0, 101), "RA", b"")
}

#[test]
fn a_row_counts_what_worked_and_what_failed_over_all_alternatives() {
    let asks =
        |scene: Scene, port: u16, to: u16| scene.exchange(10, (VMM, port), (UPDATES, to), WINRM);
    let fails = |port: u16, to: u16| refused(Scene::default(), (VMM, port), (UPDATES, to));
    let other = "or wsus-https (tcp 443 or 8531)";
    for (what, scene, id, status, counts, note) in [
        ("nothing", Scene::default(), "wsus-http", Status::NotSeen, (0, 0), other.to_owned()),
        (
            "one port works",
            asks(Scene::default(), 50_000, 8530),
            "wsus-http",
            Status::Verified,
            (1, 0),
            other.to_owned(),
        ),
        (
            "one port works, the other fails",
            asks(fails(50_001, 80), 50_000, 8530),
            "wsus-http",
            Status::Verified,
            (1, 0),
            format!("{other}; 1 failed, but another port works"),
        ),
        (
            "the same port works and fails",
            asks(fails(50_001, 8530), 50_000, 8530),
            "wsus-http",
            Status::Flaky,
            (1, 1),
            other.to_owned(),
        ),
        ("it fails", fails(50_001, 80), "wsus-http", Status::Blocked, (0, 1), other.to_owned()),
        (
            "one speaks something else, the other fails",
            fails(50_001, 443).exchange(
                10,
                (VMM, 50_000),
                (UPDATES, 8530),
                (b"SSH-2.0-PuTTY\r\n", SSH),
            ),
            "wsus-http",
            Status::Blocked,
            (0, 1),
            format!("{other}; 1 spoke something else"),
        ),
        (
            "the other alternative fails",
            fails(50_001, 443),
            "wsus-https",
            Status::Blocked,
            (0, 1),
            "or wsus-http (tcp 80 or 8530)".to_owned(),
        ),
    ] {
        let scene = scene.until(9000);
        let expected = (status, counts.0, counts.1, note);
        assert_eq!(row(&scene, id, "updates"), expected, "{what}");
    }
}

#[test]
fn a_note_says_what_else_became_of_a_rule() {
    let winrm = (HV07, 5985);
    let talk = |said| Scene::default().exchange(0, (VMM, 50_000), winrm, said);
    for (what, scene, id, status, note) in [
        ("works", talk(WINRM), "agent-winrm", Status::Verified, ""),
        (
            "another service",
            talk((b"SSH-2.0-PuTTY\r\n", SSH)),
            "agent-winrm",
            Status::NotSeen,
            "1 spoke something else",
        ),
        (
            "no time to tell",
            Scene::default().syn(8990, (VMM, 50_000), winrm),
            "agent-winrm",
            Status::NotSeen,
            "1 undecided",
        ),
        (
            "conditional",
            Scene::default().opened(0, (VMM, 50_000), (HV07, 5986)),
            "agent-winrm-tls",
            Status::Verified,
            "conditional",
        ),
        (
            "legacy, and its replacement works",
            refused(Scene::default(), (VMM, 50_001), (HV07, 139)).exchange(
                2,
                (VMM, 50_000),
                (HV07, 445),
                SMB,
            ),
            "agent-netbios",
            Status::NotSeen,
            "legacy; 1 failed, but another port works",
        ),
    ] {
        let scene = scene.until(9000);
        let (found, .., text) = row(&scene, id, "hv07");
        assert_eq!((found, text.as_str()), (status, note), "{what}");
    }
    let array = format!(
        "{SITE}[[machine]]\nname = \"array\"\nroles = [\"smis-provider\"]\naddresses = [\"10.0.8.1\"]\n"
    );
    for (ports, note) in [("", "port assumed"), ("ports = { cim = [5989] }\n", "")] {
        let report = Scene::default().until(0).report_at(&format!("{array}{ports}"), false);
        let rows = report.coverage();
        let row = rows.iter().find(|row| row.entry.id == "smis").expect("a row");
        assert_eq!(row.note, note);
    }
}

#[test]
fn an_alternative_that_works_proves_its_rule_though_another_rule_needs_the_port_that_fails() {
    let group = "group = \"pair\"\n";
    let page = [
        own_rule("first", "8001", "alternative", group),
        own_rule("second", "8002", "alternative", group),
        own_rule("third", "8002", "required", ""),
    ]
    .concat();
    let fails = || refused(Scene::default(), (VMM, 50_000), (HV07, 8002));
    let works = |scene: Scene| scene.exchange(10, (VMM, 50_001), (HV07, 8001), WINRM);
    for (scene, shown, status) in
        [(works(fails()), "first", Status::Verified), (fails(), "second", Status::Blocked)]
    {
        let site = Site::parse("test.toml", SITE).expect("a good site");
        let matrix = Matrix::with_page("own.toml", &page).expect("a good matrix");
        let report = scene.until(9000).report_with(Policy::new(matrix, site));
        let rows = report.coverage();
        let status_of = |id: &str| {
            let is_hv07 = |id| report.policy.site.machine(id).name == "hv07";
            let of_rule = rows.iter().filter(|row| row.entry.id == id);
            of_rule.filter(|row| row.server.is_some_and(is_hv07)).map(|row| row.status).next()
        };
        assert_eq!(status_of(shown), Some(status), "{shown}");
        assert_eq!(status_of("third"), Some(Status::Blocked), "{shown}");
    }
}
