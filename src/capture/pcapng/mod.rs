//! pcapng: blocks, in sections, of interfaces (draft-ietf-opsawg-pcapng).
//!
//! The blocks are framed here, so that one that cannot be understood is left out and the next one
//! is read; options are pcap-parser's.

mod interface;
mod names;
mod options;

use std::io::Read;

use self::{
    interface::{Interface, Statistics},
    names::Names,
    options::PacketOptions,
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
const MIN_BLOCK: usize = 12;
/// No recorder writes larger blocks; a larger length is a damaged one.
const MAX_BLOCK: usize = 64 << 20;
/// The largest block that is looked into: a packet of the greatest length with its options.
const LARGEST_READ: usize = MAX_CAPTURED as usize + (64 << 10);
/// No recorder has more interfaces; the format itself names them by 32 bits.
const MAX_INTERFACES: usize = 1 << 16;
/// A systemd journal entry; stands for every block that is passed over.
const JOURNAL: u32 = 9;
/// Journal entries, secrets, custom data, process information: defined, and of no use here.
const PASSED_OVER: [u32; 7] = [7, 8, JOURNAL, 10, 0x0bad, 0x4000_0bad, 0x8000_0001];

/// Where the reader stands: the section's byte order, its interfaces and the names so far.
#[derive(Debug, Default)]
pub struct Layout {
    pub big_endian: bool,
    interfaces: Vec<Interface>,
    last_time: Timestamp,
    pub names: Names,
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
                NAME_RESOLUTION => {
                    if !self.names.read(block, self.big_endian) {
                        problems.note(Problem::DamagedBlock, || "name resolution".to_owned());
                    }
                }
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
        Some((JOURNAL, 0))
    }

    fn describe_interface(&mut self, block: &[u8], problems: &mut Problems) {
        if self.interfaces.len() == MAX_INTERFACES {
            return problems.note(Problem::DamagedBlock, || "too many interfaces".to_owned());
        }
        self.interfaces.extend(Interface::read(block, self.big_endian, problems));
    }

    fn count_drops(&mut self, block: &[u8], problems: &mut Problems) {
        let Some(statistics) = Statistics::read(block, self.big_endian) else {
            return problems.note(Problem::DamagedBlock, || "interface statistics".to_owned());
        };
        if let Some(interface) = self.interfaces.get_mut(statistics.interface as usize) {
            interface.drops.told_in_all(statistics.drops, problems);
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
        let link = interface.map_or(LinkType::UNDESCRIBED, |interface| interface.link);
        let captured = captured as usize;
        let said = match kind {
            ENHANCED_PACKET => self.said(number, block, at + captured, problems),
            _ => Said::default(),
        };
        Some(Head { time, link, at, captured, wire_len, record_len: block.len(), said })
    }

    /// What the options after a packet that ends at `end` say. Most packets have none.
    fn said(&mut self, number: u32, block: &[u8], end: usize, problems: &mut Problems) -> Said {
        let options = block.get(end.next_multiple_of(4)..block.len() - 4).unwrap_or_default();
        if options.is_empty() {
            return Said::default();
        }
        let options = PacketOptions::read(options, self.big_endian);
        if options.lost > 0
            && let Some(interface) = self.interfaces.get_mut(number as usize)
        {
            interface.drops.told_of_more(options.lost, problems);
        }
        options.said
    }
}
