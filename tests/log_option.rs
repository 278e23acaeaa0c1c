//! `--firewall-log` as people give it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::path::Path;

use desk::{Desk, answered, blocked, code, err, out};
use serde_json::Value;

#[test]
fn the_program_takes_a_log_of_a_machine_of_the_site() {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    desk.put("bad.pcap", &blocked());
    desk.put("fw.log", b"#Version: 1.5\r\n#Software: Microsoft Windows Firewall\r\n");
    desk.put("text.log", b"this is no log");
    for (arguments, expected, word) in [
        (&["check", "good.pcap", "--firewall-log", "hv07=fw.log"][..], 0, ""),
        (&["check", "bad.pcap", "--firewall-log", "HV07=fw.log"], 1, ""),
        (
            &[
                "check",
                "good.pcap",
                "--firewall-log",
                "hv07=fw.log",
                "--firewall-log",
                "vmm01=fw.log",
            ],
            0,
            "",
        ),
        (&["check", "good.pcap", "--firewall-log", "hv70=fw.log"], 2, "did you mean `hv07`?"),
        (&["check", "good.pcap", "--firewall-log", "nas=fw.log"], 2, "no machine `nas`"),
        (&["check", "good.pcap", "--firewall-log", "hv07"], 2, "hv07=pfirewall.log"),
        (&["check", "good.pcap", "--firewall-log", "=fw.log"], 2, "hv07=pfirewall.log"),
        (&["check", "good.pcap", "--firewall-log", "hv07=absent.log"], 2, "absent.log"),
        (&["check", "good.pcap", "--firewall-log", "hv07=text.log"], 2, "not a log of the Windows"),
        (&["check", "-i", "lo", "--firewall-log", "hv07=fw.log"], 2, "cannot be used with"),
        (&["flows", "good.pcap", "--firewall-log", "hv07=fw.log"], 2, "unexpected argument"),
        (&["check", "good.pcap", "--firewall-log", "hv07=fw.log", "-o", "fw.log"], 2, "fw.log"),
        (
            &["check", "good.pcap", "--site", "absent.toml", "--firewall-log", "hv07=fw.log"],
            2,
            "a site file names the machines",
        ),
    ] {
        let output = desk.run(arguments);
        assert_eq!(code(&output), expected, "{arguments:?}: {}{}", out(&output), err(&output));
        assert!(err(&output).contains(word), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn the_log_of_a_recorded_host_confirms_what_it_blocked_and_nothing_else() {
    let desk = Desk::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("captures/add-host-winrm-blocked");
    let [site, capture] = ["vmmtap.toml", "capture.pcap"].map(|name| folder.join(name));
    let [site, capture] = [&site, &capture].map(|path| path.to_str().expect("a path"));
    let evidence = |logs: &[&str]| -> Vec<(u64, String, String)> {
        let common = ["check", "--format", "json", "-s", site, capture];
        let output = desk.run(&[&common[..], logs].concat());
        assert_eq!(code(&output), 1, "{}", err(&output));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let word = |flow: &Value, name: &str| flow[name].as_str().expect("a word").to_owned();
        let flows = report["flows"].as_array().expect("flows").iter();
        flows
            .map(|flow| {
                let port = flow["server"]["port"].as_u64().expect("a port");
                (port, word(flow, "verdict"), word(flow, "evidence"))
            })
            .collect()
    };
    let alone = evidence(&[]);
    // One in local time, one in UTC with a broken end, one that PowerShell copied.
    for log in ["local_17_columns.log", "utc_18_columns_lost.log", "utf16le.log"] {
        let path = root.join("fuzz/seeds/firewall_log").join(log);
        let told = evidence(&["--firewall-log", &format!("HV07={}", path.display())]);
        let changed: Vec<_> = alone.iter().zip(&told).filter(|(a, b)| a != b).collect();
        let was = (5985, "blocked".to_owned(), "inferred".to_owned());
        let is = (5985, "blocked".to_owned(), "confirmed".to_owned());
        assert_eq!(changed, [(&was, &is)], "{log}");
    }
}
