//! Interfaces of a section: link type, clock and losses.

use pcap_parser::pcapng::{
    parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le,
    parse_interfacestatisticsblock_be, parse_interfacestatisticsblock_le,
};

use super::options::long_option;
use crate::capture::{
    LinkType, Problem, Problems,
    record::{half, word},
};

const IF_TSOFFSET: u16 = 14;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;
/// Bytes before the options of an interface description, its type and lengths included.
const MIN_DESCRIPTION: usize = 20;
const DEFAULT_RESOLUTION: u8 = 6;
const MICROS_PER_SECOND: u64 = 1_000_000;

/// An interface of a section.
#[derive(Debug)]
pub(super) struct Interface {
    pub link: LinkType,
    /// Longest captured packet in bytes, 0 for no limit.
    pub snap_len: u32,
    pub ticks_per_second: u64,
    pub offset_seconds: i64,
    pub drops: Drops,
}

impl Interface {
    /// Reads an interface description block. Damaged options leave the usual clock.
    pub fn read(block: &[u8], big_endian: bool, problems: &mut Problems) -> Option<Self> {
        if block.len() < MIN_DESCRIPTION {
            problems.note(Problem::DamagedBlock, || "interface description".to_owned());
            return None;
        }
        let parsed = if big_endian {
            parse_interfacedescriptionblock_be(block)
        } else {
            parse_interfacedescriptionblock_le(block)
        };
        let (resolution, offset_seconds) = match parsed {
            Ok((_, block)) => {
                let offset = long_option(&block.options, IF_TSOFFSET, big_endian);
                (block.if_tsresol, offset.map_or(0, u64::cast_signed))
            }
            Err(_) => {
                problems.note(Problem::DamagedBlock, || {
                    "options of an interface description".to_owned()
                });
                (DEFAULT_RESOLUTION, 0)
            }
        };
        let ticks_per_second = ticks_per_second(resolution).unwrap_or_else(|| {
            problems.note(Problem::BadResolution, || format!("if_tsresol {resolution}"));
            MICROS_PER_SECOND
        });
        Some(Self {
            link: LinkType(u32::from(half(&block[8..], big_endian))),
            snap_len: word(&block[12..], big_endian),
            ticks_per_second,
            offset_seconds,
            drops: Drops::default(),
        })
    }
}

/// What an interface statistics block says of losses.
pub(super) struct Statistics {
    /// The interface's place in the section.
    pub interface: u32,
    /// Packets lost since the capture began.
    pub drops: u64,
}

impl Statistics {
    /// Reads an interface statistics block; `None` where it is damaged.
    pub fn read(block: &[u8], big_endian: bool) -> Option<Self> {
        let parsed = if big_endian {
            parse_interfacestatisticsblock_be(block)
        } else {
            parse_interfacestatisticsblock_le(block)
        };
        let (_, statistics) = parsed.ok()?;
        let [by_interface, by_system] = [ISB_IFDROP, ISB_OSDROP]
            .map(|code| long_option(&statistics.options, code, big_endian).unwrap_or_default());
        let drops = by_interface.saturating_add(by_system);
        Some(Self { interface: statistics.if_id, drops })
    }
}

/// Packets that the recorder lost on an interface. It may say so at the packets that follow, in
/// statistics, or in both ways, so the larger of the two sums holds.
#[derive(Debug, Default)]
pub(super) struct Drops {
    counted: u64,
    by_packets: u64,
}

impl Drops {
    /// Statistics say how many were lost so far.
    pub fn told_in_all(&mut self, total: u64, problems: &mut Problems) {
        if total > self.counted {
            problems.add(Problem::RecorderDrops, total - self.counted, String::new);
            self.counted = total;
        }
    }

    /// A packet says how many were lost before it.
    pub fn told_of_more(&mut self, lost: u64, problems: &mut Problems) {
        self.by_packets = self.by_packets.saturating_add(lost);
        self.told_in_all(self.by_packets, problems);
    }
}

/// if_tsresol: a power of ten, or of two where the highest bit is set.
fn ticks_per_second(resolution: u8) -> Option<u64> {
    let exponent = u32::from(resolution & 0x7f);
    if resolution & 0x80 == 0 { 10_u64.checked_pow(exponent) } else { 1_u64.checked_shl(exponent) }
}
