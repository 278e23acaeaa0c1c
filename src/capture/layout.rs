//! The two formats behind one door, and the things that people take for captures.

use std::{collections::BTreeMap, io::Read, net::IpAddr};

use super::{
    OpenError, Problems,
    bytes::Bytes,
    pcap,
    pcapng::{self, SECTION_HEADER},
    record::Head,
};

/// A format with what the reader knows of the file so far.
#[derive(Debug)]
pub(super) enum Layout {
    Pcap(pcap::Layout),
    Pcapng(pcapng::Layout),
}

impl Layout {
    /// Tells the format by the first bytes and reads the file header.
    pub fn recognise(file: &str, bytes: &mut Bytes<impl Read>) -> Result<Self, OpenError> {
        let start = bytes.peek(pcap::HEADER_LEN).to_vec();
        if start.len() < 4
            && let Some(error) = bytes.take_failure()
        {
            return Err(OpenError::System { file: file.to_owned(), error });
        }
        if start.len() >= 4 && start[..4] == SECTION_HEADER.to_be_bytes() {
            if start.get(4..8) != Some(b"\x0d\x0a\x0d\x0a") {
                return Ok(Self::Pcapng(pcapng::Layout::default()));
            }
        } else if let Some(layout) = pcap::Layout::parse(&start) {
            bytes.consume(pcap::HEADER_LEN);
            return Ok(Self::Pcap(layout));
        }
        let what = what_it_seems(file, bytes.peek(EVENT_TRACE_START));
        Err(OpenError::NotACapture { file: file.to_owned(), what })
    }

    /// The format's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pcap(_) => "pcap",
            Self::Pcapng(_) => "pcapng",
        }
    }

    /// Hands over the names that the file gave to addresses.
    pub fn take_names(&mut self) -> BTreeMap<IpAddr, String> {
        match self {
            Self::Pcap(_) => BTreeMap::new(),
            Self::Pcapng(layout) => std::mem::take(&mut layout.names.0),
        }
    }

    /// Finds the next record; `None` at the end or where the file cannot be followed further.
    pub fn next(&mut self, bytes: &mut Bytes<impl Read>, problems: &mut Problems) -> Option<Head> {
        match self {
            Self::Pcap(layout) => layout.next(bytes, problems),
            Self::Pcapng(layout) => layout.next(bytes, problems),
        }
    }
}

/// First bytes of things that people take for captures, and the way out.
const LOOKALIKES: &[(&[u8], &str)] = &[
    (b"\xa1\xb2\xc3\xd4", "a pcap file cut off within its header"),
    (b"\xd4\xc3\xb2\xa1", "a pcap file cut off within its header"),
    (b"\xfd7zXZ", "an xz archive; unpack it first: xz -d"),
    (b"BZh", "a bzip2 archive; unpack it first: bzip2 -d"),
    (b"\x04\x22\x4d\x18", "an lz4 archive; unpack it first: lz4 -d"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"snoop\0", "a snoop capture; convert it: editcap -F pcapng IN OUT"),
    (b"GMBU", "a Network Monitor capture; convert it: editcap -F pcapng IN OUT"),
    (b"#Version:", "a log; name a firewall's with --firewall-log MACHINE=FILE"),
    (b"RTSS", "a Network Monitor capture; convert it: editcap -F pcapng IN OUT"),
    (
        b"\xef\xbb\xbf",
        "a text file, or a capture that a text editor damaged; copy it anew in binary mode",
    ),
    (
        b"\x0d\x0a\x0d\x0a",
        "a pcapng file whose line ends were converted; copy it anew in binary mode",
    ),
    (
        b"\x0a\x0d\x0d\x0a",
        "a pcapng file whose line ends were converted; copy it anew in binary mode",
    ),
    (
        b"\x0d\x0a\x0d\x0d",
        "a pcapng file whose line ends were converted; copy it anew in binary mode",
    ),
    (b"\x0d\x0d\x0a", "a pcapng file whose line ends were converted; copy it anew in binary mode"),
];

/// Bytes of an event trace's first buffer header and of the first event's marker (ntwmi.h,
/// `WMI_BUFFER_HEADER` and `SYSTEM_TRACE_HEADER`).
const EVENT_TRACE_START: usize = 0x48 + 4;

/// Whether a file begins with the size of a buffer, and its first event is a system's trace header, of
/// version 2 and for 32 or 64 bits.
fn is_event_trace(start: &[u8]) -> bool {
    let size = start.first_chunk().map_or(0, |size| u32::from_le_bytes(*size));
    let sizes = 1 << 10..=16 << 20;
    let is_size = sizes.contains(&size) && size % 1024 == 0;
    is_size && matches!(start.get(0x48..), Some([2, 0, 1 | 2, 0xc0]))
}

fn what_it_seems(file: &str, start: &[u8]) -> String {
    if start.is_empty() {
        return "it is empty".to_owned();
    }
    let has_ending = file.to_ascii_lowercase().ends_with(".etl");
    if has_ending || is_event_trace(start) {
        let base = if has_ending { &file[..file.len() - ".etl".len()] } else { file };
        return format!(
            "it is an event trace of Windows; convert it: etl2pcapng \"{file}\" \"{base}.pcapng\", or \
             pktmon etl2pcap \"{file}\" --out \"{base}.pcapng\""
        );
    }
    if let Some((_, what)) = LOOKALIKES.iter().find(|(magic, _)| start.starts_with(magic)) {
        return format!("it is {what}");
    }
    let shown: Vec<String> = start.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!(
        "not a capture file (it begins with {}); pcap and pcapng are read, plain or in gzip or zstd",
        shown.join(" ")
    )
}
