//! A roster put into a site file: what is new is added, what a person wrote or took out stays so.

use std::{collections::HashMap, net::IpAddr};

use ipnet::IpNet;
use thiserror::Error;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::{HostName, Listed, Roster, imported::Imported};
use crate::identify::{Role, RoleSet, Setting};

/// A site file with a roster put into it.
#[derive(Debug)]
pub struct Merged {
    /// The new text.
    pub text: String,
    /// What was kept against the roster or could not be placed, as sentences.
    pub notes: Vec<String>,
}

/// Why a site file takes no roster.
#[derive(Debug, Error)]
pub enum MergeError {
    /// It is no TOML.
    #[error("it is not TOML: {0}")]
    NoToml(String),
    /// A part is not written the way that the site file is explained.
    #[error("`{0}` is no table of its own there; write it as {1}")]
    Shape(&'static str, &'static str),
}

/// Puts a roster into the text of a site file; an empty text is a new one.
///
/// # Errors
/// The text is no TOML, or not a site file's.
pub fn merge(before: &str, roster: &Roster) -> Result<Merged, MergeError> {
    let windows_lines = before.contains("\r\n");
    let before = before.replace("\r\n", "\n");
    let document = before.parse::<DocumentMut>();
    let mut document = document.map_err(|error| MergeError::NoToml(error.message().to_owned()))?;
    let mut notes = Vec::new();
    merge_header(&mut document, roster, &mut notes)?;
    if !roster.ports.is_empty() {
        merge_ports(&mut document, roster, &mut notes)?;
    }
    let machines = document.entry("machine").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let machines =
        machines.as_array_of_tables_mut().ok_or(MergeError::Shape("machine", "[[machine]]"))?;
    let mut fleet = Fleet::new(machines, &before);
    for listed in &roster.machines {
        fleet.take(roster.title(listed), listed, &mut notes);
    }
    let text = document.to_string();
    let text = text.trim_start_matches('\n');
    let text = if windows_lines { text.replace('\n', "\r\n") } else { text.to_owned() };
    Ok(Merged { text, notes })
}

fn merge_header(
    document: &mut DocumentMut,
    roster: &Roster,
    notes: &mut Vec<String>,
) -> Result<(), MergeError> {
    let is_new = document.is_empty();
    let server = roster.machines.iter().find(|listed| listed.roles.contains(Role::VmmServer));
    let site = document.entry("site").or_insert_with(|| Item::Table(Table::new()));
    let site = site.as_table_mut().ok_or(MergeError::Shape("site", "[site]"))?;
    if is_new {
        let name = server.map_or_else(|| "VMM".to_owned(), |server| roster.title(server));
        site.insert("name", value(name));
    }
    let Some(version) = roster.version.map(|version| version.name()) else { return Ok(()) };
    match site.get("vmm_version").and_then(Item::as_str) {
        None => drop(site.insert("vmm_version", value(version))),
        Some(written) if written != version => {
            notes.push(format!("kept vmm_version {written}; VMM says it is {version}"));
        }
        Some(_) => {}
    }
    Ok(())
}

/// A port that was imported and not touched since follows VMM; any other stays.
fn merge_ports(
    document: &mut DocumentMut,
    roster: &Roster,
    notes: &mut Vec<String>,
) -> Result<(), MergeError> {
    let is_new = !document.contains_key("ports");
    let ports = document.entry("ports").or_insert_with(|| Item::Table(Table::new()));
    let ports = ports.as_table_mut().ok_or(MergeError::Shape("ports", "[ports]"))?;
    let prefix = ports.decor().prefix().and_then(|prefix| prefix.as_str());
    let prefix = prefix.unwrap_or(if is_new { "\n" } else { "" }).to_owned();
    let mut imported = own_mark(&prefix).filter(|mark| mark.name == "ports").unwrap_or_default();
    imported.name = "ports".to_owned();
    for (setting, port) in &roster.ports {
        let name = setting.name();
        let was = imported.ports.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let was = was.and_then(|was| was.parse::<i64>().ok());
        let port = i64::from(*port);
        match ports.get(name).and_then(Item::as_integer) {
            Some(written) if written == port => {}
            Some(written) if Some(written) != was => {
                notes.push(format!("kept {name} = {written}; VMM says {port}"));
            }
            None if was == Some(port) => {}
            _ => drop(ports.insert(name, value(port))),
        }
        imported.ports.retain(|word| !word.starts_with(&format!("{name}=")));
        imported.ports.push(format!("{name}={port}"));
    }
    ports.decor_mut().set_prefix(imported.written_into(&prefix));
    Ok(())
}

/// The comment of the last import that belongs to the table right below these comments, and not to one
/// between them that was commented out.
fn own_mark(prefix: &str) -> Option<Imported> {
    let mut own = None;
    for line in prefix.lines() {
        own = match Imported::all(line).next() {
            Some(mark) => Some(mark),
            None if line.contains("[[") => None,
            None => own,
        };
    }
    own
}

