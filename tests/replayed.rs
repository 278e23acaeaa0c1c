//! A capture in the screen and in `check`: the same verdicts.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod stage;

use std::{
    collections::BTreeMap,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use vmmtap::{
    capture::Source, judge::Policy, ledger::Ledger, present, replay::replay, report::Report,
};

fn of_report(report: &Report) -> Vec<String> {
    let mut bytes = Vec::new();
    present::flow_lines(report, true, &mut bytes).expect("written to memory");
    sorted(&bytes)
}

fn of_ledger(ledger: &Ledger, names: &BTreeMap<IpAddr, String>) -> Vec<String> {
    let mut bytes = Vec::new();
    for (_, row) in ledger.rows() {
        let judgement = row.judgement(ledger.policy());
        present::flow_line(ledger.policy(), names, &judgement, &mut bytes)
            .expect("written to memory");
    }
    sorted(&bytes)
}

fn sorted(lines: &[u8]) -> Vec<String> {
    let text = String::from_utf8(lines.to_vec()).expect("JSON is UTF-8");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn agree(policy: &Arc<Policy>, captures: &[PathBuf]) {
    let sources: Vec<Source> = captures.iter().cloned().map(Source::File).collect();
    let (report, _) = replay(Arc::clone(policy), &sources, 1_000_000, |_| {});
    let (ledger, status, feed) = stage::fed(policy, captures);
    assert_eq!(of_ledger(&ledger, &report.names), of_report(&report), "{captures:?}");
    assert_eq!(status.frames, report.frames);
    let coverage = |rows: Vec<vmmtap::judge::CoverageRow<'_>>| format!("{rows:?}");
    assert_eq!(coverage(ledger.coverage()), coverage(report.coverage()), "{captures:?}");
    let (engine, captures, _) = feed.finish().expect("the feed ends well");
    assert_eq!(of_report(&engine.finish(captures)), of_report(&report));
}

fn captures_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(captures_in(&path));
        } else if path.extension().is_some_and(|ending| ending.to_string_lossy().contains("cap")) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_bundled_captures_have_the_same_verdicts_in_the_screen() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut all = Vec::new();
    for entry in fs::read_dir(root).expect("captures") {
        let folder = entry.expect("an entry").path();
        if !folder.join("vmmtap.toml").is_file() {
            continue;
        }
        let policy = stage::policy(&folder.join("vmmtap.toml"));
        let captures = captures_in(&folder);
        agree(&policy, &captures);
        all.extend(captures);
    }
    assert!(all.len() >= 9, "{all:?}");
    // All of them as one: what is not answered in one file is not silent in another file's time.
    let first = stage::policy(Path::new(stage::SCENARIO).join("vmmtap.toml").as_path());
    agree(&first, &all);
}

#[test]
fn other_peoples_captures_have_the_same_verdicts_in_the_screen() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    let all = captures_in(&root);
    if all.is_empty() {
        return println!("skipped: the captures of others are not beside the project");
    }
    let policy = stage::policy(Path::new(stage::SCENARIO).join("vmmtap.toml").as_path());
    for capture in all.iter().filter(|path| fs::metadata(path).is_ok_and(|one| one.len() < 8 << 20))
    {
        agree(&policy, std::slice::from_ref(capture));
    }
}
