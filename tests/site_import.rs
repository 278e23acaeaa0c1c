//! `site import`: from what VMM exports to a site file that judges.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod exports;
mod recorder;

use std::{fs, path::Path};

use desk::{Desk, code, err, out};
use exports::{ALL, desk, import, machine, site};
use proptest::prelude::*;
use serde_json::Value;
use vmmtap::{
    identify::{Role, Setting, Site, VmmVersion},
    roster::{Roster, merge},
};

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
fn each_cmdlet_alone_gives_its_machines_their_roles_and_ports() {
    for (export, expected) in [
        ("Get-SCVMMServer.json", "sql01 sql-server; vmm01 vmm-server"),
        ("Get-SCVMHost.csv", "esx01 esxi-host; hv07 hyperv-host; hv08 hyperv-host"),
        (
            "Get-SCVMHost.json",
            "esx01 esxi-host; hv07 hyperv-host; hv08 perimeter-host; sql01 sql-server; vmm01 vmm-server; vmm01n1 vmm-server; vmm01n2 vmm-server",
        ),
        ("Get-SCLibraryServer.json", "lib01 library-server; vmm01 vmm-server"),
        (
            "managed-computers.csv",
            "hv07 hyperv-host; lib01 library-server; pxe01 pxe-server; wsus01 wsus-server",
        ),
        ("Get-SCUpdateServer.csv", "wsus01 wsus-server"),
        ("Get-SCPXEServer.csv", "pxe01 pxe-server"),
        ("Get-SCVirtualizationManager.csv", "vc01 vcenter-server vcenter=443"),
        ("Get-SCStorageProvider.csv", "nas01 file-server; smi01 smis-provider cim=5989"),
        ("Get-SCLoadBalancer.csv", "lb01 load-balancer load_balancer=8443"),
        ("VMServer.ini", "sql01 sql-server"),
    ] {
        let desk = desk();
        let output = import(&desk, &[export, "hosts"]);
        assert_eq!(code(&output), 0, "{export}: {}", err(&output));
        let (_, site) = site(&desk);
        let own = [Setting::Cim, Setting::Vcenter, Setting::LoadBalancer];
        let machines = site.machines().map(|(_, machine)| {
            let ports = own.into_iter().filter_map(|setting| {
                Some(format!(" {}={}", setting.name(), machine.port(setting)?.join(",")))
            });
            let name = machine.name.as_str();
            format!("{name} {}{}", machine.roles.names().join(" "), ports.collect::<String>())
        });
        let mut machines: Vec<String> = machines.collect();
        machines.sort();
        assert_eq!(machines.join("; "), expected, "{export}");
    }
}

