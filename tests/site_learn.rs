//! `site learn`: what traffic suggests, against what the bundled captures' sites say.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use std::{collections::BTreeMap, fs, path::Path};

use desk::{Desk, answered, code, err, out};
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

#[test]
fn what_is_called_sure_is_so_and_what_is_likely_mostly() {
    let desk = Desk::new();
    let mut counts: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for folder in
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")).expect("captures")
    {
        let folder = folder.expect("a folder").path();
        let capture = folder.join("capture.pcap");
        let Ok(text) = fs::read_to_string(folder.join("vmmtap.toml")) else { continue };
        if !capture.exists() {
            continue;
        }
        let site = Site::parse("truth", &text).expect("a good site file");
        let output = desk.run(&["site", "learn", capture.to_str().expect("a path")]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let proposal = out(&output);
        let parsed = Site::parse("proposal", &proposal);
        assert!(parsed.is_ok() || !proposal.contains("[[machine]]"), "{}", folder.display());
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
