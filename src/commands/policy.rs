//! The site and the matrix, read from their files.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use encoding_rs::{Encoding, UTF_8};

use crate::{
    arguments::{MatrixChoice, PolicyChoice},
    identify::Site,
    judge::{Matrix, Policy},
};

/// Files larger than this are no site or matrix file: a capture given by mistake.
const LARGEST_TEXT: u64 = 64 << 20;

pub(super) fn read_text(path: &Path, what: &str) -> anyhow::Result<String> {
    let shown = path.display();
    let cannot = || format!("cannot read the {what} {shown}");
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(cannot)?;
    file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > LARGEST_TEXT {
        bail!("{}: it is too large to be one", cannot());
    }
    // PowerShell writes UTF-16, and UTF-8 with a mark in front.
    let (encoding, mark) = Encoding::for_bom(&bytes).unwrap_or((UTF_8, 0));
    let (text, malformed) = encoding.decode_without_bom_handling(&bytes[mark..]);
    if malformed {
        bail!("{}: it is not {} text", cannot(), encoding.name());
    }
    Ok(text.into_owned())
}

pub(super) fn load_policy(choice: &PolicyChoice) -> anyhow::Result<Policy> {
    Ok(Policy::new(load_matrix(&choice.matrix)?, load_site(&choice.site)?))
}

/// The files that a policy is read from.
pub(super) fn policy_files(choice: &PolicyChoice) -> Vec<&Path> {
    std::iter::once(choice.site.as_path()).chain(choice.matrix.file.as_deref()).collect()
}

pub(super) fn load_site(path: &Path) -> anyhow::Result<Site> {
    let text = read_text(path, "site file").map_err(|error| {
        anyhow::anyhow!("{error:#}; a site file names the machines of the deployment: write one as the README shows, or name it with --site FILE")
    })?;
    Ok(Site::parse(&path.display().to_string(), &text)?)
}

pub(super) fn load_matrix(choice: &MatrixChoice) -> anyhow::Result<Matrix> {
    let Some(path) = &choice.file else { return Ok(Matrix::embedded()?) };
    let text = read_text(path, "matrix file")?;
    Ok(Matrix::with_page(&PathBuf::from(path).display().to_string(), &text)?)
}
