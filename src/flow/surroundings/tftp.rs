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

#[cfg(test)]
mod tests {
    use super::*;

    fn end(last: u8, port: u16) -> Endpoint {
        Endpoint { ip: [10, 0, 0, last].into(), port }
    }

    const REQUEST: &[u8] = b"\0\x01boot\0octet\0";
    const DATA: &[u8] = b"\0\x03\0\x01text";
    const ACK: &[u8] = b"\0\x04\0\x01";
    const ERROR: &[u8] = b"\0\x05\0\x01no file\0";

    #[test]
    fn a_message_is_one_of_tftp_by_its_first_bytes() {
        for (payload, expected) in [
            (REQUEST, Some(1)),
            (b"\0\x02f\0octet\0", Some(2)),
            (b"\0\x01\0\0\0", Some(1)),
            (b"\0\x01\0\0", None),
            (b"\0\x01boot\0octet", None),
            (DATA, Some(3)),
            (b"\0\x03\0\x02text", None),
            (ACK, Some(4)),
            (b"\0\x04\0\0", Some(4)),
            (b"\0\x04\0\x02", None),
            (ERROR, Some(5)),
            (b"\0\x05\0\x09no\0", None),
            (b"\0\x06blksize\x001428\0", Some(6)),
            (b"\0\x07\0\x01", None),
            (b"", None),
        ] {
            assert_eq!(opcode(payload), expected, "{payload:?}");
        }
    }

    #[test]
    fn a_transfer_is_replied_to_from_another_port_and_shows_that_it_arrived() {
        let (client, server, chosen) = (end(1, 50_000), end(2, TFTP), end(2, 40_000));
        let request = (client, server, REQUEST);
        for (datagrams, requested, replied) in [
            (&[][..], false, Some(false)),
            (&[request], true, Some(false)),
            (&[request, (chosen, client, DATA)], true, None),
            (&[request, (chosen, client, DATA), (client, chosen, ACK)], true, Some(true)),
            (&[request, (chosen, client, ERROR)], true, Some(true)),
            // From port 69 itself nothing of a transfer comes, and nothing else goes there.
            (&[request, (client, server, ACK)], true, Some(false)),
            (&[(client, chosen, REQUEST)], false, Some(false)),
            (&[(client, chosen, ACK)], false, None),
        ] {
            for split in 0..=datagrams.len() {
                let [mut one, mut other] = [Transfers::default(), Transfers::default()];
                datagrams[..split].iter().for_each(|(from, to, what)| one.take(*from, *to, what));
                datagrams[split..].iter().for_each(|(from, to, what)| other.take(*from, *to, what));
                one.merge(&other);
                let found = (one.requested(client, server.ip), one.replied(client, server.ip));
                assert_eq!(found, (requested, replied), "{datagrams:?} {split}");
            }
        }
    }

    #[test]
    fn transfers_are_counted_and_a_full_memory_keeps_those_that_it_has() {
        let (client, server, chosen) = (end(1, 50_000), end(2, TFTP), end(2, 40_000));
        let mut transfers = Transfers::default();
        transfers.take(client, server, REQUEST);
        assert_eq!(transfers.counts(), (1, 0));
        transfers.take(chosen, client, DATA);
        assert_eq!(transfers.counts().1, 0);
        transfers.take(client, chosen, ACK);
        assert_ne!(transfers.counts().1, 0);
        let mut full = Transfers::default();
        let (one, other) = ((client, server.ip), (end(3, 1), server.ip));
        full.note(one, Known { requested: true, ..Known::default() }, 1);
        full.note(other, Known { requested: true, ..Known::default() }, 1);
        full.note(one, Known { by_server: true, ..Known::default() }, 1);
        assert!(!full.requested(other.0, server.ip) && full.requested(client, server.ip));
        assert_eq!(full.replied(client, server.ip), None);
    }
}
