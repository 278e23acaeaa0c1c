//! The files that a command reads and writes: no output may overwrite any of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::bail;

use crate::capture::{Source, shown};

/// A file, by whatever path it is named.
#[derive(Debug, PartialEq, Eq)]
enum FileIdentity {
    /// Device and inode: the same for hard and symbolic links.
    #[cfg(unix)]
    Inode(u64, u64),
    /// Volume and index: the same for hard and symbolic links.
    #[cfg(windows)]
    Handle(same_file::Handle),
    /// The path that a file not there yet will have.
    Path(PathBuf),
}

/// Links followed before a path is given up; kernels follow about as many.
const MOST_LINKS: usize = 40;

impl FileIdentity {
    /// The identity of a regular file, or of a path where no file is yet. Devices and pipes have none:
    /// writing to them overwrites nothing.
    fn of(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Ok(metadata) => Self::of_existing(path, &metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(Self::Path(resolved(path)))
            }
            Err(_) => None,
        }
    }

    #[cfg(unix)]
    fn of_existing(_path: &Path, metadata: &fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file().then(|| Self::Inode(metadata.dev(), metadata.ino()))
    }

    #[cfg(windows)]
    fn of_existing(path: &Path, metadata: &fs::Metadata) -> Option<Self> {
        if !metadata.is_file() {
            return None;
        }
        same_file::Handle::from_path(path)
            .map(Self::Handle)
            .ok()
            .or_else(|| Some(Self::Path(path.canonicalize().ok()?)))
    }

    #[cfg(not(any(unix, windows)))]
    fn of_existing(path: &Path, metadata: &fs::Metadata) -> Option<Self> {
        if metadata.is_file() { path.canonicalize().ok().map(Self::Path) } else { None }
    }

    /// The regular file that standard input comes from.
    #[cfg(unix)]
    fn of_standard_input() -> Option<Self> {
        use std::os::fd::AsFd;
        let file = io::stdin().as_fd().try_clone_to_owned().ok()?;
        Self::of_existing(Path::new("-"), &fs::File::from(file).metadata().ok()?)
    }

    /// The regular file that standard input comes from.
    #[cfg(not(unix))]
    fn of_standard_input() -> Option<Self> {
        None
    }
}

/// Where a file would be made: links to nothing are followed to their end.
fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(target);
    }
    let Some(name) = path.file_name() else { return path };
    // Names that differ in case alone are one file on Windows.
    let name = if cfg!(windows) { name.to_ascii_lowercase() } else { name.to_owned() };
    match folder_of(&path).canonicalize() {
        Ok(folder) => folder.join(name),
        Err(_) => path,
    }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// What a command reads, and what it writes besides an output.
#[derive(Debug, Default)]
pub struct FilesInUse {
    files: Vec<(String, FileIdentity)>,
}

impl FilesInUse {
    /// Adds a file; `what` describes it in messages, such as "the site file".
    #[must_use]
    pub fn with(mut self, what: &str, path: &Path) -> Self {
        if let Some(identity) = FileIdentity::of(path) {
            self.files.push((format!("{what} {}", shown(path)), identity));
        }
        self
    }

    /// Adds a file where there is one.
    #[must_use]
    pub fn with_any<'p>(self, what: &str, paths: impl IntoIterator<Item = &'p Path>) -> Self {
        paths.into_iter().fold(self, |files, path| files.with(what, path))
    }

    /// Adds captures.
    #[must_use]
    pub fn with_captures(mut self, captures: &[Source]) -> Self {
        if captures.contains(&Source::StandardInput) {
            let identity = FileIdentity::of_standard_input();
            let what = "the file that standard input is read from".to_owned();
            self.files.extend(identity.map(|identity| (what, identity)));
        }
        self.with_any("the capture", captures.iter().filter_map(Source::path))
    }

    /// Refuses an output that would overwrite one of these files; `option` names it.
    ///
    /// # Errors
    /// It would.
    pub fn refuse(&self, option: &str, path: &Path) -> anyhow::Result<()> {
        let Some(identity) = FileIdentity::of(path) else { return Ok(()) };
        if let Some((what, _)) = self.files.iter().find(|(_, other)| *other == identity) {
            bail!(
                "cannot write {}: {option} would overwrite {what}, which this command uses; \
                 name another file with {option}",
                shown(path)
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

    use super::*;

    #[test]
    fn a_file_is_recognised_by_every_path_that_leads_to_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").expect("written");
        fs::write(at("b"), "a").expect("written");
        fs::create_dir(at("d")).expect("made");
        fs::hard_link(at("a"), at("hard")).expect("linked");
        let used = FilesInUse::default().with("the site file", &at("a")).with("-w", &at("new"));
        let same = ["a", "hard", "./a", "d/../a", "new", "./new", "d/../new"];
        #[cfg(unix)]
        let links = {
            std::os::unix::fs::symlink("a", at("soft")).expect("linked");
            std::os::unix::fs::symlink("soft", at("softer")).expect("linked");
            std::os::unix::fs::symlink("d/../new", at("dangling")).expect("linked");
            ["soft", "softer", "dangling"]
        };
        #[cfg(not(unix))]
        let links: [&str; 0] = [];
        for name in same.into_iter().chain(links) {
            let refused = used.refuse("-o", &at(name)).expect_err(name).to_string();
            assert!(refused.contains("-o would overwrite"), "{name}: {refused}");
        }
        for name in ["b", "other", "d/a", "no/such/folder"] {
            assert!(used.refuse("-o", &at(name)).is_ok(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_never_overwritten() {
        let null = Path::new("/dev/null");
        let used = FilesInUse::default().with("the capture", null);
        assert!(used.refuse("-o", null).is_ok());
    }
}
