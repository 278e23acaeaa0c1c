//! Files that are complete or not there at all: written beside their place and then renamed.

use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
};

use tempfile::TempPath;

use crate::{confine::hand_over, files_in_use::folder_of};

/// A file under writing. Dropped without [`NewFile::commit`], what was there before stays.
pub(crate) struct NewFile {
    /// Where the text goes.
    pub file: File,
    draft: Option<(TempPath, PathBuf)>,
}

impl NewFile {
    /// Begins a file that will replace the one of this path. A link stays one; what it leads to is
    /// replaced. Devices, pipes, and files whose folder or owner does not allow it are written in
    /// place.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let in_place = |path: &Path| Ok(Self { file: File::create(path)?, draft: None });
        let target = match path.canonicalize() {
            Ok(target) => target,
            // A link to nothing is followed by the system.
            Err(_) if path.is_symlink() => return in_place(path),
            Err(_) => path.to_owned(),
        };
        let before = fs::metadata(&target).ok();
        if before.as_ref().is_some_and(|before| !before.is_file()) {
            return in_place(path);
        }
        // A file that may not be written to is not replaced either.
        if before.is_some() {
            File::options().write(true).open(&target)?;
        }
        let made = tempfile::Builder::new()
            .prefix(".vmmtap-")
            .make_in(folder_of(&target), |path| File::create_new(path));
        let Ok(made) = made else { return in_place(path) };
        let (file, draft) = made.into_parts();
        match before {
            Some(before) if !has_same_owner(&file, &before)? => return in_place(path),
            Some(before) => file.set_permissions(before.permissions())?,
            None => hand_over(&file),
        }
        Ok(Self { file, draft: Some((draft, target)) })
    }

    /// Puts the file in its place.
    pub(crate) fn commit(self) -> io::Result<()> {
        let Self { file, draft } = self;
        drop(file);
        let Some((draft, target)) = draft else { return Ok(()) };
        // Unlike the crate's own, this one takes paths of any length on Windows.
        fs::rename(&draft, &target)
    }
}

#[cfg(unix)]
fn has_same_owner(file: &File, before: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let made = file.metadata()?;
    Ok((made.uid(), made.gid()) == (before.uid(), before.gid()))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "other systems have to ask")]
fn has_same_owner(_file: &File, _before: &Metadata) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report");
        fs::write(&path, "before").expect("written");
        let mut given_up = NewFile::create(&path).expect("begun");
        given_up.file.write_all(b"half").expect("written");
        drop(given_up);
        assert_eq!(fs::read(&path).expect("a report"), b"before");
        let mut done = NewFile::create(&path).expect("begun");
        done.file.write_all(b"after").expect("written");
        assert_eq!(fs::read(&path).expect("a report"), b"before");
        done.commit().expect("in its place");
        assert_eq!(fs::read(&path).expect("a report"), b"after");
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "nothing is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let [path, link] = ["report", "link"].map(|name| folder.path().join(name));
        fs::write(&path, "before").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        symlink("report", &link).expect("linked");
        let mut file = NewFile::create(&link).expect("begun");
        file.file.write_all(b"after").expect("written");
        file.commit().expect("in its place");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&path).expect("a report"), b"after");
        let mode = fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let device = NewFile::create(Path::new("/dev/null")).expect("begun");
        device.commit().expect("nothing to do");
        assert!(!fs::metadata("/dev/null").expect("metadata").is_file());
    }
}
