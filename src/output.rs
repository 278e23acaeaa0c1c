//! Where results go: standard output or a file.

use std::{
    error::Error,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anyhow::{Context, bail};

use crate::{arguments::Color, confine::make_file};

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
    /// The file is one of the inputs.
    pub fn new(file: Option<&Path>, color: Color, inputs: &[&Path]) -> anyhow::Result<Self> {
        let itself = |path: &Path| path.canonicalize().ok();
        if let Some(path) = file
            && inputs.iter().any(|input| itself(path).is_some() && itself(input) == itself(path))
        {
            bail!("cannot write {}: it is read by this very command", path.display());
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
            make_file(path).with_context(|| format!("cannot write {}", path.display()))
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
        let to: Box<dyn Write> = match (&self.file, &self.held) {
            (Some(path), held) => {
                let cannot = || format!("cannot write {}", path.display());
                let file = match held {
                    Some(held) => held.set_len(0).and_then(|()| held.try_clone()),
                    None => File::create(path),
                };
                Box::new(file.with_context(cannot)?)
            }
            (None, _) => Box::new(io::stdout()),
        };
        let mut writer = BufWriter::with_capacity(BUFFER, to);
        let written = write(&mut writer).and_then(|()| Ok(writer.flush()?));
        self.unless_closed(written)
    }

    /// What came of writing; a reader that has closed its end is no failure.
    fn unless_closed(&self, written: anyhow::Result<()>) -> anyhow::Result<()> {
        match written {
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
