//! IEEE 802.11 data frames, and the headers that recorders put before them.

use super::{
    Skip,
    field::{after, array, byte, word},
    layer::{Layer, Next},
    skip::Wlan,
};

/// Frame control, first octet: type and subtype (IEEE 802.11, 9.2.4.1).
const VERSION: u8 = 0x03;
const TYPE: u8 = 0x0c;
const MANAGEMENT: u8 = 0x00;
const CONTROL: u8 = 0x04;
const DATA: u8 = 0x08;
const WITHOUT_DATA: u8 = 0x40;
const QUALITY_OF_SERVICE: u8 = 0x80;
/// Second octet.
const TO_AND_FROM_SYSTEM: u8 = 0x03;
const MORE_FRAGMENTS: u8 = 0x04;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;

const HEADER: usize = 24;
const FOURTH_ADDRESS: usize = 6;
const QUALITY_CONTROL: usize = 2;
const HIGH_THROUGHPUT_CONTROL: usize = 4;
/// Of the quality of service control: the payload is an aggregate.
const AGGREGATE: u8 = 0x80;

/// A frame; where `padded`, its header is filled up to four octets.
pub(super) fn frame(data: &[u8], padded: bool) -> Result<Layer<'_>, Skip> {
    let [kind, flags] = array(data, 0)?;
    let why_not = match kind & TYPE {
        _ if kind & VERSION != 0 => return Err(Skip::Malformed),
        MANAGEMENT => Some(Wlan::Management),
        CONTROL => Some(Wlan::Control),
        DATA if kind & WITHOUT_DATA != 0 => Some(Wlan::WithoutData),
        DATA if flags & PROTECTED != 0 => Some(Wlan::Protected),
        // The sequence control's last four bits number a fragment.
        DATA if flags & MORE_FRAGMENTS != 0 || byte(data, 22)? & 0x0f != 0 => Some(Wlan::Fragment),
        DATA => None,
        _ => Some(Wlan::Extension),
    };
    if let Some(why_not) = why_not {
        return Err(Skip::Wlan(why_not));
    }
    let has_four = flags & TO_AND_FROM_SYSTEM == TO_AND_FROM_SYSTEM;
    let mut header_len = HEADER + if has_four { FOURTH_ADDRESS } else { 0 };
    if kind & QUALITY_OF_SERVICE != 0 {
        if byte(data, header_len)? & AGGREGATE != 0 {
            return Err(Skip::Wlan(Wlan::Aggregate));
        }
        header_len += QUALITY_CONTROL;
        header_len += if flags & ORDER != 0 { HIGH_THROUGHPUT_CONTROL } else { 0 };
    }
    let header_len = if padded { header_len.next_multiple_of(4) } else { header_len };
    Ok(Layer { next: Next::Llc, data: after(data, header_len)? })
}

/// Radiotap: version 0, length, and words that tell which fields there are, each with a bit for
/// another word. The second field tells of padding; the first one is eight octets, aligned.
pub(super) fn radiotap(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const TIMER: u32 = 1;
    const FLAGS: u32 = 2;
    const ANOTHER_WORD: u32 = 1 << 31;
    const PADDED: u8 = 0x20;
    let [version, _, len @ ..] = array::<4>(data, 0)?;
    if version != 0 {
        return Err(Skip::Malformed);
    }
    let inner = after(data, u16::from_le_bytes(len).into())?;
    let fields = u32::from_le_bytes(array(data, 4)?);
    let (mut at, mut last) = (8, fields);
    while last & ANOTHER_WORD != 0 {
        last = u32::from_le_bytes(array(data, at)?);
        at += 4;
    }
    if fields & TIMER != 0 {
        at = usize::next_multiple_of(at, 8) + 8;
    }
    let padded = fields & FLAGS != 0 && byte(data, at)? & PADDED != 0;
    frame(inner, padded)
}

/// Prism monitoring header: a message code and its length, in the recorder's byte order; or the AVS
/// header, which came to use the same link type.
pub(super) fn prism(data: &[u8]) -> Result<Layer<'_>, Skip> {
    if is_avs(data)? {
        return avs(data);
    }
    let len = array::<4>(data, 4)?;
    let len = u32::from_le_bytes(len).min(u32::from_be_bytes(len));
    frame(after(data, usize::try_from(len).unwrap_or(usize::MAX))?, false)
}

fn is_avs(data: &[u8]) -> Result<bool, Skip> {
    const MAGIC: u32 = 0x8021_1000;
    Ok(word(data, 0)? & 0xffff_f000 == MAGIC)
}

/// AVS header: magic and version, then its length.
pub(super) fn avs(data: &[u8]) -> Result<Layer<'_>, Skip> {
    if !is_avs(data)? {
        return Err(Skip::Malformed);
    }
    frame(after(data, usize::try_from(word(data, 4)?).unwrap_or(usize::MAX))?, false)
}
