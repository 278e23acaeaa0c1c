//! The scenarios, told conversation by conversation.

mod add_host;
mod broken;
mod halfway;
mod transfer;
mod windows;

use crate::scene::Scene;

/// Every drawn scenario; the others are recorded in `tests/lab`.
pub fn all() -> [Scene; 6] {
    [
        halfway::seen_halfway(),
        add_host::ipv6_site(),
        add_host::vlan_cut_off(),
        transfer::port_change(),
        windows::dropped_by_windows(),
        broken::open_and_broken(),
    ]
}
