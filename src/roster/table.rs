//! One machine's table in a site file: what it says, and what an import adds to it.

use std::net::IpAddr;

use ipnet::IpNet;
use toml_edit::{Array, InlineTable, Item, Table, Value, value};

use super::{
    HostName, Listed,
    imported::{Fate, Imported, fate},
};
use crate::identify::{Role, RoleSet, Setting};

/// A machine that has nothing but its name yet.
pub fn new_table(title: &str) -> Table {
    let mut table = Table::new();
    table.insert("name", value(title));
    table.insert("roles", value(Array::new()));
    table.insert("addresses", value(Array::new()));
    table.decor_mut().set_prefix("\n");
    table
}

/// The machine's name.
pub fn name_of(table: &Table) -> &str {
    table.get("name").and_then(Item::as_str).unwrap_or_default()
}

/// The name that it was imported under.
pub fn imported_name(table: &Table) -> Option<HostName> {
    HostName::parse(&mark_of(table)?.name)
}

/// Other names under which exports list it.
pub fn aliases(table: &Table) -> impl Iterator<Item = HostName> {
    let aliases = mark_of(table).unwrap_or_default().aliases;
    aliases.into_iter().filter_map(|name| HostName::parse(&name))
}

/// The machine's name; where it was imported under the same with a domain, with that, which tells it from
/// namesakes.
pub fn own_name(table: &Table) -> Option<HostName> {
    let mut own = HostName::parse(name_of(table))?;
    if let Some(same) = imported_name(table).filter(|known| known.is(&own)) {
        own.learn_domain(&same);
    }
    Some(own)
}

/// The machine's name, and those that it was imported under.
pub fn names_of(table: &Table) -> impl Iterator<Item = HostName> {
    own_name(table).into_iter().chain(imported_name(table)).chain(aliases(table))
}

fn prefix_of(table: &Table) -> &str {
    table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or("\n")
}

/// What the last import gave.
pub fn mark_of(table: &Table) -> Option<Imported> {
    Imported::own(prefix_of(table))
}

/// The strings of a list.
fn strings<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t str> {
    let list = table.get(key).and_then(Item::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// A network as a site file has it: an address where it is of one.
pub fn written(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

/// Its addresses and networks.
pub fn networks(table: &Table) -> impl Iterator<Item = IpNet> {
    strings(table, "addresses").filter_map(|text| {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    })
}

/// Adds roles that are new.
pub fn add_roles(table: &mut Table, listed: &Listed, imported: &mut Imported) {
    let roles: RoleSet = strings(table, "roles").filter_map(Role::from_name).collect();
    for role in listed.roles.iter() {
        let implied = role == Role::HypervHost && listed.roles.contains(Role::PerimeterHost);
        let is_there = implied || roles.with_implied().contains(role);
        add(table, "roles", role.name(), &mut imported.roles, is_there);
    }
}

/// Adds an address or a network. Whether the machine has it now.
pub fn add_address(table: &mut Table, network: &IpNet, imported: &mut Imported) -> bool {
    let has = |table: &Table| networks(table).any(|known| known.contains(network));
    let is_there = has(table);
    add(table, "addresses", &written(network), &mut imported.addresses, is_there);
    is_there || has(table)
}

/// Puts the comment of the last import in its place.
pub fn remember(table: &mut Table, imported: &Imported) {
    let text = imported.written_into(prefix_of(table));
    table.decor_mut().set_prefix(text);
}

/// Takes out an address that an import gave. Whether it had.
pub fn withdraw(table: &mut Table, network: &IpNet) -> bool {
    let Some(mut imported) = mark_of(table) else { return false };
    let text = written(network);
    let Some(at) = imported.addresses.iter().position(|known| *known == text) else { return false };
    let place = strings(table, "addresses").position(|known| known == text);
    let list = table.get_mut("addresses").and_then(Item::as_array_mut);
    let (Some(place), Some(list)) = (place, list) else { return false };
    list.remove(place);
    imported.addresses.remove(at);
    remember(table, &imported);
    true
}

/// Adds a word to a list, unless it is there, or was imported before and taken out by hand.
fn add(table: &mut Table, key: &str, word: &str, imported: &mut Vec<String>, is_there: bool) {
    let was_imported = imported.iter().any(|known| known == word);
    if !was_imported {
        imported.push(word.to_owned());
    }
    if !was_imported && !is_there {
        let list = table.entry(key).or_insert_with(|| value(Array::new()));
        if let Some(list) = list.as_array_mut() {
            push(list, word);
        }
    }
}

/// Adds a word at the end of a list, on a line of its own where the others stand so.
fn push(list: &mut Array, word: &str) {
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    let first = list.get(0).and_then(|first| first.decor().prefix()?.as_str());
    let indent = first.and_then(|prefix| Some(prefix.rsplit_once('\n')?.1.to_owned()));
    list.push(word);
    if let (Some(indent), Some((comments, end))) = (indent, trailing.rsplit_once('\n'))
        && list.trailing_comma()
        && let Some(new) = list.get_mut(list.len() - 1)
    {
        new.decor_mut().set_prefix(format!("{comments}\n{indent}"));
        list.set_trailing(format!("\n{end}"));
    }
}

/// A port that was imported and not touched since follows VMM; any other stays.
pub fn add_port(
    table: &mut Table,
    setting: Setting,
    port: u16,
    imported: &mut Imported,
    notes: &mut Vec<String>,
) {
    let (key, new) = (setting.name(), Value::from(Array::from_iter([i64::from(port)])));
    let was = imported.port(key);
    let machine = name_of(table).to_owned();
    let ports = table.entry("ports").or_insert_with(|| value(InlineTable::new()));
    let Some(ports) = ports.as_table_like_mut() else { return };
    let written = ports.get(key).map(ports_of);
    match written.as_deref() {
        // Several are a person's.
        Some([] | [_, _, ..]) => {}
        Some([_]) | None => {
            let known = written.and_then(|each| each.first().copied());
            match fate(known, was, port) {
                Fate::Left => {}
                Fate::Kept => {
                    let known = known.unwrap_or_default();
                    notes.push(format!("kept {key} = {known} of {machine}; VMM says {port}"));
                }
                Fate::Written => drop(ports.insert(key, Item::Value(new))),
            }
        }
    }
    if ports.is_empty() {
        table.remove("ports");
    }
    imported.set_port(key, port);
}

/// Ports as numbers or texts, alone or in a list; what is none is left out.
pub fn ports_of(item: &Item) -> Vec<u16> {
    let one = |value: &Value| match value {
        Value::Integer(number) => u16::try_from(*number.value()).ok(),
        Value::String(text) => text.value().parse().ok(),
        _ => None,
    };
    match item.as_array() {
        Some(list) => list.iter().filter_map(one).collect(),
        None => item.as_value().and_then(one).into_iter().collect(),
    }
}
