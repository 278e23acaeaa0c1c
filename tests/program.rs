//! The program as a person or a script runs it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use desk::{Desk, SERVICE, SITE, answered, blocked, code, err, out, verdicts};
use recorder::{Pcap, tcp};
use serde_json::Value;

#[test]
fn exit_codes_are_0_as_expected_1_findings_2_could_not_verify() {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    desk.put("bad.pcap", &blocked());
    desk.put("text.pcap", b"this is no capture");
    for (arguments, expected) in [
        (&["check", "good.pcap"][..], 0),
        (&["check", "bad.pcap"], 1),
        (&["check", "--fail-on", "unexpected", "bad.pcap"], 0),
        (&["check", "text.pcap"], 2),
        (&["check", "absent.pcap"], 2),
        (&["check", "bad.pcap", "absent.pcap"], 2),
        (&["check"], 2),
        (&["check", "--site", "absent.toml", "good.pcap"], 2),
        (&["check", "--duration", "5s", "good.pcap"], 2),
        (&["check", "-i", "lo", "good.pcap"], 2),
        (&["check", "-i", "no-such-interface"], 2),
        (&["check", "-i", "lo", "--duration", "0"], 2),
        (&["watch", "good.pcap"], 2),
        (&["watch"], 2),
        (&["check", "--fail-on", "bloked", "good.pcap"], 2),
        (&["check", "--format", "powershell", "good.pcap"], 2),
        (&["flows", "bad.pcap"], 0),
        (&["matrix"], 0),
        (&["matrix", "--from", "vmm01", "--to", "hv07", "--port", "5985"], 0),
        (&["matrix", "--from", "hv07", "--to", "vmm01", "--port", "5985"], 1),
        (&["matrix", "--from", "hv70", "--port", "1"], 2),
        (&["firewall"], 0),
        (&["site", "check"], 0),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["chekc"], 2),
    ] {
        let output = desk.run(arguments);
        assert_eq!(code(&output), expected, "{arguments:?}: {}{}", out(&output), err(&output));
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let desk = Desk::new();
    let many: Vec<_> = (1..9000)
        .map(|n| (u64::from(n) * 1000, tcp(("10.0.0.1", n), SERVICE, 1, "S", b"")))
        .collect();
    desk.put("many.pcap", &Pcap::PLAIN.file(&many));
    for format in ["text", "json", "ndjson", "csv", "markdown"] {
        let mut child = desk
            .command(&["flows", "--format", format, "many.pcap"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("vmmtap runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("an end");
        assert_eq!(code(&output), 0, "{format}: {}", err(&output));
    }
}

#[test]
fn a_port_scan_does_not_fill_the_screen() {
    let desk = Desk::new();
    let scan: Vec<_> = (1..3000)
        .flat_map(|port| {
            let (client, server) = (("10.0.0.2", 40_000), ("10.0.0.1", port));
            let time = u64::from(port) * 1_000_000;
            [(time, tcp(client, server, 1, "S", b"")), (time, tcp(server, client, 1, "RA", b""))]
        })
        .collect();
    desk.put("scan.pcap", &Pcap::PLAIN.file(&scan));
    let report = out(&desk.run(&["check", "scan.pcap"]));
    assert!(report.contains("more; --format json lists them all"), "{report}");
    assert!(report.lines().count() < 250, "{}", report.lines().count());
}

#[test]
fn mistakes_in_the_site_file_are_all_told_with_line_and_remedy() {
    let desk = Desk::new();
    desk.put(
        "wrong.toml",
        b"[site]\nvmm_version = \"2021\"\nnmae = \"x\"\n\n[ports]\nbits = 70000\n\n[[machine]]\n\
          name = \"hv07\"\nroles = [\"hyperv-hosts\"]\naddresses = [\"10.0.0.1/24\"]\n\n[[machine]]\n\
          name = \"hv07\"\nroles = []\naddresses = [\"10.0.0.2\"]\n\n[[machine]]\nname = \"hv09\"\n\
          roles = []\naddresses = [\"10.0.0.2\"]\n\n[[allow]]\nname = \"a\"\nfrom = [\"hv9\"]\n\
          to = [\"any\"]\ntransport = \"tpc\"\nports = [1]\n",
    );
    let output = desk.run(&["site", "check", "--site", "wrong.toml"]);
    assert_eq!(code(&output), 2);
    let text = err(&output);
    for line in [
        "wrong.toml:2:15: unknown VMM version `2021`",
        "wrong.toml:3:1: unknown key `nmae` in [site]",
        "did you mean `name`?",
        "wrong.toml:6:8: `bits`: `70000` is not a port",
        "wrong.toml:10:10: unknown role `hyperv-hosts`",
        "did you mean `hyperv-host`?",
        "wrong.toml:11:14: `10.0.0.1/24` is not an address or network",
        "write 10.0.0.1 for the one machine, or 10.0.0.0/24 for the network",
        "wrong.toml:14:8: two machines are named `hv07`",
        "10.0.0.2 is owned by `hv07` and by `hv09`",
        "wrong.toml:25:9: `hv9` is neither a machine nor a role",
        "did you mean `hv09`?",
        "unknown transport `tpc`",
    ] {
        assert!(text.contains(line), "{line}\n in\n{text}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_told_of_by_its_line() {
    let desk = Desk::new();
    desk.put("broken.toml", b"[site]\nname = Contoso\n");
    let output = desk.run(&["site", "check", "-s", "broken.toml"]);
    assert!(err(&output).contains("broken.toml:2:8: "), "{}", err(&output));
}

#[test]
fn nothing_from_a_file_reaches_the_terminal_uncleaned() {
    let desk = Desk::new();
    desk.put("evil.toml", b"[site]\nname = \"a\\u001b[31mb\"\n[[machine]]\nname = \"x\"\nroles = [\"\\u001b]0;owned\\u0007\"]\naddresses = []\n");
    let output = desk.run(&["site", "check", "-s", "evil.toml"]);
    assert!(!err(&output).contains('\u{1b}'), "{:?}", err(&output));
    for harmful in ["\\u001b[31m", "\\u202e", "\\u009b"] {
        desk.put("named.toml", SITE.replace("Test", harmful).as_bytes());
        let output = desk.run(&["site", "check", "-s", "named.toml"]);
        assert_eq!(code(&output), 2, "{harmful}");
        assert!(err(&output).contains("cannot be shown"), "{}", err(&output));
    }
    // Windows has no control characters in names.
    let name = if cfg!(windows) { "evil\u{202e}.pcap" } else { "evil\u{1b}[31m\u{202e}.pcap" };
    desk.put(name, &answered());
    for format in ["text", "json", "csv", "markdown", "ndjson"] {
        let output = desk.run(&["check", "--format", format, name]);
        assert_eq!(code(&output), 0);
        let shown = out(&output) + &err(&output);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{format}: {shown:?}");
    }
}

#[test]
fn colours_are_for_those_who_ask() {
    let desk = Desk::new();
    desk.put("bad.pcap", &blocked());
    let coloured = |arguments: &[&str]| out(&desk.run(arguments)).contains('\u{1b}');
    assert!(!coloured(&["check", "bad.pcap"]), "not a terminal");
    assert!(coloured(&["check", "--color", "always", "bad.pcap"]));
    assert!(!coloured(&["check", "--color", "never", "bad.pcap"]));
    let plain = out(&desk.run(&["check", "bad.pcap"]));
    assert!(plain.contains("BLOCKED"), "the word tells it without colour");
}

#[test]
fn results_go_to_the_file_that_is_named() {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    let output = desk.run(&["check", "--format", "json", "-o", "report.json", "good.pcap"]);
    assert_eq!((code(&output), out(&output)), (0, String::new()));
    let text = fs::read_to_string(desk.0.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["schema"], "vmmtap/report/1");
    let output = desk.run(&["check", "-o", "no/such/folder/report", "good.pcap"]);
    assert_eq!(code(&output), 2);
}

#[test]
fn a_matrix_of_ones_own_replaces_the_pages() {
    let desk = Desk::new();
    desk.put("bad.pcap", &blocked());
    let entry = "section = \"general\"\n[[entry]]\nid = \"own\"\nservice = \"x\"\n\
                 client_roles = [\"vmm-server\"]\nserver_roles = [\"hyperv-host\"]\n\
                 transport = \"tcp\"\nports = [80]\nrequirement = \"required\"\n";
    desk.put("own.toml", entry.as_bytes());
    let output = desk.run(&["check", "--matrix", "own.toml", "--format", "json", "bad.pcap"]);
    assert_eq!(verdicts(&output), ["denied"]);
    desk.put("wrong.toml", entry.replace("required", "requird").as_bytes());
    let output = desk.run(&["check", "--matrix", "wrong.toml", "bad.pcap"]);
    assert!(err(&output).contains("did you mean `required`?"), "{}", err(&output));
}

#[test]
fn without_a_site_the_keys_that_need_one_are_null() {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    let output = desk.run(&["flows", "--format", "ndjson", "good.pcap"]);
    let flow: Value = serde_json::from_slice(&output.stdout).expect("one line");
    for key in [
        "/client/machine",
        "/server/roles",
        "/protocol/expected",
        "/expectation",
        "/verdict",
        "/evidence",
        "/why",
    ] {
        assert_eq!(flow.pointer(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(flow["community_id"].as_str().map(|id| &id[..2]), Some("1:"));
    assert_eq!(flow["tcp"]["state"], "S1");
}

#[test]
fn every_format_of_the_firewall_names_the_corrected_listener() {
    let desk = Desk::new();
    let site = format!(
        "{SITE}[[machine]]\nname = \"con'01\"\nroles = [\"vmm-console\"]\naddresses = [\"10.0.0.3\"]\n"
    );
    desk.put("vmmtap.toml", site.as_bytes());
    let json: Value =
        serde_json::from_slice(&desk.run(&["firewall", "--format", "json"]).stdout).expect("JSON");
    let console = json
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["rule"] == "console-tcp")
        .expect("row 13");
    assert_eq!((&console["machine"], &console["ports"][0]), (&"vmm01".into(), &8100.into()));
    assert_eq!(console["remote_addresses"][0], "10.0.0.3");
    assert!(!json.as_array().expect("a list").iter().any(|one| one["machine"] == "con'01"));
    let script = out(&desk.run(&["firewall", "--format", "powershell"]));
    assert!(
        script.contains("'vmmtap-console-tcp'")
            && script.contains("-LocalPort '8100' -RemoteAddress '10.0.0.3'"),
        "{script}"
    );
    assert!(script.contains("from con''01"), "{script}");
}

#[test]
fn the_bundled_quick_start_is_what_the_readme_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("a README");
    let output = Command::new(env!("CARGO_BIN_EXE_vmmtap"))
        .current_dir(root)
        .args([
            "check",
            "-s",
            "captures/add-host-winrm-blocked/vmmtap.toml",
            "captures/add-host-winrm-blocked/capture.pcap",
        ])
        .output()
        .expect("vmmtap runs");
    let shown: Vec<String> = out(&output)
        .lines()
        .take_while(|line| !line.starts_with("COVERAGE"))
        .map(str::to_owned)
        .collect();
    assert!(
        readme.contains(shown.join("\n").trim_end()),
        "the README does not show\n{}",
        shown.join("\n")
    );
}
