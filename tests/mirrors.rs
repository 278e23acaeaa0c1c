//! What real traffic looks like at a mirror that shows one way or loses packets, and what real RPC
//! tells of itself: in the laboratory. Root and the laboratory's packages are needed; skipped, with a
//! word, elsewhere.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]
#![cfg(target_os = "linux")]

mod laboratory;

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use laboratory::{Listening, do_in_lab, in_the_lab, json, of_verdict};
use nix::sys::signal::Signal;
use serde_json::Value;

const SWITCH: &str = "vmmlab-switch";
/// The mirror's end at the switch, and where one listens.
const MIRROR: &str = "mirror";
const TAP: &str = "tap";
const OPERATIONS: [&str; 3] = ["add-host", "library-transfer", "console-connect"];

fn at_the_switch(command: &[&str]) {
    let output = Command::new("ip").args(["netns", "exec", SWITCH]).args(command).output();
    let output = output.expect("ip");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

fn lay_a_mirror() {
    at_the_switch(&["ip", "link", "add", MIRROR, "type", "veth", "peer", "name", TAP]);
    for end in [MIRROR, TAP] {
        at_the_switch(&["ip", "link", "set", end, "up"]);
    }
}

/// Mirrors the frames that a machine sends, and none that it gets; false where the kernel cannot.
fn mirror_one_way(machine: &str) -> bool {
    at_the_switch(&["tc", "qdisc", "add", "dev", machine, "clsact"]);
    let filter = ["tc", "filter", "add", "dev", machine, "ingress", "protocol", "all"];
    let all = ["u32", "match", "u32", "0", "0", "action", "mirred", "egress", "mirror", "dev"];
    let command = [&["netns", "exec", SWITCH][..], &filter, &all, &[MIRROR]].concat();
    Command::new("ip").args(command).output().expect("ip").status.success()
}

/// Mirrors every frame that enters the switch, but for so many of a hundred; false where the kernel
/// cannot. Many kernels come without netem, so chance is the firewall's.
fn mirror_with_loss(machines: &[&str], lost: u32) -> bool {
    let mut rules = "table netdev mirror {\n".to_owned();
    for machine in machines {
        rules += &format!(
            "chain {machine} {{ type filter hook ingress device \"{machine}\" priority 0; \
             numgen random mod 100 < {} dup to \"{MIRROR}\"; }}\n",
            100 - lost
        );
    }
    rules += "}\n";
    let mut nft = Command::new("ip")
        .args(["netns", "exec", SWITCH, "nft", "-f", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("nft runs");
    nft.stdin.take().expect("its input").write_all(rules.as_bytes()).expect("written");
    nft.wait().expect("nft ends").success()
}

fn heard_at(interface: &str, operation: &str) -> Value {
    let listening = Listening::on(SWITCH, interface, &["--format", "json"]);
    do_in_lab(&["run", operation, "clean"]);
    // Whoever looks on for long enough would call a question unanswered.
    thread::sleep(Duration::from_secs(4));
    listening.signal(Signal::SIGINT);
    json(&listening.end().1)
}

#[test]
fn a_mirror_that_shows_one_way_makes_nothing_blocked() {
    in_the_lab("a_mirror_that_shows_one_way_makes_nothing_blocked", || {
        lay_a_mirror();
        if !mirror_one_way("vmm01") {
            return println!("skipped: this kernel mirrors nothing (act_mirred, cls_u32)");
        }
        for operation in OPERATIONS {
            let report = heard_at(TAP, operation);
            assert!(of_verdict(&report, "blocked").is_empty(), "{operation}: {report}");
            let flows = report["flows"].as_array().expect("flows");
            assert!(!flows.is_empty(), "{operation}: nothing was seen");
            assert_eq!(report["totals"]["lost"]["one_sided"], true, "{operation}");
            let tcp = flows.iter().filter(|flow| flow["transport"] == "tcp");
            for flow in tcp {
                assert_eq!(flow["outcome"], "partial", "{flow}");
            }
        }
    });
}

#[test]
fn a_mirror_that_loses_packets_makes_nothing_blocked() {
    in_the_lab("a_mirror_that_loses_packets_makes_nothing_blocked", || {
        lay_a_mirror();
        let all = ["vmm01", "hv07", "hv08", "lib01", "con01", "sql01", "dc01", "mon01"];
        if !mirror_with_loss(&all, 5) {
            return println!("skipped: this kernel mirrors nothing (nft_dup_netdev)");
        }
        let mut gaps = 0;
        for operation in OPERATIONS {
            let report = heard_at(TAP, operation);
            assert!(of_verdict(&report, "blocked").is_empty(), "{operation}: {report}");
            gaps += report["totals"]["lost"]["gaps"].as_u64().expect("a number");
        }
        assert!(gaps > 0, "no loss was noticed in three operations");
    });
}

#[test]
fn ports_that_rpc_names_are_learned_and_logons_are_told_apart() {
    in_the_lab("ports_that_rpc_names_are_learned_and_logons_are_told_apart", || {
        let report = heard_at("br0", "add-host");
        let flows = report["flows"].as_array().expect("flows");
        let to = |server: &str, port: &dyn Fn(u64) -> bool| -> Vec<&Value> {
            let fits = |flow: &&Value| {
                flow["server"]["machine"] == server
                    && flow["transport"] == "tcp"
                    && flow["server"]["port"].as_u64().is_some_and(port)
            };
            flows.iter().filter(fits).collect()
        };
        let dynamic = to("hv07", &|port| port >= 49_152);
        assert!(!dynamic.is_empty(), "no port was asked for: {report}");
        for flow in dynamic {
            assert_eq!(flow["expectation"]["grade"], "learned", "{flow}");
            assert_eq!(flow["rpc"]["learned"]["by"], "endpoint-mapper", "{flow}");
        }
        for (server, port, auth) in [("hv07", 445, "ntlm"), ("dc01", 389, "kerberos")] {
            let flows = to(server, &|one| one == port);
            assert!(!flows.is_empty(), "{server} {port}");
            for flow in flows {
                assert_eq!(flow["auth"], serde_json::json!([auth]), "{flow}");
            }
        }
    });
}
