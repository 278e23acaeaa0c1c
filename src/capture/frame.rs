//! The value that leaves this stage.

use super::{LinkType, Timestamp};

/// One record of a capture.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When the recorder saw it. A record without a time bears that of the record before it.
    pub time: Timestamp,
    /// What `data` begins with.
    pub link: LinkType,
    /// The captured bytes, cut at the recorder's snap length.
    pub data: &'a [u8],
    /// Length on the wire in bytes; at least `data.len()`.
    pub wire_len: u32,
}
