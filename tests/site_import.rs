//! `site import`: from what VMM exports to a site file that judges.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{fs, path::Path, process::Output};

use desk::{Desk, code, err, out};
use proptest::prelude::*;
use serde_json::Value;
use vmmtap::{
    identify::{Role, Setting, Site, VmmVersion},
    roster::{Roster, merge},
};

/// A desk without a site file, and with the exports.
fn desk() -> Desk {
    let desk = Desk::new();
    fs::remove_file(desk.0.path().join("vmmtap.toml")).expect("removed");
    let exports = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports");
    for file in fs::read_dir(exports).expect("the exports") {
        let file = file.expect("an export").path();
        desk.put(
            file.file_name().and_then(|name| name.to_str()).expect("a name"),
            &fs::read(&file).expect("read"),
        );
    }
    desk
}

const ALL: [&str; 8] = [
    "Get-SCVMMServer.json",
    "Get-SCVMHost.csv",
    "Get-SCLibraryServer.json",
    "managed-computers.csv",
    "Get-SCVirtualizationManager.csv",
    "hosts",
    "VMServer.ini",
    "own.csv",
];

fn import(desk: &Desk, arguments: &[&str]) -> Output {
    desk.run(&[&["site", "import"], arguments].concat())
}

fn site(desk: &Desk) -> (String, Site) {
    let text = fs::read_to_string(desk.0.path().join("vmmtap.toml")).expect("a site file");
    let site = Site::parse("vmmtap.toml", &text).expect("a good site file");
    (text, site)
}

fn machine<'s>(site: &'s Site, name: &str) -> Option<(Vec<&'static str>, &'s [ipnet::IpNet])> {
    let machine = site.machine(site.machine_named(name)?);
    Some((machine.roles.names(), &machine.addresses))
}

