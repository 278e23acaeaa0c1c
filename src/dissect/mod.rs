//! Dissect: what the first payload bytes of a side are.
//!
//! A table of signatures, each anchored at the first byte. What no signature fits is not guessed:
//! a side that speaks something unknown has no protocol, and a stream whose beginning was not
//! captured is never asked.

mod banner;
mod der;
mod dhcp;
mod dialogue;
mod dns;
mod heard;
mod http;
mod interface;
mod kerberos;
mod ldap;
mod net_tcp;
mod netbios;
mod ntp;
mod one_way;
mod protocol;
mod rdp;
mod rmcp;
mod rpc;
mod signature;
mod smb;
mod speech;
mod ssh;
mod tds;
mod tftp;
mod tls;
mod token;
mod ws_discovery;

pub use dialogue::Dialogue;
pub use heard::{Auth, Heard, Interface, LearnedBy, RpcEndpoint};
pub use protocol::Protocol;
pub use signature::{datagram, may_start};

/// What came of looking at a speaker's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The message is not whole yet.
    More,
    /// So many bytes need not be looked at again; there may be more of them than have come.
    Passed(usize),
    /// Nothing more is to be learned from this speaker.
    Deaf,
}
