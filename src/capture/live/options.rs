//! How to listen.

use crate::capture::record::MAX_CAPTURED;

/// Whole packets, as large as offloading adapters make them: what is kept with `-w` is complete, and
/// the buffer holds no more for it, since the kernel packs frames by their real length.
pub const DEFAULT_SNAP_LEN: u32 = MAX_CAPTURED;

/// About a quarter of a second of a full 2 Gbit/s in the kernel while the program is elsewhere.
pub const DEFAULT_BUFFER_BYTES: u32 = 64 << 20;

/// What to listen to, and how.
#[derive(Clone, Debug)]
pub struct TapOptions {
    /// The interface's name; its description serves as well, for names that nobody can type.
    pub interface: String,
    /// A pcap-filter(7) expression, applied in the kernel.
    pub filter: Option<String>,
    /// Bytes kept of each frame.
    pub snap_len: u32,
    /// Size of the kernel's buffer in bytes.
    pub buffer_bytes: u32,
    /// Whether to see frames that are not for this machine.
    pub promiscuous: bool,
}
