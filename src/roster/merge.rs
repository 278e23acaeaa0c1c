//! A roster put into a site file: what is new is added, what a person wrote or took out stays so.

use thiserror::Error;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{
    Roster,
    fleet::Fleet,
    imported::{Fate, Imported, PORTS, fate},
    table::ports_of,
};
use crate::identify::Role;

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
    let original = before;
    let before = original.replace("\r\n", "\n");
    let document = before.parse::<DocumentMut>();
    let mut document = document.map_err(|error| MergeError::NoToml(error.message().to_owned()))?;
    let mut notes = Vec::new();
    merge_header(&mut document, roster, &mut notes)?;
    if !roster.ports.is_empty() {
        merge_ports(&mut document, &before, roster, &mut notes)?;
    }
    let machines = document.entry("machine").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let machines =
        machines.as_array_of_tables_mut().ok_or(MergeError::Shape("machine", "[[machine]]"))?;
    let mut fleet = Fleet::new(machines, &before, &roster.machines);
    let mut unnamed = Vec::new();
    for listed in &roster.machines {
        let title = roster.title(listed);
        if !fleet.take(&title, listed, &mut notes) {
            unnamed.push((title, listed));
        }
    }
    for (title, listed) in unnamed {
        if !fleet.take_as_alias(&title, listed, &mut notes) {
            notes.push(format!(
                "{title} is left out: the word means something else in the site file; give that machine another name there by hand"
            ));
        }
    }
    notes.extend(fleet.summary(roster.asked_dns));
    let text = document.to_string();
    let text = if before.is_empty() { text.trim_start_matches('\n') } else { &text };
    Ok(Merged { text: with_line_ends_of(original, &before, text), notes })
}

/// A text with the line ends that most lines of the original have; the original where nothing else
/// has changed. `before` is the original with plain line ends.
fn with_line_ends_of(original: &str, before: &str, text: &str) -> String {
    let windows = original.matches("\r\n").count();
    if text == before {
        original.to_owned()
    } else if 2 * windows > before.matches('\n').count() {
        text.replace('\n', "\r\n")
    } else {
        text.to_owned()
    }
}

fn merge_header(
    document: &mut DocumentMut,
    roster: &Roster,
    notes: &mut Vec<String>,
) -> Result<(), MergeError> {
    let is_new = document.is_empty();
    let heading = document.trailing().as_str().filter(|_| is_new).unwrap_or_default();
    let mut heading = heading.to_owned();
    if !(heading.is_empty() || heading.ends_with('\n')) {
        heading.push('\n');
    }
    if is_new {
        document.set_trailing("");
    }
    if !(is_new || roster.version.is_some()) {
        return Ok(());
    }
    let server = roster.machines.iter().find(|listed| listed.roles.contains(Role::VmmServer));
    let site = document.entry("site").or_insert_with(|| Item::Table(Table::new()));
    let site = site.as_table_mut().ok_or(MergeError::Shape("site", "[site]"))?;
    if is_new {
        let name = server.map_or_else(|| "VMM".to_owned(), |server| roster.title(server));
        site.insert("name", value(name));
        site.decor_mut().set_prefix(heading);
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

/// A port that was imported and not touched since follows VMM; any other stays, and so does a whole
/// section that was taken out while its comment was left standing.
fn merge_ports(
    document: &mut DocumentMut,
    before: &str,
    roster: &Roster,
    notes: &mut Vec<String>,
) -> Result<(), MergeError> {
    let is_new = !document.contains_key("ports");
    if is_new && Imported::all(before).any(|mark| mark.name == PORTS) {
        notes.push("[ports] was taken out of the site file: left out again".to_owned());
        return Ok(());
    }
    let ports = document.entry("ports").or_insert_with(|| Item::Table(Table::new()));
    let ports = ports.as_table_mut().ok_or(MergeError::Shape("ports", "[ports]"))?;
    let prefix = ports.decor().prefix().and_then(|prefix| prefix.as_str());
    let prefix = prefix.unwrap_or(if is_new { "\n" } else { "" }).to_owned();
    let mut imported = Imported::own(&prefix).filter(|mark| mark.name == PORTS).unwrap_or_default();
    imported.name = PORTS.to_owned();
    for (setting, port) in &roster.ports {
        let name = setting.name();
        let was = imported.port(name);
        imported.set_port(name, *port);
        let written = ports.get(name).map(ports_of);
        let known = written.as_ref().and_then(|each| each.first().copied());
        match fate(known, was, *port) {
            // Whatever a person wrote that is no port.
            _ if written.as_deref() == Some(&[]) => {}
            Fate::Left => {}
            Fate::Kept => {
                let known = known.unwrap_or_default();
                notes.push(format!("kept {name} = {known}; VMM says {port}"));
            }
            Fate::Written => drop(ports.insert(name, value(i64::from(*port)))),
        }
    }
    ports.decor_mut().set_prefix(imported.written_into(&prefix));
    Ok(())
}
