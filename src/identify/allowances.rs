//! The allowances of a site, found by what they are about.

use std::{collections::HashMap, ops::Deref};

use super::Allow;
use crate::flow::Transport;

/// An allowance of more ports than this is looked at whatever the port; of fewer, each port leads to it.
const FEW_PORTS: usize = 64;

/// Allowances in the site file's order.
#[derive(Clone, Debug, Default)]
pub struct Allowances {
    all: Vec<Allow>,
    by_port: HashMap<(Transport, u16), Vec<usize>>,
    wide: Vec<usize>,
}

impl Allowances {
    /// Those about this transport and server port, with their places; in no order.
    pub fn about(&self, transport: Transport, port: u16) -> impl Iterator<Item = (usize, &Allow)> {
        let port = if transport == Transport::Icmp { 0 } else { port };
        let narrow = self.by_port.get(&(transport, port)).map_or(&[][..], Vec::as_slice);
        let at = |index: &usize| (*index, &self.all[*index]);
        let wide = self.wide.iter().map(at).filter(move |(_, one)| one.covers(transport, port));
        narrow.iter().map(at).chain(wide)
    }
}

impl FromIterator<Allow> for Allowances {
    fn from_iter<T: IntoIterator<Item = Allow>>(allows: T) -> Self {
        let mut allowances = Self { all: allows.into_iter().collect(), ..Self::default() };
        for (index, allow) in allowances.all.iter().enumerate() {
            let ranges = &allow.ports.0;
            let size: usize = ranges.iter().map(|one| usize::from(one.to - one.from) + 1).sum();
            if size > FEW_PORTS {
                allowances.wide.push(index);
                continue;
            }
            // ICMP has no ports; 0 stands for that, and nothing else listens there.
            let icmp = (allow.transport == Transport::Icmp).then_some(0);
            let ports = ranges.iter().flat_map(|range| range.from..=range.to).chain(icmp);
            for port in ports {
                let of_port = allowances.by_port.entry((allow.transport, port)).or_default();
                if of_port.last() != Some(&index) {
                    of_port.push(index);
                }
            }
        }
        allowances
    }
}

impl Deref for Allowances {
    type Target = [Allow];

    fn deref(&self) -> &[Allow] {
        &self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identify::{Parties, PortRange, Ports};

    #[test]
    fn each_port_leads_to_the_allowances_that_cover_it_and_to_no_other() {
        let allow = |transport, ports: &[(u16, u16)]| Allow {
            name: String::new(),
            from: Parties::default(),
            to: Parties::default(),
            transport,
            one_way: false,
            ports: Ports(
                ports.iter().map(|(from, to)| PortRange { from: *from, to: *to }).collect(),
            ),
        };
        let all = [
            allow(Transport::Tcp, &[(80, 80), (80, 90)]),
            allow(Transport::Tcp, &[(1, 65535)]),
            allow(Transport::Udp, &[(53, 53), (65535, 65535)]),
            allow(Transport::Icmp, &[]),
            allow(Transport::Udp, &[(50, 120)]),
        ];
        let allowances: Allowances = all.iter().cloned().collect();
        for transport in Transport::ALL {
            for port in [1, 49, 50, 53, 79, 80, 90, 91, 120, 121, 65534, 65535] {
                let mut found: Vec<usize> =
                    allowances.about(transport, port).map(|(index, _)| index).collect();
                found.sort_unstable();
                let covers = |index: &usize| all[*index].covers(transport, port);
                let expected: Vec<usize> = (0..all.len()).filter(covers).collect();
                assert_eq!(found, expected, "{transport} {port}");
            }
        }
    }
}