/// The machines of a site file.
struct Fleet<'d> {
    tables: &'d mut ArrayOfTables,
    /// Who owns a single address.
    owners: HashMap<IpAddr, String>,
    /// Machines that were imported once and taken out since, their comments left standing.
    left_out: Vec<String>,
}

impl<'d> Fleet<'d> {
    fn new(tables: &'d mut ArrayOfTables, text: &str) -> Self {
        let mut owners = HashMap::new();
        for table in tables.iter() {
            for ip in networks(table).filter_map(|network| single(&network)) {
                owners.insert(ip, name_of(table).to_owned());
            }
        }
        let own: Vec<String> =
            tables.iter().filter_map(|table| Some(mark_of(table)?.name)).collect();
        let left_out = Imported::all(text).map(|mark| mark.name);
        let left_out = left_out.filter(|name| name != "ports" && !own.contains(name)).collect();
        Self { tables, owners, left_out }
    }

    fn take(&mut self, title: String, listed: &Listed, notes: &mut Vec<String>) {
        let is_it = |name: &str| HostName::parse(name).is_some_and(|name| name.is(&listed.name));
        let place = self.tables.iter().position(|table| {
            is_it(name_of(table)) || mark_of(table).is_some_and(|mark| is_it(&mark.name))
        });
        let place = place.or_else(|| {
            let alias = listed.addresses.iter().find_map(|net| self.owners.get(&single(net)?))?;
            notes.push(format!("{title} is taken for {alias}, which has its address"));
            self.tables.iter().position(|table| name_of(table) == alias)
        });
        if let Some(table) = place.and_then(|place| self.tables.get_mut(place)) {
            return update(table, listed, &mut self.owners, notes);
        }
        if self.left_out.iter().any(|name| is_it(name)) {
            return notes.push(format!("{title} was taken out of the site file: left out again"));
        }
        let mut table = Table::new();
        table.insert("name", value(&title));
        table.insert("roles", value(Array::new()));
        table.insert("addresses", value(Array::new()));
        table.decor_mut().set_prefix("\n");
        update(&mut table, listed, &mut self.owners, notes);
        if networks(&table).next().is_some() {
            self.tables.push(table);
        } else {
            notes.push(format!(
                "{title} has no address: left out; give a hosts file with it, or --resolve to ask DNS"
            ));
        }
    }
}

fn name_of(table: &Table) -> &str {
    table.get("name").and_then(Item::as_str).unwrap_or_default()
}

fn prefix_of(table: &Table) -> &str {
    table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or("\n")
}

fn mark_of(table: &Table) -> Option<Imported> {
    own_mark(prefix_of(table))
}

/// The strings of a list.
fn strings<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t str> {
    let list = table.get(key).and_then(Item::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// The address of a network of one.
fn single(network: &IpNet) -> Option<IpAddr> {
    (network.prefix_len() == network.max_prefix_len()).then(|| network.addr())
}

fn networks(table: &Table) -> impl Iterator<Item = IpNet> {
    strings(table, "addresses").filter_map(|text| {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    })
}

/// Adds what is new since the last import, and remembers it.
fn update(
    table: &mut Table,
    listed: &Listed,
    owners: &mut HashMap<IpAddr, String>,
    notes: &mut Vec<String>,
) {
    let prefix = prefix_of(table).to_owned();
    let known = own_mark(&prefix);
    let name = name_of(table).to_owned();
    let mut imported =
        known.unwrap_or_else(|| Imported { name: name.clone(), ..Imported::default() });
    let roles: RoleSet = strings(table, "roles").filter_map(Role::from_name).collect();
    for role in listed.roles.iter() {
        let implied = role == Role::HypervHost && listed.roles.contains(Role::PerimeterHost);
        let is_there = implied || roles.with_implied().contains(role);
        add(table, "roles", role.name(), &mut imported.roles, is_there);
    }
    for network in &listed.addresses {
        let ip = single(network);
        if let Some(owner) = ip.and_then(|ip| owners.get(&ip)).filter(|owner| **owner != name) {
            notes.push(format!(
                "{} of {name} belongs to {owner} already: left with it",
                network.addr()
            ));
            continue;
        }
        let is_there = networks(table).any(|known| known.contains(network));
        let text = ip.map_or_else(|| network.to_string(), |ip| ip.to_string());
        add(table, "addresses", &text, &mut imported.addresses, is_there);
        owners.extend(ip.map(|ip| (ip, name.clone())));
    }
    for (setting, port) in &listed.ports {
        add_port(table, *setting, *port, &mut imported.ports);
    }
    table.decor_mut().set_prefix(imported.written_into(&prefix));
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
            list.push(word);
        }
    }
}

fn add_port(table: &mut Table, setting: Setting, port: u16, imported: &mut Vec<String>) {
    let word = format!("{}={port}", setting.name());
    if imported.contains(&word) {
        return;
    }
    imported.push(word);
    let ports = table.entry("ports").or_insert_with(|| value(InlineTable::new()));
    if let Some(ports) = ports.as_table_like_mut()
        && !ports.contains_key(setting.name())
    {
        ports.insert(setting.name(), value(Array::from_iter([i64::from(port)])));
    }
}
