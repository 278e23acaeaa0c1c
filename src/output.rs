//! Where results go: standard output or a file.

use std::{
    error::Error,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anyhow::Context;

use crate::arguments::Color;

/// An open destination.
pub struct Output {
    writer: BufWriter<Box<dyn Write>>,
    coloured: bool,
    file: Option<PathBuf>,
}

/// Bytes gathered before the system is asked to write.
const BUFFER: usize = 1 << 18;

impl Output {
    /// Opens the file, or standard output where none is named. Colours are taken out of what goes
    /// elsewhere than to a terminal, unless they are asked for.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn open(file: Option<&Path>, color: Color) -> anyhow::Result<Self> {
        let raw: Box<dyn Write> = match file {
            Some(path) => Box::new(
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
            ),
            None => Box::new(io::stdout()),
        };
        let coloured = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                file.is_none() && AutoStream::choice(&io::stdout()) != ColorChoice::Never
            }
        };
        let writer = BufWriter::with_capacity(BUFFER, raw);
        Ok(Self { writer, coloured, file: file.map(Path::to_path_buf) })
    }

    /// Writes a text whose colours are ANSI sequences, with them or without.
    ///
    /// # Errors
    /// Writing failed.
    pub fn text(&mut self, text: &str) -> anyhow::Result<()> {
        let plain = if self.coloured { text.to_owned() } else { strip_str(text).to_string() };
        self.write(|to| Ok(to.write_all(plain.as_bytes())?))
    }

    /// Lets `write` write all results.
    ///
    /// # Errors
    /// Writing failed; a reader that has closed its end is no failure.
    pub fn write(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let result = write(&mut self.writer).and_then(|()| Ok(self.writer.flush()?));
        match result {
            Err(error) if is_closed_pipe(&error) => Ok(()),
            Err(error) => Err(error.context(match &self.file {
                Some(path) => format!("cannot write {}", path.display()),
                None => "cannot write to standard output".to_owned(),
            })),
            Ok(()) => Ok(()),
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| io_kind(cause) == Some(io::ErrorKind::BrokenPipe))
}

/// The kind of an I/O error, also within the errors of those that write formats.
fn io_kind(cause: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return Some(error.kind());
    }
    if let Some(error) = cause.downcast_ref::<serde_json::Error>() {
        return error.io_error_kind();
    }
    match cause.downcast_ref::<csv::Error>()?.kind() {
        csv::ErrorKind::Io(error) => Some(error.kind()),
        _ => None,
    }
}
