//! Variants of the classic format whose record headers are longer than their magic number says.
//!
//! Red Hat Linux 6.1 (Kuznetzov's patch ss990417) and Nokia's IPSO write the standard magic number,
//! SuSE Linux 6.3 (ss990915) that of the later "modified" format. Only the records show it: with the
//! wrong header length the next header is not where it should be. Wireshark decides alike
//! (`wiretap/libpcap.c`).

use std::io::Read;

use super::{LinkType, bytes::Bytes, record::MAX_CAPTURED};

/// Record header lengths in bytes.
pub(super) const STANDARD: usize = 16;
const NOKIA: usize = 20;
const SS990417: usize = 24;
pub(super) const MODIFIED: usize = 24;
const SS990915: usize = 28;

/// Records that are looked at.
const RECORDS: usize = 3;
/// Records of one capture are not further apart, as far as a header length is chosen by that.
const LONGEST_GAP: u32 = 366 * 86_400;

/// The fields that all variants begin with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub seconds: u32,
    pub fraction: u32,
    pub captured: u32,
    pub wire_len: u32,
}

/// How well the first records fit a header length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// A header is impossible.
    Bad,
    /// The stream ends inside a header; so many of its bytes are there.
    CutOff { complete: usize, rest: usize },
    /// Each of so many headers is plausible.
    Good(usize),
}

/// What the headers are read with.
pub(super) struct Guess<'a, F: Fn(&[u8]) -> Fields> {
    pub read: F,
    /// Fractions of a second are below this.
    pub fractions: u32,
    pub link: LinkType,
    pub modified: bool,
    pub others: &'a [usize],
}

/// The other header lengths that a magic number may stand for.
pub(super) fn others(modified: bool, nanoseconds: bool) -> &'static [usize] {
    match (modified, nanoseconds) {
        (true, _) => &[SS990915],
        (false, true) => &[],
        (false, false) => &[SS990417, NOKIA],
    }
}

impl<F: Fn(&[u8]) -> Fields> Guess<'_, F> {
    /// The length of record headers, chosen by the first records; none is consumed.
    pub fn header_len(&self, bytes: &mut Bytes<impl Read>) -> usize {
        let usual = if self.modified { MODIFIED } else { STANDARD };
        // So the first packet of a pipe need not wait for the others.
        let usual_is_plausible = self.payload_is_plausible(usual, bytes);
        if self.others.is_empty() || usual_is_plausible {
            return usual;
        }
        let rest = match self.fit(usual, bytes, false) {
            Fit::Bad => None,
            // One record and the beginning of another, or one with a longer header.
            Fit::CutOff { complete: 1, rest } => Some(rest),
            Fit::Good(_) | Fit::CutOff { .. } => return usual,
        };
        let fits = |len: usize, bytes: &mut _| match (self.fit(len, bytes, true), rest) {
            (Fit::Good(1), rest) => {
                rest.is_none_or(|rest| len == usual + rest) && self.payload_is_plausible(len, bytes)
            }
            (Fit::Good(_), None) => true,
            (Fit::CutOff { complete, .. }, None) => complete > 1,
            _ => false,
        };
        self.others.iter().copied().find(|len| fits(*len, bytes)).unwrap_or(usual)
    }

    fn fit(&self, header_len: usize, bytes: &mut Bytes<impl Read>, strict: bool) -> Fit {
        let (mut at, mut first) = (0, None);
        for complete in 0..RECORDS {
            let there = bytes.peek(at + header_len);
            let header = there.get(at..).unwrap_or_default();
            if header.len() < header_len {
                let rest = header.len();
                let ends = rest == 0 && there.len() == at;
                return if ends { Fit::Good(complete) } else { Fit::CutOff { complete, rest } };
            }
            let fields = (self.read)(header);
            let since = fields.seconds.abs_diff(*first.get_or_insert(fields.seconds));
            if !self.is_plausible(fields) || strict && since > LONGEST_GAP {
                return Fit::Bad;
            }
            at += header_len + fields.captured as usize;
        }
        Fit::Good(RECORDS)
    }

    /// Whether a header may be one.
    pub fn is_plausible(&self, fields: Fields) -> bool {
        fields.captured <= MAX_CAPTURED && fields.fraction < self.fractions
    }

    /// Whether the first packet begins as its link type asks, as far as that can be seen.
    fn payload_is_plausible(&self, header_len: usize, bytes: &mut Bytes<impl Read>) -> bool {
        const ETHERTYPE: usize = 12;
        let data = bytes.peek(header_len + ETHERTYPE + 2).get(header_len..).unwrap_or_default();
        match self.link {
            LinkType::ETHERNET => matches!(
                data.get(ETHERTYPE..),
                Some([0x08, 0x00 | 0x06] | [0x86, 0xdd] | [0x81, 0x00] | [0x88, 0xa8])
            ),
            LinkType::RAW | LinkType::RAW_DLT | LinkType::RAW_OPENBSD => {
                data.first().is_some_and(|first| matches!(first, 0x45..=0x4f | 0x60..=0x6f))
            }
            _ => false,
        }
    }
}
