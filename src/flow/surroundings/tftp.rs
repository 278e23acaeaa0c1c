//! TFTP transfers: the request goes to port 69, the reply comes from another port (RFC 1350, section 4).

use std::net::IpAddr;

use hashbrown::HashMap;

use super::MOST;
use crate::flow::Endpoint;

/// The port that requests go to.
pub const TFTP: u16 = 69;

/// Transfers by the client's endpoint and the server's address.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfers(HashMap<(Endpoint, IpAddr), Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    requested: bool,
    /// The server replied from a port of its own.
    by_server: bool,
    /// The client went on with the server at that port.
    by_client: bool,
    /// The server replied with an error, which nobody acknowledges.
    refused: bool,
}

impl Transfers {
    /// Notes a datagram between two endpoints.
    pub fn take(&mut self, from: Endpoint, to: Endpoint, payload: &[u8]) {
        let none = Known::default();
        match opcode(payload) {
            Some(1 | 2) if to.port == TFTP => {
                self.note((from, to.ip), Known { requested: true, ..none }, MOST);
            }
            Some(code @ 3..=6) if to.port != TFTP => {
                let refused = code == 5;
                self.note((to, from.ip), Known { by_server: true, refused, ..none }, MOST);
                self.note((from, to.ip), Known { by_client: true, ..none }, MOST);
            }
            _ => {}
        }
    }

    fn note(&mut self, key: (Endpoint, IpAddr), more: Known, most: usize) {
        if self.0.len() >= most && !self.0.contains_key(&key) {
            return;
        }
        let known = self.0.entry(key).or_default();
        known.requested |= more.requested;
        known.by_server |= more.by_server;
        known.by_client |= more.by_client;
        known.refused |= more.refused;
    }

    pub fn requested(&self, client: Endpoint, server: IpAddr) -> bool {
        self.0.get(&(client, server)).is_some_and(|known| known.requested)
    }

    /// Whether the server replied; `None` where it did, but nothing shows that the reply arrived.
    pub fn replied(&self, client: Endpoint, server: IpAddr) -> Option<bool> {
        let Some(known) = self.0.get(&(client, server)) else { return Some(false) };
        match (known.by_server, known.by_client || known.refused) {
            (true, true) => Some(true),
            (false, false) => Some(false),
            _ => None,
        }
    }

    /// How many there are, and how many were replied to.
    pub fn counts(&self) -> (usize, usize) {
        (self.0.len(), self.0.values().filter(|known| known.by_server && known.by_client).count())
    }

    pub fn merge(&mut self, other: &Self) {
        for (key, known) in &other.0 {
            self.note(*key, *known, usize::MAX);
        }
    }
}

/// The opcode of a message that may be TFTP: data and acknowledgements are told by their block number,
/// which is 1, or 0 for the acknowledgement of options or of a request to write.
fn opcode(payload: &[u8]) -> Option<u8> {
    match payload {
        [0, code @ (1 | 2), ..] if payload.len() > 4 && payload.ends_with(&[0]) => Some(*code),
        [0, 3, 0, 1, ..] => Some(3),
        [0, 4, 0, 0 | 1] => Some(4),
        [0, 5, 0, 0..=8, .., 0] => Some(5),
        [0, 6, .., 0] => Some(6),
        _ => None,
    }
}
