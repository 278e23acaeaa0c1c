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
    /// What the recorder says of it beside its bytes.
    pub said: Said,
}

/// What a recorder says of a packet in the options of its pcapng block. etl2pcapng writes all three
/// from what the Windows packet monitor tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Which way it went at the machine that recorded it (`epb_flags`).
    pub direction: Option<Direction>,
    /// Equal wherever the same packet was met on its way through the recording machine
    /// (`epb_packetid`).
    pub packet_id: Option<u64>,
    /// The recording machine dropped it (`epb_verdict`, or the file holds nothing but drops).
    pub dropped: bool,
}

/// Which way a packet went at the machine that recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Received.
    In,
    /// Sent.
    Out,
}
