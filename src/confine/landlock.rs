//! Landlock (landlock(7)): what may still be opened.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, PathFdError, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::Rooms;

/// The newest rules that were tried with this program. An older kernel keeps those that it knows.
const RULES: ABI = ABI::V6;

/// The rules, not in force yet.
pub(super) fn rules(rooms: &Rooms<'_>) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::RemoveFile
        | AccessFs::IoctlDev;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(RULES))?
        .handle_access(AccessNet::from_all(RULES))?
        .scope(Scope::from_all(RULES))?
        .create()?;
    for (paths, access) in [(&rooms.read, read), (&rooms.write, write)] {
        for path in paths {
            // A room that is not there cannot be entered either.
            if let Ok(room) = open(path) {
                rules = rules.add_rule(beneath(room, path, access))?;
            }
        }
    }
    Ok(rules)
}

/// Opens a room, or the folder in which it will be made.
fn open(path: &Path) -> Result<PathFd, PathFdError> {
    let folder = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    };
    PathFd::new(path).or_else(|_| PathFd::new(folder))
}

/// A file cannot be given what only folders know.
fn beneath(room: PathFd, path: &Path, access: BitFlags<AccessFs>) -> PathBeneath<PathFd> {
    let is_file = path.exists() && !path.is_dir();
    let access = if is_file { access & AccessFs::from_file(RULES) } else { access };
    PathBeneath::new(room, access)
}

/// Puts the rules in force; says which of them the kernel keeps.
pub(super) fn enforce(rules: RulesetCreated) -> Result<Vec<&'static str>, String> {
    let status = rules.restrict_self().map_err(|error| error.to_string())?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok(vec!["files, TCP and signals closed by Landlock"]),
        RulesetStatus::PartiallyEnforced => {
            Ok(vec!["files closed by Landlock, as far as this kernel knows it"])
        }
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock, or it is off".to_owned()),
    }
}
