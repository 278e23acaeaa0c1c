//! Text files as editors and PowerShell write them.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::{Context, bail};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::capture::shown;

/// Files larger than this are no text that a person or PowerShell made: a capture given by mistake.
const LARGEST_TEXT: u64 = 64 << 20;

/// A text in UTF-8, or in UTF-16 with its mark; `what` it is goes into messages.
pub(crate) fn read_text(path: &Path, what: &str) -> anyhow::Result<String> {
    let bytes = read(path, what)?;
    decoded(&bytes, UTF_8)
        .with_context(|| {
            format!(
                "cannot read the {what} {}: it is not UTF-8 text; save it as UTF-8 (in PowerShell, -Encoding UTF8)",
                shown(path)
            )
        })
}

/// A text in any of these, of a file or for `-` of standard input, or else in the code page of western Windows, as its older tools write. What
/// matters in an export, names and addresses, is ASCII in all of them.
pub(crate) fn read_export(path: &Path) -> anyhow::Result<String> {
    let what = "export";
    let is_input = path == Path::new("-");
    let bytes = if is_input { read_all(io::stdin(), path, what) } else { read(path, what) }?;
    let text = decoded(&bytes, UTF_8).or_else(|| decoded(&bytes, WINDOWS_1252));
    text.filter(|text| !text.contains('\0'))
        .with_context(|| format!("cannot read the export {}: it is not text", shown(path)))
}

fn read(path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    let file =
        File::open(path).with_context(|| format!("cannot read the {what} {}", shown(path)))?;
    read_all(file, path, what)
}

fn read_all(from: impl Read, path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read the {what} {}", shown(path));
    let mut bytes = Vec::new();
    from.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > LARGEST_TEXT {
        bail!("{}: it is too large to be one", cannot());
    }
    Ok(bytes)
}

/// The text in the encoding that its mark names, or else in this one.
fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((encoding, 0));
    let (text, malformed) = encoding.decode_without_bom_handling(&bytes[mark..]);
    (!malformed).then(|| text.into_owned())
}
