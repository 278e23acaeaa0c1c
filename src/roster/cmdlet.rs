//! What the objects of VMM's cmdlets say of a machine: its role, its ports, its addresses.

use ipnet::IpNet;

use super::{
    HostName, Listed, Roster,
    record::{NAMES, Record},
};
use crate::identify::{Role, RoleSet, Setting, VmmVersion};

/// The kinds of objects that name a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Host,
    Library,
    ManagedComputer,
    Server,
    Pxe,
    Update,
    LoadBalancer,
    VirtualizationManager,
    StorageProvider,
    FileServer,
}

/// Nouns of cmdlets, types and values of `ObjectType`, in lower case.
const KINDS: [(&[&str], Kind); 10] = [
    (&["vmhost", "host", "hypervhost", "vmwareesxhost"], Kind::Host),
    (&["libraryserver"], Kind::Library),
    (&["vmmmanagedcomputer", "managedcomputer"], Kind::ManagedComputer),
    (&["vmmserver", "serverconnection"], Kind::Server),
    (&["pxeserver"], Kind::Pxe),
    (&["updateserver"], Kind::Update),
    (&["loadbalancer"], Kind::LoadBalancer),
    (&["virtualizationmanager"], Kind::VirtualizationManager),
    (&["storageprovider"], Kind::StorageProvider),
    (&["storagefileserver", "fileserver"], Kind::FileServer),
];

/// Properties that only one kind of object has.
const TELLING: [(&[&str], Kind); 5] = [
    (&["rolestring", "versionstate", "versionstatestring"], Kind::ManagedComputer),
    (&["libraryshares", "librarygroup", "isunencryptedfiletransferenabled"], Kind::Library),
    (&["productversion", "serverinterfaceversion"], Kind::Server),
    (&["virtualizationplatform", "vmhostgroup", "hostcluster", "remoteconnectport"], Kind::Host),
    (&["storagearrays", "storagepools"], Kind::StorageProvider),
];

const ADDRESSES: [&str; 8] = [
    "ipaddresses",
    "ipaddress",
    "ipv4addresses",
    "ipv4address",
    "addresses",
    "networkaddress",
    "address",
    "ip",
];

impl Kind {
    /// From `Get-SCVMHost`, `Microsoft.SystemCenter.VirtualMachineManager.Host`, `VMHosts` and the like.
    fn of_word(word: &str) -> Option<Self> {
        let word = word.rsplit('.').next().unwrap_or(word).to_lowercase();
        let word = word.strip_prefix("get-").unwrap_or(&word);
        let word = word.strip_prefix("sc").unwrap_or(word);
        let known = |names: &[&str]| {
            names.iter().any(|name| word.strip_suffix('s').unwrap_or(word) == *name)
        };
        KINDS.iter().find(|(names, _)| known(names)).map(|(_, kind)| *kind)
    }

    fn of(record: &Record, file: &str) -> Option<Self> {
        let said =
            record.text(&["objecttype", "cmdlet", "typename"]).or_else(|| record.kind.clone());
        if let Some(kind) = said.as_deref().and_then(Self::of_word) {
            return Some(kind);
        }
        let telling = TELLING.iter().find(|(names, _)| record.has(names)).map(|(_, kind)| *kind);
        telling.or_else(|| {
            let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
            Self::of_word(file.split('.').next().unwrap_or(file))
        })
    }
}

/// Places each object that names a machine; notes the others.
pub fn place(roster: &mut Roster, file: &str, records: Vec<Record>) {
    for (record, number) in records.iter().zip(1..) {
        // Some have a name for people and a host name under another property.
        let mut names = NAMES.iter().filter_map(|property| record.text(&[property]));
        let Some(name) = names.find_map(|text| HostName::parse(&text)) else {
            roster.note(format!("{file}: object {number} has no name of a machine: left out"));
            continue;
        };
        let roles = match Kind::of(record, file) {
            Some(kind) => roles(roster, file, &name, record, kind),
            None => own_roles(roster, file, &name, record),
        };
        if roles == RoleSet::default() && !record.has(&OWN_ROLES) {
            roster.note(format!(
                "{file}: nothing says what {} does for VMM: it gets no role; export its cmdlet, or add an ObjectType or Roles column",
                name.full()
            ));
        }
        let addresses = addresses(roster, file, &name, record);
        let mut listed = Listed::new(name, roles).at(addresses);
        listed.ports = ports(record, roles);
        if let Some(bmc) = bmc(record, &listed.name) {
            roster.add(bmc);
        }
        roster.add(listed);
    }
}

fn roles(roster: &mut Roster, file: &str, name: &HostName, record: &Record, kind: Kind) -> RoleSet {
    let one = |role| RoleSet::from_iter([role]);
    match kind {
        Kind::Host => host_roles(roster, file, name, record),
        Kind::Library => one(Role::LibraryServer),
        Kind::ManagedComputer => managed_roles(record),
        Kind::Server => {
            learn_server(roster, file, record);
            one(Role::VmmServer)
        }
        Kind::Pxe => one(Role::PxeServer),
        Kind::Update => one(Role::WsusServer),
        Kind::LoadBalancer => one(Role::LoadBalancer),
        Kind::VirtualizationManager => one(Role::VcenterServer),
        Kind::StorageProvider => one(Role::SmisProvider),
        Kind::FileServer => one(Role::FileServer),
    }
}

