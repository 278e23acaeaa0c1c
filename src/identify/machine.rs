//! A machine of the site.

use ipnet::IpNet;

use super::{Document, Ports, Role, RoleSet, Setting, Spot};
use toml::de::DeTable;

/// A machine's place in the site file, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MachineId(pub u32);

/// A machine, or a network whose machines are alike.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name, free of control characters.
    pub name: String,
    /// Its roles as written.
    pub roles: RoleSet,
    /// Its addresses (as networks of one) and networks.
    pub addresses: Vec<IpNet>,
    /// Ports that only this machine knows.
    pub ports: Vec<(Setting, Ports)>,
}

impl Machine {
    /// The port that the machine gives for a setting.
    #[must_use]
    pub fn port(&self, setting: Setting) -> Option<&Ports> {
        self.ports.iter().find(|(other, _)| *other == setting).map(|(_, ports)| ports)
    }

    /// Whether it stands for a whole network, whose machines may talk to each other.
    #[must_use]
    pub fn is_network(&self) -> bool {
        self.addresses.iter().any(|network| network.prefix_len() < network.max_prefix_len())
    }

    /// Whether Windows may run on it, as far as its roles tell.
    #[must_use]
    pub fn may_run_windows(&self) -> bool {
        self.roles.iter().next().is_none() || self.roles.iter().any(Role::may_run_windows)
    }

    /// Reads a `[[machine]]` with the place of each address; `None` where it lacks what makes a
    /// machine.
    pub(super) fn read(
        document: &mut Document<'_>,
        table: &DeTable<'_>,
    ) -> Option<(Self, Vec<Spot>)> {
        document.only(table, "[[machine]]", &["name", "roles", "addresses", "ports"]);
        let name = read_name(document, table, "[[machine]]");
        let roles = read_roles(document, table);
        let addresses = read_addresses(document, table);
        let ports = read_ports(document, table);
        let (spots, addresses) = addresses?.into_iter().unzip();
        Some((Self { name: name?, roles, addresses, ports }, spots))
    }
}

/// A DNS name is no longer (RFC 1035, 2.3.4).
const LONGEST_NAME: usize = 255;

/// The `name` of a table: not empty and printable, since it will be shown and written in scripts.
pub(super) fn read_name(
    document: &mut Document<'_>,
    table: &DeTable<'_>,
    what: &str,
) -> Option<String> {
    let (spot, name) = document.required_string(table, what, "name")?;
    let trimmed = name.trim();
    if trimmed.is_empty() || trimmed.chars().count() > LONGEST_NAME {
        document.complain(
            spot,
            format!("the name of {what} is empty or longer than {LONGEST_NAME} characters"),
            "give it a name of letters and digits",
        );
        return None;
    }
    Some(trimmed.to_owned())
}

fn read_roles(document: &mut Document<'_>, table: &DeTable<'_>) -> RoleSet {
    let mut roles = RoleSet::default();
    for (spot, word) in document.strings(table, "roles") {
        match Role::from_name(&word) {
            Some(role) => roles.insert(role),
            None => document.complain_of_role(spot, &word),
        }
    }
    roles
}

fn read_addresses(document: &mut Document<'_>, table: &DeTable<'_>) -> Option<Vec<(Spot, IpNet)>> {
    if !table.contains_key("addresses") {
        document.complain_of_missing(
            table,
            "[[machine]]",
            "addresses",
            "addresses = [\"10.20.0.10\"]",
        );
        return None;
    }
    let mut addresses = Vec::new();
    for (spot, word) in document.strings(table, "addresses") {
        match parse_address(&word) {
            Ok(address) => addresses.push((spot, address)),
            Err(help) => {
                document.complain(spot, format!("`{word}` is not an address or network"), help)
            }
        }
    }
    Some(addresses)
}

/// An address is a network of one. Bits beyond the prefix are a mistake: was the machine meant, or
/// its network?
fn parse_address(word: &str) -> Result<IpNet, String> {
    if let Ok(ip) = word.parse() {
        return Ok(IpNet::new_assert(ip, if ip.is_ipv4() { 32 } else { 128 }));
    }
    let network: IpNet = word.parse().map_err(|_| {
        "write an IPv4 or IPv6 address, or a network such as 10.20.9.0/28".to_owned()
    })?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err(format!(
            "write {} for the one machine, or {} for the network",
            network.addr(),
            network.trunc()
        ))
    }
}

fn read_ports(document: &mut Document<'_>, table: &DeTable<'_>) -> Vec<(Setting, Ports)> {
    let Some(ports) = document.table(table, "ports") else { return Vec::new() };
    let names = Setting::OF_MACHINE.map(Setting::name);
    document.only(ports, "ports of a machine", &names);
    Setting::OF_MACHINE
        .into_iter()
        .filter(|setting| ports.contains_key(setting.name()))
        .map(|setting| (setting, document.ports(ports, setting.name())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_told_from_mistakes() {
        for (word, ok) in [
            ("10.20.0.10", true),
            ("2001:db8::10", true),
            ("10.20.9.0/28", true),
            ("10.20.9.1/28", false),
            ("10.20.9.0/33", false),
            ("10.20.9", false),
            ("hv07", false),
        ] {
            assert_eq!(parse_address(word).is_ok(), ok, "{word}");
        }
    }
}
