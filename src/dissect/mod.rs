//! Dissect: what the first payload bytes of a side are.
//!
//! A table of signatures, each anchored at the first byte. What no signature fits is not guessed:
//! a side that speaks something unknown has no protocol, and a stream whose beginning was not
//! captured is never asked.

mod heard;
mod protocol;
mod signature;

pub use heard::*;
pub use protocol::Protocol;
pub use signature::stream_start;
