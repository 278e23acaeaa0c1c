//! TCP connections over a simulated path whose truth is known: did the client read the reply?
//!
//! `VMMTAP_SIMULATIONS` sets how many connections are simulated, `VMMTAP_SEED` the first seed. A failure
//! prints the seed that shows it again alone.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod dice;
mod endpoint;
mod frame;
mod gap;
mod network;
mod recorder;
mod situation;
mod udp;

use std::{collections::BTreeMap, env, io::Cursor, sync::Arc};

use situation::{Situation, Truth};
use vmmtap::{
    capture::CaptureFile,
    engine::Engine,
    identify::Site,
    judge::{Matrix, Policy, Verdict},
};

const CONNECTIONS: u64 = 4_000;

const SITE: &str = r#"
[[machine]]
name = "vmm01"
roles = ["vmm-server"]
addresses = ["10.81.4.10"]

[[machine]]
name = "hv07"
roles = ["hyperv-host"]
addresses = ["10.81.4.17"]

[[machine]]
name = "dc01"
roles = ["domain-controller", "bmc", "pxe-server"]
addresses = ["10.81.4.20"]

[[machine]]
name = "pe01"
roles = ["winpe-agent"]
addresses = ["10.81.4.60"]
"#;

fn policy() -> Arc<Policy> {
    let site = Site::parse("site", SITE).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    Arc::new(Policy::new(Matrix::embedded().expect("the matrix"), site))
}

/// The program's verdicts on the connection under test.
struct Verdicts {
    all: Vec<(Verdict, String)>,
}

fn judge(policy: &Arc<Policy>, frames: &[(i64, Vec<u8>)], port: u16) -> Verdicts {
    let mut engine = Engine::new(Arc::clone(policy), 1_000);
    let bytes = file(frames);
    if let Some(path) = env::var_os("VMMTAP_CAPTURE") {
        std::fs::write(path, &bytes).expect("a capture to look at is written");
    }
    let reader = Box::new(Cursor::new(bytes));
    let mut capture = CaptureFile::from_reader("simulated".to_owned(), reader, None).expect("pcap");
    while capture.advance() {
        engine.feed(&capture.frame().expect("a frame"));
    }
    let report = engine.finish(vec![capture.into_summary()]);
    let all = report
        .judgements()
        .filter(|one| one.conversation.ends().iter().any(|end| end.port == port))
        .map(|one| {
            let text = format!(
                "{} {} {}",
                one.verdict.name(),
                one.outcome.name(),
                report.policy.why(&one)
            );
            (one.verdict, text)
        })
        .collect();
    Verdicts { all }
}

/// A pcap file in nanoseconds.
fn file(frames: &[(i64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [0xa1b2_3c4d, 0x0004_0002, 0, 0, 65_535, 1_u32] {
        bytes.extend(word.to_le_bytes());
    }
    for (time, frame) in frames {
        let len = u32::try_from(frame.len()).expect("a short frame");
        let seconds = u32::try_from(time.div_euclid(1_000_000_000)).unwrap_or(u32::MAX);
        for word in [seconds, time.rem_euclid(1_000_000_000) as u32, len, len] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(frame);
    }
    bytes
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What is wrong about the verdicts, if anything.
fn fault(truth: Truth, must_be_found: bool, said: &Verdicts) -> Option<&'static str> {
    let any = |verdict: Verdict| said.all.iter().any(|(one, _)| *one == verdict);
    let found = any(Verdict::Blocked);
    match truth {
        Truth::Worked if found || any(Verdict::Mismatch) => Some("works, but is a finding"),
        Truth::Failed if any(Verdict::Ok) => Some("failed, but is ok"),
        Truth::Failed if must_be_found && !found => Some("failed, but is not found"),
        _ => None,
    }
}

#[test]
fn no_failed_connection_is_ok_and_no_working_one_is_a_finding() {
    let policy = policy();
    let first = number("VMMTAP_SEED", 1);
    let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut truths: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first + number("VMMTAP_SIMULATIONS", CONNECTIONS) {
        let situation = Situation::of(seed);
        let said = judge(&policy, &situation.frames, situation::CLIENT_PORT);
        *truths
            .entry(format!("{:?} found={}", situation.truth, situation.must_be_found))
            .or_default() += 1;
        if let Some(what) = fault(situation.truth, situation.must_be_found, &said) {
            let lines: Vec<&str> = said.all.iter().map(|(_, line)| line.as_str()).collect();
            let text =
                format!("seed {seed}: {}\n    {}", situation.describe(), lines.join("\n    "));
            let text = if number("VMMTAP_SIMULATIONS", CONNECTIONS) == 1 {
                format!("{text}\n{}", situation.listing())
            } else {
                text
            };
            faults.entry(format!("{what} [{}]", situation.kind())).or_default().push(text);
        }
    }
    let total: usize = faults.values().map(Vec::len).sum();
    let mut report = format!("{total} faults; {truths:?}\n");
    for (what, all) in &faults {
        report += &format!("{what}: {}\n", all.len());
        all.iter().take(3).for_each(|one| report += &format!("  {one}\n"));
    }
    assert!(faults.is_empty(), "{report}");
    for truth in ["Worked", "Failed"] {
        assert!(truths.keys().any(|key| key.starts_with(truth)), "{truths:?}");
    }
}

#[test]
fn no_failed_request_over_udp_is_ok_and_no_working_one_is_a_finding() {
    let policy = policy();
    let first = number("VMMTAP_SEED", 1);
    let mut faults = Vec::new();
    let mut truths: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first + number("VMMTAP_SIMULATIONS", CONNECTIONS) {
        let exchange = udp::Exchange::of(seed);
        let said = judge(&policy, &exchange.frames, exchange.port);
        *truths.entry(format!("{:?} {}", exchange.truth, exchange.must_be_found)).or_default() += 1;
        if let Some(what) = fault(exchange.truth, exchange.must_be_found, &said) {
            let lines: Vec<&str> = said.all.iter().map(|(_, line)| line.as_str()).collect();
            faults.push(format!(
                "{what}: seed {seed}, {}\n    {}",
                exchange.describe(),
                lines.join("\n    ")
            ));
        }
    }
    let shown = faults.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults; {truths:?}\n{shown}", faults.len());
    for truth in ["Worked", "Failed true"] {
        assert!(truths.keys().any(|key| key.starts_with(truth)), "{truths:?}");
    }
}
