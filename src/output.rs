//! Where results go: standard output or a file.

use std::{
    error::Error,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anyhow::Context;

use crate::{
    arguments::Color, atomic_file::NewFile, capture::shown, confine::make_file,
    files_in_use::FilesInUse,
};

/// A destination. A file is made when there is something to write and not before, so that a run that
/// fails leaves the report of the last one alone.
pub struct Output {
    file: Option<PathBuf>,
    held: Option<File>,
    coloured: bool,
}

/// Bytes gathered before the system is asked to write.
const BUFFER: usize = 1 << 18;

impl Output {
    /// A file, or standard output where none is named. Colours are taken out of what goes elsewhere
    /// than to a terminal, unless they are asked for.
    ///
    /// # Errors
    /// The file is one of those in use.
    pub fn new(file: Option<&Path>, color: Color, used: &FilesInUse) -> anyhow::Result<Self> {
        if let Some(path) = file {
            used.refuse("-o", path)?;
        }
        let coloured = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                file.is_none() && AutoStream::choice(&io::stdout()) != ColorChoice::Never
            }
        };
        Ok(Self { file: file.map(Path::to_path_buf), held: None, coloured })
    }

    /// Opens the file already now, as it is: later there may be no right to.
    ///
    /// # Errors
    /// It cannot be made or written.
    pub fn hold(&mut self) -> anyhow::Result<()> {
        let hold = |path: &PathBuf| {
            make_file(path).with_context(|| format!("cannot write {}", shown(path)))
        };
        self.held = self.file.as_ref().map(hold).transpose()?;
        Ok(())
    }

    /// Writes a text whose colours are ANSI sequences, with them or without.
    ///
    /// # Errors
    /// Writing failed.
    pub fn text(&self, text: &str) -> anyhow::Result<()> {
        if !self.coloured {
            return self.write(|to| Ok(to.write_all(strip_str(text).to_string().as_bytes())?));
        }
        if self.file.is_some() {
            return self.write(|to| Ok(to.write_all(text.as_bytes())?));
        }
        // Old consoles of Windows have to be asked for colours.
        let mut console = AutoStream::always(io::stdout());
        let written = console.write_all(text.as_bytes()).and_then(|()| console.flush());
        self.unless_closed(written.map_err(anyhow::Error::from))
    }

    /// Lets `write` write all results.
    ///
    /// # Errors
    /// Writing failed; a reader that has closed its end is no failure.
    pub fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let written = match (&self.file, &self.held) {
            (Some(_), Some(held)) => held
                .set_len(0)
                .and_then(|()| held.try_clone())
                .map_err(anyhow::Error::from)
                .and_then(|file| flushed(file, write)),
            (Some(path), None) => replace(path, write),
            (None, _) => flushed(io::stdout(), write),
        };
        self.unless_closed(written)
    }

    /// What came of writing; a reader that has closed its end is no failure.
    fn unless_closed(&self, written: anyhow::Result<()>) -> anyhow::Result<()> {
        match written {
            Err(error) if is_closed_pipe(&error) => Ok(()),
            Err(error) => Err(error.context(match &self.file {
                Some(path) => format!("cannot write {}", shown(path)),
                None => "cannot write to standard output".to_owned(),
            })),
            Ok(()) => Ok(()),
        }
    }
}

/// Writes a file that takes its place only when all of it is written.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let new = NewFile::create(path)?;
    flushed(&new.file, write)?;
    Ok(new.commit()?)
}

fn flushed(
    to: impl Write,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut writer = BufWriter::with_capacity(BUFFER, to);
    write(&mut writer)?;
    Ok(writer.flush()?)
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
