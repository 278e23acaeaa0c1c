//! Identify: addresses become machines of the site, with their roles.
//!
//! The site file is read here from its text; which file that is, and opening it, is not this stage's
//! business. A mistake in it is answered with file, line, what is wrong and how to mend it
//! ([`Complaint`]).

mod allow;
mod allowances;
mod capture_filter;
mod document;
mod inventory;
mod machine;
mod overlay;
mod port;
mod role;
mod setting;
mod site;
mod suggestion;

pub use allow::{Allow, Parties};
pub use allowances::Allowances;
pub use capture_filter::capture_filter;
pub use document::{Complaint, Complaints, Document, Spot};
pub use inventory::Inventory;
pub use machine::{Machine, MachineId};
pub use overlay::OverlayNetworks;
pub use port::{PortRange, Ports};
pub use role::{Role, RoleSet};
pub use setting::{Setting, SitePorts};
pub use site::{Site, VmmVersion};
pub use suggestion::nearest;
