//! Judging at the edges: who a packet belongs to, what a port range covers, what counts as proof.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use std::sync::Arc;

use recorder::{tcp, udp};
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    engine::Engine,
    identify::Site,
    judge::{Matrix, Policy, Status},
    report::Report,
};

const SITE: &str = "\
[[machine]]
name = \"vmm\"
roles = [\"vmm-server\"]
addresses = [\"10.0.0.1\"]
[[machine]]
name = \"hosts\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.0/24\"]
[[machine]]
name = \"hv07\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.7\"]
[[machine]]
name = \"array\"
roles = [\"smis-provider\"]
addresses = [\"10.0.8.1\"]
[[machine]]
name = \"updates\"
roles = [\"wsus-server\"]
addresses = [\"10.0.8.2\"]
[[machine]]
name = \"one-box\"
roles = [\"library-server\", \"sql-server\"]
addresses = [\"10.0.8.3\"]
";

fn judge(frames: &[Vec<u8>]) -> Report {
    let site = Site::parse("test.toml", SITE).expect("a good site");
    let policy = Policy::new(Matrix::embedded().expect("a good matrix"), site);
    let mut engine = Engine::new(Arc::new(policy), usize::MAX);
    for (number, data) in frames.iter().enumerate() {
        let time = Timestamp(number as i64 * 1_000_000_000);
        let wire_len = data.len() as u32;
        engine.feed(&Frame {
            time,
            link: LinkType::ETHERNET,
            data,
            wire_len,
            said: Said::default(),
        });
    }
    engine.finish(Vec::new())
}

/// Expectation, verdict and server port of the only conversation.
fn told(frames: &[Vec<u8>]) -> (&'static str, &'static str, u16) {
    let report = judge(frames);
    let mut judgements = report.judgements();
    let one = judgements.next().expect("a conversation");
    assert!(judgements.next().is_none());
    (one.expectation.kind.name(), one.verdict.name(), one.server_end().port)
}

/// A question and its answer over UDP.
fn asked(from: (&str, u16), to: (&str, u16)) -> Vec<Vec<u8>> {
    vec![udp(from, to, b"?"), udp(to, from, b"!")]
}

/// The middle of a TCP conversation.
fn middle(from: (&str, u16), to: (&str, u16)) -> Vec<Vec<u8>> {
    vec![tcp(from, to, 1, "A", b"data"), tcp(to, from, 1, "A", b"data")]
}

/// A whole handshake.
fn opened(from: (&str, u16), to: (&str, u16)) -> Vec<Vec<u8>> {
    vec![tcp(from, to, 1, "S", b""), tcp(to, from, 1, "SA", b""), tcp(from, to, 2, "A", b"")]
}

#[test]
fn the_longest_prefix_owns_an_address() {
    let site = Site::parse("test.toml", SITE).expect("a good site");
    let owner = |ip: &str| {
        let owner = site.owner(ip.parse().expect("an address"));
        owner.map(|id| site.machine(id).name.as_str())
    };
    for (ip, expected) in [
        ("10.0.1.7", Some("hv07")),
        ("10.0.1.8", Some("hosts")),
        ("10.0.1.254", Some("hosts")),
        ("10.0.1.255", Some("hosts")),
        ("10.0.1.0", Some("hosts")),
        ("10.0.0.255", None),
        ("10.0.2.1", None),
        ("10.0.0.1", Some("vmm")),
    ] {
        assert_eq!(owner(ip), expected, "{ip}");
    }
}

#[test]
fn a_client_port_in_the_dynamic_range_does_not_make_its_owner_the_server() {
    for (frames, expected) in [
        // A name server among the hosts, seen from the answer or from the question.
        (asked(("10.0.1.9", 63_408), ("10.0.1.2", 53)), ("none", "unexpected", 53)),
        (middle(("10.0.1.7", 49_700), ("10.0.0.1", 3389)), ("none", "unexpected", 3389)),
        (middle(("10.0.0.1", 50_000), ("10.0.1.7", 49_668)), ("dynamic-rpc", "ok", 49_668)),
        (opened(("10.0.0.1", 5000), ("10.0.1.7", 49_668)), ("dynamic-rpc", "ok", 49_668)),
        (middle(("10.0.0.1", 5000), ("10.0.1.7", 49_668)), ("none", "unexpected", 49_668)),
    ] {
        assert_eq!(told(&frames), expected);
    }
}

fn status(report: &Report, rule: &str, server: &str) -> (Status, String) {
    let policy = &report.policy;
    let coverage = report.coverage();
    let row = coverage.iter().find(|row| {
        let name = row.server.map(|id| policy.site.machine(id).name.as_str());
        row.entry.id == rule && name == Some(server)
    });
    let row = row.unwrap_or_else(|| panic!("{rule} at {server}"));
    (row.status, row.note.clone())
}

#[test]
fn what_was_met_in_the_middle_proves_no_rule() {
    let server = ("10.0.1.7", 5985);
    let report = judge(&middle(("10.0.0.1", 50_000), server));
    assert_eq!(status(&report, "agent-winrm", "hv07"), (Status::NotSeen, "1 undecided".to_owned()));
    let report = judge(&opened(("10.0.0.1", 50_000), server));
    assert_eq!(status(&report, "agent-winrm", "hv07").0, Status::Verified);
}

#[test]
fn alternatives_count_as_one_and_a_failed_one_does_not_spoil_the_other() {
    let mut frames = opened(("10.0.0.1", 50_000), ("10.0.8.2", 8530));
    let refused = [
        tcp(("10.0.0.1", 50_001), ("10.0.8.2", 8531), 1, "S", b""),
        tcp(("10.0.8.2", 8531), ("10.0.0.1", 50_001), 1, "RA", b""),
    ];
    frames.extend(refused.clone());
    let report = judge(&frames);
    let (verified, note) = status(&report, "wsus-http", "updates");
    assert_eq!(verified, Status::Verified);
    assert!(note.contains("or wsus-https"), "{note}");
    let report = judge(&refused);
    assert_eq!(status(&report, "wsus-https", "updates").0, Status::Blocked);
}

#[test]
fn a_rule_that_worked_and_failed_is_flaky() {
    let mut frames = opened(("10.0.0.1", 50_000), ("10.0.1.7", 445));
    frames.push(tcp(("10.0.0.1", 50_001), ("10.0.1.7", 445), 1, "S", b""));
    frames.push(tcp(("10.0.1.7", 445), ("10.0.0.1", 50_001), 1, "RA", b""));
    assert_eq!(status(&judge(&frames), "agent-smb", "hv07").0, Status::Flaky);
}

#[test]
fn an_assumed_port_is_called_so() {
    let report = judge(&opened(("10.0.0.1", 50_000), ("10.0.8.1", 5989)));
    assert!(status(&report, "smis", "array").1.contains("port assumed"));
    let judgement = report.judgements().next().expect("one");
    assert!(report.policy.why(&judgement).contains("port assumed"));
}

#[test]
fn what_cannot_be_seen_is_not_missing() {
    let report = judge(&[]);
    for row in report.coverage() {
        let same = row.client.is_some() && row.client == row.server;
        let nobody = row.client.is_none() || row.server.is_none();
        let unobservable = row.status == Status::NotObservable;
        let of_network = row.server == report.policy.site.machine_named("hosts");
        assert!(unobservable == (nobody || same && !of_network), "{row:?}");
        assert!(!row.is_missing() || row.entry.requirement.must_be_seen(), "{row:?}");
    }
}
