//! pcapng: blocks, in sections, of interfaces (draft-ietf-opsawg-pcapng).
//!
//! The blocks are framed here, so that one that cannot be understood is left out and the next one
//! is read; options are pcap-parser's.

use std::io::Read;

use pcap_parser::pcapng::{
    OptionCode, PcapNGOption, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_interfacestatisticsblock_be,
    parse_interfacestatisticsblock_le,
};

use super::{
    LinkType, Problem, Problems, Said, Timestamp,
    bytes::Bytes,
    record::{Head, MAX_CAPTURED, half, word},
};

/// Type of a section header block; a palindrome, so it reads the same in both byte orders.
pub const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAME_RESOLUTION: u32 = 4;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Options of an interface description and of its statistics.
const IF_TSOFFSET: u16 = 14;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;
const MIN_BLOCK: usize = 12;
/// No recorder writes larger blocks; a larger length is a damaged one.
const MAX_BLOCK: usize = 64 << 20;
/// The largest block that is looked into: a packet of the greatest length with its options.
const LARGEST_READ: usize = MAX_CAPTURED as usize + (64 << 10);
/// No recorder has more interfaces; the format itself names them by 32 bits.
const MAX_INTERFACES: usize = 1 << 16;
/// Journal entries, secrets, custom data, process information: defined, and of no use here.
const PASSED_OVER: [u32; 8] = [NAME_RESOLUTION, 7, 8, 9, 10, 0x0bad, 0x4000_0bad, 0x8000_0001];

/// Where the reader stands: the section's byte order and its interfaces so far.
#[derive(Debug, Default)]
pub struct Layout {
    pub big_endian: bool,
    interfaces: Vec<Interface>,
    last_time: Timestamp,
}

#[derive(Debug)]
struct Interface {
    link: LinkType,
    /// Longest captured packet in bytes, 0 for no limit.
    snap_len: u32,
    ticks_per_second: u64,
    offset_seconds: i64,
    /// Packets lost, as the interface's latest statistics say.
    drops: u64,
}

impl Layout {
    /// Finds the next packet; `None` at the end or where the file cannot be followed further.
    pub fn next(&mut self, bytes: &mut Bytes<impl Read>, problems: &mut Problems) -> Option<Head> {
        loop {
            let (kind, len) = self.next_block(bytes, problems)?;
            let block = bytes.window(0, len);
            match kind {
                SECTION_HEADER => self.interfaces.clear(),
                INTERFACE => self.describe_interface(block, problems),
                ENHANCED_PACKET | OLD_PACKET | SIMPLE_PACKET => {
                    if let Some(head) = self.packet(kind, block, problems) {
                        return Some(head);
                    }
                    problems.note(Problem::DamagedBlock, || {
                        format!("packet block of type {kind}, {len} bytes")
                    });
                }
                STATISTICS => self.count_drops(block, problems),
                kind if PASSED_OVER.contains(&kind) => {}
                kind => problems.note(Problem::UnknownBlock, || format!("type {kind:#010x}")),
            }
            bytes.consume(len);
        }
    }

    /// The next whole block's type and length; it can be looked at through `bytes.window`.
    fn next_block(
        &mut self,
        bytes: &mut Bytes<impl Read>,
        problems: &mut Problems,
    ) -> Option<(u32, usize)> {
        let position = bytes.position();
        let start = bytes.peek(MIN_BLOCK);
        if start.len() < MIN_BLOCK {
            if !start.is_empty() {
                problems.note(Problem::CutOff, || {
                    format!("byte {position}: a block needs at least {MIN_BLOCK} bytes")
                });
            }
            return None;
        }
        let kind = word(start, self.big_endian);
        if kind == SECTION_HEADER {
            self.big_endian = word(&start[8..], true) == BYTE_ORDER_MAGIC;
        }
        let claimed = word(&start[4..], self.big_endian) as usize;
        let known_order =
            kind != SECTION_HEADER || word(&start[8..], self.big_endian) == BYTE_ORDER_MAGIC;
        // Some writers count the body without its padding; the next block starts on a word all the same.
        let len = claimed.next_multiple_of(4);
        if !(MIN_BLOCK..=MAX_BLOCK).contains(&len) || !known_order {
            let rest = bytes.skip(u64::MAX);
            problems.note(Problem::BadLength, || {
                format!("byte {position}: block of type {kind:#010x} claims {claimed} bytes; {rest} bytes not readable")
            });
            return None;
        }
        if len > LARGEST_READ || PASSED_OVER.contains(&kind) {
            return self.pass_over((kind, len), bytes, problems);
        }
        let block = bytes.peek(len);
        if block.len() < len {
            let have = block.len();
            problems.note(Problem::CutOff, || {
                format!("byte {position}: the last block has {have} of {len} bytes")
            });
            return None;
        }
        let repeated = word(&block[len - 4..], self.big_endian) as usize;
        if repeated != claimed {
            problems.note(Problem::LengthsDisagree, || {
                format!("byte {position}: {claimed} before, {repeated} after")
            });
        }
        Some((kind, len))
    }

