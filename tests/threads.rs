//! The same report to the byte however many threads work on it, and plain frames read alike by the
//! short way and by the layers.

#![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

use vmmtap::{
    capture::{CaptureFile, Source},
    decode::{Decoder, Plain},
    engine::Engine,
    identify::Site,
    judge::{Matrix, Policy},
    present,
    replay::replay_into,
};

/// Larger captures take too long without optimisation.
const LARGEST: u64 = 2 << 20;

fn captures_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, len) = (entry.path(), entry.metadata().map_or(0, |about| about.len()));
        if path.is_dir() {
            found.extend(captures_in(&path));
        } else if path.to_string_lossy().contains("cap") && len <= LARGEST {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// Everybody's captures, where they are at hand.
fn others() -> Vec<PathBuf> {
    let found = captures_in(&root("../shared/captures"));
    if found.is_empty() {
        eprintln!("skipped: there are no captures of others here");
    }
    found
}

fn report(policy: &Arc<Policy>, captures: &[PathBuf], threads: usize) -> Vec<u8> {
    let sources: Vec<Source> = captures.iter().cloned().map(Source::File).collect();
    let engine = Engine::new(Arc::clone(policy), usize::MAX).with_threads(threads);
    let (report, _unreadable) = replay_into(engine, &sources, |_| {});
    let mut json = Vec::new();
    present::report(&report, true, &mut json).expect("written to memory");
    json
}

fn holds_for(policy: &Arc<Policy>, captures: &[PathBuf]) {
    let alone = report(policy, captures, 1);
    for threads in [2, 3, 8] {
        assert!(report(policy, captures, threads) == alone, "{threads} threads: {captures:?}");
    }
}

#[test]
fn the_bundled_captures_give_the_same_report_with_any_number_of_threads() {
    let mut scenarios = 0;
    for entry in fs::read_dir(root("captures")).expect("captures") {
        let folder = entry.expect("an entry").path();
        let Ok(site) = fs::read_to_string(folder.join("vmmtap.toml")) else { continue };
        let site = Site::parse("vmmtap.toml", &site).expect("a good site");
        let policy = Arc::new(Policy::new(Matrix::embedded().expect("a matrix"), site));
        holds_for(&policy, &captures_in(&folder));
        scenarios += 1;
    }
    assert!(scenarios >= 30, "{scenarios}");
}

#[test]
fn other_peoples_captures_give_the_same_report_with_any_number_of_threads() {
    let matrix = Matrix::embedded().expect("a matrix");
    let everybody = "[[machine]]\nname = \"all\"\nroles = [\"vmm-server\", \"hyperv-host\"]\n\
                     addresses = [\"0.0.0.0/0\", \"::/0\"]\n";
    let site = Site::parse("all", everybody).expect("a good site");
    let policy = Arc::new(Policy::new(matrix, site));
    for capture in others() {
        holds_for(&policy, &[capture]);
    }
}

#[test]
fn plain_frames_are_what_the_layers_make_of_them() {
    let (mut plain_frames, mut frames) = (0, 0);
    for capture in captures_in(&root("captures")).into_iter().chain(others()) {
        let read = Arc::new(AtomicU64::new(0));
        let Ok(mut file) = CaptureFile::open(&Source::File(capture.clone()), read) else {
            continue;
        };
        while file.advance() {
            let Some(frame) = file.frame() else { continue };
            frames += 1;
            let Some(plain) = Plain::locate(&frame) else { continue };
            plain_frames += 1;
            let (mut decoder, mut layers) = (Decoder::default(), Vec::new());
            let result = decoder.read(&frame, |packet| layers.push(format!("{packet:?}")));
            let short: Vec<String> =
                plain.read(&frame).iter().map(|packet| format!("{packet:?}")).collect();
            assert_eq!((result, layers), (Ok(()), short), "{capture:?}");
        }
    }
    assert!(plain_frames > 1000 && plain_frames * 2 > frames, "{plain_frames} of {frames}");
}
