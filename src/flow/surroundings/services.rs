//! RPC services whose ports were named on the wire.

use std::{collections::BTreeMap, net::IpAddr};

use super::MOST;
use crate::{
    capture::Timestamp,
    dissect::{Interface, LearnedBy, RpcEndpoint},
};

/// A service at a dynamic port, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Learned {
    /// When it was named first.
    pub since: Timestamp,
    /// Its interface, where the answer says so.
    pub interface: Option<Interface>,
    /// Who named it.
    pub by: LearnedBy,
}

/// Services by address and port.
#[derive(Clone, Debug, Default)]
pub(super) struct Services(BTreeMap<(IpAddr, u16), Learned>);

impl Services {
    /// Learns an endpoint that `teller` named: its own, whatever other address of it is in the answer.
    pub fn learn(&mut self, teller: IpAddr, endpoint: &RpcEndpoint, time: Timestamp) {
        let learned = Learned { since: time, interface: endpoint.interface, by: endpoint.by };
        self.note((teller, endpoint.port), learned, MOST);
        if let Some(host) = endpoint.host.filter(|host| !host.is_unspecified()) {
            self.note((host, endpoint.port), learned, MOST);
        }
    }

    fn note(&mut self, place: (IpAddr, u16), learned: Learned, most: usize) {
        if self.0.len() >= most && !self.0.contains_key(&place) {
            return;
        }
        let known = self.0.entry(place).or_insert(learned);
        *known = learned.min(*known);
    }

    pub fn get(&self, ip: IpAddr, port: u16) -> Option<&Learned> {
        self.0.get(&(ip, port))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn merge(&mut self, other: &Self) {
        for (place, learned) in &other.0 {
            self.note(*place, *learned, usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(since: i64) -> Learned {
        Learned { since: Timestamp(since), interface: None, by: LearnedBy::EndpointMapper }
    }

    #[test]
    fn the_first_word_about_a_service_holds_and_a_full_memory_keeps_what_it_has() {
        let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let mut services = Services::default();
        services.note((one, 50_000), learned(5), 1);
        services.note((one, 50_000), learned(9), 1);
        services.note((other, 50_000), learned(5), 1);
        assert_eq!((services.get(one, 50_000), services.len()), (Some(&learned(5)), 1));
        assert_eq!((services.get(other, 50_000), services.get(one, 50_001)), (None, None));
        let mut earlier = Services::default();
        earlier.note((one, 50_000), learned(1), MOST);
        earlier.note((other, 50_001), learned(1), MOST);
        services.merge(&earlier);
        assert_eq!((services.get(one, 50_000), services.len()), (Some(&learned(1)), 2));
    }

    #[test]
    fn an_endpoint_is_the_tellers_and_the_hosts_that_it_names() {
        let [teller, host, none] = [[10, 0, 0, 1], [10, 0, 0, 2], [0; 4]].map(IpAddr::from);
        for (named, known) in [(None, 1), (Some(none), 1), (Some(host), 2), (Some(teller), 1)] {
            let endpoint = RpcEndpoint {
                host: named,
                port: 50_000,
                interface: None,
                by: LearnedBy::EndpointMapper,
            };
            let mut services = Services::default();
            services.learn(teller, &endpoint, Timestamp(0));
            assert_eq!(services.len(), known, "{named:?}");
            assert!(services.get(teller, 50_000).is_some());
        }
    }
}
