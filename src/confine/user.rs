//! From the superuser back to the person who wrote `sudo`.

use std::{env, fs::File, os::unix::fs::fchown};

use nix::unistd::{Gid, Uid, setgid, setuid};

use super::Confined;

const WHAT: &str = "back to the user who called sudo";

/// Takes on the identity of the user who called sudo, where one did. Files are then written as
/// theirs.
pub(super) fn step_back(confined: &mut Confined) {
    if !Uid::effective().is_root() {
        return;
    }
    if let Some((user, group)) = caller() {
        confined.note(WHAT, become_user(Uid::from_raw(user), Gid::from_raw(group)));
    }
}

/// The user and group who called sudo, unless that is the superuser.
fn caller() -> Option<(u32, u32)> {
    number("SUDO_UID").zip(number("SUDO_GID")).filter(|(user, _)| *user != 0)
}

/// Gives a file to the user who called sudo.
pub(super) fn hand_over(file: &File) {
    if let Some((user, group)) = caller().filter(|_| Uid::effective().is_root()) {
        // Where the file system knows no owners it stays as it is.
        let _no_owners = fchown(file, Some(user), Some(group));
    }
}

fn number(name: &str) -> Option<u32> {
    env::var(name).ok()?.parse().ok()
}

/// The superuser's `setuid` changes the real, effective and saved identity, so there is no way back;
/// groups go first, while there is the right to change them.
fn become_user(user: Uid, group: Gid) -> nix::Result<()> {
    leave_groups(group)?;
    setgid(group)?;
    setuid(user)
}

#[cfg(not(target_vendor = "apple"))]
fn leave_groups(group: Gid) -> nix::Result<()> {
    nix::unistd::setgroups(&[group])
}

/// macOS keeps supplementary groups by the user.
#[cfg(target_vendor = "apple")]
#[expect(clippy::unnecessary_wraps, reason = "other systems may refuse")]
fn leave_groups(_group: Gid) -> nix::Result<()> {
    Ok(())
}
