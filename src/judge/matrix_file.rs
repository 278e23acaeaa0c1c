//! Reading a matrix file, the embedded ones and a user's own alike.

use std::collections::HashSet;

use toml::de::DeTable;

use super::entry::{Entry, Requirement, Section};
use crate::{
    dissect::Protocol,
    flow::Transport,
    identify::{Complaints, Document, Role, RoleSet, Setting, nearest},
};

const KEYS: [&str; 18] = [
    "id",
    "row",
    "section",
    "service",
    "page_inbound",
    "page_change",
    "client_roles",
    "server_roles",
    "transport",
    "ports",
    "setting",
    "protocols",
    "requirement",
    "group",
    "replaced_by",
    "reverse",
    "corrected",
    "note",
];
const WHAT: &str = "[[entry]]";
const ROWS: u16 = 29;

/// The entries of a matrix file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Entry>, Complaints> {
    let (mut document, root) = Document::parse(file, text)?;
    document.only(&root, "the matrix file", &["section", "entry"]);
    let section = word(&mut document, &root, "section", &Section::ALL, Section::name);
    let mut entries = Vec::new();
    let mut ids = HashSet::new();
    for table in document.tables(&root, "entry") {
        document.only(table, WHAT, &KEYS);
        let Some(entry) = read_entry(&mut document, table, section) else { continue };
        if !ids.insert(entry.id.clone()) {
            let spot = table.get("id").map_or(0..0, toml::Spanned::span);
            document.complain(
                spot,
                format!("two entries have the id `{}`", entry.id),
                "give each an id of its own",
            );
        }
        entries.push(entry);
    }
    if entries.is_empty() {
        document.complain(
            0..0,
            "the matrix has no entry",
            "add an [[entry]]; see data/matrix.toml",
        );
    }
    document.finish(entries)
}

fn read_entry(
    document: &mut Document<'_>,
    table: &DeTable<'_>,
    section: Option<Section>,
) -> Option<Entry> {
    let id = document.required_string(table, WHAT, "id");
    let service = document.required_string(table, WHAT, "service");
    let own = word(document, table, "section", &Section::ALL, Section::name);
    let requirement = word(document, table, "requirement", &Requirement::ALL, Requirement::name);
    let transport = word(document, table, "transport", &TRANSPORTS, Transport::name);
    if transport.is_none() && requirement != Some(Requirement::Local) {
        document.complain_of_missing(table, WHAT, "transport", "transport = \"tcp\"");
    }
    let client_roles = read_roles(document, table, "client_roles");
    let server_roles = read_roles(document, table, "server_roles");
    let row = document.port(table, "row").filter(|row| {
        let known = (1..=ROWS).contains(row);
        if !known {
            let spot = table.get("row").map_or(0..0, toml::Spanned::span);
            document.complain(
                spot,
                format!("the page has no row {row}"),
                format!("rows are 1 to {ROWS}"),
            );
        }
        known
    });
    let text = |document: &mut Document<'_>, key| {
        document.string(table, key).map(|(_, text)| text).filter(|text| !text.is_empty())
    };
    let setting = document.string(table, "setting").and_then(|(spot, name)| {
        let found = Setting::from_name(&name);
        if found.is_none() {
            document.complain(
                spot,
                format!("unknown setting `{name}`"),
                "settings are the keys of [ports] and of a machine's ports",
            );
        }
        found
    });
    Some(Entry {
        id: id?.1,
        row: row.and_then(|row| u8::try_from(row).ok()),
        section: own.or(section).unwrap_or(Section::General),
        service: service?.1,
        page_inbound: text(document, "page_inbound").unwrap_or_default(),
        page_change: text(document, "page_change").unwrap_or_default(),
        client_roles,
        server_roles,
        transport,
        ports: document.ports(table, "ports"),
        setting,
        protocols: read_protocols(document, table),
        requirement: requirement.unwrap_or(Requirement::Required),
        group: text(document, "group"),
        replaced_by: document.strings(table, "replaced_by").into_iter().map(|one| one.1).collect(),
        reverse: text(document, "reverse"),
        corrected: document.boolean(table, "corrected"),
        note: text(document, "note").unwrap_or_default(),
    })
}

const TRANSPORTS: [Transport; 3] = [Transport::Tcp, Transport::Udp, Transport::Icmp];

/// A word from a closed set, where the key is there.
fn word<T: Copy>(
    document: &mut Document<'_>,
    table: &DeTable<'_>,
    key: &str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Option<T> {
    let (spot, word) = document.string(table, key)?;
    let found = all.iter().copied().find(|value| name(*value) == word);
    if found.is_none() {
        let names: Vec<&str> = all.iter().map(|value| name(*value)).collect();
        let help = match nearest(&word, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write one of {}", names.join(", ")),
        };
        document.complain(spot, format!("unknown {key} `{word}`"), help);
    }
    found
}

fn read_roles(document: &mut Document<'_>, table: &DeTable<'_>, key: &str) -> RoleSet {
    let mut roles = RoleSet::default();
    if !table.contains_key(key) {
        document.complain_of_missing(table, WHAT, key, &format!("{key} = [\"vmm-server\"]"));
    }
    for (spot, word) in document.strings(table, key) {
        match Role::from_name(&word) {
            Some(role) => roles.insert(role),
            None if word == "any" => roles = RoleSet::ANY,
            None => document.complain_of_role(spot, &word),
        }
    }
    roles
}

fn read_protocols(document: &mut Document<'_>, table: &DeTable<'_>) -> Vec<Protocol> {
    let mut protocols = Vec::new();
    for (spot, word) in document.strings(table, "protocols") {
        match Protocol::from_name(&word) {
            Some(protocol) => protocols.push(protocol),
            None => {
                let names = Protocol::ALL.map(Protocol::name);
                document.complain(
                    spot,
                    format!("unknown protocol `{word}`"),
                    format!("protocols are {}", names.join(", ")),
                );
            }
        }
    }
    protocols
}
