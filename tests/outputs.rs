//! Results never replace what is read, another output, or an older result for nothing.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::fs;

use desk::{Desk, SITE, answered, code, err};

const MATRIX: &str = "section = \"general\"\n[[entry]]\nid = \"own\"\nservice = \"x\"\n\
    client_roles = [\"vmm-server\"]\nserver_roles = [\"hyperv-host\"]\ntransport = \"tcp\"\n\
    ports = [80]\nrequirement = \"required\"\n";
const LOG: &str = "#Version: 1.5\n";
const EXPORT: &str = "Name,Roles,IPAddresses\nhv08,hyperv-host,10.0.0.8\n";

/// A desk with every kind of input, and hard and symbolic links to some of them.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    desk.put("matrix.toml", MATRIX.as_bytes());
    desk.put("hv07.log", LOG.as_bytes());
    desk.put("vmm.csv", EXPORT.as_bytes());
    let at = |name: &str| desk.0.path().join(name);
    fs::create_dir(at("folder")).expect("made");
    fs::hard_link(at("good.pcap"), at("hard.pcap")).expect("linked");
    fs::hard_link(at("vmmtap.toml"), at("hard.toml")).expect("linked");
    #[cfg(unix)]
    for (target, link) in [("good.pcap", "soft.pcap"), ("hv07.log", "soft.log"), ("new", "later")] {
        std::os::unix::fs::symlink(target, at(link)).expect("linked");
    }
    desk
}

/// Every file of the desk with its content.
fn contents(desk: &Desk) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = fs::read_dir(&desk.0).expect("a folder").map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.path().is_file());
    let mut all: Vec<_> =
        files.map(|entry| (entry.file_name(), fs::read(entry.path()).expect("a file"))).collect();
    all.sort();
    all
}

#[test]
fn no_output_overwrites_an_input_by_any_path() {
    let desk = desk();
    let before = contents(&desk);
    let mut cases = vec![
        "check -o good.pcap good.pcap",
        "check -o hard.pcap good.pcap",
        "check -o folder/../good.pcap good.pcap",
        "check -o vmmtap.toml good.pcap",
        "check -o hard.toml good.pcap",
        "check -o matrix.toml --matrix matrix.toml good.pcap",
        "check -o hv07.log --firewall-log hv07=hv07.log good.pcap",
        "check -o good.pcap --dropped good.pcap",
        "check -i lo -o ./vmmtap.toml",
        "check -i lo -w vmmtap.toml",
        "check -i lo -w hard.toml",
        "check -i lo -w new.pcapng -o new.pcapng",
        "check -i lo -w new.pcapng -o folder/../new.pcapng",
        "check -i lo -w matrix.toml --matrix matrix.toml",
        "flows -o ./good.pcap good.pcap",
        "flows -o vmmtap.toml -s vmmtap.toml good.pcap",
        "firewall -o vmmtap.toml",
        "firewall -o hard.toml",
        "firewall -o matrix.toml --matrix matrix.toml",
        "matrix -o vmmtap.toml",
        "site check -o vmmtap.toml",
        "site import vmm.csv --yes --site vmm.csv",
        "site import vmm.csv --yes --site folder/../vmm.csv",
        "site learn -o good.pcap good.pcap",
    ];
    if cfg!(unix) {
        cases.extend([
            "check -o soft.pcap good.pcap",
            "check -o good.pcap soft.pcap",
            "check -o soft.log --firewall-log hv07=hv07.log good.pcap",
            "check -i lo -w later -o new",
            "site learn -o soft.pcap hard.pcap",
            "site learn -o later good.pcap",
        ]);
    }
    for case in cases {
        let arguments: Vec<&str> = case.split(' ').collect();
        let output = desk.run(&arguments);
        assert_eq!(code(&output), 2, "{case}: {}", err(&output));
        let message = err(&output);
        let says = message.contains("would overwrite")
            && message.contains("name another file with")
            || message.contains("is there already");
        assert!(says, "{case}: {message}");
        assert!(contents(&desk) == before, "{case}: a file has changed");
    }
}

#[cfg(unix)]
#[test]
fn the_file_behind_standard_input_is_not_overwritten() {
    let desk = desk();
    let before = contents(&desk);
    let input = fs::File::open(desk.0.path().join("good.pcap")).expect("a capture");
    let output =
        desk.command(&["check", "-", "-o", "hard.pcap"]).stdin(input).output().expect("runs");
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("standard input"), "{}", err(&output));
    assert!(contents(&desk) == before);
}

#[test]
fn other_files_are_written_and_replaced_as_a_whole() {
    let desk = desk();
    for old in [None, Some(&b"an older report"[..])] {
        if let Some(old) = old {
            desk.put("report.txt", old);
        }
        let output = desk.run(&["check", "-o", "report.txt", "good.pcap"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let report = fs::read_to_string(desk.0.path().join("report.txt")).expect("a report");
        assert!(!report.contains("older") && report.contains("Test"), "{report}");
    }
    assert!(
        !contents(&desk).iter().any(|(name, _)| name.to_string_lossy().starts_with(".vmmtap")),
        "no draft is left"
    );
    let report = desk.put("report.json", b"an older report");
    desk.run(&["check", "-o", "report.json", "absent.pcap"]);
    assert_eq!(fs::read(report).expect("a report"), b"an older report");
    assert_eq!(fs::read(desk.0.path().join("vmmtap.toml")).expect("the site"), SITE.as_bytes());
}
