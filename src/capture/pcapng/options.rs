//! Options of blocks, those of enhanced packet blocks above all (draft-ietf-opsawg-pcapng, 4.3).

use pcap_parser::{
    PcapError,
    pcapng::{OptionCode, PcapNGOption, parse_option_be, parse_option_le},
};

use crate::capture::{Direction, Said, record::word};

const END_OF_OPTIONS: u16 = 0;
const EPB_FLAGS: u16 = 2;
const EPB_DROPCOUNT: u16 = 4;
const EPB_PACKETID: u16 = 5;
const EPB_VERDICT: u16 = 7;
/// Bits of epb_flags that tell the direction, and their values.
const DIRECTION_MASK: u32 = 0b11;
const INBOUND: u32 = 0b01;
const OUTBOUND: u32 = 0b10;
/// Who gave a verdict, and the value by which that one drops: TC_ACT_SHOT, XDP_DROP. etl2pcapng
/// writes the latter for what Windows dropped. What hardware says is its maker's secret.
const DROPS: [(u8, u64); 2] = [(1, 2), (2, 1)];

/// What the options of an enhanced packet block say.
#[derive(Debug, Default)]
pub(super) struct PacketOptions {
    pub said: Said,
    /// Packets lost between this one and the one before it.
    pub lost: u64,
}

impl PacketOptions {
    /// Reads options until they end or cannot be followed further.
    pub fn read(bytes: &[u8], big_endian: bool) -> Self {
        let mut read = Self::default();
        let mut rest = bytes;
        while let Some((option, after)) = next(rest, big_endian) {
            if option.code.0 == END_OF_OPTIONS {
                break;
            }
            read.take(&option, big_endian);
            rest = after;
        }
        read
    }

    fn take(&mut self, option: &PcapNGOption<'_>, big_endian: bool) {
        let Ok(value) = option.as_bytes() else { return };
        match (option.code.0, value.len()) {
            (EPB_FLAGS, 4) => self.said.direction = direction(word(value, big_endian)),
            (EPB_DROPCOUNT, _) => {
                self.lost = self.lost.saturating_add(long(value, big_endian).unwrap_or_default());
            }
            (EPB_PACKETID, _) => self.said.packet_id = long(value, big_endian),
            (EPB_VERDICT, _) => self.said.dropped |= drops(value, big_endian),
            _ => {}
        }
    }
}

fn next(bytes: &[u8], big_endian: bool) -> Option<(PcapNGOption<'_>, &[u8])> {
    let parsed = if big_endian {
        parse_option_be::<PcapError<&[u8]>>(bytes)
    } else {
        parse_option_le::<PcapError<&[u8]>>(bytes)
    };
    parsed.ok().map(|(rest, option)| (option, rest))
}

fn direction(flags: u32) -> Option<Direction> {
    match flags & DIRECTION_MASK {
        INBOUND => Some(Direction::In),
        OUTBOUND => Some(Direction::Out),
        _ => None,
    }
}

/// Whether an epb_verdict is that the packet goes no further.
fn drops(value: &[u8], big_endian: bool) -> bool {
    let Some((by, value)) = value.split_first() else { return false };
    long(value, big_endian).is_some_and(|value| DROPS.contains(&(*by, value)))
}

/// A number of exactly 64 bits.
fn long(value: &[u8], big_endian: bool) -> Option<u64> {
    let bytes = value.try_into().ok()?;
    Some(if big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
}

/// An option of 64 bits; pcap-parser 0.17 reads those in one byte order only.
pub(super) fn long_option(
    options: &[PcapNGOption<'_>],
    code: u16,
    big_endian: bool,
) -> Option<u64> {
    let option = options.iter().find(|option| option.code == OptionCode(code))?;
    long(option.as_bytes().ok()?, big_endian)
}
