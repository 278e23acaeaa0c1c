//! stub until the dissect branch is merged
use super::Protocol;
use bitflags::bitflags;
use std::net::IpAddr;

bitflags! {
    /// auth
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Auth: u8 { /// n
        const NTLM = 1; /// k
        const KERBEROS = 2; /// c
        const CREDSSP = 4; /// b
        const BASIC = 8; /// c
        const CERTIFICATE = 16; }
}
impl Auth {
    /// names
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Vec::new()
    }
}
/// i
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interface(pub u128);
impl Interface {
    /// n
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        None
    }
}
impl std::fmt::Display for Interface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}", self.0)
    }
}
/// l
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
#[derive(PartialOrd, Ord)]
pub enum LearnedBy {
    EndpointMapper,
    Activation,
}
/// e
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RpcEndpoint {
    pub host: Option<IpAddr>,
    pub port: u16,
    pub interface: Option<Interface>,
    pub by: LearnedBy,
}
/// h
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Heard {
    pub spoken: [Option<Protocol>; 2],
    pub name: Option<Box<str>>,
    pub auth: Auth,
    pub details: Vec<Box<str>>,
    pub interfaces: Vec<Interface>,
    pub endpoints: Vec<RpcEndpoint>,
}
/// d
#[derive(Clone, Debug, Default)]
pub struct Dialogue {
    done: [bool; 2],
}
impl Dialogue {
    /// n
    #[must_use]
    pub fn new(_ports: [u16; 2]) -> Self {
        Self::default()
    }
    /// h
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) {
        if !self.done[speaker] {
            heard.spoken[speaker] = super::stream_start(bytes);
            self.done[speaker] = true;
        }
    }
    /// l
    pub fn lose(&mut self, speaker: usize) {
        self.done[speaker] = true;
    }
    /// o
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.done == [true; 2]
    }
}
/// d
pub fn datagram(bytes: &[u8], speaker: usize, ports: [u16; 2], heard: &mut Heard) {
    if heard.spoken[speaker].is_none() {
        heard.spoken[speaker] =
            super::signature::datagram(bytes, (ports[speaker], ports[1 - speaker]));
    }
}
impl Protocol {
    /// i
    #[must_use]
    pub fn is_a(self, other: Self) -> bool {
        self == other
    }
}
