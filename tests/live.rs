//! The program at work on an interface: in the laboratory, while real clients carry out VMM's
//! operations. Root and the laboratory's packages are needed; skipped, with a word, elsewhere.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]
#![cfg(target_os = "linux")]

mod laboratory;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use laboratory::{Listening, PATIENCE, do_in_lab, in_the_lab, json, lab, of_verdict, root, status};
use nix::sys::signal::Signal;
use serde_json::Value;

/// An operation, what its firewall stops with the verdict upon it, and the rule that expects it,
/// unless an alternative of the rule proves it in spite of that.
struct Case {
    operation: &'static str,
    stopped: &'static [(&'static str, &'static str, u64, &'static str)],
    rule: Option<&'static str>,
}

const OPERATIONS: [Case; 6] = [
    Case {
        operation: "add-host",
        stopped: &[("vmm01", "hv07", 5985, "blocked")],
        rule: Some("agent-winrm"),
    },
    Case {
        operation: "library-transfer",
        stopped: &[("lib01", "hv07", 443, "blocked")],
        rule: Some("library-host-bits"),
    },
    Case {
        operation: "console-connect",
        stopped: &[("con01", "vmm01", 8100, "blocked")],
        rule: Some("console-tcp"),
    },
    // The controller is managed by SMASH in place of IPMI.
    Case { operation: "bare-metal", stopped: &[("vmm01", "bmc07", 623, "denied")], rule: None },
    Case {
        operation: "v2v",
        stopped: &[("vmm01", "esx01", 443, "blocked"), ("hv07", "esx01", 443, "blocked")],
        rule: Some("esxi-node-https"),
    },
    // The VMM server reaches WSUS on another port, the host does not.
    Case {
        operation: "wsus",
        stopped: &[("vmm01", "wsus01", 8530, "denied"), ("hv07", "wsus01", 8530, "blocked")],
        rule: None,
    },
];

#[test]
fn every_operation_is_judged_before_and_after_a_firewall_change() {
    in_the_lab("every_operation_is_judged_before_and_after_a_firewall_change", || {
        for Case { operation, stopped, rule } in OPERATIONS {
            let judge = |variant: &str| {
                let listening = Listening::on("vmmlab-switch", "br0", &["--format", "json"]);
                do_in_lab(&["run", operation, variant]);
                thread::sleep(Duration::from_secs(1));
                listening.signal(Signal::SIGINT);
                let (code, lines) = listening.end();
                (code, json(&lines))
            };
            let of_rule = |report: &Value| {
                let (client, server, ..) = stopped[0];
                rule.map(|rule| status(report, rule, client, server))
            };
            let (code, report) = judge("blocked");
            for verdict in ["blocked", "denied"] {
                let demanded: BTreeSet<_> = stopped
                    .iter()
                    .filter(|(.., given)| *given == verdict)
                    .map(|(a, b, port, _)| ((*a).to_owned(), (*b).to_owned(), *port))
                    .collect();
                assert_eq!(of_verdict(&report, verdict), demanded, "{operation}: {verdict}");
            }
            let fails = stopped.iter().any(|(.., verdict)| *verdict == "blocked");
            assert_eq!(code, i32::from(fails), "{operation}");
            assert_eq!(of_rule(&report), rule.map(|_| "blocked".to_owned()), "{operation}");
            let (code, report) = judge("clean");
            for verdict in ["blocked", "denied"] {
                assert!(of_verdict(&report, verdict).is_empty(), "{operation}: {verdict}");
            }
            assert_eq!(code, 0, "{operation}");
            assert_eq!(of_rule(&report), rule.map(|_| "verified".to_owned()), "{operation}");
        }
    });
}

