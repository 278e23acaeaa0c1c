//! Security tokens: which mechanism is really used.
//!
//! NTLM: [MS-NLMP] 2.2.1. Kerberos: RFC 4120, 5.10, in GSS-API: RFC 4121, 4.1. SPNEGO: RFC 4178, 4.2.
//! A list of mechanisms that are offered says nothing of the one that is used.

use super::{
    Auth,
    der::{Element, element, elements},
};

const NTLM: &[u8] = b"NTLMSSP\0";
/// Types of NTLM messages: negotiate, challenge, authenticate.
const NTLM_TYPES: std::ops::RangeInclusive<u8> = 1..=3;

mod tag {
    pub const ENUMERATED: u8 = 0x0a;
    pub const OCTETS: u8 = 0x04;
    pub const OBJECT: u8 = 0x06;
    pub const SEQUENCE: u8 = 0x30;
    /// A token of GSS-API with the mechanism's identifier (RFC 2743, 3.1).
    pub const INITIAL: u8 = 0x60;
    pub const KERBEROS_REQUEST: u8 = 0x6e;
    pub const KERBEROS_REPLY: u8 = 0x6f;
    pub const KERBEROS_ERROR: u8 = 0x7e;
    pub const NEGOTIATION_INIT: u8 = 0xa0;
    pub const NEGOTIATION_ANSWER: u8 = 0xa1;
}

/// Object identifiers in their encoding.
mod mechanism {
    pub const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
    pub const NTLM: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 0x0a];
    pub const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
    pub const KERBEROS_USER_TO_USER: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 3];
    /// Microsoft's own number, off by one bit (RFC 4178, appendix C).
    pub const MS_KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2];
}

/// Tokens in tokens that are opened: SPNEGO in GSS-API, a mechanism's token in SPNEGO.
const MAX_DEPTH: u8 = 4;

/// The mechanism of a token; empty where it tells none.
pub(super) fn mechanism(token: &[u8]) -> Auth {
    opened(token, MAX_DEPTH)
}

fn opened(token: &[u8], depth: u8) -> Auth {
    if depth == 0 {
        return Auth::empty();
    }
    if let Some(rest) = token.strip_prefix(NTLM) {
        let known = rest.first().is_some_and(|kind| NTLM_TYPES.contains(kind));
        return if known { Auth::NTLM } else { Auth::empty() };
    }
    let Some(outer) = element(token) else { return Auth::empty() };
    match outer.tag {
        tag::INITIAL => initial(outer.content, depth),
        tag::NEGOTIATION_INIT => negotiation_init(outer.content, depth),
        tag::NEGOTIATION_ANSWER => negotiation_answer(outer.content, depth),
        tag::KERBEROS_REQUEST | tag::KERBEROS_REPLY | tag::KERBEROS_ERROR
            if outer.content.first() == Some(&tag::SEQUENCE) =>
        {
            Auth::KERBEROS
        }
        _ => Auth::empty(),
    }
}

/// A mechanism's identifier and then its token.
fn initial(content: &[u8], depth: u8) -> Auth {
    let Some(Element { tag: tag::OBJECT, content: object, whole }) = element(content) else {
        return Auth::empty();
    };
    if object == mechanism::SPNEGO {
        return opened(content.get(whole..).unwrap_or_default(), depth - 1);
    }
    named(object)
}

fn named(object: &[u8]) -> Auth {
    match object {
        mechanism::NTLM => Auth::NTLM,
        mechanism::KERBEROS | mechanism::MS_KERBEROS | mechanism::KERBEROS_USER_TO_USER => {
            Auth::KERBEROS
        }
        _ => Auth::empty(),
    }
}

/// The parts of a negotiation message, which is a sequence of numbered elements.
fn parts(content: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let sequence = element(content).filter(|one| one.tag == tag::SEQUENCE);
    elements(sequence.map_or(&[][..], |one| one.content))
}

/// The first proposal may carry a token already; what it is decides.
fn negotiation_init(content: &[u8], depth: u8) -> Auth {
    const TOKEN: u8 = 0xa2;
    let token =
        parts(content).find(|part| part.tag == TOKEN).and_then(|part| element(part.content));
    token
        .filter(|token| token.tag == tag::OCTETS)
        .map_or(Auth::empty(), |token| opened(token.content, depth - 1))
}

/// An answer names the mechanism that was chosen, unless it rejects, and may carry a token.
fn negotiation_answer(content: &[u8], depth: u8) -> Auth {
    const STATE: u8 = 0xa0;
    const CHOSEN: u8 = 0xa1;
    const TOKEN: u8 = 0xa2;
    const REJECTED: &[u8] = &[2];
    let (mut chosen, mut carried) = (Auth::empty(), Auth::empty());
    for part in parts(content) {
        let Some(inner) = element(part.content) else { continue };
        match (part.tag, inner.tag) {
            (STATE, tag::ENUMERATED) if inner.content == REJECTED => return Auth::empty(),
            (CHOSEN, tag::OBJECT) => chosen = named(inner.content),
            (TOKEN, tag::OCTETS) => carried = opened(inner.content, depth - 1),
            _ => {}
        }
    }
    if carried.is_empty() { chosen } else { carried }
}