#[test]
fn what_could_not_be_placed_is_told() {
    let desk = desk();
    let told = err(&import(&desk, &ALL));
    for sentence in [
        "hosts: addresses that are no machine's own: 2 left out",
        "of no machine in any export: 6 left out",
    ] {
        assert!(told.contains(sentence), "{sentence}: {told}");
    }
    let others = ["Get-SCVMHost.json", "Get-SCVMHostCluster.csv", "Get-SCLoadBalancer.csv"];
    let told = err(&import(&desk, &[&["--dry-run", "-s", "no.toml"], &others[..]].concat()));
    for sentence in [
        "Get-SCVMHostCluster.csv: clusters and virtual machines are left out",
        "Get-SCLoadBalancer.csv: object 1 (`Microsoft Network Load Balancing (NLB)`)",
        "in the instance VMM of sql01.contoso.com",
        "VirtualizationPlatform",
        "vmm01n1, vmm01n2, sql01, vmm01",
    ] {
        let is_told = told.contains(sentence);
        // The word for the platform stands beside its number.
        assert_eq!(is_told, sentence != "VirtualizationPlatform", "{sentence}: {told}");
    }
    desk.put("typo.csv", b"Name,Roles,IPAddresses\ntypo,vmm-sever,10.20.3.9\n");
    let all = ["--yes", "-s", "new.toml", "one-liner.csv", "Get-SCVMHost.csv", "typo.csv"];
    let told = err(&import(&desk, &all));
    for sentence in [
        "nothing says what tape01.contoso.com does",
        "no address is known, so they are left out (give a hosts file with them, or --resolve to ask DNS): hv08",
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
fn what_is_no_export_is_refused_and_nothing_is_written() {
    let desk = desk();
    desk.put("machines.xlsx", b"PK\x03\x04\x14\x00");
    desk.put("text.txt", b"hello\nworld\n");
    desk.put("empty.json", b"[]");
    desk.put("empty.csv", b"\r\n");
    desk.put("broken.json", b"{\"Name\": ");
    for (arguments, word) in [
        (&["machines.xlsx"][..], "machines.xlsx"),
        (&["text.txt"], "no export of VMM"),
        (&["empty.json"], "it holds no object"),
        (&["empty.csv"], "it is empty"),
        (&["broken.json"], "it begins as JSON does and is none"),
        (&["absent.csv"], "absent.csv"),
        (&["Get-SCVMHost.csv"], "no machine with an address was given"),
        (&[], "EXPORT"),
    ] {
        let output = import(&desk, arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(err(&output).contains(word), "{arguments:?}: {}", err(&output));
        assert!(!desk.0.path().join("vmmtap.toml").exists());
    }
}

#[test]
fn exports_are_read_in_every_encoding_of_windows() {
    let text = "Name,Roles,IPAddresses,Description\r\nhv07,hyperv-host,10.0.0.7,Büro\r\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ansi: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin")).collect();
    for (encoding, bytes, expected) in [
        ("UTF-8", text.as_bytes().to_vec(), 0),
        ("UTF-16 with its mark", [&b"\xff\xfe"[..], &utf16].concat(), 0),
        ("the code page of western Windows", ansi, 0),
        ("UTF-16 without a mark", utf16, 2),
    ] {
        let desk = Desk::new();
        fs::remove_file(desk.0.path().join("vmmtap.toml")).expect("removed");
        desk.put("export.csv", &bytes);
        let output = import(&desk, &["export.csv"]);
        assert_eq!(code(&output), expected, "{encoding}: {}", err(&output));
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
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let readme = readme.expect("the README");
    let block = readme.split("```powershell\n").nth(1).and_then(|rest| rest.split("```").next());
    let block = block.expect("the command in the README");
    assert!(block.lines().all(|line| line.len() < 78), "a terminal would break lines of it");
    let shown: String = block.lines().map(|line| format!("  {line}\n")).collect();
    assert!(help.contains(&shown), "{help}");
}

#[test]
fn a_site_file_that_is_no_plain_file_is_left_alone() {
    let desk = desk();
    fs::create_dir(desk.0.path().join("folder.toml")).expect("made");
    fs::write(desk.0.path().join("fixed.toml"), "# mine\n").expect("written");
    let mut permissions =
        fs::metadata(desk.0.path().join("fixed.toml")).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(desk.0.path().join("fixed.toml"), permissions).expect("set");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere.toml", desk.0.path().join("dangling.toml")).expect("made");
    let mut cases = vec!["folder.toml", "fixed.toml", "no/such/folder.toml"];
    cases.extend(cfg!(unix).then_some("dangling.toml"));
    for site in cases {
        let output = import(&desk, &["--yes", "-s", site, "one-liner.csv"]);
        assert_eq!(code(&output), 2, "{site}: {}", err(&output));
        assert!(err(&output).contains(site), "{site}: {}", err(&output));
    }
    assert_eq!(fs::read(desk.0.path().join("fixed.toml")).expect("there"), b"# mine\n");
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
            prop_assert!(site.is_ok(), "{}", merged.text);
        }
        let again = merge(&merged.text, &roster).expect("what was made is taken again");
        prop_assert_eq!(again.text, merged.text);
    }
}