#[test]
fn a_silent_flow_is_told_in_time_and_revised_when_the_answer_comes() {
    in_the_lab("a_silent_flow_is_told_in_time_and_revised_when_the_answer_comes", || {
        do_in_lab(&["firewall", "hv07", "drop", "tcp", "5985"]);
        let listening = Listening::on("vmmlab-vmm01", "eth0", &["--format", "ndjson"]);
        let client = Command::new(lab())
            .args(["exec", "vmm01", "curl", "-sS", "-m", "20"])
            .args(["--data-raw", "<Envelope/>", "http://10.20.1.7:5985/wsman"])
            .stdout(Stdio::null())
            .spawn();
        let mut client = client.expect("a client");
        let begun = Instant::now();
        let line = listening.awaits(|line| line.contains("\"verdict\":\"blocked\""));
        // The second SYN comes after 1 s.
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        let told: Value = serde_json::from_str(&line).expect("one object a line");
        assert_eq!(told["outcome"], "silent");
        do_in_lab(&["firewall", "hv07", "clear"]);
        let line = listening.awaits(|line| line.contains("\"verdict\":\"ok\""));
        let revised: Value = serde_json::from_str(&line).expect("one object a line");
        assert_eq!(revised["community_id"], told["community_id"]);
        assert_eq!(revised["first"], told["first"]);
        client.wait().expect("the client ends");
        listening.signal(Signal::SIGTERM);
        let (code, lines) = listening.end();
        assert_eq!(code, 0, "nothing is blocked in the end");
        assert!(lines.iter().any(|line| line.contains("\"server\":{\"ip\":\"10.20.1.7\"")));
    });
}

#[test]
fn privileges_are_given_up_and_the_capture_is_kept() {
    in_the_lab("privileges_are_given_up_and_the_capture_is_kept", || {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = folder.path().join("kept.pcapng");
        let report = folder.path().join("report.json");
        let (kept, report) = (kept.to_str().expect("a name"), report.to_str().expect("a name"));
        let arguments = ["--format", "json", "-w", kept, "-o", report];
        let listening = Listening::on("vmmlab-vmm01", "eth0", &arguments);
        let status = fs::read_to_string(format!("/proc/{}/status", listening.child.id()))
            .expect("the child's status");
        assert!(status.contains("CapEff:\t0000000000000000"), "{status}");
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");
        do_in_lab(&["run", "console-connect"]);
        thread::sleep(Duration::from_secs(1));
        listening.signal(Signal::SIGTERM);
        let (code, _) = listening.end();
        assert_eq!(code, 0);
        let live: Value =
            serde_json::from_str(&fs::read_to_string(report).expect("a report")).expect("JSON");
        assert_eq!(live["captures"][0]["source"], "eth0");
        let again = Command::new(env!("CARGO_BIN_EXE_vmmtap"))
            .args(["check", "--format", "json", kept, "-s"])
            .arg(root().join("tests/lab/vmmtap.toml"))
            .output()
            .expect("vmmtap runs");
        let again: Value = serde_json::from_slice(&again.stdout).expect("JSON");
        assert!(live["flows"].as_array().is_some_and(|flows| flows.len() >= 4));
        assert_eq!(live["flows"], again["flows"], "what is kept tells the same");
        assert_eq!(live["coverage"], again["coverage"]);
    });
}

#[test]
fn an_interface_that_goes_away_ends_the_listening_with_a_report() {
    in_the_lab("an_interface_that_goes_away_ends_the_listening_with_a_report", || {
        let listening = Listening::on("vmmlab-con01", "eth0", &["--format", "json"]);
        do_in_lab(&["exec", "con01", "ping", "-c", "1", "-W", "2", "10.20.0.10"]);
        thread::sleep(Duration::from_secs(1));
        do_in_lab(&["exec", "con01", "ip", "link", "del", "eth0"]);
        let (code, lines) = listening.end();
        let report = json(&lines);
        let problems = report["captures"][0]["problems"].to_string();
        assert!(problems.contains("listening ended early"), "{problems}");
        assert!(report["captures"][0]["packets"].as_u64() >= Some(2), "{report}");
        assert_ne!(code, 0, "what came after is not known");
    });
}

