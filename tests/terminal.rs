//! The real program in a real terminal (tmux): keys are sent, the pane is read, and the terminal is
//! given back whatever ends the program. Skipped, with a word, where tmux is not installed.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]
#![cfg(unix)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, id},
    thread::sleep,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A terminal of its own, ended with the test.
struct Pane(String);

impl Drop for Pane {
    fn drop(&mut self) {
        let _gone = self.tmux(&["kill-server"]);
        let _never_written = fs::remove_file(self.pid_file());
    }
}

const PATIENCE: Duration = Duration::from_secs(20);
/// What a shell's terminal is when nobody has changed it.
const AS_BEFORE: &str = "AS BEFORE";

impl Pane {
    /// Runs a command in a shell in a terminal, then tells its exit code and whether the terminal is
    /// as it was; `None` where there is no tmux.
    fn run(test: &str, command: &str) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            println!("skipped: tmux is not installed");
            return None;
        }
        let pane = Self(format!("vmmtap-{}-{test}", id()));
        let script = format!(
            "export PID_FILE='{}'; before=$(stty -g); sh -c '{command}'; echo \"EXIT $?\"; \
             [ \"$(stty -g)\" = \"$before\" ] && echo {AS_BEFORE}; sleep 60",
            pane.pid_file().display()
        );
        let started =
            pane.tmux(&["new-session", "-d", "-x", "80", "-y", "24", "sh", "-c", &script]);
        assert!(started.is_some(), "tmux starts");
        Some(pane)
    }

    fn pid_file(&self) -> PathBuf {
        std::env::temp_dir().join(format!("{}.pid", self.0))
    }

    /// The process of the program.
    fn child(&self) -> Pid {
        let text = fs::read_to_string(self.pid_file()).expect("a file with the process's number");
        Pid::from_raw(text.trim().parse().expect("a number"))
    }

    fn tmux(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("tmux")
            .args(["-L", &self.0, "-f", "/dev/null"])
            .args(arguments)
            .env_remove("TMUX")
            .output()
            .ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn send(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]).expect("a key is sent");
        }
    }

    /// Waits until the pane shows a text.
    fn shows(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let pane = self.tmux(&["capture-pane", "-p"]).unwrap_or_default();
            if pane.contains(text) {
                return pane;
            }
            assert!(begun.elapsed() < PATIENCE, "never showed {text}:\n{pane}");
            sleep(Duration::from_millis(50));
        }
    }

    /// The terminal's own word on its state: other screen, mouse reports, cursor.
    fn modes(&self) -> String {
        let format = "#{alternate_on}#{mouse_any_flag}#{cursor_flag}";
        self.tmux(&["display-message", "-p", format]).unwrap_or_default().trim().to_owned()
    }

    fn is_given_back(&self, exit: &str) {
        let pane = self.shows(AS_BEFORE);
        assert!(pane.contains(exit), "{pane}");
        assert_eq!(self.modes(), "001", "{pane}");
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn watch(rest: &str) -> String {
    let folder = root().join("captures/add-host-winrm-blocked");
    let (program, folder) = (env!("CARGO_BIN_EXE_vmmtap"), folder.display());
    format!("cd {folder} && echo $$ > \"$PID_FILE\" && exec {program} watch capture.pcap {rest}")
}

#[test]
fn keys_lead_through_the_views_and_q_gives_the_terminal_back() {
    let Some(pane) = Pane::run("keys", &watch("")) else { return };
    pane.shows("tcp 5985  agent-winrm (row 3)");
    assert_eq!(&pane.modes()[..2], "11", "the other screen, and the mouse");
    pane.send(&["2"]);
    pane.shows("outcome");
    pane.send(&["/"]);
    pane.send(&["verdict:blocked"]);
    pane.shows("1 of ");
    pane.send(&["Enter", "Enter"]);
    pane.shows("client asks again (SYN, try 2)");
    pane.send(&["?"]);
    pane.shows("this help; again, or Esc, to leave it");
    pane.send(&["Escape"]);
    sleep(Duration::from_millis(300));
    pane.send(&["Escape"]);
    pane.send(&["q"]);
    pane.is_given_back("EXIT 1");
}

#[test]
fn ctrl_c_gives_the_terminal_back() {
    let Some(pane) = Pane::run("interrupt", &watch("")) else { return };
    pane.shows("1 Findings");
    pane.send(&["C-c"]);
    pane.is_given_back("EXIT 1");
}

#[test]
fn a_wish_to_end_gives_the_terminal_back() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let Some(pane) = Pane::run(signal.as_str(), &watch("")) else { return };
        pane.shows("1 Findings");
        kill(pane.child(), signal).expect("the process is there");
        pane.is_given_back("EXIT 1");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_told() {
    let examples = Path::new(env!("CARGO_BIN_EXE_vmmtap")).with_file_name("examples");
    let program = examples.join("panics_on_stage");
    if !program.exists() {
        return println!("skipped: the example panics_on_stage is not built");
    }
    let Some(pane) = Pane::run("panic", &program.display().to_string()) else { return };
    pane.is_given_back("EXIT 101");
    pane.shows("a mistake while the screen is up");
}

#[test]
fn a_terminal_that_is_gone_ends_the_program() {
    let Some(pane) = Pane::run("gone", &watch("")) else { return };
    pane.shows("1 Findings");
    let child = pane.child();
    drop(pane);
    let begun = Instant::now();
    while kill(child, None).is_ok() {
        assert!(begun.elapsed() < PATIENCE, "process {child} goes on without a terminal");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_view_is_exported_and_never_over_a_file_that_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("view.json");
    let Some(pane) = Pane::run("export", &watch("")) else { return };
    pane.shows("1 Findings");
    let name = file.display().to_string();
    pane.send(&["e", "C-u", &name, "Enter"]);
    pane.shows("written to");
    let text = fs::read_to_string(&file).expect("the view");
    assert!(text.contains("\"schema\": \"vmmtap/view/1\""), "{text}");
    pane.send(&["e", "C-u", &name, "Enter"]);
    pane.shows("there already");
    assert_eq!(fs::read_to_string(&file).expect("the view"), text);
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let output = Command::new(env!("CARGO_BIN_EXE_vmmtap"))
        .current_dir(root().join("captures/add-host-winrm-blocked"))
        .args(["watch", "capture.pcap"])
        .output()
        .expect("vmmtap runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("vmmtap check"));
}
