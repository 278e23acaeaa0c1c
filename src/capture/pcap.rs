//! The classic capture file: a header, then records.
//!
//! Both byte orders, microseconds and nanoseconds, and Kuznetzov's "modified" variant, whose record
//! headers are 8 bytes longer. Format: draft-ietf-opsawg-pcap.

use std::io::Read;

use super::{
    LinkType, Problem, Problems, Said, Timestamp,
    bytes::Bytes,
    record::{Head, MAX_CAPTURED, word},
    time::NANOS_PER_SECOND,
};

/// Length of the file header in bytes.
pub const HEADER_LEN: usize = 24;
const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const MODIFIED: u32 = 0xa1b2_cd34;
const MAGICS: [u32; 3] = [MICROSECONDS, NANOSECONDS, MODIFIED];
const RECORD_LEN: usize = 16;
const MODIFIED_RECORD_LEN: usize = 24;
/// The link type shares its word with the frame check sequence's length (draft, section 4).
const LINK_TYPE_MASK: u32 = 0x03ff_ffff;

/// What the file header says about all records.
#[derive(Debug)]
pub struct Layout {
    pub big_endian: bool,
    pub nanoseconds: bool,
    pub modified: bool,
    link: LinkType,
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
        })
    }

    fn record_len(&self) -> usize {
        if self.modified { MODIFIED_RECORD_LEN } else { RECORD_LEN }
    }

    /// Finds the next record; `None` at the end or where the file cannot be followed further.
    pub fn next(&self, bytes: &mut Bytes<impl Read>, problems: &mut Problems) -> Option<Head> {
        let at = self.record_len();
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
        let [seconds, fraction, captured, wire_len] =
            [0, 4, 8, 12].map(|offset| word(&header[offset..], self.big_endian));
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
