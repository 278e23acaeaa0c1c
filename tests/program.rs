//! The program as a person or a script runs it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use recorder::{Pcap, tcp};
use serde_json::Value;

const SITE: &str = "\
[site]
name = \"Test\"
[[machine]]
name = \"vmm01\"
roles = [\"vmm-server\"]
addresses = [\"10.0.0.1\"]
[[machine]]
name = \"hv07\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.0.2\"]
";

/// An empty folder with a site file, and the program run in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        desk.put("vmmtap.toml", SITE.as_bytes());
        desk
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmmtap"));
        command.current_dir(&self.0).args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("vmmtap runs")
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn verdicts(output: &Output) -> Vec<String> {
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let flows = report["flows"].as_array().expect("flows").iter();
    flows.map(|flow| flow["verdict"].as_str().unwrap_or("null").to_owned()).collect()
}

const SECOND: u64 = 1_000_000_000;
const HOST: (&str, u16) = ("10.0.0.1", 50_000);
const SERVICE: (&str, u16) = ("10.0.0.2", 5985);

fn syn() -> Vec<u8> {
    tcp(HOST, SERVICE, 1, "S", b"")
}

/// Two SYNs to WinRM, not answered.
fn blocked() -> Vec<u8> {
    Pcap::PLAIN.file(&[(0, syn()), (SECOND, syn())])
}

fn answered() -> Vec<u8> {
    Pcap::PLAIN.file(&[
        (0, syn()),
        (1000, tcp(SERVICE, HOST, 1, "SA", b"")),
        (2000, tcp(HOST, SERVICE, 2, "A", b"")),
    ])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

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
fn one_unreadable_capture_does_not_silence_the_others() {
    let desk = Desk::new();
    desk.put("bad.pcap", &blocked());
    let output = desk.run(&["check", "bad.pcap", "absent.pcap"]);
    assert!(out(&output).contains("BLOCKED"), "{}", out(&output));
    assert!(err(&output).contains("absent.pcap"), "{}", err(&output));
}

#[test]
fn packed_captures_and_standard_input_tell_the_same() {
    let desk = Desk::new();
    let (packed, frames) = (gzip(&blocked()), zstd(&blocked()));
    desk.put("plain.pcap", &blocked());
    desk.put("packed.pcap", &packed);
    desk.put("frames.pcap.zst", &frames);
    let flows = |arguments: &[&str]| -> Value {
        let output = desk.run(&[&["check", "--format", "json"], arguments].concat());
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["flows"].clone()
    };
    let plain = flows(&["plain.pcap"]);
    assert_eq!(plain[0]["verdict"], "blocked");
    assert_eq!(flows(&["packed.pcap"]), plain);
    assert_eq!(flows(&["frames.pcap.zst"]), plain);
    for bytes in [blocked(), packed, frames] {
        let mut child = desk
            .command(&["check", "--format", "json", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("vmmtap runs");
        child.stdin.take().expect("a pipe").write_all(&bytes).expect("written");
        let output = child.wait_with_output().expect("an end");
        assert_eq!(verdicts(&output), ["blocked"]);
    }
}

#[test]
fn a_packed_capture_that_breaks_off_gives_what_came_before() {
    let desk = Desk::new();
    let packets: Vec<(u64, Vec<u8>)> = (0..2000)
        .map(|n| (n * 1000, tcp(("10.0.0.1", 1000 + n as u16), SERVICE, n as u32, "S", b"")))
        .collect();
    let mut packed = gzip(&Pcap::PLAIN.file(&packets));
    packed.truncate(packed.len() / 2);
    desk.put("cut.pcap.gz", &packed);
    let output = desk.run(&["flows", "--format", "json", "cut.pcap.gz"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let read = report["captures"][0]["packets"].as_u64().expect("a count");
    assert!((200..2000).contains(&read), "{read}");
    let problems = report["captures"][0]["problems"].to_string();
    assert!(problems.contains("compressed data broken"), "{problems}");
}

#[test]
fn files_of_a_ring_are_one_capture_in_whatever_order_they_are_named() {
    let desk = Desk::new();
    desk.put("ring_2.pcap", &Pcap::PLAIN.file(&[(1000, tcp(SERVICE, HOST, 1, "SA", b""))]));
    desk.put("ring_1.pcap", &Pcap::PLAIN.file(&[(0, syn())]));
    desk.put("ring_3.pcap", &Pcap::PLAIN.file(&[(2000, tcp(HOST, SERVICE, 2, "A", b""))]));
    let one = desk.run(&["check", "--format", "json", "ring_1.pcap", "ring_2.pcap", "ring_3.pcap"]);
    let other =
        desk.run(&["check", "--format", "json", "ring_3.pcap", "ring_1.pcap", "ring_2.pcap"]);
    assert_eq!(out(&one), out(&other));
    assert_eq!(verdicts(&one), ["ok"]);
    let twice = desk.run(&["check", "--format", "json", "ring_1.pcap", "ring_1.pcap"]);
    assert!(out(&twice).contains("named more than once"), "{}", out(&twice));
}

#[test]
fn more_files_than_are_kept_open_are_one_capture_too() {
    let desk = Desk::new();
    let names: Vec<String> = (0..150).map(|n| format!("ring_{n}.pcap")).collect();
    for (n, name) in names.iter().enumerate() {
        desk.put(name, &Pcap::PLAIN.file(&[(n as u64 * SECOND, syn())]));
    }
    let mut arguments = vec!["flows", "--format", "ndjson"];
    arguments.extend(names.iter().rev().map(String::as_str));
    let output = desk.run(&arguments);
    let flow: Value = serde_json::from_slice(&output.stdout).expect("one flow");
    assert_eq!(flow["tcp"]["syn_tries"], 150);
    assert_eq!(flow["first"], "1970-01-01T00:00:00.000000000Z");
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
    let name = "evil\u{1b}[31m\u{202e}.pcap";
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
fn a_folder_is_told_of() {
    let desk = Desk::new();
    fs::create_dir(desk.0.path().join("folder")).expect("a folder");
    let output = desk.run(&["check", "folder"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("folder"), "{}", err(&output));
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

#[test]
fn a_result_never_replaces_what_is_read_nor_an_older_result_for_nothing() {
    let desk = Desk::new();
    let capture = desk.put("good.pcap", &answered());
    let site = desk.0.path().join("vmmtap.toml");
    for arguments in [
        &["check", "-o", "good.pcap", "good.pcap"][..],
        &["flows", "-o", "./good.pcap", "good.pcap"],
        &["site", "check", "-o", "vmmtap.toml"],
        &["matrix", "-o", "vmmtap.toml"],
    ] {
        let output = desk.run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(err(&output).contains("read by this very command"), "{}", err(&output));
    }
    assert_eq!(fs::read(capture).expect("the capture"), answered());
    assert_eq!(fs::read(site).expect("the site"), SITE.as_bytes());
    let report = desk.put("report.json", b"an older report");
    desk.run(&["check", "-o", "report.json", "absent.pcap"]);
    assert_eq!(fs::read(report).expect("a report"), b"an older report");
}

#[test]
fn a_capture_of_another_day_does_not_make_a_question_unanswered() {
    let desk = Desk::new();
    desk.put("one.pcap", &Pcap::PLAIN.file(&[(0, syn())]));
    let other = tcp(("192.0.2.1", 1), ("192.0.2.2", 2), 1, "S", b"");
    desk.put("soon.pcap", &Pcap::PLAIN.file(&[(5 * SECOND, other.clone())]));
    desk.put("later.pcap", &Pcap::PLAIN.file(&[(86_400 * SECOND, other)]));
    let check =
        |other: &str| verdicts(&desk.run(&["check", "--format", "json", "one.pcap", other]));
    assert_eq!(check("later.pcap"), ["unknown"]);
    assert_eq!(check("soon.pcap"), ["blocked"]);
}

#[test]
fn a_packet_recorded_twice_is_not_asking_again() {
    let desk = Desk::new();
    desk.put("mirrored.pcap", &Pcap::PLAIN.file(&[(0, syn()), (1000, syn())]));
    desk.put("one.pcap", &Pcap::PLAIN.file(&[(0, syn())]));
    for arguments in [&["mirrored.pcap"][..], &["one.pcap", "./one.pcap"]] {
        let output = desk.run(&[&["check", "--format", "json"], arguments].concat());
        assert_eq!(verdicts(&output), ["unknown"], "{arguments:?}");
    }
}

#[test]
fn a_capture_that_breaks_verifies_nothing_unless_it_shows_a_finding() {
    let desk = Desk::new();
    for (name, mut bytes, expected) in [("good.pcap", answered(), 2), ("bad.pcap", blocked(), 1)] {
        bytes.extend([0xff; 40]);
        desk.put(name, &bytes);
        let output = desk.run(&["check", name]);
        assert_eq!(code(&output), expected, "{}", err(&output));
        assert!(out(&output).contains("impossible length"), "{}", out(&output));
    }
}

#[test]
fn skippable_frames_of_zstandard_are_passed_over() {
    let desk = Desk::new();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let whole = blocked();
    let (first, second) = whole.split_at(50);
    let frames = [&skippable[..], &zstd(first), &skippable, &zstd(second)].concat();
    desk.put("frames.zst", &frames);
    assert_eq!(verdicts(&desk.run(&["check", "--format", "json", "frames.zst"])), ["blocked"]);
}
