//! What is known of what is spoken in a conversation.

use std::{fmt, net::IpAddr};

use bitflags::bitflags;
use uuid::Uuid;

use super::{Protocol, interface};

bitflags! {
    /// Ways of authentication, by the tokens that were really exchanged.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Auth: u8 {
        /// NTLM ([MS-NLMP]).
        const NTLM = 1;
        /// Kerberos (RFC 4120).
        const KERBEROS = 2;
        /// CredSSP ([MS-CSSP]).
        const CREDSSP = 4;
        /// HTTP Basic (RFC 7617).
        const BASIC = 8;
        /// A client's certificate (TLS up to 1.2 shows it).
        const CERTIFICATE = 16;
    }
}

impl Auth {
    /// Their names in reports.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let names = [
            (Self::NTLM, "ntlm"),
            (Self::KERBEROS, "kerberos"),
            (Self::CREDSSP, "credssp"),
            (Self::BASIC, "basic"),
            (Self::CERTIFICATE, "certificate"),
        ];
        names.into_iter().filter(|(one, _)| self.contains(*one)).map(|(_, name)| name).collect()
    }
}

/// An RPC interface, by its identifier (C706, appendix A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interface(pub Uuid);

impl Interface {
    /// The name of its specification, where it is a known one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        interface::name(self.0)
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Who named an RPC endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LearnedBy {
    /// The endpoint mapper, asked for an interface (C706, appendix O).
    EndpointMapper,
    /// The activation of an object ([MS-DCOM] 3.1.2.5.2), or the resolution of one.
    Activation,
}

/// A service at a port that was named on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcEndpoint {
    /// The address named; `None` where the answer names a host by name or not at all.
    pub host: Option<IpAddr>,
    /// TCP port.
    pub port: u16,
    /// The interface that is served there, where the answer says so.
    pub interface: Option<Interface>,
    /// Who named it.
    pub by: LearnedBy,
}

/// What is known of what is spoken in a conversation, by both speakers' first bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The protocol that each speaker's first bytes are of.
    pub spoken: [Option<Protocol>; 2],
    /// The host name that was dialled: TLS's server name, HTTP's Host, the Via of net.tcp.
    pub name: Option<Box<str>>,
    /// How the client authenticated, as the server accepted it.
    pub auth: Auth,
    /// How the client tries to, as long as the server has not accepted it.
    pub offered: Auth,
    /// More for a person to read, in short words; not cleaned.
    pub details: Vec<Box<str>>,
    /// RPC interfaces that were bound.
    pub interfaces: Vec<Interface>,
    /// RPC endpoints that were named.
    pub endpoints: Vec<RpcEndpoint>,
    /// A message that would tell more of the protocol's use did not come whole.
    pub is_cut: bool,
    /// The TCP sequence number after each speaker's latest message whose length was stated before all
    /// of it had come.
    pub message_ends: [Option<u32>; 2],
}

/// Most of each that is kept of a conversation.
const MOST_DETAILS: usize = 8;
const LONGEST_TEXT: usize = 80;
const LONGEST_NAME: usize = 253;
const MOST_INTERFACES: usize = 8;
const MOST_ENDPOINTS: usize = 64;

impl Heard {
    /// Notes that the server accepts the client's authentication.
    pub(super) fn accepts(&mut self) {
        self.auth |= std::mem::take(&mut self.offered);
    }

    /// Adds a detail, once.
    pub(super) fn detail(&mut self, text: &str) {
        let text: Box<str> = text.chars().take(LONGEST_TEXT).collect::<String>().into();
        if self.details.len() < MOST_DETAILS && !self.details.contains(&text) {
            self.details.push(text);
        }
    }

    /// Notes the name that was dialled; the first one holds.
    pub(super) fn dialled(&mut self, name: &str) {
        if self.name.is_none() && !name.is_empty() {
            self.name = Some(name.chars().take(LONGEST_NAME).collect::<String>().into());
        }
    }

    /// Adds an interface, once.
    pub(super) fn binds(&mut self, interface: Interface) {
        if self.interfaces.len() < MOST_INTERFACES && !self.interfaces.contains(&interface) {
            self.interfaces.push(interface);
        }
    }

    /// Adds an endpoint, once.
    pub(super) fn learns(&mut self, endpoint: RpcEndpoint) {
        if endpoint.port != 0
            && self.endpoints.len() < MOST_ENDPOINTS
            && !self.endpoints.contains(&endpoint)
        {
            self.endpoints.push(endpoint);
        }
    }
}
