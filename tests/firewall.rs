//! `vmmtap firewall`: what the exceptions admit, and what they do not.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use desk::{Desk, SITE, code, err, out};
use serde_json::Value;

const DUAL: &str = "\
[[machine]]
name = \"mon01\"
roles = []
addresses = [\"10.0.0.9\", \"fd00::9\"]
";

fn json(desk: &Desk, more: &[&str]) -> Vec<Value> {
    let output = desk.run(&[&["firewall", "--format", "json"], more].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    value.as_array().expect("a list").clone()
}

fn script(desk: &Desk, more: &[&str]) -> String {
    let output = desk.run(&[&["firewall", "--format", "powershell"], more].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    out(&output)
}

fn line_with<'t>(text: &'t str, part: &str) -> &'t str {
    text.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part} in {text}"))
}

fn rule(one: &Value) -> &str {
    one["rule"].as_str().unwrap_or_default()
}

#[test]
fn ping_is_icmpv4_type_8_and_icmpv6_type_128_each_with_its_own_addresses() {
    let desk = Desk::new();
    let allow =
        "[[allow]]\nname = \"ping\"\nfrom = [\"mon01\"]\nto = [\"hv07\"]\ntransport = \"icmp\"\n";
    desk.put("vmmtap.toml", format!("{SITE}{DUAL}{allow}").as_bytes());
    let text = script(&desk, &[]);
    let v4 = line_with(&text, "-Protocol ICMPv4 ");
    assert!(v4.contains("-IcmpType 8 -RemoteAddress '10.0.0.9'"), "{v4}");
    assert!(!v4.contains("fd00"), "{v4}");
    let v6 = line_with(&text, "-Protocol ICMPv6 ");
    assert!(v6.contains("-IcmpType 128 -RemoteAddress 'fd00::9'"), "{v6}");
    assert!(!v6.contains("10.0.0.9"), "{v6}");
    let pings: Vec<Value> =
        json(&desk, &[]).into_iter().filter(|one| rule(one) == "ping").collect();
    let kinds: Vec<_> =
        pings.iter().map(|one| (one["transport"].as_str(), one["icmp_type"].as_u64())).collect();
    assert_eq!(kinds, [(Some("icmpv4"), Some(8)), (Some("icmpv6"), Some(128))]);
}

#[test]
fn the_keywords_for_rpc_are_for_tcp_alone() {
    let desk = Desk::new();
    let allow = |name: &str, transport: &str| {
        format!(
            "[[allow]]\nname = \"{name}\"\nfrom = [\"vmm01\"]\nto = [\"hv07\"]\n\
             transport = \"{transport}\"\nports = [135]\n"
        )
    };
    desk.put("vmmtap.toml", [SITE, &allow("one", "tcp"), &allow("two", "udp")].concat().as_bytes());
    let text = script(&desk, &[]);
    assert!(line_with(&text, "(one)").contains("-Protocol TCP -LocalPort 'RPCEPMap'"));
    assert!(line_with(&text, "(two)").contains("-Protocol UDP -LocalPort '135'"));
}

#[test]
fn a_network_that_holds_other_machines_of_the_site_says_so_in_every_format() {
    let desk = Desk::new();
    let networks = "\
[[machine]]\nname = \"consoles\"\nroles = [\"vmm-console\"]\naddresses = [\"10.0.0.0/24\"]
[[machine]]\nname = \"dc01\"\nroles = [\"domain-controller\"]\naddresses = [\"10.0.0.5\"]
[[machine]]\nname = \"far01\"\nroles = [\"domain-controller\"]\naddresses = [\"10.0.1.5\"]\n";
    desk.put("vmmtap.toml", format!("{SITE}{networks}").as_bytes());
    let note = "10.0.0.0/24 also contains hv07, dc01, which this rule does not name as clients";
    for format in ["text", "json", "ndjson", "csv", "markdown", "powershell"] {
        let text = out(&desk.run(&["firewall", "--machine", "vmm01", "--format", format]));
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(words.join(" ").replace('\\', "").contains(note), "{format}: {text}");
        assert!(!text.contains("far01"), "{format}: {text}");
    }
}

#[test]
fn rules_whose_ids_look_alike_have_names_of_their_own() {
    let desk = Desk::new();
    let rule = |id: &str| {
        format!(
            "[[entry]]\nid = \"{id}\"\nservice = \"x\"\nclient_roles = [\"vmm-server\"]\n\
             server_roles = [\"hyperv-host\"]\ntransport = \"tcp\"\nports = [80]\n\
             requirement = \"required\"\n"
        )
    };
    let ids =
        ["agent-winrm", "agent.winrm", "Agent-WinRM", "agent_2ewinrm", "agent winrm", "\u{e4}"];
    let matrix: String = ids.iter().map(|id| rule(id)).collect();
    desk.put("own.toml", format!("section = \"general\"\n{matrix}").as_bytes());
    let text = script(&desk, &["--matrix", "own.toml"]);
    let mut names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("Set-VmmException -Name '")?.1.split_once('\''))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names.len(), ids.len(), "{text}");
    assert_eq!(names[0], "vmmtap-agent-winrm");
    assert_eq!(text, script(&desk, &["--matrix", "own.toml"]), "the same each time");
    names.sort_by_key(|name| name.to_lowercase());
    names.dedup_by_key(|name| name.to_lowercase());
    assert_eq!(names.len(), ids.len(), "{text}");
}

