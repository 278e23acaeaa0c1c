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
