//! The laboratory for tests: it is brought up, operations are carried out in it, and the program
//! listens meanwhile. Root and the laboratory's packages are needed.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

/// Says to a test's second self that the laboratory is up.
const INSIDE: &str = "VMMTAP_TEST_IN_LAB";
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn lab() -> PathBuf {
    root().join("tests/lab/lab")
}

/// There is one laboratory; who comes second waits here.
static LAB: Mutex<()> = Mutex::new(());

/// Runs the body of a test while the laboratory is up: the test runs itself again below `lab with`.
pub fn in_the_lab(test: &str, body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some_and(|inside| inside == test) {
        return body();
    }
    if !nix::unistd::Uid::effective().is_root() {
        return println!("skipped: only root can bring the laboratory up");
    }
    for tool in ["ip", "nft", "nginx", "smbd", "samba-tool", "ipmi_sim", "dnsmasq", "tcpreplay"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
        if !found.is_ok_and(|output| output.status.success()) {
            return println!("skipped: the laboratory lacks {tool}; tests/lab/lab install");
        }
    }
    let _one_at_a_time = LAB.lock().unwrap_or_else(PoisonError::into_inner);
    let output = Command::new(lab())
        .arg("with")
        .arg(env::current_exe().expect("this test"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, test)
        .output()
        .expect("the laboratory");
    let (said, told) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "in the laboratory: {said}{told}");
}

pub fn do_in_lab(arguments: &[&str]) -> String {
    let output = Command::new(lab()).args(arguments).output().expect("the laboratory");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lab {arguments:?}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The program listening, with the lines that it writes.
pub struct Listening {
    pub child: Child,
    lines: Receiver<String>,
}

impl Listening {
    /// Begins to listen in a machine's namespace, and waits until it does.
    pub fn on(namespace: &str, interface: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new("ip")
            .args(["netns", "exec", namespace])
            .arg(env!("CARGO_BIN_EXE_vmmtap"))
            .args(["check", "-i", interface, "-s"])
            .arg(root().join("tests/lab/vmmtap.toml"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("vmmtap runs");
        let (sender, lines) = channel();
        let output = child.stdout.take().expect("standard output");
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut told = BufReader::new(child.stderr.take().expect("standard error"));
        let mut line = String::new();
        while !line.starts_with("listening on") {
            line.clear();
            assert!(told.read_line(&mut line).expect("a line") > 0, "it did not listen");
        }
        // What it tells later is read, lest it wait for a reader.
        thread::spawn(move || told.read_to_string(&mut String::new()));
        Self { child, lines }
    }

    pub fn signal(&self, signal: Signal) {
        let child = Pid::from_raw(self.child.id().try_into().expect("a process's number"));
        kill(child, signal).expect("the process is there");
    }

    /// Waits for the end: exit code and all lines that were not taken before.
    pub fn end(mut self) -> (i32, Vec<String>) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return (status.code().expect("an exit code"), self.lines.iter().collect());
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The next line for which a test holds.
    pub fn awaits(&self, test: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(line) = self.lines.recv_timeout(Duration::from_millis(100))
                && test(&line)
            {
                return line;
            }
        }
        panic!("the line never came");
    }
}

pub fn json(lines: &[String]) -> Value {
    serde_json::from_str(&lines.join("\n")).expect("one JSON report")
}

/// Client, server and port of the flows of a verdict.
pub fn of_verdict(report: &Value, verdict: &str) -> BTreeSet<(String, String, u64)> {
    let flows = report["flows"].as_array().expect("flows").iter();
    flows
        .filter(|flow| flow["verdict"] == verdict)
        .map(|flow| {
            let name = |side: &str| flow[side]["machine"].as_str().expect("a name").to_owned();
            (name("client"), name("server"), flow["server"]["port"].as_u64().expect("a port"))
        })
        .collect()
}

pub fn status(report: &Value, rule: &str, client: &str, server: &str) -> String {
    let rows = report["coverage"].as_array().expect("coverage").iter();
    let mut rows = rows
        .filter(|row| row["rule"] == rule && row["client"] == client && row["server"] == server);
    let row = rows.next_back();
    row.map_or("no such row", |row| row["status"].as_str().expect("a status")).to_owned()
}
