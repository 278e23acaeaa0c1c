//! Fields of headers, in network byte order. Each says that the headers are cut where it is not there.

use super::Skip;

pub(super) fn byte(data: &[u8], at: usize) -> Result<u8, Skip> {
    data.get(at).copied().ok_or(Skip::CutHeaders)
}

pub(super) fn half(data: &[u8], at: usize) -> Result<u16, Skip> {
    array(data, at).map(u16::from_be_bytes)
}

pub(super) fn word(data: &[u8], at: usize) -> Result<u32, Skip> {
    array(data, at).map(u32::from_be_bytes)
}

/// `N` bytes from a place on.
pub(super) fn array<const N: usize>(data: &[u8], at: usize) -> Result<[u8; N], Skip> {
    data.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(Skip::CutHeaders)
}

/// What follows a header of this length.
pub(super) fn after(data: &[u8], header_len: usize) -> Result<&[u8], Skip> {
    data.get(header_len..).ok_or(Skip::CutHeaders)
}
