//! What the site allows beyond the page.

use std::collections::{BTreeSet, HashMap};

use toml::de::DeTable;

use super::{Document, MachineId, Ports, Role, RoleSet, Spot, machine::read_name, nearest};
use crate::flow::Transport;

/// The machines at one end of an allowance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// Every machine of the site.
    any: bool,
    /// Every machine in one of these roles.
    roles: RoleSet,
    /// Machines by their names.
    machines: BTreeSet<MachineId>,
}

impl Parties {
    /// Whether a machine with these roles is among them.
    #[must_use]
    pub fn include(&self, id: MachineId, roles: RoleSet) -> bool {
        self.any || self.roles.meets(roles) || self.machines.contains(&id)
    }
}

/// A conversation that is expected here, though the page does not list it.
#[derive(Clone, Debug)]
pub struct Allow {
    /// Its name; the id of the rule in reports.
    pub name: String,
    /// Clients.
    pub from: Parties,
    /// Servers.
    pub to: Parties,
    /// Transport.
    pub transport: Transport,
    /// The servers' ports; empty for ICMP.
    pub ports: Ports,
    /// Whether the servers never reply (syslog, statsd, NetFlow, SNMP traps); UDP only.
    pub one_way: bool,
}

impl Allow {
    /// Whether it is about this transport and server port; ICMP has no ports.
    #[must_use]
    pub fn covers(&self, transport: Transport, port: u16) -> bool {
        self.transport == transport && (transport == Transport::Icmp || self.ports.contains(port))
    }

    /// Reads an `[[allow]]`; `None` where it lacks what makes an allowance.
    pub(super) fn read(
        document: &mut Document<'_>,
        table: &DeTable<'_>,
        machines: &HashMap<&str, MachineId>,
    ) -> Option<Self> {
        document.only(table, "[[allow]]", &["name", "from", "to", "transport", "ports", "one_way"]);
        let name = read_name(document, table, "[[allow]]");
        let from = read_parties(document, table, "from", machines);
        let to = read_parties(document, table, "to", machines);
        let transport = read_transport(document, table);
        let ports = document.ports(table, "ports");
        let one_way = document.boolean(table, "one_way");
        let transport = transport?;
        if one_way && transport != Transport::Udp {
            let spot = table.get("one_way").map_or(0..0, toml::Spanned::span);
            document.complain(
                spot,
                format!("`one_way` is for UDP, and this [[allow]] is for {transport}"),
                "remove one_way, or write transport = \"udp\"",
            );
        }
        if (transport == Transport::Icmp) != ports.0.is_empty() {
            let help = "TCP and UDP need ports, ICMP has none";
            let what = format!("[[allow]] for {transport} with {} ports", ports.0.len());
            let spot = table.keys().map(toml::Spanned::span).next().unwrap_or(0..0);
            document.complain(spot, what, help);
            return None;
        }
        Some(Self { name: name?, from, to, transport, ports, one_way })
    }
}

fn read_parties(
    document: &mut Document<'_>,
    table: &DeTable<'_>,
    key: &str,
    machines: &HashMap<&str, MachineId>,
) -> Parties {
    if !table.contains_key(key) {
        document.complain_of_missing(table, "[[allow]]", key, &format!("{key} = [\"any\"]"));
    }
    let mut parties = Parties::default();
    for (spot, word) in document.strings(table, key) {
        if word == "any" {
            parties.any = true;
        } else if let Some(role) = Role::from_name(&word) {
            parties.roles.insert(role);
        } else if let Some(place) = machines.get(word.as_str()) {
            parties.machines.insert(*place);
        } else {
            complain_of_party(document, spot, &word, machines);
        }
    }
    parties
}

fn complain_of_party(
    document: &mut Document<'_>,
    spot: Spot,
    word: &str,
    machines: &HashMap<&str, MachineId>,
) {
    let mut in_order: Vec<_> = machines.iter().map(|(name, place)| (*place, *name)).collect();
    in_order.sort_unstable();
    let names = in_order.into_iter().map(|(_, name)| name);
    let help = match nearest(word, names.chain(Role::ALL.map(Role::name))) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "name a machine of this file, a role, or \"any\"".to_owned(),
    };
    document.complain(spot, format!("`{word}` is neither a machine nor a role"), help);
}

fn read_transport(document: &mut Document<'_>, table: &DeTable<'_>) -> Option<Transport> {
    let (spot, word) = document.required_string(table, "[[allow]]", "transport")?;
    let all = [Transport::Tcp, Transport::Udp, Transport::Icmp];
    let found = all.into_iter().find(|transport| transport.name() == word);
    if found.is_none() {
        document.complain(spot, format!("unknown transport `{word}`"), "write tcp, udp or icmp");
    }
    found
}
