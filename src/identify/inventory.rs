//! Whose address is it: the longest prefix decides.

use std::{collections::HashMap, net::IpAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

use super::{Machine, MachineId};

/// A network that two machines own.
#[derive(Clone, Copy, Debug)]
pub struct OwnedTwice {
    /// The machine that stands first in the site file.
    pub earlier: MachineId,
    /// The other one.
    pub later: MachineId,
    /// Place of the network among the other one's addresses.
    pub place: usize,
}

/// Addresses and networks with their owners.
#[derive(Clone, Default)]
pub struct Inventory {
    /// Single addresses: nothing is longer, and nearly all are found here.
    single: HashMap<IpAddr, MachineId, foldhash::fast::RandomState>,
    v4: PrefixMap<Ipv4Net, MachineId>,
    v6: PrefixMap<Ipv6Net, MachineId>,
}

impl Inventory {
    /// The inventory of a list of machines, and each network that two of them own.
    #[must_use]
    pub fn new(machines: &[Machine]) -> (Self, Vec<OwnedTwice>) {
        let mut inventory = Self::default();
        let mut owned_twice = Vec::new();
        for (index, machine) in machines.iter().enumerate() {
            let id = MachineId(u32::try_from(index).unwrap_or(u32::MAX));
            for (place, network) in machine.addresses.iter().enumerate() {
                let earlier = match network {
                    _ if network.prefix_len() == network.max_prefix_len() => {
                        inventory.single.insert(network.addr(), id)
                    }
                    IpNet::V4(network) => inventory.v4.insert(*network, id),
                    IpNet::V6(network) => inventory.v6.insert(*network, id),
                };
                if let Some(earlier) = earlier.filter(|earlier| *earlier != id) {
                    owned_twice.push(OwnedTwice { earlier, later: id, place });
                }
            }
        }
        (inventory, owned_twice)
    }

    /// The machine that owns an address. A prefix stands for all of its addresses, the first and the
    /// last included: it need not be a subnet.
    #[must_use]
    pub fn owner(&self, ip: IpAddr) -> Option<MachineId> {
        if let Some(id) = self.single.get(&ip) {
            return Some(*id);
        }
        match ip {
            IpAddr::V4(ip) => self.v4.get_lpm(&Ipv4Net::from(ip)).map(|(_, id)| *id),
            IpAddr::V6(ip) => self.v6.get_lpm(&Ipv6Net::from(ip)).map(|(_, id)| *id),
        }
    }
}