    /// Moves past a block without keeping it. It is told of as an empty one of its kind.
    fn pass_over(
        &self,
        (kind, len): (u32, usize),
        bytes: &mut Bytes<impl Read>,
        problems: &mut Problems,
    ) -> Option<(u32, usize)> {
        let position = bytes.position();
        let passed = bytes.skip(len as u64);
        if passed < len as u64 {
            problems.note(Problem::CutOff, || {
                format!("byte {position}: the last block has {passed} of {len} bytes")
            });
            return None;
        }
        if !PASSED_OVER.contains(&kind) {
            problems.note(Problem::DamagedBlock, || format!("type {kind:#010x}, {len} bytes"));
        }
        Some((NAME_RESOLUTION, 0))
    }

    fn describe_interface(&mut self, block: &[u8], problems: &mut Problems) {
        if self.interfaces.len() == MAX_INTERFACES {
            return problems.note(Problem::DamagedBlock, || "too many interfaces".to_owned());
        }
        if block.len() < 20 {
            return problems.note(Problem::DamagedBlock, || "interface description".to_owned());
        }
        let parsed = if self.big_endian {
            parse_interfacedescriptionblock_be(block)
        } else {
            parse_interfacedescriptionblock_le(block)
        };
        let (resolution, offset_seconds) = match parsed {
            Ok((_, block)) => {
                let offset = self.option(&block.options, IF_TSOFFSET);
                (block.if_tsresol, offset.map_or(0, i64::from_be_bytes))
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
        self.interfaces.push(Interface {
            link: LinkType(u32::from(half(&block[8..], self.big_endian))),
            snap_len: word(&block[12..], self.big_endian),
            ticks_per_second,
            offset_seconds,
            drops: 0,
        });
    }

    /// An option of 64 bits; pcap-parser 0.17 reads those in one byte order only.
    fn option(&self, options: &[PcapNGOption<'_>], code: u16) -> Option<[u8; 8]> {
        let option = options.iter().find(|option| option.code == OptionCode(code))?;
        let mut bytes: [u8; 8] = option.as_bytes().ok()?.try_into().ok()?;
        if !self.big_endian {
            bytes.reverse();
        }
        Some(bytes)
    }

    fn count_drops(&mut self, block: &[u8], problems: &mut Problems) {
        let parsed = if self.big_endian {
            parse_interfacestatisticsblock_be(block)
        } else {
            parse_interfacestatisticsblock_le(block)
        };
        let Ok((_, statistics)) = parsed else {
            return problems.note(Problem::DamagedBlock, || "interface statistics".to_owned());
        };
        let [by_interface, by_system] = [ISB_IFDROP, ISB_OSDROP]
            .map(|code| self.option(&statistics.options, code).map_or(0, u64::from_be_bytes));
        let drops = by_interface.saturating_add(by_system);
        if let Some(interface) = self.interfaces.get_mut(statistics.if_id as usize)
            && drops > interface.drops
        {
            problems.add(Problem::RecorderDrops, drops - interface.drops, String::new);
            interface.drops = drops;
        }
    }

    /// Locates the packet in a packet block; `None` where the block contradicts itself.
    fn packet(&mut self, kind: u32, block: &[u8], problems: &mut Problems) -> Option<Head> {
        let word_at =
            |offset: usize| block.get(offset..offset + 4).map(|bytes| word(bytes, self.big_endian));
        let simple = kind == SIMPLE_PACKET;
        let number = match kind {
            SIMPLE_PACKET => 0,
            OLD_PACKET => u32::from(half(&block[8..], self.big_endian)),
            _ => word_at(8)?,
        };
        let interface = self.interfaces.get(number as usize);
        let (at, captured, wire_len) = if simple {
            let wire_len = word_at(8)?;
            let limit = interface.map_or(0, |interface| interface.snap_len);
            let room = u32::try_from(block.len()).ok()?.checked_sub(16)?;
            let snapped = if limit == 0 { wire_len } else { wire_len.min(limit) };
            (12, snapped.min(room), wire_len)
        } else {
            (28, word_at(20)?, word_at(24)?)
        };
        if captured > MAX_CAPTURED || at + captured as usize + 4 > block.len() {
            return None;
        }
        let time = match interface {
            Some(interface) if !simple => {
                let ticks = u64::from(word_at(12)?) << 32 | u64::from(word_at(16)?);
                Timestamp::from_ticks(ticks, interface.ticks_per_second, interface.offset_seconds)
            }
            Some(_) => {
                problems.note(Problem::NoTime, || "simple packet block".to_owned());
                self.last_time
            }
            None => {
                problems.note(Problem::UnknownInterface, || format!("interface {number}"));
                self.last_time
            }
        };
        self.last_time = time;
        Some(Head {
            time,
            link: interface.map_or(LinkType::UNDESCRIBED, |interface| interface.link),
            at,
            captured: captured as usize,
            wire_len,
            record_len: block.len(),
            said: Said::default(),
        })
    }
}

const DEFAULT_RESOLUTION: u8 = 6;
const MICROS_PER_SECOND: u64 = 1_000_000;

/// if_tsresol: a power of ten, or of two where the highest bit is set.
fn ticks_per_second(resolution: u8) -> Option<u64> {
    let exponent = u32::from(resolution & 0x7f);
    if resolution & 0x80 == 0 { 10_u64.checked_pow(exponent) } else { 1_u64.checked_shl(exponent) }
}
