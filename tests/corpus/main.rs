//! Holds `vmmtap flows` against real captures whose truth other people's programs told.
//!
//! The captures lie beside this package and are not part of it; without them the test passes and
//! says so. What must hold for every file is asserted file by file; what is compared with a truth
//! that may itself be wrong is counted, and each count has a floor. Every disagreement is written
//! to the file that `VMMTAP_CORPUS_REPORT` names; the first ones of each kind are printed.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod compare;
mod flows;
mod icmp;
mod protocols;
mod run;
mod tally;
mod truth;
mod verdicts;
mod zeek;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use flows::Report;
use run::Run;
use tally::{Kind, Tally};
use truth::{Capture, Truth};

/// Per cent of the comparisons that agree at least, over all categories.
///
/// What is missing at `Found` lies in tunnels, in link types that are skipped by name, and in
/// fragments; what differs at `Completeness` is mostly tshark's 0 for a lone packet without SYN; what
/// differs at `UdpClient` are lone answers, whose sender the truth calls the client.
const FLOORS: &[(Kind, f64)] = &[
    (Kind::Packets, 100.0),
    (Kind::TcpFound, 98.9),
    (Kind::TcpKnown, 99.9),
    (Kind::TcpClient, 100.0),
    (Kind::TcpOutcome, 99.7),
    (Kind::TcpPackets, 99.7),
    (Kind::TcpPayload, 99.6),
    (Kind::TcpCompleteness, 98.3),
    (Kind::TcpSynTries, 99.7),
    (Kind::UdpFound, 98.4),
    (Kind::UdpKnown, 99.8),
    (Kind::UdpClient, 93.0),
    (Kind::UdpOutcome, 99.9),
    (Kind::UdpPackets, 99.8),
    (Kind::UdpPayload, 99.8),
    (Kind::ZeekState, 95.2),
    (Kind::ZeekHistory, 92.0),
];

/// Captures that are read side by side.
const THREADS: usize = 2;
/// Resident memory in bytes that a malformed capture may take.
const MALFORMED_MEMORY: u64 = 200 << 20;
const MALFORMED: &str = "d_malformed";

#[test]
fn agrees_with_other_programs() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    if !corpus.is_dir() {
        println!("skipped: no captures at {}", corpus.display());
        return;
    }
    let truth = Truth::read(&corpus.join("truth"));
    let tally = judge_all(&corpus, &truth);
    println!("{tally}");
    if let Some(path) = std::env::var_os("VMMTAP_CORPUS_REPORT") {
        std::fs::write(&path, tally.every_disagreement()).expect("the report can be written");
    }
    let broken = tally.broken();
    assert!(broken.is_empty(), "{} captures break a promise:\n{}", broken.len(), broken.join("\n"));
    let below: Vec<String> = FLOORS
        .iter()
        .filter(|(kind, floor)| tally.percent(*kind) < *floor)
        .map(|(kind, floor)| format!("{kind}: {:.2} %, floor {floor} %", tally.percent(*kind)))
        .collect();
    assert!(below.is_empty(), "below the floor:\n{}", below.join("\n"));
}

/// Runs over all captures, two at a time.
fn judge_all(corpus: &Path, truth: &Truth) -> Tally {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut tally = Tally::default();
        while let Some(capture) = truth.captures.get(next.fetch_add(1, Ordering::Relaxed)) {
            judge_one(corpus, truth, capture, &mut tally);
        }
        tally
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().fold(Tally::default(), |mut all, one| {
            all.merge(one.join().expect("a worker ends"));
            all
        })
    })
}

fn judge_one(corpus: &Path, truth: &Truth, capture: &Capture, tally: &mut Tally) {
    let path: PathBuf = corpus.join(&capture.category).join(&capture.name);
    let run = Run::flows(&path);
    let mut broken = run.broken_promises(capture.is_readable());
    if capture.category == MALFORMED && run.peak_memory > MALFORMED_MEMORY {
        broken.push(format!("took {} MiB", run.peak_memory >> 20));
    }
    match serde_json::from_str::<Report>(&run.stdout) {
        Ok(report) => {
            broken.extend(report.broken_sums());
            compare::packets(capture, &report, tally);
            compare::conversations(capture, truth.flows(capture), &report, tally);
            icmp::compare(capture, truth.icmp(capture), &report, tally);
            protocols::compare(capture, truth.ndpi(capture), &report, tally);
            zeek::compare(capture, truth.zeek(capture), &report, tally);
        }
        Err(error) if run.code == Some(0) => broken.push(format!("writes no report: {error}")),
        Err(_) => {}
    }
    for promise in broken {
        tally.breaks(format!("{}/{}: {promise}", capture.category, capture.name));
    }
}

#[test]
fn real_windows_captures_are_judged_as_an_expert_judged_them() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    if corpus.is_dir() {
        verdicts::check(&corpus);
    } else {
        println!("skipped: no captures at {}", corpus.display());
    }
}