#[test]
fn a_site_imported_from_each_cmdlet_judges_the_bundled_captures_without_an_edit() {
    let desk = desk();
    let output = import(&desk, &ALL);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let (_, site) = site(&desk);
    assert_eq!((site.machines().count(), site.vmm_version), (14, VmmVersion::V2022));
    assert_eq!(
        site.ports.get(Setting::ConsoleNettcp).map(|ports| ports.contains(8102)),
        Some(true)
    );
    let mut compared = 0;
    for folder in
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")).expect("captures")
    {
        let folder = folder.expect("a folder").path();
        let bundled = fs::read_to_string(folder.join("vmmtap.toml")).unwrap_or_default();
        let capture = folder.join("capture.pcap");
        // Others have sites of their own.
        if !bundled.contains("name = \"Contoso VMM\"")
            || bundled.contains("[ports]")
            || !capture.exists()
        {
            continue;
        }
        let flows_by = |site: &Path| -> Vec<Value> {
            let [site, capture] = [site, &capture].map(|path| path.to_str().expect("a path"));
            let output = desk.run(&["check", "--format", "json", "-s", site, capture]);
            let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            report["flows"].as_array().expect("flows").clone()
        };
        let bundled = flows_by(&folder.join("vmmtap.toml"));
        let imported = flows_by(&desk.0.path().join("vmmtap.toml"));
        assert_eq!(bundled.len(), imported.len());
        // What the site file itself allows is in nobody's export.
        for (bundled, imported) in
            bundled.iter().zip(&imported).filter(|(one, _)| one["expectation"]["kind"] != "site")
        {
            assert_eq!(bundled["verdict"], imported["verdict"], "{}", folder.display());
        }
        compared += 1;
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn what_could_not_be_placed_is_told() {
    let desk = desk();
    let told = err(&import(&desk, &ALL));
    for sentence in
        ["hosts:2: 127.0.0.1 is no address of a machine", "of no machine in any export: 1 left out"]
    {
        assert!(told.contains(sentence), "{sentence}: {told}");
    }
    desk.put("typo.csv", b"Name,Roles,IPAddresses\ntypo,vmm-sever,10.20.3.9\n");
    let all = ["--yes", "-s", "new.toml", "one-liner.csv", "Get-SCVMHost.csv", "typo.csv"];
    let told = err(&import(&desk, &all));
    for sentence in [
        "nothing says what tape01.contoso.com does",
        "hv08 has no address",
        "`vmm-sever` of typo is no role",
    ] {
        assert!(told.contains(sentence), "{sentence}: {told}");
    }
    let text = fs::read_to_string(desk.0.path().join("new.toml")).expect("written");
    let site = Site::parse("new.toml", &text).expect("a good site file");
    let (roles, addresses) = machine(&site, "hv07").expect("hv07");
    assert_eq!((roles, addresses.len()), (vec!["hyperv-host"], 1), "not its link-local address");
    assert_eq!(machine(&site, "esx01").map(|(roles, _)| roles), Some(vec!["esxi-host"]));
    let smi = site.machine(site.machine_named("smi01").expect("smi01"));
    assert!(smi.roles.contains(Role::SmisProvider));
    assert_eq!(smi.port(Setting::Cim).map(|ports| ports.contains(5989)), Some(true));
}

#[test]
fn importing_again_changes_nothing_and_asks_nothing() {
    let desk = desk();
    import(&desk, &ALL);
    let (first, _) = site(&desk);
    let again = import(&desk, &ALL);
    assert_eq!((code(&again), out(&again)), (0, String::new()));
    assert!(err(&again).contains("vmmtap.toml is up to date"), "{}", err(&again));
    assert_eq!(site(&desk).0, first);
}

#[test]
fn what_a_person_changed_stays_and_what_is_new_comes() {
    let desk = desk();
    import(&desk, &ALL);
    let (text, _) = site(&desk);
    let edited = text
        .replace(
            "roles = [\"hyperv-host\"]\naddresses = [\"10.20.1.7\"",
            "roles = [\"hyperv-host\", \"file-server\"] # both\naddresses = [\"10.20.99.7\"",
        )
        .replace("bits = 443", "bits = 8500")
        .replace("name = \"sql01\"", "name = \"database\"")
        .replace("[[machine]]\nname = \"vc01\"", "# [[machine]]\n# name = \"vc01\"")
        .replace(
            "roles = [\"vcenter-server\"]\naddresses",
            "# roles = [\"vcenter-server\"]\n# addresses",
        );
    let edited =
        edited.lines().map(|line| if line.starts_with("ports = { vcenter") { "" } else { line });
    let edited = edited.collect::<Vec<_>>().join("\r\n") + "\r\n";
    desk.put("vmmtap.toml", edited.as_bytes());
    desk.put(
        "new.csv",
        b"Name,Roles,IPAddresses\nnas01,file-server,10.20.0.70\nhv07,,10.20.1.77\n",
    );
    let dry = import(&desk, &[&ALL[..], &["new.csv", "--dry-run"]].concat());
    assert_eq!(code(&dry), 0, "{}", err(&dry));
    assert_eq!(site(&desk).0, edited, "nothing is written");
    let plus: Vec<String> =
        out(&dry).lines().filter(|line| line.starts_with('+')).map(str::to_owned).collect();
    assert!(plus.iter().any(|line| line.contains("name = \"nas01\"")), "{plus:?}");
    assert_eq!(code(&import(&desk, &[&ALL[..], &["new.csv"]].concat())), 2, "nobody agreed");
    assert_eq!(site(&desk).0, edited, "nothing is written");
    let written = import(&desk, &[&ALL[..], &["new.csv", "--yes"]].concat());
    assert_eq!(code(&written), 0, "{}", err(&written));
    let (text, site) = site(&desk);
    let (roles, addresses) = machine(&site, "hv07").expect("hv07");
    assert_eq!(roles, ["hyperv-host", "file-server"]);
    let addresses: Vec<String> = addresses.iter().map(|net| net.addr().to_string()).collect();
    assert_eq!(
        addresses,
        ["10.20.99.7", "2001:db8:20:1::7", "10.20.1.77"],
        "what was taken out stays out"
    );
    assert!(
        text.contains("# both\r\n") && !text.replace("\r\n", "").contains('\n'),
        "line ends stay"
    );
    assert!(machine(&site, "database").is_some() && machine(&site, "sql01").is_none());
    assert!(machine(&site, "vc01").is_none() && machine(&site, "nas01").is_some());
    let told = err(&written);
    for sentence in ["kept bits = 8500; VMM says 443", "vc01 was taken out of the site file"] {
        assert!(told.contains(sentence), "{sentence}: {told}");
    }
}

#[test]
fn what_is_no_export_is_refused_and_nothing_is_written() {
    let desk = desk();
    desk.put("machines.xlsx", b"PK\x03\x04\x14\x00");
    desk.put("text.txt", b"hello\nworld\n");
    desk.put("empty.json", b"[]");
    desk.put("broken.json", b"{\"Name\": ");
    for (arguments, word) in [
        (&["machines.xlsx"][..], "machines.xlsx"),
        (&["text.txt"], "no export of VMM"),
        (&["empty.json"], "it holds no object"),
        (&["broken.json"], "it is no JSON"),
        (&["absent.csv"], "absent.csv"),
        (&["Get-SCVMHost.csv"], "the site has no machine"),
        (&[], "EXPORT"),
    ] {
        let output = import(&desk, arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(err(&output).contains(word), "{arguments:?}: {}", err(&output));
        assert!(!desk.0.path().join("vmmtap.toml").exists());
    }
}

#[test]
fn the_help_shows_what_to_run_in_powershell() {
    let help = out(&Desk::new().run(&["site", "import", "--help"]));
    for word in [
        "Get-SCVMHost",
        "Get-SCLibraryServer",
        "Get-SCVMMManagedComputer",
        "Export-Csv",
        "VMServer.ini",
    ] {
        assert!(help.contains(word), "{word}");
    }
}

#[test]
fn a_machine_that_is_known_by_another_name_is_found_by_its_address() {
    let desk = Desk::new();
    desk.put("hosts.csv", b"Name,ObjectType,IPAddresses\nsrv4711,Host,10.0.0.2 10.0.1.2\n");
    let output = import(&desk, &["--yes", "hosts.csv"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("srv4711 is taken for hv07"), "{}", err(&output));
    let (_, site) = site(&desk);
    assert_eq!(machine(&site, "hv07").map(|(_, addresses)| addresses.len()), Some(2));
    assert!(machine(&site, "srv4711").is_none());
}

/// Words that exports are made of, and what breaks them.
fn export() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Name",
        "FQDN",
        "ObjectType",
        "Host",
        "Roles",
        "IPAddresses",
        "10.0.0.1",
        "fe80::1",
        "hv07",
        "any",
        "vmm-server",
        "a.b.c",
        "[OPTIONS]",
        "BitsTcpPort=1",
        ",",
        ",",
        ";",
        "\n",
        "\n",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ":",
        "#TYPE x",
        "=",
        "\u{1b}[31m",
        "\u{feff}",
        "0",
        "65536",
        "10.0.0.0/8",
        " ",
        "\t",
        "\r\n",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn whatever_is_imported_gives_a_good_site_file_or_none(texts in prop::collection::vec(export(), 1..4)) {
        let mut roster = Roster::default();
        for text in &texts {
            let _refused = roster.read("export", text);
        }
        roster.settle(false);
        let merged = merge("", &roster).expect("an empty file takes everything");
        if merged.text.contains("[[machine]]") {
            let site = Site::parse("new", &merged.text);
            // Names that mean something else in the site file are told of, and nothing is written.
            prop_assert!(site.is_ok() || merged.text.contains("\"any\"") || merged.text.contains("name = \"vmm-server\""), "{}", merged.text);
        }
        let again = merge(&merged.text, &roster).expect("what was made is taken again");
        prop_assert_eq!(again.text, merged.text);
    }
}
