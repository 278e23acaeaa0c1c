//! The rules of the house, held against the sources themselves: a stage knows only stages before it,
//! and decode to judge are pure.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The stages in the data's order.
const STAGES: [&str; 7] = ["capture", "decode", "dissect", "flow", "identify", "judge", "present"];
/// The stages that have no clock, file, thread or terminal, and the ledger of their judgements.
const PURE: [&str; 6] = ["decode", "dissect", "flow", "identify", "judge", "ledger"];
/// Modules of the standard library, and crates, that a pure stage must not name.
const IMPURE_STD: [&str; 7] = ["fs", "io", "thread", "process", "env", "time", "os"];
const IMPURE_WORDS: [&str; 6] =
    ["println!", "eprintln!", "Timestamp::now", "anstream", "indicatif", "anyhow"];

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            files.push((path, text));
        }
    }
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The modules below a root that a source names, in `use` trees and in paths.
fn named_modules(text: &str, root: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices(root) {
        let rest = &text[at + root.len()..];
        if let Some(tree) = rest.strip_prefix('{') {
            names.extend(first_segments(tree));
        } else {
            names.push(identifier(rest));
        }
    }
    names
}

/// The first segments of the branches of a `use` tree, after its opening brace.
fn first_segments(tree: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut at_branch) = (1, true);
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' => at_branch = depth == 1,
            _ if at_branch && depth == 1 && c.is_alphabetic() => {
                names.push(identifier(&tree[at..]));
                at_branch = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn a_stage_knows_only_stages_before_it() {
    let all: Vec<String> = fs::read_dir(src())
        .expect("src")
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
        })
        .collect();
    let mut seen = 0;
    for (place, stage) in STAGES.iter().enumerate() {
        for (path, text) in sources(&src().join(stage)) {
            for name in named_modules(&text, "crate::") {
                if !all.contains(&name) {
                    continue;
                }
                seen += 1;
                // The report and the ledger are what the last stage presents.
                let known = STAGES[..=place].contains(&name.as_str())
                    || *stage == "present" && ["report", "ledger"].contains(&name.as_str());
                assert!(known, "{} names crate::{name}", path.display());
            }
        }
    }
    assert!(seen > 50, "the test reads the sources, and found only {seen} names");
}

#[test]
fn decode_to_judge_are_pure() {
    for stage in PURE {
        let files = sources(&src().join(stage));
        assert!(!files.is_empty(), "{stage}");
        for (path, text) in files {
            for name in named_modules(&text, "std::") {
                let pure = !IMPURE_STD.contains(&name.as_str());
                assert!(pure, "{} names std::{name}", path.display());
            }
            for word in IMPURE_WORDS {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
        }
    }
}

#[test]
fn a_use_tree_is_read_by_its_first_segments() {
    let text =
        "use crate::{\n    flow::{Side, Key},\n    judge,\n};\nlet x = crate::capture::Frame;";
    assert_eq!(named_modules(text, "crate::"), ["flow", "judge", "capture"]);
    assert_eq!(named_modules("use std::{fmt, fs::File};", "std::"), ["fmt", "fs"]);
}

#[test]
fn every_file_has_one_idea() {
    for (path, text) in sources(&src()) {
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
