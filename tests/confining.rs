//! What is given up once the interface is open. The test runs itself again, for nothing of it can be
//! taken back.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use std::{
    env,
    fs::{self, File},
    io::ErrorKind,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use vmmtap::confine::{Rooms, confine};

/// Says to a test's second self which folder it may play in.
const FOLDER: &str = "VMMTAP_TEST_FOLDER";
const NOBODY: u32 = 65_534;

/// Runs a test again as somebody: with variables set or, being root, through another program.
fn again(test: &str, through: &[&str], variables: &[(&str, String)], body: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(FOLDER) {
        return body(Path::new(&folder));
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, mode) in [("", 0o777), ("in", 0o777), ("out", 0o777), ("elsewhere", 0o777)] {
        let path = folder.path().join(name);
        fs::create_dir_all(&path).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("allowed");
    }
    for name in ["in/site", "elsewhere/secret"] {
        fs::write(folder.path().join(name), "text").expect("written");
    }
    let itself = env::current_exe().expect("this test");
    let itself = itself.to_string_lossy();
    let words = [through, &[&*itself, "--exact", test, "--nocapture", "--test-threads=1"]].concat();
    let output = Command::new(words[0])
        .args(&words[1..])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env(FOLDER, folder.path())
        .output()
        .expect("the test runs again");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

/// The fields of `/proc/thread-self/status` by name.
fn status(field: &str) -> String {
    let status = fs::read_to_string("/proc/thread-self/status").expect("proc");
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{field}:")));
    line.expect("a field").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn confined_to(folder: &Path) -> vmmtap::confine::Confined {
    let (site, report) = (folder.join("in/site"), folder.join("out/report"));
    let rooms = Rooms {
        read: vec![&site, Path::new("/proc")],
        write: vec![&report, Path::new("/dev/null")],
    };
    confine(&rooms)
}

fn denied<T>(result: std::io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

#[test]
fn only_the_rooms_can_be_entered() {
    again("only_the_rooms_can_be_entered", &["env"], &[], |folder| {
        let confined = confined_to(folder);
        assert!(confined.done.contains(&"no new privileges"), "{confined:?}");
        if confined.missing.iter().any(|missing| missing.contains("Landlock")) {
            return println!("skipped: {confined:?}");
        }
        assert!(confined.missing.is_empty(), "{confined:?}");
        assert_eq!(fs::read_to_string(folder.join("in/site")).expect("inside"), "text");
        fs::write(folder.join("out/report"), "new").expect("inside");
        fs::write(folder.join("out/report"), "written over").expect("inside");
        fs::write("/dev/null", "x").expect("inside");
        assert!(denied(fs::read(folder.join("elsewhere/secret"))));
        assert!(denied(fs::write(folder.join("in/site"), "x")), "what is read is not written");
        assert!(denied(File::create(folder.join("elsewhere/new"))));
        assert!(denied(Command::new("/bin/true").status()), "nothing is started");
        assert!(denied(TcpListener::bind("127.0.0.1:0")), "nobody is listened to");
    });
}

#[test]
fn capabilities_are_gone_and_do_not_come_back() {
    again("capabilities_are_gone_and_do_not_come_back", &["env"], &[], |folder| {
        let _confined = confined_to(folder);
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(status(set), "0000000000000000", "{set}");
        }
        assert_eq!(status("NoNewPrivs"), "1");
        if nix::unistd::Uid::effective().is_root() {
            assert_eq!(status("CapBnd"), "0000000000000000");
        }
    });
}

#[test]
fn under_sudo_the_user_comes_back() {
    if !nix::unistd::Uid::effective().is_root() {
        return println!("skipped: not root");
    }
    let somebody = NOBODY.to_string();
    let variables = [("SUDO_UID", somebody.clone()), ("SUDO_GID", somebody)];
    again("under_sudo_the_user_comes_back", &["env"], &variables, |folder| {
        let confined = confined_to(folder);
        assert!(confined.done.contains(&"back to the user who called sudo"), "{confined:?}");
        let nobody = format!("{NOBODY} {NOBODY} {NOBODY} {NOBODY}");
        assert_eq!([status("Uid"), status("Gid")], [nobody.clone(), nobody]);
        assert_eq!(status("Groups"), NOBODY.to_string());
        assert_eq!(status("CapPrm"), "0000000000000000");
        assert!(nix::unistd::setuid(nix::unistd::Uid::from_raw(0)).is_err(), "no way back");
        fs::write(folder.join("out/report"), "theirs").expect("inside");
    });
}

#[test]
fn somebody_without_privileges_is_confined_all_the_same() {
    if !nix::unistd::Uid::effective().is_root() {
        return println!("skipped: anybody is somebody without privileges");
    }
    let through = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
    if Command::new("setpriv").arg("--version").output().is_err() {
        return println!("skipped: no setpriv");
    }
    again("somebody_without_privileges_is_confined_all_the_same", &through, &[], |folder| {
        let confined = confined_to(folder);
        assert!(
            confined.missing.iter().all(|missing| missing.contains("Landlock")),
            "{confined:?}"
        );
        assert_eq!(status("NoNewPrivs"), "1");
    });
}
