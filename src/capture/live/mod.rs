//! Frames from an interface, by way of libpcap or Npcap where one is installed.

#[cfg(windows)]
mod adapters;
mod binding;
mod error;
mod interface;
mod options;
mod tap;
#[cfg_attr(unix, path = "watch_unix.rs")]
#[cfg_attr(not(unix), path = "watch_other.rs")]
mod watch;

pub use error::TapError;
pub use interface::{Interface, interfaces};
pub use options::{DEFAULT_BUFFER_BYTES, DEFAULT_SNAP_LEN, TapOptions};
pub use tap::{Drops, Heard, Tap};
