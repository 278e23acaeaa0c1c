//! What the objects of VMM's cmdlets say of a machine: its name, its ports, its addresses.

use ipnet::IpNet;

use super::{
    HostName, Listed, Roster, connection,
    kind::Kind,
    name::host_and_port,
    record::{NAMES, Record},
    roles,
};
use crate::identify::{Role, RoleSet, Setting};

/// Properties that hold addresses.
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

/// Where VMM reaches what it knows by a name for people besides.
const REACHED_AT: [&str; 3] = ["networkaddress", "networkdevicename", "address"];

/// Places each object that names a machine; notes the others.
pub fn place(roster: &mut Roster, file: &str, records: Vec<Record>) {
    for (record, number) in records.iter().zip(1..) {
        let kind = Kind::of(roster, record, file);
        if kind == Some(Kind::Other) {
            roster.note(format!(
                "{file}: clusters and virtual machines are left out: rules speak of a cluster's nodes, and of guests that VMM's agent runs on, which a list of yours can name"
            ));
            continue;
        }
        let Some((name, port)) = name(record, kind) else {
            let said = record.text(&NAMES).map_or(String::new(), |said| format!(" (`{said}`)"));
            roster
                .note(format!("{file}: object {number}{said} has no name of a machine: left out"));
            continue;
        };
        let roles = roles::of(roster, file, &name, record, kind);
        let addresses = addresses(roster, file, &name, record);
        let mut listed = Listed::new(name, roles).at(addresses);
        listed.ports = ports(record, roles, port);
        if let Some(bmc) = bmc(roster, file, record, &listed.name) {
            roster.add(bmc);
        }
        if kind == Some(Kind::Server) {
            connection::learn(roster, file, record, &listed.name);
        }
        roster.add(listed);
    }
}

/// The first property that holds a host name, and the port beside it; failing that, the first address.
/// Some objects have a name for people and a host name under another property.
fn name(record: &Record, kind: Option<Kind>) -> Option<(HostName, Option<u16>)> {
    let reached_at: &[&str] = match kind {
        Some(Kind::StorageProvider | Kind::LoadBalancer) => &REACHED_AT,
        _ => &[],
    };
    let texts = reached_at.iter().chain(&NAMES).filter_map(|name| record.text(&[name]));
    let found = texts.map(|text| {
        // SQL Server's has an instance or a port behind it.
        let text = if kind == Some(Kind::SqlServer) {
            text.split(['\\', ' ']).next().unwrap_or_default()
        } else {
            &text
        };
        let (host, port) = host_and_port(text);
        Some((HostName::parse(host)?, port))
    });
    // A port may stand in another of them than the first.
    let found: Vec<_> = found.flatten().collect();
    let Some((name, _)) = found.first() else {
        let address = record.words(&ADDRESSES).iter().find_map(|word| bare_address(word))?;
        return Some((HostName::parse(&address.addr().to_string())?, None));
    };
    let port = found.iter().filter(|(other, _)| other.is(name)).find_map(|(_, port)| *port);
    Some((name.clone(), port))
}

/// The port of what VMM itself connects to there; `of_name` is the one beside its name.
fn ports(record: &Record, roles: RoleSet, of_name: Option<u16>) -> Vec<(Setting, u16)> {
    let settings = [
        (Role::SmisProvider, Setting::Cim),
        (Role::VcenterServer, Setting::Vcenter),
        (Role::LoadBalancer, Setting::LoadBalancer),
    ];
    let Some(port) = record.port(&["tcpport", "port"]).or(of_name) else { return Vec::new() };
    settings.into_iter().filter(|(role, _)| roles.contains(*role)).map(|(_, s)| (s, port)).collect()
}

fn addresses(roster: &mut Roster, file: &str, name: &HostName, record: &Record) -> Vec<IpNet> {
    let mut addresses: Vec<IpNet> = bare_address(name.short()).into_iter().collect();
    for property in ADDRESSES {
        for word in record.words(&[property]) {
            match bare_address(word) {
                Some(found) => addresses.push(found),
                // VMM has names under some of these, of the machine or for people.
                None if REACHED_AT.contains(&property) && is_name_of(word, name) => {}
                None => roster.note(format!(
                    "{file}: `{word}` under {property} of {} is no address{}: left out",
                    name.full(),
                    hint(word)
                )),
            }
        }
    }
    addresses
}

fn is_name_of(word: &str, name: &HostName) -> bool {
    HostName::parse(host_and_port(word).0).is_some_and(|other| other.is(name))
}

/// What may have been meant.
fn hint(word: &str) -> String {
    if word.starts_with("System.") {
        return " (export a list joined: @{n='IPAddresses';e={$_.IPAddresses -join ' '}})"
            .to_owned();
    }
    let network = word.parse::<IpNet>();
    network.map_or_else(|_| String::new(), |net| format!(" (did you mean {}?)", net.trunc()))
}

/// An address as a network of one, or a network without bits beyond its prefix.
fn bare_address(word: &str) -> Option<IpNet> {
    // Windows writes the zone of link-local addresses behind a percent sign.
    let word = word.split('%').next().unwrap_or(word);
    let network = word.parse::<IpNet>().ok().filter(|network| network.trunc() == *network);
    network.or_else(|| word.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

/// The baseboard management controller that VMM knows of a host.
fn bmc(roster: &mut Roster, file: &str, record: &Record, host: &HostName) -> Option<Listed> {
    let said = record.text(&["bmcaddress"])?;
    let Some(address) = bare_address(&said) else {
        roster
            .note(format!("{file}: `{said}`, the BMC of {}, is no address: left out", host.full()));
        return None;
    };
    Some(Listed::new(host.of_part("bmc"), RoleSet::from_iter([Role::Bmc])).at([address]))
}
