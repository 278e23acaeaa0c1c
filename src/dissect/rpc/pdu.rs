//! A message of connection-oriented RPC (C706, 12.6; [MS-RPCE] 2.2.2.1).

use uuid::Uuid;

/// Octets of the common header.
pub(super) const HEADER: usize = 16;
/// Place of the presentation context in a request.
pub(super) const REQUEST_CONTEXT_AT: usize = 20;
/// Places of the stub in a request without an object and in a response.
const STUB_AT: usize = 24;
/// Place of the number of contexts in a bind, and of the first context.
const CONTEXTS_AT: usize = 24;
const FIRST_CONTEXT_AT: usize = 28;
/// Number, transfer syntaxes, abstract syntax, version.
const CONTEXT: usize = 24;
const SYNTAX: usize = 20;
/// Type, level, padding, reserved and context of the logon.
const AUTH_HEADER: usize = 8;
const PRIVACY: u8 = 6;
const FIRST_FRAGMENT: u8 = 1;
const LAST_FRAGMENT: u8 = 2;
const LITTLE_ENDIAN: u8 = 0x10;

/// Ways of logon ([MS-RPCE] 2.2.1.1.7).
pub(super) mod auth {
    pub const NEGOTIATE: u8 = 9;
    pub const NTLM: u8 = 0x0a;
    pub const KERBEROS: u8 = 0x10;
}

/// The kinds of messages that are looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PduType {
    Request,
    Response,
    Fault,
    Bind,
    AlterContext,
    Other,
}

/// What the common header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub kind: PduType,
    /// Octets of the whole message.
    pub len: usize,
    pub call: u32,
    flags: u8,
    auth_len: usize,
    big_endian: bool,
}

/// A whole message.
pub(super) struct Pdu<'a> {
    pub bytes: &'a [u8],
    pub head: Head,
}

impl<'a> Pdu<'a> {
    /// Reads a common header; `None` where bytes do not begin with one.
    pub fn head(bytes: &[u8]) -> Option<Head> {
        let [
            5,
            0 | 1,
            kind @ (0 | 2 | 3 | 0x0b..=0x13),
            flags,
            order @ (0 | 1 | 0x10 | 0x11),
            0..=3,
            0,
            0,
            ..,
        ] = *bytes
        else {
            return None;
        };
        let head = bytes.get(..HEADER)?;
        let big_endian = order & LITTLE_ENDIAN == 0;
        Some(Head {
            kind: match kind {
                0 => PduType::Request,
                2 => PduType::Response,
                3 => PduType::Fault,
                0x0b => PduType::Bind,
                0x0e => PduType::AlterContext,
                _ => PduType::Other,
            },
            len: usize::from(half(head, 8, big_endian)?),
            auth_len: usize::from(half(head, 10, big_endian)?),
            call: u32::from_le_bytes([head[12], head[13], head[14], head[15]]),
            flags,
            big_endian,
        })
    }

    /// A number of 16 bits.
    pub fn half(&self, at: usize) -> Option<u16> {
        half(self.bytes, at, self.head.big_endian)
    }

    pub fn is_first(&self) -> bool {
        self.head.flags & FIRST_FRAGMENT != 0
    }

    pub fn is_last(&self) -> bool {
        self.head.flags & LAST_FRAGMENT != 0
    }

    /// Numbers and interfaces of the contexts that a bind proposes.
    pub fn contexts(&self) -> impl Iterator<Item = (u16, Uuid)> {
        let count = self.bytes.get(CONTEXTS_AT).copied().unwrap_or_default();
        let mut at = FIRST_CONTEXT_AT;
        (0..count).map_while(move |_| {
            let context = self.bytes.get(at..at + CONTEXT)?;
            let syntaxes = usize::from(context[2]);
            at += CONTEXT + syntaxes * SYNTAX;
            let number = half(context, 0, self.head.big_endian)?;
            let bytes: [u8; 16] = context[4..20].try_into().ok()?;
            let interface = if self.head.big_endian {
                Uuid::from_bytes(bytes)
            } else {
                Uuid::from_bytes_le(bytes)
            };
            Some((number, interface))
        })
    }

    /// Place of the logon's header, where there is one.
    fn auth_at(&self) -> Option<usize> {
        let trailer = (self.head.auth_len > 0).then_some(self.head.auth_len + AUTH_HEADER)?;
        self.bytes.len().checked_sub(trailer).filter(|at| *at >= HEADER)
    }

    /// The way of logon and its token.
    pub fn logon(&self) -> Option<(u8, &'a [u8])> {
        let at = self.auth_at()?;
        Some((self.bytes[at], &self.bytes[at + AUTH_HEADER..]))
    }

    /// Whether the stub is encrypted.
    pub fn is_sealed(&self) -> bool {
        self.auth_at().is_some_and(|at| self.bytes[at + 1] >= PRIVACY)
    }

    /// What a request or a response carries, without the logon's trailer and its padding.
    pub fn stub(&self) -> Option<&'a [u8]> {
        let end = match self.auth_at() {
            Some(at) => at.checked_sub(usize::from(self.bytes[at + 2]))?,
            None => self.bytes.len(),
        };
        self.bytes.get(STUB_AT..end)
    }
}

fn half(bytes: &[u8], at: usize, big_endian: bool) -> Option<u16> {
    let pair: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
}