fn host_roles(roster: &mut Roster, file: &str, name: &HostName, record: &Record) -> RoleSet {
    let platform = record.text(&["virtualizationplatformstring", "virtualizationplatform"]);
    let platform = platform.unwrap_or_default().to_lowercase();
    if platform.parse::<u32>().is_ok() {
        roster.note(format!(
            "{file}: {} has VirtualizationPlatform {platform}, a number: taken for Hyper-V; export it as CSV to have the word",
            name.full()
        ));
    }
    let role = match platform.as_str() {
        text if text.contains("vmware") || text.contains("esx") => Role::EsxiHost,
        _ if record.is_true("perimeter") => Role::PerimeterHost,
        _ => Role::HypervHost,
    };
    RoleSet::from_iter([role])
}

/// `Role` and `RoleString` hold one or more of VMM's words.
fn managed_roles(record: &Record) -> RoleSet {
    let text = record.text(&["rolestring", "role", "roles"]).unwrap_or_default().to_lowercase();
    let words = [
        ("host", Role::HypervHost),
        ("library", Role::LibraryServer),
        ("pxe", Role::PxeServer),
        ("update", Role::WsusServer),
        ("vmm", Role::VmmServer),
        ("fileserver", Role::FileServer),
        ("file server", Role::FileServer),
    ];
    words.into_iter().filter(|(word, _)| text.contains(word)).map(|(_, role)| role).collect()
}

/// The column of roles in a list of one's own; an empty cell says that the machine has none.
const OWN_ROLES: [&str; 2] = ["roles", "role"];

/// A list of one's own: roles by the names of the site file.
fn own_roles(roster: &mut Roster, file: &str, name: &HostName, record: &Record) -> RoleSet {
    let mut roles = RoleSet::default();
    for word in record.words(&OWN_ROLES) {
        match Role::from_name(&word.to_lowercase()) {
            Some(role) => roles.insert(role),
            None => {
                roster.note(format!("{file}: `{word}` of {} is no role: left out", name.full()))
            }
        }
    }
    roles
}

fn learn_server(roster: &mut Roster, file: &str, record: &Record) {
    if let Some(port) = port(record, &["port"]) {
        roster.ports.push((Setting::ConsoleTcp, port));
    }
    let Some(version) = record.text(&["productversion"]) else { return };
    // 4.0 was 2016; from then on the second number is the year's.
    let mut numbers = version.split('.');
    roster.version = match (numbers.next(), numbers.next()) {
        (Some("4"), _) => Some(VmmVersion::V2016),
        (Some("10"), Some("19")) => Some(VmmVersion::V2019),
        (Some("10"), Some("22")) => Some(VmmVersion::V2022),
        (Some("10"), Some("25")) => Some(VmmVersion::V2025),
        _ => {
            roster.note(format!("{file}: ProductVersion {version} is of no release known here"));
            roster.version
        }
    };
}

fn port(record: &Record, names: &[&str]) -> Option<u16> {
    record.text(names)?.parse().ok().filter(|port| *port > 0)
}

/// The port of what VMM itself connects to there.
fn ports(record: &Record, roles: RoleSet) -> Vec<(Setting, u16)> {
    let settings = [
        (Role::SmisProvider, Setting::Cim),
        (Role::VcenterServer, Setting::Vcenter),
        (Role::LoadBalancer, Setting::LoadBalancer),
    ];
    let Some(port) = port(record, &["tcpport", "port"]) else { return Vec::new() };
    settings.into_iter().filter(|(role, _)| roles.contains(*role)).map(|(_, s)| (s, port)).collect()
}

fn addresses(roster: &mut Roster, file: &str, name: &HostName, record: &Record) -> Vec<IpNet> {
    let mut addresses: Vec<IpNet> = address(name.short()).into_iter().collect();
    for property in ADDRESSES {
        for word in record.words(&[property]) {
            // Windows writes the zone of link-local addresses behind a percent sign.
            let bare = word.split('%').next().unwrap_or(word);
            match address(bare) {
                Some(found) => addresses.push(found),
                // VMM has names under some of these.
                None if HostName::parse(word).is_some_and(|other| other.is(name)) => {}
                None => roster.note(format!(
                    "{file}: `{word}` under {property} of {} is no address: left out",
                    name.full()
                )),
            }
        }
    }
    addresses
}

/// An address as a network of one, or a network without bits beyond its prefix.
fn address(word: &str) -> Option<IpNet> {
    let network = word.parse::<IpNet>().ok().filter(|network| network.trunc() == *network);
    network.or_else(|| word.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

/// The baseboard management controller that VMM knows of a host.
fn bmc(record: &Record, host: &HostName) -> Option<Listed> {
    let address = address(&record.text(&["bmcaddress"])?)?;
    let name = HostName::parse(&format!("{}-bmc", host.short()))?;
    Some(Listed::new(name, RoleSet::from_iter([Role::Bmc])).at([address]))
}
