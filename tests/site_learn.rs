//! `site learn`: what traffic suggests, against what the bundled captures' sites say.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use desk::{Desk, answered, code, err, out};
use recorder::{Pcap, tcp};
use serde_json::Value;
use vmmtap::identify::{Role, Site};

/// Roles with how sure they are, by address, from the comments of a proposal.
fn guesses(text: &str) -> BTreeMap<String, Vec<(Role, String)>> {
    let mut found = BTreeMap::new();
    let mut guessed = Vec::new();
    for line in text.lines() {
        if let Some((role, sure)) = line.strip_prefix("# ").and_then(|line| line.split_once(", "))
            && let Some(role) = Role::from_name(role)
        {
            guessed.push((role, sure.trim_end_matches(':').to_owned()));
        }
        if let Some(address) = line.strip_prefix("addresses = [\"") {
            found.insert(address.trim_end_matches("\"]").to_owned(), std::mem::take(&mut guessed));
        }
    }
    found
}

/// Bundled captures, each with its site file.
fn scenarios() -> Vec<(PathBuf, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let folders = fs::read_dir(folder).expect("captures").map(|folder| folder.expect("one").path());
    let scenarios = folders.map(|folder| (folder.join("capture.pcap"), folder.join("vmmtap.toml")));
    scenarios.filter(|(capture, site)| capture.exists() && site.exists()).collect()
}

fn learned(desk: &Desk, capture: &Path) -> String {
    let output = desk.run(&["site", "learn", capture.to_str().expect("a path")]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    out(&output)
}

#[test]
fn what_is_called_sure_is_so_and_what_is_likely_mostly() {
    let desk = Desk::new();
    let mut counts: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for (capture, site) in scenarios() {
        let text = fs::read_to_string(&site).expect("a site file");
        let site = Site::parse("truth", &text).expect("a good site file");
        let proposal = learned(&desk, &capture);
        let parsed = Site::parse("proposal", &proposal);
        assert!(parsed.is_ok() || !proposal.contains("[[machine]]"), "{}", capture.display());
        for (address, guessed) in guesses(&proposal) {
            let owner = site.owner(address.parse().expect("an address"));
            for (role, sure) in guessed {
                let right = owner.is_some_and(|id| site.machine(id).roles.contains(role));
                counts.entry(sure).or_default()[usize::from(right)] += 1;
            }
        }
    }
    let of = |word: &str| counts.get(word).copied().unwrap_or_default();
    let ([wrong, right], [hardly, likely]) = (of("sure"), of("likely"));
    assert_eq!(wrong, 0, "{counts:?}");
    assert!(right > 30 && likely > 30 && hardly * 5 < likely, "{counts:?}");
}

/// Findings of a kind that a site file brings to light.
fn findings(desk: &Desk, site: &Path, capture: &Path) -> [u64; 3] {
    let [site, capture] = [site, capture].map(|path| path.to_str().expect("a path"));
    let output = desk.run(&["check", "--format", "json", "-s", site, capture]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    ["blocked", "unexpected", "denied"]
        .map(|verdict| report["totals"]["verdicts"][verdict].as_u64().unwrap_or(0))
}

#[test]
fn most_of_what_is_blocked_is_found_with_a_site_that_nobody_has_checked_and_little_that_is_not() {
    let desk = Desk::new();
    let proposed = desk.0.path().join("proposed.toml");
    let (mut known, mut found) = ([0; 2], [0; 2]);
    for (capture, site) in scenarios() {
        fs::write(&proposed, learned(&desk, &capture)).expect("written");
        let of_site = findings(&desk, &site, &capture);
        let of_proposal = findings(&desk, &proposed, &capture);
        for kind in [0, 1] {
            known[kind] += of_site[kind];
            found[kind] += of_proposal[kind];
        }
        let name = capture.display();
        // The site knows which failures another port makes up for.
        let failed = of_site[0] + of_site[2];
        assert!(of_proposal[0] <= failed, "{name}: {of_proposal:?} of {of_site:?} blocked");
        let clean = failed + of_site[1] == 0;
        assert!(!clean || of_proposal[..2] == [0, 0], "{name}: nothing is wrong there");
    }
    assert!(2 * found[0] > known[0] && 2 * found[1] > known[1], "{found:?} of {known:?}");
}

#[test]
fn a_proposal_says_why_and_overwrites_nothing() {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    let shown = desk.run(&["site", "learn", "good.pcap"]);
    let text = out(&shown);
    for word in [
        "# vmm-server, likely:",
        "asks for WinRM on tcp 5985 of 10.0.0.2",
        "was not recognised",
        "Nothing suggests a role for one address",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert_eq!(code(&desk.run(&["site", "learn", "good.pcap", "-o", "new.toml"])), 0);
    assert_eq!(code(&desk.run(&["site", "check", "-s", "new.toml"])), 0);
    let again = desk.run(&["site", "learn", "good.pcap", "-o", "new.toml"]);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("overwrites nothing"), "{}", err(&again));
    assert_eq!(code(&desk.run(&["site", "learn", "absent.pcap"])), 2);
}

#[test]
fn a_few_who_are_asked_in_vain_are_proposed_and_a_flood_of_forged_senders_is_not() {
    for (senders, proposed) in [(49, true), (50, false)] {
        let desk = Desk::new();
        let packets: Vec<(u64, Vec<u8>)> = (0..senders)
            .map(|sender| {
                let from = format!("10.7.{}.{}", sender / 250, sender % 250 + 1);
                (sender * 1000, tcp((&from, 50_000), ("10.0.0.9", 8100), 1, "S", b""))
            })
            .collect();
        desk.put("flood.pcap", &Pcap::PLAIN.file(&packets));
        let output = desk.run(&["site", "learn", "flood.pcap"]);
        let text = out(&output);
        assert_eq!(code(&output), 0, "{}", err(&output));
        assert_eq!(text.contains("# vmm-console, a guess"), proposed, "{senders}: {text}");
        let told = "is asked for VMM console (WCF) on tcp 8100 by 49 machines; no answer was seen";
        assert_eq!(text.contains(told), proposed, "{senders}: {text}");
    }
}
