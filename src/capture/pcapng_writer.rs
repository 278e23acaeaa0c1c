//! Keeping what is captured, as pcapng (draft-ietf-opsawg-pcapng).

use std::io::{self, Write};

use super::{Drops, Frame, LinkType, Timestamp};

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const VERSION: [u16; 2] = [1, 0];
/// The section's length is not known while it is written.
const LENGTH_UNKNOWN: u64 = u64::MAX;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_FILTER: u16 = 11;
const ISB_IFRECV: u16 = 4;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;
const END_OF_OPTIONS: u16 = 0;
/// Times in 10^-9 s.
const NANOSECONDS: u8 = 9;
/// A filter option begins with its language; this is libpcap's.
const LIBPCAP_FILTER: u8 = 0;
/// Of type, both lengths and what an enhanced packet block says of its packet, in bytes.
const PACKET_HEAD: usize = 28;
const BLOCK_FRAME: usize = 12;

/// Writes frames of one interface. It writes little by little: give it something buffered.
pub struct PcapngWriter<W: Write> {
    to: W,
}

impl<W: Write> PcapngWriter<W> {
    /// Begins a file: who writes it, and where it listens.
    ///
    /// # Errors
    /// It cannot be written, or pcapng has no number for the link type.
    pub fn new(
        mut to: W,
        interface: &str,
        link: LinkType,
        snap_len: u32,
        filter: Option<&str>,
    ) -> io::Result<Self> {
        let link = u16::try_from(link.0).map_err(io::Error::other)?;
        let mut section = Block::new(SECTION_HEADER);
        section.put(&BYTE_ORDER_MAGIC.to_le_bytes());
        section.put(&VERSION[0].to_le_bytes());
        section.put(&VERSION[1].to_le_bytes());
        section.put(&LENGTH_UNKNOWN.to_le_bytes());
        let program = concat!("vmmtap ", env!("CARGO_PKG_VERSION"));
        section.option(SHB_USERAPPL, program.as_bytes());
        to.write_all(&section.finish())?;

        let mut described = Block::new(INTERFACE);
        described.put(&link.to_le_bytes());
        described.put(&[0; 2]);
        described.put(&snap_len.to_le_bytes());
        described.option(IF_NAME, interface.as_bytes());
        described.option(IF_TSRESOL, &[NANOSECONDS]);
        if let Some(filter) = filter {
            described.option(IF_FILTER, &[&[LIBPCAP_FILTER], filter.as_bytes()].concat());
        }
        to.write_all(&described.finish())?;
        Ok(Self { to })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let captured = u32::try_from(frame.data.len()).map_err(io::Error::other)?;
        let padding = frame.data.len().next_multiple_of(4) - frame.data.len();
        let block_len = captured + padding as u32 + (PACKET_HEAD + 4) as u32;
        let [high, low] = halves(frame.time);
        let words =
            [ENHANCED_PACKET, block_len, 0, high, low, captured, frame.wire_len.max(captured)];
        let mut head = [0; PACKET_HEAD];
        for (place, word) in head.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        self.to.write_all(&head)?;
        self.to.write_all(frame.data)?;
        self.to.write_all(&[0; 3][..padding])?;
        self.to.write_all(&block_len.to_le_bytes())
    }

    /// Ends the file with the statistics: what was lost, and that `received` frames came until `last`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self, drops: Drops, received: u64, last: Timestamp) -> io::Result<W> {
        let mut statistics = Block::new(STATISTICS);
        statistics.put(&[0; 4]);
        for half in halves(last) {
            statistics.put(&half.to_le_bytes());
        }
        for (code, count) in
            [(ISB_IFRECV, received), (ISB_IFDROP, drops.interface), (ISB_OSDROP, drops.kernel)]
        {
            statistics.option(code, &count.to_le_bytes());
        }
        self.to.write_all(&statistics.finish())?;
        self.to.flush()?;
        Ok(self.to)
    }

    /// Hands on what is buffered.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The higher and the lower half of a time; those before 1970 cannot be said.
fn halves(time: Timestamp) -> [u32; 2] {
    let ticks = u64::try_from(time.0).unwrap_or(0);
    [(ticks >> 32) as u32, ticks as u32]
}

/// A block under writing, its options last.
struct Block {
    bytes: Vec<u8>,
    kind: u32,
    has_options: bool,
}

impl Block {
    fn new(kind: u32) -> Self {
        Self { bytes: Vec::new(), kind, has_options: false }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// An option whose length cannot be said is left out: it is no part of the packets.
    fn option(&mut self, code: u16, value: &[u8]) {
        let Ok(len) = u16::try_from(value.len()) else { return };
        self.has_options = true;
        self.put(&code.to_le_bytes());
        self.put(&len.to_le_bytes());
        self.put(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.has_options {
            self.option(END_OF_OPTIONS, &[]);
        }
        // A block of this program's own is never longer than a few options of 64 KiB.
        let len = ((self.bytes.len() + BLOCK_FRAME) as u32).to_le_bytes();
        [&self.kind.to_le_bytes(), &len, self.bytes.as_slice(), &len].concat()
    }
}
