//! Names with wildcards: shells on Windows leave them to the program.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::capture::{Source, shown};

/// The files that a source's name stands for, in order; any other source stands for itself.
pub(super) fn expanded(source: &Source) -> anyhow::Result<Vec<Source>> {
    let Some(path) = source.path() else { return Ok(vec![source.clone()]) };
    let as_source = |path| match source {
        Source::Drops(_) => Source::Drops(path),
        _ => Source::File(path),
    };
    Ok(matching(path)?.into_iter().map(as_source).collect())
}

/// The files that names stand for, in order.
pub(super) fn paths(names: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let each: Vec<_> = names.iter().map(|name| matching(name)).collect::<Result<_, _>>()?;
    Ok(each.concat())
}

/// The files that a path with wildcards stands for; a path without, or the path of a file that is
/// there, stands for itself.
fn matching(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    // A file may well be named so where its system allows it.
    if !is_pattern(path.as_os_str()) || path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot = || format!("cannot look for {}", shown(path));
    let mut found = vec![PathBuf::new()];
    for component in path.components() {
        let pattern = component.as_os_str();
        if !(is_pattern(pattern) && matches!(component, Component::Normal(_))) {
            found.iter_mut().for_each(|path| path.push(pattern));
            continue;
        }
        let pattern = units(pattern);
        let mut next = Vec::new();
        for folder in &found {
            add_entries(folder, &pattern, &mut next).with_context(cannot)?;
        }
        found = next;
    }
    found.retain(|path| path.exists() && !path.is_dir());
    found.sort();
    if found.is_empty() {
        bail!("no file matches {}", shown(path));
    }
    Ok(found)
}

fn is_pattern(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| matches!(byte, b'*' | b'?'))
}

/// Adds the entries of a folder that match; what is no folder has none.
fn add_entries(folder: &Path, pattern: &[Unit], found: &mut Vec<PathBuf>) -> io::Result<()> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = match fs::read_dir(here) {
        Ok(entries) => entries,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        if matches_name(pattern, &units(&name)) {
            found.push(folder.join(name));
        }
    }
    Ok(())
}

/// A character of a file name, or a byte that belongs to none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Char(char),
    Byte(u8),
}

/// A name in units; names differ by case where the system has them so.
fn units(name: &OsStr) -> Vec<Unit> {
    let mut units = Vec::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        if cfg!(windows) {
            units.extend(chunk.valid().chars().flat_map(char::to_lowercase).map(Unit::Char));
        } else {
            units.extend(chunk.valid().chars().map(Unit::Char));
        }
        units.extend(chunk.invalid().iter().copied().map(Unit::Byte));
    }
    units
}

/// Whether a name matches: `*` stands for any units, `?` for one. Brackets stand for themselves, as in
/// the shells of Windows.
fn matches_name(pattern: &[Unit], name: &[Unit]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    // The newest star, and where the name goes on after what it stands for.
    let mut star = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some(Unit::Char('*')) => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(unit) if *unit == Unit::Char('?') || *unit == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => {
                let Some((star_at, taken)) = star.as_mut() else { return false };
                *taken += 1;
                (at, in_name) = (*star_at + 1, *taken);
            }
        }
    }
    pattern[at..].iter().all(|unit| *unit == Unit::Char('*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_in_shells() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.pcap", ".pcap", true),
            ("a*b*c", "axxbxbxc", true),
            ("a*b*c", "axxbxbx", false),
            ("?", "\u{e4}", true),
            ("?", "", false),
            ("a?", "a", false),
            ("**a", "bca", true),
            ("[a]", "a", false),
            ("[a]", "[a]", true),
        ] {
            let found = matches_name(&units(OsStr::new(pattern)), &units(OsStr::new(name)));
            assert_eq!(found, expected, "{pattern} {name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_match_as_well() {
        use std::os::unix::ffi::OsStrExt;
        let name = |bytes| units(OsStr::from_bytes(bytes));
        assert!(matches_name(&name(b"*.pcap"), &name(b"caf\xe9.pcap")));
        assert!(matches_name(&name(b"caf?.pcap"), &name(b"caf\xe9.pcap")));
        assert!(matches_name(&name(b"\xe9*"), &name(b"\xe9t\xe9")));
        assert!(!matches_name(&name(b"\xe8*"), &name(b"\xe9t\xe9")));
    }

    #[test]
    fn a_wildcard_stands_for_the_files_that_it_matches_and_nothing_else_is_touched() {
        let folder = tempfile::tempdir().ok();
        let at = |name: &str| folder.as_ref().map(|folder| folder.path().join(name));
        for name in ["b1.pcap", "a[1].pcap", "a[2].pcap", "a.txt"] {
            assert!(at(name).is_some_and(|path| std::fs::write(path, "").is_ok()));
        }
        assert!(at("c.pcap").is_some_and(|path| std::fs::create_dir(path).is_ok()), "no file");
        let in_capitals: &[&str] =
            if cfg!(windows) { &["a[1].pcap", "a[2].pcap", "b1.pcap"] } else { &[] };
        for (pattern, expected) in [
            ("*.PCAP", in_capitals),
            ("*.pcap", &["a[1].pcap", "a[2].pcap", "b1.pcap"]),
            ("a[?].pcap", &["a[1].pcap", "a[2].pcap"]),
            ("a[1].pcap", &["a[1].pcap"]),
            ("missing.pcap", &["missing.pcap"]),
            ("missing*", &[]),
            ("missing*/a.pcap", &[]),
            ("a.txt/*", &[]),
            ("c.pcap/../b?.pcap", &["c.pcap/../b1.pcap"]),
        ] {
            let found = at(pattern).map(|path| expanded(&Source::File(path)).unwrap_or_default());
            let expected = expected.iter().filter_map(|name| at(name)).map(Source::File).collect();
            assert_eq!(found, Some(expected), "{pattern}");
        }
        assert_eq!(expanded(&Source::StandardInput).ok(), Some(vec![Source::StandardInput]));
    }
}
