//! What an ICMP error says of the conversation that it quotes.

use std::net::IpAddr;

use super::Side;
use crate::decode::IcmpError;

/// What an ICMP error means for the packet it quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// Says nothing of reachability: packet too big, redirect, source quench.
    Advice,
    /// No way to the host, or the packet died on its way.
    Unreachable,
    /// The host was reached and nothing listens.
    PortUnreachable,
    /// A filter did it, and says so.
    Prohibited,
}

/// An ICMP error that quotes a packet of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpErrorSeen {
    /// Who sent the error: the server, or a device on the path.
    pub from: IpAddr,
    /// ICMPv6 rather than ICMP.
    pub v6: bool,
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// The side whose packet it speaks of.
    pub about: Side,
}

impl IcmpErrorSeen {
    pub(super) fn new(from: IpAddr, error: &IcmpError, about: Side) -> Self {
        Self { from, v6: error.v6, kind: error.kind, code: error.code, about }
    }

    /// What it means; RFC 792, RFC 1812 5.2.7.1, RFC 4443 3.1.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        self.row().0
    }

    /// Whether the packet's time to live ran out on its way.
    #[must_use]
    pub fn is_time_exceeded(&self) -> bool {
        matches!((self.v6, self.kind, self.code), (false, 11, 0) | (true, 3, 0))
    }

    /// The standards' words for it.
    #[must_use]
    pub fn words(&self) -> &'static str {
        self.row().1
    }

    fn row(&self) -> (Meaning, &'static str) {
        use Meaning::{Advice, PortUnreachable, Prohibited, Unreachable};
        match (self.v6, self.kind, self.code) {
            (false, 3, 0) => (Unreachable, "network unreachable"),
            (false, 3, 1) => (Unreachable, "host unreachable"),
            (false, 3, 2) => (Unreachable, "protocol unreachable"),
            (false, 3, 3) => (PortUnreachable, "port unreachable"),
            (false, 3, 4) => (Advice, "fragmentation needed"),
            (false, 3, 5) => (Unreachable, "source route failed"),
            (false, 3, 6) => (Unreachable, "destination network unknown"),
            (false, 3, 7) => (Unreachable, "destination host unknown"),
            (false, 3, 9) => (Prohibited, "network administratively prohibited"),
            (false, 3, 10) => (Prohibited, "host administratively prohibited"),
            (false, 3, 13) => (Prohibited, "communication administratively prohibited"),
            (false, 3, _) => (Unreachable, "destination unreachable"),
            (false, 4, _) => (Advice, "source quench"),
            (false, 5, _) => (Advice, "redirect"),
            (false, 11, 0) | (true, 3, 0) => (Unreachable, "time to live exceeded in transit"),
            (false, 11, _) | (true, 3, _) => (Unreachable, "fragment reassembly time exceeded"),
            (true, 1, 0) => (Unreachable, "no route to destination"),
            (true, 1, 1) => (Prohibited, "communication administratively prohibited"),
            (true, 1, 2) => (Unreachable, "beyond scope of source address"),
            (true, 1, 3) => (Unreachable, "address unreachable"),
            (true, 1, 4) => (PortUnreachable, "port unreachable"),
            (true, 1, 5) => (Prohibited, "source address failed ingress or egress policy"),
            (true, 1, 6) => (Prohibited, "route rejected"),
            (true, 1, _) => (Unreachable, "destination unreachable"),
            (true, 2, _) => (Advice, "packet too big"),
            _ => (Advice, "parameter problem"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_designs_codes_say_that_a_filter_did_it() {
        let prohibited = |v6: bool, kind: u8| -> Vec<u8> {
            let from = [10, 0, 0, 1].into();
            (0..=20)
                .filter(|code| {
                    let error = IcmpErrorSeen { from, v6, kind, code: *code, about: Side::A };
                    error.meaning() == Meaning::Prohibited
                })
                .collect()
        };
        assert_eq!(prohibited(false, 3), [9, 10, 13]);
        assert_eq!(prohibited(true, 1), [1, 5, 6]);
        assert!(prohibited(false, 11).is_empty() && prohibited(true, 3).is_empty());
    }
}
