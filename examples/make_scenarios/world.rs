//! The machines of Contoso, and the few that are not theirs.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The names of the site end in this; `.test` is reserved, so no name here can be somebody's.
pub const DOMAIN: &str = "contoso.test";

/// A machine that can send frames. Whether the site file knows it is for the scenario to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    pub name: &'static str,
    pub roles: &'static [&'static str],
    pub v4: Ipv4Addr,
    pub v6: Ipv6Addr,
    /// Windows starts at 128; what came through routers has less left.
    pub hop_limit: u8,
}

impl Host {
    /// The last group of the IPv6 address repeats the digits of the IPv4 one, so that a reader sees
    /// the same machine in both.
    const fn new(
        name: &'static str,
        roles: &'static [&'static str],
        v4: [u8; 4],
        v6: [u16; 2],
    ) -> Self {
        Self {
            name,
            roles,
            v4: Ipv4Addr::new(v4[0], v4[1], v4[2], v4[3]),
            v6: Ipv6Addr::new(0x2001, 0xdb8, 0x20, v6[0], 0, 0, 0, v6[1]),
            hop_limit: 128,
        }
    }

    /// A locally administered address made of the IPv4 one.
    pub const fn mac(&self) -> [u8; 6] {
        let [a, b, c, d] = self.v4.octets();
        [0x02, 0x00, a, b, c, d]
    }

    pub fn fqdn(&self) -> String {
        format!("{}.{DOMAIN}", self.name)
    }

    /// Whether the machine stands in the hosts' network, beyond the router.
    pub fn is_beyond_router(&self) -> bool {
        self.v6.segments()[3] != 0
    }
}

pub const VMM01: Host = Host::new("vmm01", &["vmm-server"], [10, 20, 0, 10], [0, 0x10]);
pub const LIB01: Host = Host::new("lib01", &["library-server"], [10, 20, 0, 20], [0, 0x20]);
pub const CON01: Host = Host::new("con01", &["vmm-console"], [10, 20, 0, 30], [0, 0x30]);
pub const SQL01: Host = Host::new("sql01", &["sql-server"], [10, 20, 0, 40], [0, 0x40]);
pub const DC01: Host = Host::new("dc01", &["domain-controller"], [10, 20, 0, 5], [0, 0x5]);
pub const HV07: Host = Host::new("hv07", &["hyperv-host"], [10, 20, 1, 7], [1, 0x7]);
pub const HV08: Host = Host::new("hv08", &["hyperv-host"], [10, 20, 1, 8], [1, 0x8]);
pub const MON01: Host = Host::new("mon01", &[], [10, 20, 5, 5], [5, 0x5]);

/// The router between the networks. No site file lists it: its ICMP errors must count all the same.
pub const ROUTER: Host =
    Host { hop_limit: 255, ..Host::new("router", &[], [10, 20, 0, 1], [0, 0x1]) };
