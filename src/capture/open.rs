//! From a name to a stream of uncompressed bytes whose format is known.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use thiserror::Error;

use super::{read_ahead::ReadAhead, shown};

/// Where a capture comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Standard input, named `-`.
    StandardInput,
    /// A file.
    File(PathBuf),
    /// A file of nothing but what the machine that recorded it dropped, as `pktmon etl2pcap
    /// --drop-only` makes it.
    Drops(PathBuf),
}

impl Source {
    /// The source without the ways that lead to it, so that a file is known under another name.
    pub(super) fn itself(&self) -> Self {
        match self {
            Self::StandardInput => Self::StandardInput,
            Self::File(path) => Self::File(canonical(path)),
            Self::Drops(path) => Self::Drops(canonical(path)),
        }
    }

    /// The file that it is.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::StandardInput => None,
            Self::File(path) | Self::Drops(path) => Some(path),
        }
    }

    /// Whether both are the same file, by whatever ways they are named.
    #[must_use]
    pub fn is_same_file(&self, other: &Self) -> bool {
        let [one, other] = [self, other].map(|source| source.path().map(canonical));
        one.is_some() && one == other
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardInput => f.write_str("-"),
            Self::File(path) | Self::Drops(path) => f.write_str(&shown(path)),
        }
    }
}

/// Why a capture could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The system refused.
    #[error("cannot open {file}: {error}")]
    System {
        /// The capture's name.
        file: String,
        /// The system's reason.
        error: io::Error,
    },
    /// The file is something else than a capture.
    #[error("cannot read {file}: {what}")]
    NotACapture {
        /// The capture's name.
        file: String,
        /// What it seems to be, and what to do.
        what: String,
    },
}

/// Opens a source and takes the compression off; gives the compression's name, too.
///
/// `read` counts the bytes read from the source, for those who watch the progress.
pub(super) fn uncompressed(
    source: &Source,
    read: Arc<AtomicU64>,
) -> Result<(Box<dyn Read + Send>, Option<&'static str>), OpenError> {
    let system = |error| OpenError::System { file: source.to_string(), error };
    let raw: Box<dyn Read + Send> = match source {
        Source::StandardInput => Box::new(io::stdin()),
        Source::File(path) | Source::Drops(path) => {
            let file = File::open(path).map_err(system)?;
            if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
                return Err(system(io::Error::other("it is a folder; name the files in it")));
            }
            Box::new(file)
        }
    };
    let mut reader = Prefixed::new(Box::new(Counted { reader: raw, read })).map_err(system)?;
    let prefix = reader.fill_buf().map_err(system)?;
    Ok(if prefix.starts_with(&[0x1f, 0x8b]) {
        (ahead(MultiGzDecoder::new(reader)).map_err(system)?, Some("gzip"))
    } else if prefix.starts_with(&ZSTD_FRAME) || is_skippable(prefix) {
        (ahead(ZstdFrames::new(reader)).map_err(system)?, Some("zstd"))
    } else {
        (Box::new(reader), None)
    })
}

fn ahead(reader: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(ReadAhead::new(reader)?))
}

/// The mark of a frame that decoders pass over (RFC 8878, 3.1.2).
fn is_skippable(start: &[u8]) -> bool {
    matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

const ZSTD_FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Counts the bytes that pass.
struct Counted {
    reader: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A buffered reader whose first bytes are there even where the first read gives fewer, as on a pipe.
struct Prefixed {
    prefix: io::Cursor<Vec<u8>>,
    rest: BufReader<Box<dyn Read + Send>>,
}

impl Prefixed {
    fn new(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut prefix = Vec::new();
        reader.by_ref().take(ZSTD_FRAME.len() as u64).read_to_end(&mut prefix)?;
        Ok(Self {
            prefix: io::Cursor::new(prefix),
            rest: BufReader::with_capacity(256 * 1024, reader),
        })
    }

    /// Passes over skippable frames; false at the end.
    fn stands_at_frame(&mut self) -> io::Result<bool> {
        loop {
            let mut magic = Vec::new();
            self.by_ref().take(ZSTD_FRAME.len() as u64).read_to_end(&mut magic)?;
            if !is_skippable(&magic) {
                let more = !magic.is_empty();
                self.prefix = io::Cursor::new(magic);
                return Ok(more);
            }
            let mut length = [0; 4];
            self.read_exact(&mut length)?;
            let length = u64::from(u32::from_le_bytes(length));
            io::copy(&mut self.by_ref().take(length), &mut io::sink())?;
        }
    }

    fn in_prefix(&self) -> bool {
        self.prefix.position() < self.prefix.get_ref().len() as u64
    }
}

impl Read for Prefixed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.in_prefix() { self.prefix.read(buffer) } else { self.rest.read(buffer) }
    }
}

impl BufRead for Prefixed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.in_prefix() { self.prefix.fill_buf() } else { self.rest.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        if self.in_prefix() { self.prefix.consume(amount) } else { self.rest.consume(amount) }
    }
}

/// Zstandard frames one after the other, as `zstd` writes and `cat` joins them (RFC 8878, 3.1).
enum ZstdFrames {
    Between(Option<Prefixed>),
    Within(Box<StreamingDecoder<Prefixed, ruzstd::decoding::FrameDecoder>>),
}

impl ZstdFrames {
    fn new(reader: Prefixed) -> Self {
        Self::Between(Some(reader))
    }
}

impl Read for ZstdFrames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Self::Between(reader) => {
                    let Some(mut reader) = reader.take() else { return Ok(0) };
                    if !reader.stands_at_frame()? {
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new(reader).map_err(io::Error::other)?;
                    *self = Self::Within(Box::new(decoder));
                }
                Self::Within(decoder) => {
                    let count = decoder.read(buffer)?;
                    if count > 0 || buffer.is_empty() {
                        return Ok(count);
                    }
                    let Self::Within(decoder) = std::mem::replace(self, Self::Between(None)) else {
                        return Ok(0);
                    };
                    *self = Self::Between(Some(decoder.into_inner()));
                }
            }
        }
    }
}
