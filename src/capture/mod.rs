//! Capture: a file or standard input becomes frames.
//!
//! This stage yields bytes, a time, a link type and the length on the wire, and nothing more: it
//! does not know what an address is. It reads without libpcap, keeps what came before a fault, and
//! counts the rest with its reason ([`Problems`]). It never seeks, so a pipe is as good as a file,
//! and never maps, so a file that shrinks under the reader is a cut-off capture and not a crash.

mod bytes;
mod clock;
mod file;
mod firewall_log;
mod frame;
mod layout;
mod link_type;
mod live;
mod merge;
mod open;
mod pcap;
mod pcap_variant;
mod pcapng;
mod pcapng_writer;
mod printable;
mod problem;
mod read_ahead;
mod record;
mod time;

pub use clock::Clock;
pub use file::{CaptureFile, Format, Summary};
pub use firewall_log::{FirewallLog, LogLine, LogPath};
pub use frame::{Direction, Frame, Said};
pub use link_type::LinkType;
pub use live::{
    DEFAULT_BUFFER_BYTES, DEFAULT_SNAP_LEN, Drops, Heard, Interface, Tap, TapError, TapOptions,
    interfaces,
};
pub use merge::Merge;
pub use open::{OpenError, Source};
pub use pcapng_writer::PcapngWriter;
pub use printable::{is_unprintable, printable, shown};
pub use problem::{Problem, Problems};
pub use time::{NANOS_PER_SECOND, Timestamp};
