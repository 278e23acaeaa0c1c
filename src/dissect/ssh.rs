//! SSH (RFC 4253, 4.2): the identification line.

use super::{Heard, Step};

const LONGEST_LINE: usize = 255;

pub(super) fn starts(bytes: &[u8]) -> bool {
    bytes.starts_with(b"SSH-2.0-") || bytes.starts_with(b"SSH-1.")
}

/// Tells the program of a speaker, as its line names it.
pub(super) fn hear(bytes: &[u8], heard: &mut Heard) -> Step {
    match bytes.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') {
        Some(end) => {
            heard.detail(String::from_utf8_lossy(&bytes[..end]).trim_end());
            Step::Deaf
        }
        None if bytes.len() < LONGEST_LINE => Step::More,
        None => Step::Deaf,
    }
}
