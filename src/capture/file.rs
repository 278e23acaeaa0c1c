//! One capture, read record by record.

use std::{
    collections::BTreeMap,
    fmt,
    io::Read,
    net::IpAddr,
    sync::{Arc, atomic::AtomicU64},
};

use super::{
    Clock, Drops, Frame, OpenError, Problem, Problems, Said, Source, Timestamp, bytes::Bytes,
    layout::Layout, open, record::Head,
};

/// How a capture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// `pcap` or `pcapng`.
    pub container: &'static str,
    /// `gzip` or `zstd`, where the capture is compressed.
    pub compression: Option<&'static str>,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.container)?;
        self.compression.map_or(Ok(()), |name| write!(f, " in {name}"))
    }
}

/// What is known of a capture; complete once it has been read to its end.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The path as given, or `-`.
    pub source: String,
    /// How it is written.
    pub format: Format,
    /// Frames read.
    pub packets: u64,
    /// Time of the earliest frame; at the end without frames whose time is far from all others.
    pub first: Option<Timestamp>,
    /// Time of the latest frame; at the end without frames whose time is far from all others.
    pub last: Option<Timestamp>,
    /// What the frames' times show about the recorder's clock; of a file.
    pub clock: Clock,
    /// Of an interface: from when until when it was listened to, quiet or not.
    pub listened: Option<(Timestamp, Timestamp)>,
    /// Of an interface: packets lost while it was listened to.
    pub drops: Option<Drops>,
    /// Whether it holds nothing but what the machine that recorded it dropped.
    pub only_drops: bool,
    /// Names that it gives to addresses, uncleaned; there once the reading has ended.
    pub names: BTreeMap<IpAddr, String>,
    /// What went wrong.
    pub problems: Problems,
}

impl Summary {
    /// The observation period: from the first to the last frame, without those whose time is far from
    /// all others, or as long as the interface was captured from. A file of drops has none: it would
    /// not show a reply.
    #[must_use]
    pub fn watched(&self) -> Option<(Timestamp, Timestamp)> {
        if self.only_drops {
            return None;
        }
        let frames = self.clock.steady().or(self.first.zip(self.last));
        match (frames, self.listened) {
            (Some((first, last)), Some((from, until))) => Some((first.min(from), last.max(until))),
            (frames, listened) => frames.or(listened),
        }
    }
}

/// An open capture, standing at one of its frames.
pub struct CaptureFile {
    summary: Summary,
    layout: Layout,
    bytes: Bytes<Box<dyn Read + Send>>,
    head: Option<Head>,
    clock_noted: bool,
}

impl CaptureFile {
    /// Opens a capture and recognises its format; no frame is read yet. `read` counts the bytes read
    /// from the source, before any decompression.
    ///
    /// # Errors
    /// The file cannot be opened, or does not begin as a capture does.
    pub fn open(source: &Source, read: Arc<AtomicU64>) -> Result<Self, OpenError> {
        let (reader, compression) = open::uncompressed(source, read)?;
        let mut capture = Self::from_reader(source.to_string(), reader, compression)?;
        capture.summary.only_drops = matches!(source, Source::Drops(_));
        Ok(capture)
    }

    /// Reads a capture from any stream of uncompressed bytes.
    ///
    /// # Errors
    /// The stream does not begin as a capture does.
    pub fn from_reader(
        source: String,
        reader: Box<dyn Read + Send>,
        compression: Option<&'static str>,
    ) -> Result<Self, OpenError> {
        let mut bytes = Bytes::new(reader);
        let layout = Layout::recognise(&source, &mut bytes)?;
        let container = layout.name();
        let format = Format { container, compression };
        let summary = Summary {
            source,
            format,
            packets: 0,
            first: None,
            last: None,
            clock: Clock::default(),
            listened: None,
            drops: None,
            only_drops: false,
            names: BTreeMap::new(),
            problems: Problems::default(),
        };
        Ok(Self { summary, layout, bytes, head: None, clock_noted: false })
    }

    /// Moves to the next frame; false at the end, where [`Self::summary`] is complete.
    pub fn advance(&mut self) -> bool {
        if let Some(head) = self.head.take() {
            self.bytes.consume(head.record_len);
        }
        let problems = &mut self.summary.problems;
        self.head = self.layout.next(&mut self.bytes, problems);
        match &self.head {
            Some(head) => {
                let time = head.time;
                self.summary.packets += 1;
                self.summary.clock.take(time);
                self.summary.first = Some(self.summary.first.map_or(time, |first| first.min(time)));
                self.summary.last = Some(self.summary.last.map_or(time, |last| last.max(time)));
                true
            }
            None => {
                self.note_end();
                false
            }
        }
    }

    /// The frame it stands at; `None` before the first [`Self::advance`] and at the end.
    #[must_use]
    pub fn frame(&self) -> Option<Frame<'_>> {
        self.head.as_ref().map(|head| Frame {
            time: head.time,
            link: head.link,
            data: self.bytes.window(head.at, head.captured),
            wire_len: head.wire_len.max(u32::try_from(head.captured).unwrap_or(u32::MAX)),
            said: Said { dropped: head.said.dropped || self.summary.only_drops, ..head.said },
        })
    }

    /// Counts a fault that was found outside the reading.
    pub fn note(&mut self, problem: Problem) {
        self.summary.problems.note(problem, String::new);
    }

    /// What is known of the capture so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Ends the reading.
    #[must_use]
    pub fn into_summary(mut self) -> Summary {
        self.summary.names = self.layout.take_names();
        self.summary
    }

    fn note_end(&mut self) {
        if let Some(error) = self.bytes.take_failure() {
            let compressed = self.summary.format.compression.is_some();
            let kind = if compressed { Problem::Decompression } else { Problem::ReadFailed };
            self.summary.problems.note(kind, || error.to_string());
        }
        let Summary { clock, problems, first, last, .. } = &mut self.summary;
        if let Some((earliest, latest)) = clock.steady() {
            (*first, *last) = (Some(earliest), Some(latest));
        }
        if !std::mem::replace(&mut self.clock_noted, true) {
            clock.note(problems);
        }
        let may_be_empty = self.summary.only_drops;
        if self.summary.packets == 0
            && !may_be_empty
            && self.summary.problems.count(Problem::Empty) == 0
        {
            self.summary.problems.note(Problem::Empty, String::new);
        }
    }
}
