//! The bundled captures, replayed: each must give the report that lies beside it, and each
//! conversation the verdict that the scenario's own table demands.
//!
//! `VMMTAP_BLESS=1 cargo test --test scenarios` writes the reports anew; read the difference before
//! you commit it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the bundled captures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    assert!(paths.len() >= 30, "{paths:?}");
    paths
}

fn capture_of(scenario: &Path) -> &'static str {
    if scenario.join("capture.pcapng").exists() { "capture.pcapng" } else { "capture.pcap" }
}

/// What `vmmtap check` prints in the scenario's folder, and its exit code.
fn check(scenario: &Path, format: &str) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_vmmtap"))
        .current_dir(scenario)
        .args(["check", "--format", format, capture_of(scenario)])
        .output()
        .expect("vmmtap runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (text, output.status.code().expect("an exit code"))
}

#[test]
fn every_scenario_gives_the_report_that_lies_beside_it() {
    for scenario in scenarios() {
        for (format, file) in [("text", "report.txt"), ("json", "report.json")] {
            let (report, _) = check(&scenario, format);
            let path = scenario.join(file);
            if std::env::var_os("VMMTAP_BLESS").is_some() {
                fs::write(&path, &report).expect("written");
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(report, expected, "{}", path.display());
        }
    }
}

/// A conversation as the table in a scenario's README demands it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone)]
struct Demand {
    client: String,
    server: String,
    service: String,
    expectation: String,
    outcome: String,
    verdict: String,
}

/// The table was written by hand: from the port matrix's facts, and from what the laboratory did.
fn demands(scenario: &Path) -> BTreeMap<Demand, u32> {
    let readme = fs::read_to_string(scenario.join("README.md")).expect("a README");
    let mut demands = BTreeMap::new();
    for line in readme.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let &[client, server, service, expectation, outcome, verdict, _] = cells.as_slice() else {
            panic!("{}: {line}", scenario.display());
        };
        let demand = Demand {
            client: client.to_owned(),
            server: server.to_owned(),
            service: service.to_owned(),
            expectation: expectation.to_owned(),
            outcome: outcome.to_owned(),
            verdict: verdict.to_owned(),
        };
        *demands.entry(demand).or_default() += 1;
    }
    demands
}

fn told(flow: &Value) -> Demand {
    let party = |side: &Value| {
        side["machine"].as_str().or(side["ip"].as_str()).expect("a name or address").to_owned()
    };
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let service = match flow["transport"].as_str() {
        Some("icmp") => "icmp echo".to_owned(),
        transport => format!("{}/{}", transport.expect("a transport"), flow["server"]["port"]),
    };
    let expectation = &flow["expectation"];
    let kind = word(&expectation["kind"]);
    let rows = expectation["rules"].as_array().expect("rules").iter();
    let row = rows.filter_map(|rule| rule["row"].as_u64()).next();
    Demand {
        client: party(&flow["client"]),
        server: party(&flow["server"]),
        service,
        expectation: match (flow["verdict"].as_str(), row) {
            (Some("outside"), _) => String::new(),
            (_, Some(row)) => format!("{kind} (row {row})"),
            _ => kind,
        },
        outcome: word(&flow["outcome"]),
        verdict: word(&flow["verdict"]),
    }
}

#[test]
fn every_conversation_is_judged_as_its_table_demands() {
    for scenario in scenarios() {
        let output = Command::new(env!("CARGO_BIN_EXE_vmmtap"))
            .current_dir(&scenario)
            .args(["check", "--all", "--format", "json", capture_of(&scenario)])
            .output()
            .expect("vmmtap runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let mut found: BTreeMap<Demand, u32> = BTreeMap::new();
        for flow in report["flows"].as_array().expect("flows") {
            *found.entry(told(flow)).or_default() += 1;
        }
        assert_eq!(found, demands(&scenario), "{}", scenario.display());
    }
}

#[test]
fn the_exit_code_tells_findings_from_none() {
    for scenario in scenarios() {
        let finding = demands(&scenario)
            .keys()
            .any(|demand| ["blocked", "unexpected", "mismatch"].contains(&demand.verdict.as_str()));
        assert_eq!(check(&scenario, "text").1, i32::from(finding), "{}", scenario.display());
    }
}

#[test]
fn the_text_fits_into_80_columns() {
    for scenario in scenarios() {
        let (report, _) = check(&scenario, "text");
        for line in report.lines() {
            assert!(line.chars().count() <= 80, "{}: {line}", scenario.display());
        }
    }
}

#[test]
fn every_frame_is_in_a_conversation_or_counted_elsewhere() {
    for scenario in scenarios() {
        let report: Value = serde_json::from_str(&check(&scenario, "json").0).expect("JSON");
        let totals = &report["totals"];
        let output = Command::new(env!("CARGO_BIN_EXE_vmmtap"))
            .current_dir(&scenario)
            .args(["flows", "--format", "ndjson", capture_of(&scenario)])
            .output()
            .expect("vmmtap runs");
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let in_conversations: u64 = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .map(|flow| flow["packets"]["client"].as_u64().zip(flow["packets"]["server"].as_u64()))
            .map(|packets| packets.map_or(0, |(client, server)| client + server))
            .sum();
        let skipped: u64 = totals["skipped"]
            .as_object()
            .expect("reasons")
            .values()
            .filter_map(Value::as_u64)
            .sum();
        let copies = totals["duplicates"].as_u64().expect("a count");
        let errors = totals["icmp_errors"].as_u64().expect("a count");
        assert_eq!(totals["packets"].as_u64(), Some(in_conversations + copies + skipped + errors));
    }
}
