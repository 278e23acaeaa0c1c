//! What a connection to VMM (`Get-SCVMMServer`, and the `ServerConnection` of any other object) says
//! besides its server's name: the console's port, the version, the database, the nodes of a cluster.

use super::{HostName, Listed, Roster, record::Record};
use crate::identify::{Role, RoleSet, Setting, VmmVersion};

/// The name of the instance that listens on SQL Server's own port.
const DEFAULT_INSTANCE: &str = "mssqlserver";

/// Learns all that beside the server itself.
pub fn learn(roster: &mut Roster, file: &str, record: &Record, server: &HostName) {
    if let Some(port) = record.port(&["port"]) {
        roster.add_port(Setting::ConsoleTcp, port);
    }
    if let Some(version) = record.text(&["productversion"]) {
        learn_version(roster, file, &version);
    }
    for node in record.words(&["failovervmmnodes"]).iter().chain(record.words(&["activevmmnode"])) {
        if let Some(node) = HostName::parse(node) {
            roster.add(Listed::new(node, RoleSet::from_iter([Role::VmmServer])));
        }
    }
    let database = record.words(&["databaseservername"]);
    if !database.is_empty() {
        let instance = record.text(&["databaseinstancename"]);
        add_database(roster, file, &database.join(","), instance.as_deref(), Some(server));
    }
}

fn learn_version(roster: &mut Roster, file: &str, version: &str) {
    // 4.0 was 2016; from then on the second number is the year's.
    let mut numbers = version.split('.');
    let found = match (numbers.next(), numbers.next()) {
        (Some("4"), _) => VmmVersion::V2016,
        (Some("10"), Some("19")) => VmmVersion::V2019,
        (Some("10"), Some("22")) => VmmVersion::V2022,
        (Some("10"), Some("25")) => VmmVersion::V2025,
        _ => {
            return roster
                .note(format!("{file}: ProductVersion {version} is of no release known here"));
        }
    };
    let known = *roster.version.get_or_insert(found);
    if known != found {
        let [known, found] = [known, found].map(VmmVersion::name);
        roster.note(format!("{file}: VMM is {found} here and {known} before: {known} is taken"));
    }
}

/// Adds the machine of VMM's database, named as `sql01`, `sql01\instance`, `sql01,1444` with a port, or `.`
/// where it is the server's own. Where an instance is named without a port, nobody but SQL Server Browser
/// knows it.
pub fn add_database(
    roster: &mut Roster,
    file: &str,
    said: &str,
    instance: Option<&str>,
    server: Option<&HostName>,
) {
    let (name, port) = said.split_once(',').map_or((said, None), |(name, port)| (name, Some(port)));
    let port = port.and_then(|port| port.trim().parse().ok());
    let (machine, named) =
        name.split_once('\\').map_or((name, None), |(name, named)| (name, Some(named)));
    let is_own = matches!(machine.to_lowercase().as_str(), "." | "(local)" | "localhost");
    let machine = if is_own { server.cloned() } else { HostName::parse(machine) };
    let Some(machine) = machine else {
        return roster
            .note(format!("{file}: VMM's database is on `{said}`, no known machine: left out"));
    };
    let instance = named.or(instance).filter(|name| !name.eq_ignore_ascii_case(DEFAULT_INSTANCE));
    match (port, instance) {
        (Some(port), _) => roster.add_port(Setting::Sql, port),
        (None, Some(instance)) if !server.is_some_and(|server| machine.is(server)) => {
            roster.note(format!(
                "{file}: VMM's database is in the instance {instance} of {}: if that listens on another port than 1433, say so as `sql` under [ports]",
                machine.full()
            ));
        }
        (None, _) => {}
    }
    roster.add(Listed::new(machine, RoleSet::from_iter([Role::SqlServer])));
}
