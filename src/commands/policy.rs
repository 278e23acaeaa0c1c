//! The site and the matrix, read from their files.

use std::path::Path;

use crate::{
    arguments::{DEFAULT_SITE, MatrixChoice, PolicyChoice},
    capture::shown,
    files_in_use::FilesInUse,
    identify::Site,
    judge::{Matrix, Policy},
    text_file::read_text,
};

pub(super) fn load_policy(choice: &PolicyChoice) -> anyhow::Result<Policy> {
    let policy = Policy::new(load_matrix(&choice.matrix)?, load_site(&choice.site)?);
    Ok(Policy { options: options(choice), ..policy })
}

/// The options that name the same files on another command line.
fn options(choice: &PolicyChoice) -> String {
    let site = (choice.site != Path::new(DEFAULT_SITE)).then_some(choice.site.as_path());
    let named = [("-s", site), ("--matrix", choice.matrix.file.as_deref())];
    let option = |(name, path): (&str, Option<&Path>)| Some(format!(" {name} {}", quoted(path?)));
    named.into_iter().filter_map(option).collect()
}

/// A path as a shell takes it: quoted where it is more than letters, digits and separators.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./\\:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    let quote = if cfg!(windows) { "''" } else { "'\\''" };
    format!("'{}'", text.replace('\'', quote))
}

/// The files that a policy is read from.
pub(super) fn policy_files(choice: &PolicyChoice) -> FilesInUse {
    FilesInUse::default()
        .with(SITE_FILE, &choice.site)
        .with_any(MATRIX_FILE, choice.matrix.file.as_deref())
}

/// The site file, in messages.
pub(super) const SITE_FILE: &str = "the site file";
/// The matrix file, in messages.
pub(super) const MATRIX_FILE: &str = "the matrix file";

pub(super) fn load_site(path: &Path) -> anyhow::Result<Site> {
    let text = read_text(path, "site file").map_err(|error| {
        anyhow::anyhow!("{error:#}; a site file names the machines of the deployment: `vmmtap site import` makes one from what VMM exports, `vmmtap site learn` proposes one from a capture; one that is elsewhere is named with --site FILE")
    })?;
    Ok(Site::parse(&shown(path), &text)?)
}

pub(super) fn load_matrix(choice: &MatrixChoice) -> anyhow::Result<Matrix> {
    let Some(path) = &choice.file else { return Ok(Matrix::embedded()?) };
    let text = read_text(path, "matrix file")?;
    Ok(Matrix::with_page(&shown(path), &text)?)
}
