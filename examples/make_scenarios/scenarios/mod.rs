//! The scenarios, told conversation by conversation.

mod add_host;
mod bare_metal;
mod halfway;
mod transfer;

use crate::scene::Scene;

/// Every bundled scenario.
pub fn all() -> [Scene; 9] {
    [
        add_host::winrm_blocked(),
        add_host::clean(),
        add_host::rejected(),
        transfer::library_transfer(),
        bare_metal::bare_metal(),
        halfway::seen_halfway(),
        add_host::ipv6_site(),
        add_host::vlan_cut_off(),
        transfer::port_change(),
    ]
}

/// The `[[allow]]` table of the sites that have a monitoring server.
const MONITORING: &str = "\
name = \"monitoring\"
from = [\"mon01\"]
to = [\"hyperv-host\"]
transport = \"tcp\"
ports = [5666, \"9100-9110\"]
";
