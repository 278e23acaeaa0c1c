//! MPLS: no label says what it carries, so the bytes behind the stack do (RFC 4928, section 2).

use super::{
    Skip, ethernet,
    field::{half, word},
    layer::{Layer, Next},
};

/// Bottom of stack (RFC 3032, section 2.1).
const BOTTOM: u32 = 0x100;
const ENTRY: usize = 4;
const CONTROL_WORD: usize = 4;

pub(super) fn read(mut data: &[u8]) -> Result<Layer<'_>, Skip> {
    loop {
        let entry = word(data, 0)?;
        data = &data[ENTRY..];
        if entry & BOTTOM != 0 {
            return payload(data);
        }
    }
}

fn payload(data: &[u8]) -> Result<Layer<'_>, Skip> {
    if is_ip(data) {
        return Ok(Layer { next: Next::Ip, data });
    }
    // A pseudowire, with a control word whose first nibble is 0 (RFC 4385, section 3) or without.
    let behind_control_word = data.get(CONTROL_WORD..).unwrap_or_default();
    let controlled = data.first().is_some_and(|first| first >> 4 == 0);
    let candidates = [(controlled, behind_control_word), (true, data)];
    candidates
        .into_iter()
        .find(|(possible, frame)| *possible && ethernet::is_plausible(frame))
        .map(|(_, data)| Layer { next: Next::Ethernet, data })
        .ok_or(Skip::NotIp(ethernet::MPLS))
}

/// Ethernet addresses may begin with 4 or 6, too: the header's lengths must be possible.
fn is_ip(data: &[u8]) -> bool {
    match data.first().map(|first| (first >> 4, first & 0x0f)) {
        Some((4, words @ 5..)) => {
            // Segmentation offload leaves 0.
            let total = half(data, 2).unwrap_or_default();
            total == 0 || total >= u16::from(words) * 4
        }
        Some((6, _)) => !ethernet::is_plausible(data),
        _ => false,
    }
}
