//! Answers to activations: string bindings ([MS-DCOM] 2.2.19.3).
//!
//! They stand deep in structures that differ by operation, but each one begins with the number of its
//! protocol and ends with a zero, and holds `host[port]` in UTF-16, which is mark enough.

use crate::dissect::{Heard, LearnedBy, RpcEndpoint};

/// The number of RPC over TCP ([MS-DCOM] 2.2.19.3).
const TCP: [u8; 2] = [7, 0];
/// Longest binding in characters: a name and a port.
const LONGEST: usize = 300;

/// Learns the endpoints of all bindings in an answer.
pub(super) fn learn(answer: &[u8], heard: &mut Heard) {
    for at in 0..answer.len().saturating_sub(TCP.len()) {
        if answer[at..at + 2] == TCP
            && let Some(binding) = text(&answer[at + 2..])
            && let Some(endpoint) = endpoint(&binding)
        {
            heard.learns(endpoint);
        }
    }
}

/// Characters up to a zero; `None` where they are no name.
fn text(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    for unit in bytes.chunks_exact(2).take(LONGEST) {
        match u16::from_le_bytes([unit[0], unit[1]]) {
            0 => return Some(text),
            unit => {
                let c = char::from_u32(unit.into())?;
                (c.is_ascii_graphic() || c.is_alphanumeric()).then(|| text.push(c))?;
            }
        }
    }
    None
}

/// `10.0.0.7[49664]` or `hv07[49664]`.
fn endpoint(binding: &str) -> Option<RpcEndpoint> {
    let (host, port) = binding.strip_suffix(']')?.rsplit_once('[')?;
    if host.is_empty() || host.contains(['[', ']']) {
        return None;
    }
    let port = port.parse().ok()?;
    Some(RpcEndpoint { host: host.parse().ok(), port, interface: None, by: LearnedBy::Activation })
}