#[test]
fn conditional_exceptions_are_disabled_until_they_are_asked_for() {
    let desk = Desk::new();
    let text = script(&desk, &[]);
    assert!(line_with(&text, "'vmmtap-agent-winrm-tls'").ends_with("-Enabled False"));
    assert!(!line_with(&text, "'vmmtap-agent-winrm'").contains("-Enabled"));
    assert!(!line_with(&text, "'vmmtap-dynamic-rpc'").contains("-Enabled"), "agents need it");
    let text = script(&desk, &["--conditional", "agent-winrm-tls"]);
    assert!(!line_with(&text, "'vmmtap-agent-winrm-tls'").contains("-Enabled"));
    let enabled = |more: &[&str]| {
        let all = json(&desk, more);
        let tls = all.iter().find(|one| rule(one) == "agent-winrm-tls").expect("row 4");
        tls["enabled"].as_bool()
    };
    assert_eq!(enabled(&[]), Some(false));
    assert_eq!(enabled(&["--conditional", "agent-winrm-tls,esxi-host-smb"]), Some(true));
    assert!(out(&desk.run(&["firewall"])).contains("[conditional, disabled]"));
    for (wrong, message) in [
        ("agent-winrm-tsl", "did you mean `agent-winrm-tls`?"),
        ("agent-winrm", "is not conditional"),
        ("", "the matrix has no rule"),
    ] {
        let output = desk.run(&["firewall", "--conditional", wrong]);
        assert_eq!((code(&output), out(&output)), (2, String::new()), "{wrong}");
        assert!(err(&output).contains(message), "{}", err(&output));
    }
}

#[test]
fn nothing_from_the_site_file_stands_unquoted_in_the_script() {
    let desk = Desk::new();
    let hostile = "x'; calc; $(calc) `n # \u{2019}";
    let site = format!(
        "{SITE}[[machine]]\nname = \"{hostile}\"\nroles = [\"hyperv-host\"]\naddresses = [\"10.0.0.3\"]\n\
         [[machine]]\nname = \"#> {hostile} y\"\nroles = [\"bmc\"]\naddresses = [\"10.0.0.4\"]\n\
         [[allow]]\nname = \"{hostile}\"\nfrom = [\"any\"]\nto = [\"any\"]\ntransport = \"tcp\"\nports = [99]\n"
    );
    desk.put("vmmtap.toml", site.as_bytes());
    let text = script(&desk, &[]);
    assert!(text.is_ascii());
    let mut seen = 0;
    for line in text.lines().filter(|line| line.contains("calc")) {
        seen += 1;
        if line.trim_start().starts_with('#') {
            continue;
        }
        // Single quotes alone delimit literals; nothing between two of them is evaluated.
        let outside: String = line.split('\'').step_by(2).collect();
        assert!(!outside.contains("calc"), "{line}");
    }
    assert!(seen > 3, "{text}");
}

#[test]
fn a_long_list_of_clients_is_written_once_without_the_machine_itself() {
    let desk = Desk::new();
    let host = |n: u32| {
        let (name, ip) = (format!("h{n:03}"), format!("10.1.{}.{}", n / 200, n % 200 + 1));
        format!(
            "[[machine]]\nname = \"{name}\"\nroles = [\"hyperv-host\"]\naddresses = [\"{ip}\"]\n"
        )
    };
    let hosts: String = (0..400).map(host).collect();
    desk.put("vmmtap.toml", format!("{SITE}{hosts}").as_bytes());
    let text = script(&desk, &[]);
    let all = text.matches("'10.1.1.7'").count();
    // In the list, and once where the machine leaves itself out.
    assert_eq!(all, 2, "{all}");
    let (_, own) = text.split_once("    'h206' {").expect("its part");
    let own = line_with(own, "'vmmtap-host-host-bits'");
    assert!(own.contains("-RemoteAddress ($clients1 -ne '10.1.1.7')"), "{own}");
    let plain = out(&desk.run(&["firewall"]));
    assert!(plain.len() < 1 << 20, "{} bytes", plain.len());
    assert!(plain.contains("from list 1 without h206"), "{plain}");
    let all = json(&desk, &[]);
    let own = all.iter().find(|one| one["machine"] == "h206" && rule(one) == "host-host-bits");
    let remotes = own.expect("row 7")["remote_addresses"].as_array().expect("a list");
    assert_eq!(remotes.len(), 400, "all hosts of the site but itself");
    assert!(!remotes.contains(&Value::from("10.1.1.7")));
}
