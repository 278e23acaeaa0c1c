//! Names with wildcards: shells on Windows leave them to the program.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use glob::MatchOptions;

use crate::capture::Source;

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

fn matching(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    // A file may well be named so where its system allows it.
    let Some(name) = path.to_str().filter(|name| name.contains(['*', '?']) && !path.exists())
    else {
        return Ok(vec![path.to_owned()]);
    };
    // Brackets stand for themselves, as in the shells of Windows.
    let pattern = name.replace('[', "[[]");
    let cannot = || format!("cannot look for {name}");
    // Names differ by case where the system has them so.
    let options = MatchOptions { case_sensitive: !cfg!(windows), ..MatchOptions::new() };
    let found = glob::glob_with(&pattern, options).with_context(cannot)?;
    let mut found: Vec<PathBuf> = found.collect::<Result<_, _>>().with_context(cannot)?;
    found.retain(|path| !path.is_dir());
    if found.is_empty() {
        bail!("no file matches {name}");
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            let found = at(pattern).map(|path| expanded(&Source::File(path)).unwrap_or_default());
            let expected = expected.iter().filter_map(|name| at(name)).map(Source::File).collect();
            assert_eq!(found, Some(expected), "{pattern}");
        }
        assert_eq!(expanded(&Source::StandardInput).ok(), Some(vec![Source::StandardInput]));
    }
}
