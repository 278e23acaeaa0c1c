//! One run of the program, as a user would start it, held to a time and a memory bound.

use std::{
    fs::File,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

/// A capture of this corpus takes well under a second.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Lines of standard error that a broken promise shows.
const SAID_LINES: usize = 2;
const POLL: Duration = Duration::from_millis(2);
/// Address space in KiB; an allocation by a length that a capture claims ends the run.
#[cfg(target_os = "linux")]
const ADDRESS_SPACE: u32 = 1 << 20;

/// What a run left behind.
pub struct Run {
    /// Exit code; `None` where a signal or the time limit ended it.
    pub code: Option<i32>,
    pub stdout: String,
    stderr: String,
    /// The highest resident memory seen, in bytes; 0 where the system does not tell.
    pub peak_memory: u64,
    overran: bool,
}

impl Run {
    /// Lists the conversations of a capture as JSON.
    pub fn flows(capture: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the output");
        let (stdout, stderr) = (folder.path().join("stdout"), folder.path().join("stderr"));
        let mut child = bounded(env!("CARGO_BIN_EXE_vmmtap"))
            .args(["flows", "--format", "json"])
            .arg(capture)
            .stdout(File::create(&stdout).expect("a file for standard output"))
            .stderr(File::create(&stderr).expect("a file for standard error"))
            .spawn()
            .expect("the program starts");
        let (code, peak_memory, overran) = wait(&mut child);
        let text = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into();
        Self { code, stdout: text(stdout), stderr: text(stderr), peak_memory, overran }
    }

    /// What every run promises, whatever the capture holds, and this one broke.
    pub fn broken_promises(&self, readable: bool) -> Vec<String> {
        let mut broken = Vec::new();
        let said: Vec<&str> = self.stderr.lines().take(SAID_LINES).collect();
        if self.overran {
            broken.push(format!("still ran after {} s", TIME_LIMIT.as_secs()));
        } else if !(self.code == Some(0) || self.code == Some(2) && !readable) {
            broken.push(format!("exit code {:?}: {}", self.code, said.join("; ")));
        } else if self.stderr.contains("panicked") {
            broken.push(format!("panicked: {}", said.join("; ")));
        }
        broken
    }
}

#[cfg(target_os = "linux")]
fn bounded(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" \"$@\""), program]);
    command
}

#[cfg(not(target_os = "linux"))]
fn bounded(program: &str) -> Command {
    Command::new(program)
}

/// Exit code, highest memory seen, and whether the time limit ended it.
fn wait(child: &mut Child) -> (Option<i32>, u64, bool) {
    let started = Instant::now();
    let mut peak = 0;
    loop {
        peak = peak.max(resident_peak(child.id()));
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            return (status.code(), peak, false);
        }
        if started.elapsed() > TIME_LIMIT {
            child.kill().expect("the program can be ended");
            child.wait().expect("the program ends");
            return (None, peak, true);
        }
        std::thread::sleep(POLL);
    }
}

/// The kernel's own high-water mark, so that a sample late in the run tells of all of it.
fn resident_peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    kib.and_then(|text| text.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib << 10)
}
