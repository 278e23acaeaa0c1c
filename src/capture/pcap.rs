//! The classic capture file: a header, then records.
//!
//! Both byte orders, microseconds and nanoseconds, Kuznetzov's "modified" variant, whose record
//! headers are 8 bytes longer, and those of [`pcap_variant`](super::pcap_variant). Before version 2.4
//! the two lengths of a record may stand in the other order. Format: draft-ietf-opsawg-pcap.

use std::io::Read;

use super::{
    LinkType, Problem, Problems, Said, Timestamp,
    bytes::Bytes,
    pcap_variant::{self, Fields, Guess},
    record::{Head, MAX_CAPTURED, half, word},
    time::NANOS_PER_SECOND,
};

/// Length of the file header in bytes.
pub const HEADER_LEN: usize = 24;
const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const MODIFIED: u32 = 0xa1b2_cd34;
const MAGICS: [u32; 3] = [MICROSECONDS, NANOSECONDS, MODIFIED];
/// The link type shares its word with the frame check sequence's length (draft, section 4).
const LINK_TYPE_MASK: u32 = 0x03ff_ffff;

/// What the file header says about all records.
#[derive(Debug)]
pub struct Layout {
    pub big_endian: bool,
    pub nanoseconds: bool,
    pub modified: bool,
    link: LinkType,
    /// Whether the captured length may stand behind the length on the wire.
    lengths_may_be_swapped: bool,
    /// Length of record headers; known from the first records.
    record_len: Option<usize>,
}

impl Layout {
    /// Reads the file header; `None` where it is not one.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let header = header.get(..HEADER_LEN)?;
        let magics = [false, true].map(|big_endian| (big_endian, word(header, big_endian)));
        let (big_endian, magic) = magics.into_iter().find(|(_, magic)| MAGICS.contains(magic))?;
        Some(Self {
            big_endian,
            nanoseconds: magic == NANOSECONDS,
            modified: magic == MODIFIED,
            link: LinkType(word(&header[20..], big_endian) & LINK_TYPE_MASK),
            lengths_may_be_swapped: has_old_version(
                half(&header[4..], big_endian),
                half(&header[6..], big_endian),
            ),
            record_len: None,
        })
    }

    /// How the first records tell the length of their headers.
    fn guess(&self) -> Guess<'static, impl Fn(&[u8]) -> Fields + use<>> {
        let (big_endian, swapped) = (self.big_endian, self.lengths_may_be_swapped);
        Guess {
            read: move |header: &[u8]| fields(header, big_endian, swapped),
            fractions: if self.nanoseconds { 1_000_000_000 } else { 1_000_000 },
            link: self.link,
            modified: self.modified,
            others: pcap_variant::others(self.modified, self.nanoseconds),
        }
    }

    /// Finds the next record; `None` at the end or where the file cannot be followed further.
    pub fn next(&mut self, bytes: &mut Bytes<impl Read>, problems: &mut Problems) -> Option<Head> {
        let at = match self.record_len {
            Some(len) => len,
            None => *self.record_len.insert(self.guess().header_len(bytes)),
        };
        let position = bytes.position();
        let header = bytes.peek(at);
        if header.len() < at {
            if !header.is_empty() {
                let have = header.len();
                problems.note(Problem::CutOff, || {
                    format!("byte {position}: {have} of the {at} bytes of a record header; all packets before it are whole")
                });
            }
            return None;
        }
        let fields = fields(header, self.big_endian, self.lengths_may_be_swapped);
        let Fields { seconds, fraction, captured, wire_len } = fields;
        if captured > MAX_CAPTURED {
            let rest = bytes.skip(u64::MAX);
            problems.note(Problem::BadLength, || {
                format!(
                    "byte {position}: a record claims {captured} bytes; {rest} bytes not readable"
                )
            });
            return None;
        }
        let captured = captured as usize;
        let have = bytes.peek(at + captured).len();
        if have < at + captured {
            if !self.guess().is_plausible(fields) {
                let rest = bytes.skip(u64::MAX);
                problems.note(Problem::BadLength, || {
                    format!(
                        "byte {position}: no plausible record header (a variant of pcap that is \
                         not supported, or damage); {rest} bytes not readable"
                    )
                });
                return None;
            }
            problems.note(Problem::CutOff, || {
                let have = have - at;
                format!("byte {position}: the last packet has {have} of {captured} bytes")
            });
            return None;
        }
        Some(Head {
            time: self.time(seconds, fraction),
            link: self.link,
            at,
            captured,
            wire_len,
            record_len: at + captured,
            said: Said::default(),
        })
    }

    fn time(&self, seconds: u32, fraction: u32) -> Timestamp {
        let nanos = i64::from(fraction) * if self.nanoseconds { 1 } else { 1000 };
        Timestamp(i64::from(seconds) * NANOS_PER_SECOND + nanos)
    }
}

/// The fields of a record header of at least 16 bytes; those of a shorter one are 0.
fn fields(header: &[u8], big_endian: bool, lengths_may_be_swapped: bool) -> Fields {
    let (words, _) = header.as_chunks::<4>();
    let words = words.first_chunk::<4>().copied().unwrap_or_default();
    let of = if big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
    let [seconds, fraction, mut captured, mut wire_len] = words.map(of);
    if lengths_may_be_swapped && wire_len < captured {
        std::mem::swap(&mut captured, &mut wire_len);
    }
    Fields { seconds, fraction, captured, wire_len }
}

/// Whether the lengths of a record may be in the other order: files before version 2.3 have the
/// length on the wire first, some of version 2.3 as well, and DG/UX's of version 543.0.
fn has_old_version(major: u16, minor: u16) -> bool {
    major == 543 || major == 2 && minor <= 3
}
