//! Text of unknown encoding as lines of bounded length.

use std::{
    borrow::Cow,
    io::{self, BufRead, BufReader, Chain, Cursor, Read},
};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use crate::capture::{Problem, Problems};

/// A line of a log has some 200 bytes; what is longer than this is none.
const MAX_LINE: u64 = 64 << 10;

type Stream<R> = Chain<Cursor<Vec<u8>>, R>;

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an end of line.
    OfLine,
    /// With the file.
    OfFile,
    /// It does not end within what a line may have.
    TooLong,
}

/// The lines of a stream of text: UTF-8, or UTF-16 as PowerShell writes it.
pub(super) struct Lines<R: Read> {
    reader: BufReader<DecodeReaderBytes<Stream<R>, Vec<u8>>>,
    line: Vec<u8>,
    number: u64,
    failed: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(mut reader: R) -> Self {
        let mut start = Vec::new();
        // A failure comes again with the next reading, and is told then.
        let _failure = reader.by_ref().take(2).read_to_end(&mut start);
        let decoded = DecodeReaderBytesBuilder::new()
            .encoding(without_mark(&start))
            .utf8_passthru(true)
            .strip_bom(true)
            .build(Cursor::new(start).chain(reader));
        Self { reader: BufReader::new(decoded), line: Vec::new(), number: 0, failed: false }
    }

    /// Moves to the next line; `None` at the end.
    pub fn advance(&mut self, problems: &mut Problems) -> Option<End> {
        if self.failed {
            return None;
        }
        self.line.clear();
        let read = self.read();
        self.number += 1;
        read.unwrap_or_else(|error| {
            self.failed = true;
            problems.note(Problem::ReadFailed, || error.to_string());
            (!self.line.is_empty()).then_some(End::OfFile)
        })
    }

    fn read(&mut self) -> io::Result<Option<End>> {
        let len = self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line)?;
        Ok(match self.line.last() {
            None => None,
            Some(b'\n') => Some(End::OfLine),
            Some(_) if (len as u64) < MAX_LINE => Some(End::OfFile),
            Some(_) => {
                self.reader.skip_until(b'\n')?;
                Some(End::TooLong)
            }
        })
    }

    /// The line it stands at.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.line)
    }

    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }
}

/// UTF-16 without a byte order mark: a log begins with an ASCII character.
fn without_mark(start: &[u8]) -> Option<&'static Encoding> {
    match start {
        [0, 1..=0x7f] => Some(UTF_16BE),
        [1..=0x7f, 0] => Some(UTF_16LE),
        _ => None,
    }
}
