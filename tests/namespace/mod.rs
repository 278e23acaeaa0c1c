//! A network of a test's own: a namespace with two ends of one wire, removed when the test ends.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    env, fs,
    process::{Command, Output, id},
    time::{Duration, Instant},
};

use pcap::{Active, Capture};
use vmmtap::capture::{
    DEFAULT_BUFFER_BYTES, DEFAULT_SNAP_LEN, Heard, Tap, TapError, TapOptions, interfaces,
};

/// Says to a test's second self that it is within.
const INSIDE: &str = "VMMTAP_TEST_INSIDE";
/// The ends of the wire: frames are put on one and heard on the other.
pub const NEAR: &str = "near0";
pub const FAR: &str = "far0";

struct Namespace(String);

impl Drop for Namespace {
    fn drop(&mut self) {
        run("ip", &["netns", "del", &self.0]);
    }
}

/// Runs the body of a test within a namespace of its own: the test runs itself again there. Skipped,
/// with a word, where the test is not run as root or iproute2 is missing.
pub fn in_a_namespace(test: &str, body: impl FnOnce()) {
    if let Err(error @ TapError::NoLibrary { .. }) = interfaces() {
        return println!("skipped: {error}");
    }
    again(test, &[], body);
}

/// The same, with another program between that runs the test's second self.
pub fn again(test: &str, through: &[&str], body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some_and(|inside| inside == test) {
        return body();
    }
    if !nix::unistd::Uid::effective().is_root() {
        return println!("skipped: only root can make network namespaces");
    }
    if Command::new("ip").arg("-V").output().is_err() {
        return println!("skipped: iproute2 is not installed");
    }
    let namespace = Namespace(format!("vmmtap-{}-{test}", id()));
    let name = namespace.0.as_str();
    // In a container root may not be allowed to.
    if !run("ip", &["netns", "add", name]).is_some_and(|output| output.status.success()) {
        return println!("skipped: no network namespace can be made here");
    }
    // Neighbours would be looked for, and the wire is to be silent.
    for which in ["all", "default"] {
        let setting = format!("net.ipv6.conf.{which}.disable_ipv6=1");
        run("ip", &["netns", "exec", name, "sysctl", "-q", "-w", &setting]);
    }
    must("ip", &["-n", name, "link", "add", NEAR, "type", "veth", "peer", "name", FAR]);
    for end in [NEAR, FAR, "lo"] {
        must("ip", &["-n", name, "link", "set", end, "up"]);
    }
    let itself = env::current_exe().expect("this test");
    let output = Command::new("ip")
        .args(["netns", "exec", name])
        .args(through)
        .arg(itself)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, test)
        .output()
        .expect("the test runs again");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "within the namespace: {told}");
}

pub fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    Command::new(program).args(arguments).output().ok()
}

pub fn must(program: &str, arguments: &[&str]) {
    let output = run(program, arguments).unwrap_or_else(|| panic!("no {program}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {told}");
}

pub fn options(filter: Option<String>) -> TapOptions {
    TapOptions {
        interface: FAR.to_owned(),
        filter,
        snap_len: DEFAULT_SNAP_LEN,
        buffer_bytes: DEFAULT_BUFFER_BYTES,
        promiscuous: true,
    }
}

pub fn tap(options: &TapOptions) -> Tap {
    Tap::open(options).unwrap_or_else(|error| panic!("{error}"))
}

/// The near end, to put frames on.
pub fn near_end() -> Capture<Active> {
    let end = Capture::from_device(NEAR).expect("an interface");
    end.timeout(10).open().expect("opened")
}

/// What came of listening: time, bytes and wire length of each frame, and how it ended, if it did.
#[derive(Debug, Default)]
pub struct Hearing {
    pub frames: Vec<(i64, Vec<u8>, u32)>,
    pub ended: Option<String>,
}

/// Listens until so many frames came, the end came or nothing came for a time.
pub fn listen(tap: &mut Tap, frames: usize, patience: Duration) -> Hearing {
    let mut heard = Hearing::default();
    let mut since = Instant::now();
    while heard.frames.len() < frames && since.elapsed() < patience {
        match tap.next() {
            Heard::Frame(frame) => {
                heard.frames.push((frame.time.0, frame.data.to_vec(), frame.wire_len));
                since = Instant::now();
            }
            Heard::Nothing => {}
            Heard::Ended(why) => {
                heard.ended = Some(why);
                break;
            }
        }
    }
    heard
}

/// Processor time of this process so far.
pub fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("proc");
    let after_name = stat.rsplit(')').next().expect("a name");
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().expect("a number"))
        .sum();
    // USER_HZ is 100 on every architecture that Linux has today.
    Duration::from_millis(ticks * 10)
}
