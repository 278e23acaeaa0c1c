//! What the site allows beyond the page.

use toml::de::DeTable;

use super::{
    Document, Machine, MachineId, Ports, Role, RoleSet, Spot, machine::read_name, nearest,
};
use crate::flow::Transport;

/// A party of an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A machine by its name.
    Machine(MachineId),
    /// Every machine in a role.
    Role(Role),
    /// Every machine of the site.
    Any,
}

impl Party {
    /// Whether a machine with these roles is the party.
    #[must_use]
    pub fn is(self, id: MachineId, roles: RoleSet) -> bool {
        match self {
            Self::Machine(machine) => machine == id,
            Self::Role(role) => roles.contains(role),
            Self::Any => true,
        }
    }
}

/// A conversation that is expected here, though the page does not list it.
#[derive(Clone, Debug)]
pub struct Allow {
    /// Its name; the id of the rule in reports.
    pub name: String,
    /// Clients.
    pub from: Vec<Party>,
    /// Servers.
    pub to: Vec<Party>,
    /// Transport.
    pub transport: Transport,
    /// The servers' ports; empty for ICMP.
    pub ports: Ports,
}

impl Allow {
    /// Whether it is about this transport and server port; ICMP has no ports.
    #[must_use]
    pub fn covers(&self, transport: Transport, port: u16) -> bool {
        self.transport == transport && (transport == Transport::Icmp || self.ports.contains(port))
    }

    /// Whether a machine with these roles is among the clients.
    #[must_use]
    pub fn is_from(&self, id: MachineId, roles: RoleSet) -> bool {
        self.from.iter().any(|party| party.is(id, roles))
    }

    /// Whether a machine with these roles is among the servers.
    #[must_use]
    pub fn is_to(&self, id: MachineId, roles: RoleSet) -> bool {
        self.to.iter().any(|party| party.is(id, roles))
    }

    /// Reads an `[[allow]]`; `None` where it lacks what makes an allowance.
    pub(super) fn read(
        document: &mut Document<'_>,
        table: &DeTable<'_>,
        machines: &[Machine],
    ) -> Option<Self> {
        document.only(table, "[[allow]]", &["name", "from", "to", "transport", "ports"]);
        let name = read_name(document, table, "[[allow]]");
        let from = read_parties(document, table, "from", machines);
        let to = read_parties(document, table, "to", machines);
        let transport = read_transport(document, table);
        let ports = document.ports(table, "ports");
        let transport = transport?;
        if (transport == Transport::Icmp) != ports.0.is_empty() {
            let help = "TCP and UDP need ports, ICMP has none";
            let what = format!("[[allow]] for {transport} with {} ports", ports.0.len());
            let spot = table.keys().map(toml::Spanned::span).next().unwrap_or(0..0);
            document.complain(spot, what, help);
            return None;
        }
        Some(Self { name: name?, from, to, transport, ports })
    }
}

fn read_parties(
    document: &mut Document<'_>,
    table: &DeTable<'_>,
    key: &str,
    machines: &[Machine],
) -> Vec<Party> {
    if !table.contains_key(key) {
        document.complain_of_missing(table, "[[allow]]", key, &format!("{key} = [\"any\"]"));
    }
    let words = document.strings(table, key);
    words.into_iter().filter_map(|(spot, word)| party(document, spot, &word, machines)).collect()
}

fn party(
    document: &mut Document<'_>,
    spot: Spot,
    word: &str,
    machines: &[Machine],
) -> Option<Party> {
    if word == "any" {
        return Some(Party::Any);
    }
    if let Some(role) = Role::from_name(word) {
        return Some(Party::Role(role));
    }
    if let Some(index) = machines.iter().position(|machine| machine.name == word) {
        return u32::try_from(index).ok().map(|index| Party::Machine(MachineId(index)));
    }
    let names = machines.iter().map(|machine| machine.name.as_str());
    let help = match nearest(word, names.chain(Role::ALL.map(Role::name))) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "name a machine of this file, a role, or \"any\"".to_owned(),
    };
    document.complain(spot, format!("`{word}` is neither a machine nor a role"), help);
    None
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
