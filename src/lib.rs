//! vmmtap holds the traffic of a System Center VMM deployment against the port matrix that Microsoft
//! publishes for it.
//!
//! A frame walks through the stages in the order of their names:
//!
//! - [`capture`] reads files and standard input, and keeps what came before a fault. It does not know
//!   what an address is.
//! - [`decode`] finds addresses, ports and flags, or says why a frame has none. It remembers nothing.
//! - [`dissect`] tells a protocol by a side's first bytes. It does not guess.
//! - [`flow`] puts packets together into conversations and says how they went. It does not decide who
//!   is the client where the wire does not show it.
//! - [`identify`] knows the machines of the site. It does not open the site file.
//! - [`judge`] holds a conversation against the matrix. It does not know how a verdict is shown.
//! - [`present`] writes reports. It lets nothing from packets or files through uncleaned.
//!
//! From `decode` to `judge` there is no clock, file, thread or terminal: time comes in with the
//! packet. [`engine`] joins these stages into a value that takes frames and gives a [`report`].
//!
//! ```
//! use std::{path::Path, sync::Arc};
//! use vmmtap::{capture::Source, identify::Site, judge::{Matrix, Policy, Verdict}, replay::replay};
//!
//! let folder = Path::new("captures/add-host-winrm-blocked");
//! let text = std::fs::read_to_string(folder.join("vmmtap.toml"))?;
//! let policy = Policy::new(Matrix::embedded()?, Site::parse("vmmtap.toml", &text)?);
//! let sources = [Source::File(folder.join("capture.pcap"))];
//! let (report, _unreadable) = replay(Arc::new(policy), &sources, 1000, |_bytes| {});
//! assert_eq!(report.tally.of_verdict(Verdict::Blocked), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod capture;
pub mod decode;
pub mod dissect;
pub mod flow;
pub mod identify;
pub mod judge;
pub mod present;

pub mod engine;
pub mod feed;
pub mod inflow;
pub mod learn;
pub mod ledger;
pub mod listen;
pub mod live;
pub mod logs;
pub mod obstacle;
pub mod rate;
pub mod replay;
pub mod report;
pub mod roster;

pub mod arguments;
mod atomic_file;
pub mod capacity;
pub mod commands;
pub mod configuration;
pub mod confine;
pub mod files_in_use;
pub mod output;
pub mod parallel;
pub mod progress;
pub mod signals;
pub mod terminal;
mod text_file;
pub mod watch;
#[cfg(windows)]
mod windows;
