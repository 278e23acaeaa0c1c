//! A desk to run the program at: an empty folder with a site file, and captures to put on it.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::recorder::{Pcap, tcp};

pub const SITE: &str = "\
[site]
name = \"Test\"
[[machine]]
name = \"vmm01\"
roles = [\"vmm-server\"]
addresses = [\"10.0.0.1\"]
[[machine]]
name = \"hv07\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.0.2\"]
";

/// An empty folder with a site file, and the program run in it.
pub struct Desk(pub tempfile::TempDir);

impl Desk {
    pub fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        desk.put("vmmtap.toml", SITE.as_bytes());
        desk
    }

    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmmtap"));
        command.current_dir(&self.0).args(arguments).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("vmmtap runs")
    }
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

pub fn verdicts(output: &Output) -> Vec<String> {
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let flows = report["flows"].as_array().expect("flows").iter();
    flows.map(|flow| flow["verdict"].as_str().unwrap_or("null").to_owned()).collect()
}

pub const SECOND: u64 = 1_000_000_000;
pub const HOST: (&str, u16) = ("10.0.0.1", 50_000);
pub const SERVICE: (&str, u16) = ("10.0.0.2", 5985);

pub fn syn() -> Vec<u8> {
    tcp(HOST, SERVICE, 1, "S", b"")
}

/// Two SYNs to WinRM, not answered.
pub fn blocked() -> Vec<u8> {
    Pcap::PLAIN.file(&[(0, syn()), (SECOND, syn())])
}

pub fn answered() -> Vec<u8> {
    Pcap::PLAIN.file(&[
        (0, syn()),
        (1000, tcp(SERVICE, HOST, 1, "SA", b"")),
        (2000, tcp(HOST, SERVICE, 2, "A", b"")),
    ])
}
