//! `site import` once more: what is new comes, what a person did stays.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod exports;
mod recorder;

use std::fs;

use desk::{Desk, code, err, out};
use exports::{ALL, desk, import, machine, site};
use vmmtap::identify::Site;

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

/// A site file of two imports, with an edit between them, and what the second one told.
fn twice(first: &str, edit: impl Fn(&str) -> String, second: &str) -> (String, String) {
    let desk = Desk::new();
    fs::remove_file(desk.0.path().join("vmmtap.toml")).expect("removed");
    desk.put("machines.csv", first.as_bytes());
    let output = import(&desk, &["machines.csv"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    desk.put("vmmtap.toml", edit(&site(&desk).0).as_bytes());
    desk.put("machines.csv", second.as_bytes());
    let output = import(&desk, &["--yes", "machines.csv"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let told = err(&output);
    let again = import(&desk, &["machines.csv"]);
    assert!(err(&again).contains("is up to date"), "{}", err(&again));
    (site(&desk).0, told)
}

/// Machines as `name role... at address...`, without comments.
fn machines(text: &str) -> Vec<String> {
    let site = Site::parse("site", text).expect("a good site file");
    let one = |machine: &vmmtap::identify::Machine| {
        let addresses: Vec<String> =
            machine.addresses.iter().map(|net| net.addr().to_string()).collect();
        format!("{} {} at {}", machine.name, machine.roles.names().join(" "), addresses.join(" "))
    };
    site.machines().map(|(_, machine)| one(machine)).collect()
}

#[test]
fn a_second_import_follows_vmm_and_says_what_it_kept() {
    const TWO: &str = "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.1\nhv02,Host,10.0.0.2\n";
    for (first, second, expected, told) in [
        (
            TWO,
            "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.11\nhv02,Host,10.0.0.2\nhv03,Host,10.0.0.1\n",
            "hv01 hyperv-host at 10.0.0.11; hv02 hyperv-host at 10.0.0.2; hv03 hyperv-host at 10.0.0.1",
            "10.0.0.1 moves from hv01 to hv03",
        ),
        (
            TWO,
            "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.11\n",
            "hv01 hyperv-host at 10.0.0.1 10.0.0.11; hv02 hyperv-host at 10.0.0.2",
            "addresses of an earlier import that this one has not are kept: 10.0.0.1 of hv01",
        ),
        (
            TWO,
            "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.1\n",
            "hv01 hyperv-host at 10.0.0.1; hv02 hyperv-host at 10.0.0.2",
            "machines of an earlier import that this one has not are kept: hv02",
        ),
        (
            "Name,ObjectType,IPAddresses\nhv01.contoso.com,Host,10.0.0.1\n",
            "Name,ObjectType,IPAddresses\nhv01.fabrikam.com,LibraryServer,10.0.0.2\nhv01.contoso.com,Host,10.0.0.1\n",
            "hv01 hyperv-host at 10.0.0.1; hv01.fabrikam.com library-server at 10.0.0.2",
            "is written",
        ),
        (
            "Name,ObjectType,IPAddresses\nhv01.c.com,Host,10.0.0.1 10.0.0.9\n",
            "Name,ObjectType,IPAddresses\nhv01.c.com,Host,10.0.0.1 10.0.0.9\nhv02.c.com,LibraryServer,10.0.0.2 10.0.0.9\n",
            "hv01 hyperv-host at 10.0.0.1 10.0.0.9; hv02 library-server at 10.0.0.2",
            "10.0.0.9 of hv02 belongs to hv01 already",
        ),
        (
            "Name,ObjectType,IPAddresses\nhv01.contoso.com,Host,10.0.0.1\n",
            "Name,ObjectType,IPAddresses\nhv01.fabrikam.com,LibraryServer,10.0.0.2\nhv01.contoso.com,Host,10.0.0.1\nhv01,Bmc,10.0.0.3\n",
            "hv01 hyperv-host at 10.0.0.1; hv01.fabrikam.com library-server at 10.0.0.2",
            "hv01 may be one of several machines of that name",
        ),
        (
            "Name,ObjectType,IPAddresses\nhv01.contoso.com,Host,10.0.0.1\n",
            "Name,ObjectType,IPAddresses\nhv01.fabrikam.com,LibraryServer,10.0.0.2\n",
            "hv01 hyperv-host at 10.0.0.1; hv01.fabrikam.com library-server at 10.0.0.2",
            "machines of an earlier import that this one has not are kept: hv01",
        ),
        (
            TWO,
            "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.1\nhv02,Host,10.0.0.2\nlib01,LibraryServer,10.0.0.1\n",
            "hv01 library-server hyperv-host at 10.0.0.1; hv02 hyperv-host at 10.0.0.2",
            "lib01 is taken for hv01, which has its address",
        ),
        (
            TWO,
            "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.1\nhv02,Host,10.0.0.2\nany,Host,10.0.0.3\n",
            "hv01 hyperv-host at 10.0.0.1; hv02 hyperv-host at 10.0.0.2",
            "any is left out: the word means something else",
        ),
    ] {
        let (text, notes) = twice(first, str::to_owned, second);
        assert_eq!(machines(&text).join("; "), expected);
        assert!(notes.contains(told), "{told}: {notes}");
    }
    let vcenter = |port| {
        format!("Name,ObjectType,TCPPort,IPAddresses\nvc01,VirtualizationManager,{port},10.0.0.4\n")
    };
    for (edit, port, told) in [
        ("[443]", "ports = { vcenter = [9443] }", "is written"),
        ("[8443]", "ports = { vcenter = [8443] }", "kept vcenter = 8443 of vc01; VMM says 9443"),
    ] {
        let edited = |text: &str| text.replace("[443]", edit);
        let (text, notes) = twice(&vcenter(443), edited, &vcenter(9443));
        assert!(text.contains(port) && notes.contains(told), "{text}\n{notes}");
    }
}

#[test]
fn what_a_person_took_out_moved_or_laid_out_stays_so() {
    const TWO: &str = "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.1\nhv02,Host,10.0.0.2\n";
    const MORE: &str =
        "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.1 10.0.0.101\nhv02,Host,10.0.0.2\n";
    let commented_out = |text: &str| {
        let (kept, gone) = text.split_once("\n\n# imported: hv02").expect("hv02");
        let gone: Vec<String> = gone.lines().map(|line| format!("# {line}")).collect();
        format!("{kept}\n\n# # imported: hv02{}\n", &gone.join("\n")[2..])
    };
    let (text, told) = twice(TWO, commented_out, MORE);
    assert_eq!(machines(&text), ["hv01 hyperv-host at 10.0.0.1 10.0.0.101"]);
    assert!(told.contains("hv02 was taken out of the site file"), "{told}");

    // Also under the other name that an export had for it.
    let with_alias = "Name,ObjectType,IPAddresses\nsql01,SqlServer,10.0.0.3\nlistener,SqlServer,10.0.0.3\nhv01,Host,10.0.0.1\n";
    let gone = |text: &str| {
        let (before, rest) = text.split_once("[[machine]]\nname = \"sql01\"").expect("sql01");
        let (own, rest) = rest.split_once("\n\n").expect("its lines");
        let own: String = format!("[[machine]]\nname = \"sql01\"{own}")
            .lines()
            .map(|line| format!("# {line}\n"))
            .collect();
        format!("{before}{own}\n{rest}")
    };
    let (text, told) = twice(with_alias, gone, with_alias);
    assert_eq!(machines(&text), ["hv01 hyperv-host at 10.0.0.1"], "{text}");
    assert!(told.contains("listener was taken out of the site file"), "{told}");

    // A domain that was learned once stays, and tells the machine from namesakes to come.
    let [with_domain, without] = ["hv01.contoso.com", "hv01"]
        .map(|name| format!("Name,ObjectType,IPAddresses\n{name},Host,10.0.0.1\n"));
    let (text, _) = twice(&with_domain, str::to_owned, &without);
    assert!(text.contains("# imported: hv01.contoso.com;"), "{text}");

    // What was said to belong to another is given to the next one once it was taken out there.
    let shared =
        "Name,ObjectType,IPAddresses\nhv01,Host,10.0.0.1 10.0.0.9\nhv02,Host,10.0.0.2 10.0.0.9\n";
    let (text, _) = twice(shared, |text| text.replace(", \"10.0.0.9\"", ""), shared);
    let expected = ["hv01 hyperv-host at 10.0.0.1", "hv02 hyperv-host at 10.0.0.2 10.0.0.9"];
    assert_eq!(machines(&text), expected, "{text}");

    // A port that was taken out does not come back when VMM changes it, and one in quotes is a port.
    for (edit, port) in [("", None), ("console_tcp = \"8200\"", Some("\"8200\""))] {
        let vmm =
            |port| format!("Name,ObjectType,Port,IPAddresses\nvmm01,VMMServer,{port},10.0.0.1\n");
        let edited = |text: &str| text.replace("console_tcp = 8100", edit);
        let (text, _) = twice(&vmm(8100), edited, &vmm(8300));
        let line = text.lines().find_map(|line| line.strip_prefix("console_tcp = "));
        assert_eq!(line, port, "{text}");
    }

    // The comment of a machine that was cut out belongs to nobody.
    let cut_out = |text: &str| {
        let (before, machine) = text.split_once("[[machine]]\nname = \"hv01\"").expect("hv01");
        let rest = machine.split_once("\n\n").expect("hv02").1;
        let own = "[[machine]]\nname = \"mine\"\nroles = []\naddresses = [\"10.9.9.9\"]\n";
        format!("{before}\n{own}\n{rest}")
    };
    let (text, _) = twice(TWO, cut_out, MORE);
    assert_eq!(machines(&text), ["mine  at 10.9.9.9", "hv02 hyperv-host at 10.0.0.2"]);

    // A copied entry keeps the other's comment; its name tells.
    let copied = |text: &str| {
        let own = text.split_once("# imported: hv01").expect("hv01").1;
        let own = own.split("\n\n").next().expect("its lines");
        let copy = format!("# imported: hv01{own}").replace("\"hv01\"", "\"hv77\"");
        format!("{text}\n{}\n", copy.replace("10.0.0.1\"", "10.0.0.77\""))
    };
    let (text, _) = twice(TWO, copied, MORE);
    assert!(
        machines(&text).contains(&"hv01 hyperv-host at 10.0.0.1 10.0.0.101".to_owned()),
        "{text}"
    );
    assert!(machines(&text).contains(&"hv77 hyperv-host at 10.0.0.77".to_owned()), "{text}");

    let laid_out =
        |text: &str| text.replace("[\"10.0.0.1\"]", "[\n    \"10.0.0.1\", # management\n]");
    let (text, _) = twice(TWO, laid_out, MORE);
    let list = "addresses = [\n    \"10.0.0.1\", # management\n    \"10.0.0.101\",\n]";
    assert!(text.contains(list), "{text}");

    // Line ends of both kinds: nothing else changes, so nothing does.
    let mixed = |text: &str| text.replacen('\n', "\r\n", 3);
    let (text, told) = twice(TWO, mixed, TWO);
    assert!(told.contains("is up to date") && text.matches("\r\n").count() == 3, "{told}");
}
