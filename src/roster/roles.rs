//! What a machine does for VMM, as objects of VMM's cmdlets or a list of one's own tell it.

use super::{HostName, Roster, kind::Kind, record::Record};
use crate::identify::{Role, RoleSet};

/// The column of roles in a list of one's own; an empty cell says that the machine has none.
pub const OWN_ROLES: &str = "roles";

/// The roles that an object of a kind gives its machine; what does not tell one is noted.
pub fn of(
    roster: &mut Roster,
    file: &str,
    name: &HostName,
    record: &Record,
    kind: Option<Kind>,
) -> RoleSet {
    let one = |role| RoleSet::from_iter([role]);
    let roles = match kind {
        None if record.has(&[OWN_ROLES]) => return own(roster, file, name, record),
        None | Some(Kind::Other) => RoleSet::default(),
        Some(Kind::Host) => return host(roster, file, name, record),
        Some(Kind::Library) => one(Role::LibraryServer),
        Some(Kind::ManagedComputer) => managed(record),
        Some(Kind::Server) => one(Role::VmmServer),
        Some(Kind::SqlServer) => one(Role::SqlServer),
        Some(Kind::Pxe) => one(Role::PxeServer),
        Some(Kind::Update) => one(Role::WsusServer),
        Some(Kind::LoadBalancer) => one(Role::LoadBalancer),
        Some(Kind::VirtualizationManager) => one(Role::VcenterServer),
        Some(Kind::StorageProvider) => one(storage(record)),
        Some(Kind::FileServer) => one(Role::FileServer),
    };
    if roles == RoleSet::default() {
        let said = record.text(&["objecttype", "cmdlet", "rolestring", "role"]);
        let said = said.map_or_else(String::new, |said| format!(" (`{said}` is not known here)"));
        roster.note(format!(
            "{file}: nothing says what {} does for VMM{said}: it gets no role; export its cmdlet, or add a Roles column",
            name.full()
        ));
    }
    roles
}

/// `VirtualizationPlatform` of Hyper-V, as ConvertTo-Json writes it.
const HYPER_V: &str = "2";

fn host(roster: &mut Roster, file: &str, name: &HostName, record: &Record) -> RoleSet {
    let said = record.text(&["virtualizationplatformstring", "virtualizationplatform"]);
    let platform = said.unwrap_or_default().to_lowercase();
    let role = match platform.as_str() {
        text if text.contains("vmware") || text.contains("esx") => Role::EsxiHost,
        "" | HYPER_V | "hyperv" | "hyper-v" => {
            let is_foreign = record.is_true("perimeter") || record.is_true("nontrusteddomain");
            if is_foreign { Role::PerimeterHost } else { Role::HypervHost }
        }
        _ => {
            roster.note(format!(
                "{file}: {} has the VirtualizationPlatform {platform}, which no rule speaks of (export it as CSV if it is a number): it gets no role",
                name.full()
            ));
            return RoleSet::default();
        }
    };
    RoleSet::from_iter([role])
}

/// `RoleString` holds one or more of VMM's words, and so does `Role` but in JSON.
fn managed(record: &Record) -> RoleSet {
    let words = record.words(&["rolestring", "role"]).iter();
    words.filter_map(|word| managed_role(&word.to_lowercase())).collect()
}

fn managed_role(word: &str) -> Option<Role> {
    match word {
        "host" | "vmhost" | "hyperv" | "hyper-v" => Some(Role::HypervHost),
        "update" | "updateserver" | "wsus" => Some(Role::WsusServer),
        "vmm" | "vmmserver" => Some(Role::VmmServer),
        "file" | "fileserver" => Some(Role::FileServer),
        _ if word.starts_with("library") => Some(Role::LibraryServer),
        _ if word.starts_with("pxe") => Some(Role::PxeServer),
        _ => None,
    }
}

/// A Windows file server is a storage provider, too: one that VMM reaches as it reaches its hosts, and
/// not with CIM-XML (`ProviderType` `WindowsNativeWmi`).
fn storage(record: &Record) -> Role {
    let kind = record.text(&["providertype", "objecttype", "cmdlet"]).unwrap_or_default();
    let kind = kind.to_lowercase();
    if kind.contains("windows") || kind.contains("native") {
        Role::FileServer
    } else {
        Role::SmisProvider
    }
}

/// A list of one's own: roles by the names of the site file.
fn own(roster: &mut Roster, file: &str, name: &HostName, record: &Record) -> RoleSet {
    let mut roles = RoleSet::default();
    for word in record.words(&[OWN_ROLES]) {
        match Role::from_name(&word.to_lowercase()) {
            Some(role) => roles.insert(role),
            None => {
                roster.note(format!("{file}: `{word}` of {} is no role: left out", name.full()));
            }
        }
    }
    roles
}
