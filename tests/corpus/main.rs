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
/// What is missing at `Found` are records that a damaged header misplaces, a tunnel that needs keys, a
/// source route's last hop; at `TcpOutcome` eight SYNs that were recorded twice within a moment, five lone
/// SYNs in a capture of one direction, four connections whose packets are in reverse order (one
/// conversation here, several streams in the truth, which is why their packets and payload differ as
/// well), handshakes with numbers that do not fit, requests that the capture ends before the reply to, and
/// one old connection that stalls; at `UdpPackets` 16 datagrams
/// of FabricPath, whose trailer tshark takes for a checksum; at `TcpCompleteness` tshark's 0 for a lone
/// packet without SYN; at `ZeekFound` rows of a test that reads another capture as well; at `ZeekState`
/// connections with bad checksums, which Zeek leaves out; at `IcmpJoined` two errors about an echo for
/// which the truth has the carrier's ports. `ProtocolSeen` is low because nDPI goes by ports and
/// addresses where the beginning is missing.
const FLOORS: &[(Kind, f64)] = &[
    (Kind::Packets, 100.0),
    (Kind::TcpFound, 99.7),
    (Kind::TcpKnown, 99.9),
    (Kind::TcpClient, 99.9),
    (Kind::TcpOutcome, 99.5),
    (Kind::TcpPackets, 99.8),
    (Kind::TcpPayload, 99.6),
    (Kind::TcpCompleteness, 98.1),
    (Kind::TcpSynTries, 99.9),
    (Kind::UdpFound, 99.5),
    (Kind::UdpKnown, 99.8),
    (Kind::UdpClient, 99.9),
    (Kind::UdpOutcome, 99.8),
    (Kind::UdpPackets, 99.1),
    (Kind::UdpPayload, 99.8),
    (Kind::IcmpJoined, 98.0),
    (Kind::Protocol, 99.5),
    (Kind::ProtocolSeen, 65.0),
    (Kind::ZeekFound, 98.5),
    (Kind::ZeekState, 99.0),
    (Kind::ZeekHistory, 91.0),
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