#[test]
fn lost_packets_are_told_and_weaken_what_rests_on_silence() {
    in_the_lab("lost_packets_are_told_and_weaken_what_rests_on_silence", || {
        do_in_lab(&["firewall", "hv07", "drop", "tcp", "5985"]);
        let arguments = ["--format", "json", "--buffer", "1", "--filter", ""];
        let listening = Listening::on("vmmlab-vmm01", "eth0", &arguments);
        let client = ["exec", "vmm01", "curl", "-sS", "-m", "3", "http://10.20.1.7:5985/wsman"];
        let silent = Command::new(lab()).args(client).output().expect("a client");
        assert!(!silent.status.success());
        // The program stands still while the wire does not.
        listening.signal(Signal::SIGSTOP);
        let capture = root().join("captures/add-host-clean/capture.pcap");
        let capture = capture.to_str().expect("a name");
        let replay =
            ["exec", "vmm01", "tcpreplay", "-q", "-i", "eth0", "--topspeed", "-l", "200", capture];
        do_in_lab(&replay);
        listening.signal(Signal::SIGCONT);
        thread::sleep(Duration::from_secs(1));
        listening.signal(Signal::SIGINT);
        let (code, lines) = listening.end();
        assert_eq!(code, 1);
        let report = json(&lines);
        let problems = report["captures"][0]["problems"].to_string();
        assert!(problems.contains("packets lost by the recorder"), "{problems}");
        assert!(report["captures"][0]["dropped"]["kernel"].as_u64() > Some(0), "{problems}");
        let flows = report["flows"].as_array().expect("flows");
        let silent: Vec<&Value> = flows.iter().filter(|flow| flow["outcome"] == "silent").collect();
        assert!(!silent.is_empty());
        assert!(silent.iter().all(|flow| flow["evidence"] == "weak"), "{silent:?}");
    });
}

/// The end of it all: a host that cannot be added, the exception put in, the host added.
#[test]
fn the_screen_shows_what_is_blocked_and_that_it_was_mended() {
    if Command::new("tmux").arg("-V").output().is_err() {
        return println!("skipped: tmux is not installed");
    }
    in_the_lab("the_screen_shows_what_is_blocked_and_that_it_was_mended", || {
        let pane = Pane::watching("vmm01");
        pane.shows("live", PATIENCE);
        do_in_lab(&["firewall", "hv07", "drop", "tcp", "5985"]);
        let client = ["exec", "vmm01", "curl", "-sS", "-m", "4", "http://10.20.1.7:5985/wsman"];
        let client = Command::new(lab()).args(client).stderr(Stdio::null()).spawn();
        // Two SYNs take a second; the screen is at most a second behind.
        pane.shows("vmm01 -> hv07  tcp 5985  agent-winrm (row 3)", Duration::from_secs(6));
        pane.send("Enter");
        pane.shows("New-NetFirewallRule", PATIENCE);
        client.expect("a client").wait().expect("the client ends");
        do_in_lab(&["firewall", "hv07", "clear"]);
        do_in_lab(&["run", "add-host"]);
        pane.send("Escape");
        pane.shows("works since", PATIENCE);
        pane.send("3");
        pane.send("/");
        pane.send("rule:agent-winrm");
        pane.send("Enter");
        pane.send("Enter");
        let text = pane.shows("mended", PATIENCE);
        let row = text.lines().find(|line| line.contains("mended")).unwrap_or_default();
        assert!(row.contains("√ verified") && row.contains("hv07"), "{text}");
        pane.send("q");
        pane.shows("EXIT 1", PATIENCE);
    });
}

struct Pane(String);

impl Pane {
    fn watching(machine: &str) -> Self {
        let pane = Self(format!("vmmtap-live-{}", std::process::id()));
        let (lab, program) = (lab(), Path::new(env!("CARGO_BIN_EXE_vmmtap")));
        let site = root().join("tests/lab/vmmtap.toml");
        let command = format!(
            "{} exec {machine} {} watch -i eth0 -s {}; echo EXIT $?; sleep 60",
            lab.display(),
            program.display(),
            site.display()
        );
        pane.tmux(&["new-session", "-d", "-x", "110", "-y", "40", "sh", "-c", &command]);
        pane
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.args(["-L", &self.0, "-f", "/dev/null"]).args(arguments).env_remove("TMUX");
        String::from_utf8_lossy(&tmux.output().expect("tmux").stdout).into_owned()
    }

    fn send(&self, key: &str) {
        self.tmux(&["send-keys", key]);
        // An escape followed by a letter within a moment would be another key.
        thread::sleep(Duration::from_millis(200));
    }

    fn shows(&self, text: &str, patience: Duration) -> String {
        let begun = Instant::now();
        loop {
            let pane = self.tmux(&["capture-pane", "-p"]);
            if pane.contains(text) {
                return pane;
            }
            assert!(begun.elapsed() < patience, "never showed {text}:\n{pane}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
