//! The site and the matrix, read from their files.

use std::path::Path;

use crate::{
    arguments::{MatrixChoice, PolicyChoice},
    identify::Site,
    judge::{Matrix, Policy},
    text_file::read_text,
};

pub(super) fn load_policy(choice: &PolicyChoice) -> anyhow::Result<Policy> {
    Ok(Policy::new(load_matrix(&choice.matrix)?, load_site(&choice.site)?))
}

/// The files that a policy is read from.
pub(super) fn policy_files(choice: &PolicyChoice) -> Vec<&Path> {
    std::iter::once(choice.site.as_path()).chain(choice.matrix.file.as_deref()).collect()
}

pub(super) fn load_site(path: &Path) -> anyhow::Result<Site> {
    let text = read_text(path, "site file").map_err(|error| {
        anyhow::anyhow!("{error:#}; a site file names the machines of the deployment: `vmmtap site import` makes one from what VMM exports, `vmmtap site learn` proposes one from a capture; one that is elsewhere is named with --site FILE")
    })?;
    Ok(Site::parse(&path.display().to_string(), &text)?)
}

pub(super) fn load_matrix(choice: &MatrixChoice) -> anyhow::Result<Matrix> {
    let Some(path) = &choice.file else { return Ok(Matrix::embedded()?) };
    let text = read_text(path, "matrix file")?;
    Ok(Matrix::with_page(&path.display().to_string(), &text)?)
}
