//! What the machines say to each other: the opening bytes of every protocol in the scenarios, real
//! enough for any dissector.

pub mod der;
pub mod directory;
pub mod framing;
pub mod ntlm;
pub mod rpc;
pub mod smb;
pub mod tls;
pub mod web;

/// One of the two ends of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client = 0,
    Server = 1,
}

impl Side {
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Bytes that one side says before the other has its turn.
#[derive(Clone, Debug)]
pub struct Line {
    pub side: Side,
    pub bytes: Vec<u8>,
}

pub fn client(bytes: impl Into<Vec<u8>>) -> Line {
    Line { side: Side::Client, bytes: bytes.into() }
}

pub fn server(bytes: impl Into<Vec<u8>>) -> Line {
    Line { side: Side::Server, bytes: bytes.into() }
}

/// UTF-16, little endian, as Windows writes names.
pub fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
