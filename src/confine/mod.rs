//! Giving up what a program that only listens does not need.
//!
//! Packets come from anybody. Should one of them ever find a fault in this program, there shall be
//! nothing to gain: once the interface is open, the privileges that opened it go.

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod privileges;
#[cfg(unix)]
mod user;

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// The files and folders that may still be opened. Of a folder anything beneath may; for a file that
/// is not there yet its folder stands, and so it does for one that is replaced by renaming.
#[derive(Clone, Debug, Default)]
pub struct Rooms<'a> {
    /// To read.
    pub read: Vec<&'a Path>,
    /// To read, write, make and remove.
    pub write: Vec<&'a Path>,
}

/// What was given up, and what could not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confined {
    /// What was done.
    pub done: Vec<&'static str>,
    /// What could not be done, and why.
    pub missing: Vec<String>,
}

impl Confined {
    /// Notes how one thing went.
    #[cfg_attr(not(any(unix, windows)), expect(dead_code, reason = "nothing is tried there"))]
    fn note<E: std::fmt::Display>(&mut self, what: &'static str, went: Result<(), E>) {
        match went {
            Ok(()) => self.done.push(what),
            Err(why) => self.missing.push(format!("{what}: {why}")),
        }
    }
}

/// Makes a file, or opens the one that is there without emptying it, while privileges are still held;
/// under sudo it becomes the user's who called it.
///
/// # Errors
/// The system does not let it be made or written.
pub fn make_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    hand_over(&file);
    Ok(file)
}

/// Under sudo, makes a file the user's who called it.
#[cfg_attr(not(unix), expect(unused_variables, reason = "there is no sudo"))]
pub(crate) fn hand_over(file: &File) {
    #[cfg(unix)]
    user::hand_over(file);
}

/// Gives up what is not needed any more: new privileges, under sudo the superuser's identity, all
/// capabilities, and where the kernel has Landlock any file outside the rooms, TCP, and signals to
/// other programs.
///
/// To be called before any thread is started, for some of it holds for the calling thread and those
/// that it starts. Nothing of it can be taken back.
#[must_use]
pub fn confine(rooms: &Rooms<'_>) -> Confined {
    let mut confined = Confined::default();
    confine_here(rooms, &mut confined);
    confined
}

#[cfg(target_os = "linux")]
fn confine_here(rooms: &Rooms<'_>, confined: &mut Confined) {
    // Rooms are looked up while everything may still be looked at; the superuser's right to change
    // identity and bounds goes with the capabilities.
    let rules = landlock::rules(rooms);
    privileges::lower_bounds();
    user::step_back(confined);
    confined.note("capabilities given up", privileges::drop_all());
    confined.note("no new privileges", privileges::refuse_new());
    match rules.map_err(|error| error.to_string()).and_then(landlock::enforce) {
        Ok(done) => confined.done.extend(done),
        Err(why) => confined.missing.push(format!("files and network stay open: {why}")),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn confine_here(_rooms: &Rooms<'_>, confined: &mut Confined) {
    user::step_back(confined);
    confined.missing.push("files and network stay open: only Linux can close them".to_owned());
}

#[cfg(windows)]
fn confine_here(_rooms: &Rooms<'_>, confined: &mut Confined) {
    use crate::windows::{drop_privileges, forbid_children};
    confined.note("privileges given up", drop_privileges());
    confined.note("no child processes", forbid_children());
}

#[cfg(not(any(unix, windows)))]
fn confine_here(_rooms: &Rooms<'_>, confined: &mut Confined) {
    confined.missing.push("privileges stay: nothing is known of giving them up here".to_owned());
}
