//! The scenarios, told conversation by conversation.

mod add_host;
mod halfway;
mod transfer;
mod windows;

use crate::scene::Scene;

/// Every drawn scenario; the others are recorded in `tests/lab`.
pub fn all() -> [Scene; 5] {
    [
        halfway::seen_halfway(),
        add_host::ipv6_site(),
        add_host::vlan_cut_off(),
        transfer::port_change(),
        windows::dropped_by_windows(),
    ]
}
