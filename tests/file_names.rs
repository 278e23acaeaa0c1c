//! Any file name that the system accepts can be given, not only UTF-8.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
    process::Output,
};

use desk::{Desk, SITE, answered, code, err, out};
use serde_json::Value;

/// Latin-1 for an accented letter: no UTF-8.
const NAME: &[u8] = b"caf\xe9";

fn named(before: &[u8], after: &[u8]) -> OsString {
    OsString::from_vec([before, NAME, after].concat())
}

fn put(desk: &Desk, name: &OsStr, bytes: &[u8]) -> PathBuf {
    let path = desk.0.path().join(name);
    fs::write(&path, bytes).expect("written");
    path
}

fn run(desk: &Desk, arguments: &[&OsStr]) -> Output {
    desk.command(&[]).args(arguments).output().expect("vmmtap runs")
}

fn word(text: &str) -> &OsStr {
    OsStr::new(text)
}

#[test]
fn captures_site_logs_and_outputs_have_any_name() {
    let desk = Desk::new();
    let capture = named(b"", b".pcap");
    put(&desk, &capture, &answered());
    let site = named(b"", b".toml");
    put(&desk, &site, SITE.as_bytes());
    let log = named(b"", b".log");
    let lines =
        "#Version: 1.5\n#Fields: date time action protocol src-ip dst-ip src-port dst-port\n";
    put(&desk, &log, lines.as_bytes());
    let report = named(b"", b".json");
    let choice = named(b"hv07=", b".log");
    let mut arguments = vec![word("check"), word("-s"), &site, word("--format"), word("json")];
    arguments.extend([word("--firewall-log"), &choice, word("-o"), &report, &capture]);
    let output = run(&desk, &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = fs::read(desk.0.path().join(&report)).expect("a report");
    let report: Value = serde_json::from_slice(&text).expect("UTF-8 and JSON");
    assert_eq!(report["captures"][0]["source"], "caf\u{fffd}.pcap");
    assert_eq!(report["firewall_logs"][0]["source"], "caf\u{fffd}.log");
    for arguments in [
        &[word("flows"), &capture][..],
        &[word("flows"), word("--dropped"), &capture],
        &[word("firewall"), word("-s"), &site],
        &[word("site"), word("check"), word("-s"), &site],
    ] {
        let output = run(&desk, arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn wildcards_find_names_that_are_no_text() {
    let desk = Desk::new();
    put(&desk, &named(b"", b"1.pcap"), &answered());
    put(&desk, &named(b"", b"2.pcap"), &answered());
    let folder = desk.0.path().join(named(b"folder-", b""));
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("in.pcap"), answered()).expect("written");
    for (pattern, count) in [
        (OsString::from("caf?*.pcap"), 2),
        (OsString::from("*/in.pcap"), 1),
        (named(b"", b"?.pcap"), 2),
        (named(b"folder-", b"/*.pcap"), 1),
    ] {
        let output = run(&desk, &[word("flows"), word("--format"), word("json"), &pattern]);
        assert_eq!(code(&output), 0, "{pattern:?}: {}", err(&output));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let captures = report["captures"].as_array().expect("a list").len();
        assert_eq!(captures, count, "{pattern:?}");
    }
    assert_eq!(out(&run(&desk, &[word("flows"), word("none*")])), "");
}

/// A name that tries to write a line of its own, to colour, to reorder and to hide.
const FORGED: &[u8] =
    b"x\nerror: forged\r\x1b[31m\xc2\x9b\xd8\x9c\xe2\x80\xae\xe2\x80\xa8\xe3\x85\xa4\xff.pcap";

/// Characters of [`FORGED`] that must not be written.
const HARMFUL: [char; 7] =
    ['\r', '\u{1b}', '\u{9b}', '\u{61c}', '\u{202e}', '\u{2028}', '\u{3164}'];

fn assert_harmless(what: &str, text: &str) {
    assert!(!text.contains(HARMFUL), "{what}: {text:?}");
    assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{what}: {text:?}");
}

#[test]
fn a_name_cannot_forge_a_line_of_standard_error() {
    let desk = Desk::new();
    let name = OsStr::from_bytes(FORGED);
    let log = OsString::from_vec([b"hv07=", FORGED].concat());
    let unknown = OsString::from_vec([b"nobody", FORGED, b"="].concat());
    put(&desk, word("good.pcap"), &answered());
    for arguments in [
        &[word("check"), name][..],
        &[word("flows"), name],
        &[word("flows"), word("-s"), name, word("good.pcap")],
        &[word("check"), word("-s"), name, word("good.pcap")],
        &[word("check"), word("--matrix"), name, word("good.pcap")],
        &[word("check"), word("--firewall-log"), &log, word("good.pcap")],
        &[word("check"), word("--firewall-log"), &unknown, word("good.pcap")],
        &[word("check"), word("--format"), name, word("good.pcap")],
        &[word("firewall"), word("--machine"), name],
        &[word("firewall"), word("--conditional"), name],
        &[word("matrix"), word("--from"), name],
        &[word("matrix"), word("--port"), name],
        &[word("site"), word("import"), name],
        &[word("site"), word("check"), word("-s"), name],
        &[word("check"), word("-i"), name],
        &[name],
    ] {
        let output = run(&desk, arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
        assert_harmless(&format!("{arguments:?}"), &err(&output));
        assert_eq!(out(&output), "", "{arguments:?}");
    }
}

#[test]
fn a_name_cannot_forge_a_line_of_a_report() {
    let desk = Desk::new();
    let name = OsStr::from_bytes(FORGED);
    // Cut off within a record, so that there is a note as well.
    put(&desk, name, &[&answered()[..], &[0; 5]].concat());
    for command in ["check", "flows"] {
        for format in ["text", "json", "ndjson", "csv", "markdown"] {
            let output = run(&desk, &[word(command), word("--format"), word(format), name]);
            assert!(code(&output) < 2, "{format}: {}", err(&output));
            let both = out(&output) + &err(&output);
            assert_harmless(&format!("{command} {format}"), &both);
        }
    }
}

#[test]
fn words_of_a_file_cannot_forge_a_line_of_its_diagnostics() {
    let desk = Desk::new();
    let forged = "x\\nerror: forged\\r\\u001b[31m\\u009b\\u061c\\u202e\\u2028\\u3164";
    for site in [
        format!("{SITE}\"{forged}\" = 1\n"),
        format!("[site]\n\"{forged}\" = 1\n"),
        SITE.replace("hyperv-host", forged),
        SITE.replace("hv07", forged),
        SITE.replace("10.0.0.2", forged),
        SITE.replace("addresses", &format!("\"{forged}\"")),
    ] {
        desk.put("vmmtap.toml", site.as_bytes());
        let output = desk.run(&["site", "check"]);
        assert_eq!(code(&output), 2, "{site}");
        assert_harmless(&site, &err(&output));
    }
}
