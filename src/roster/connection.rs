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
    // A name, and behind a comma the port where it is not the usual one.
    let database = record.words(&["databaseservername"]);
    if let Some(name) = database.first() {
        let port = database.get(1).and_then(|port| port.parse().ok());
        let instance = record.text(&["databaseinstancename"]);
        add_database(roster, file, name, instance.as_deref(), port, Some(server));
    }
}

fn learn_version(roster: &mut Roster, file: &str, version: &str) {
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

/// Adds the machine of VMM's database, named as `sql01`, `sql01\instance`, or `.` where it is the
/// server's own. Where an instance is named without a port, nobody but SQL Server Browser knows it.
pub fn add_database(
    roster: &mut Roster,
    file: &str,
    name: &str,
    instance: Option<&str>,
    port: Option<u16>,
    server: Option<&HostName>,
) {
    let (machine, named) =
        name.split_once('\\').map_or((name, None), |(name, named)| (name, Some(named)));
    let is_own = matches!(machine.to_lowercase().as_str(), "." | "(local)" | "localhost");
    let machine = if is_own { server.cloned() } else { HostName::parse(machine) };
    let Some(machine) = machine else { return };
    let instance = named.or(instance).filter(|name| !name.eq_ignore_ascii_case(DEFAULT_INSTANCE));
    match (port, instance) {
        (Some(port), _) => roster.add_port(Setting::Sql, port),
        (None, Some(instance)) if !server.is_some_and(|server| machine.is(server)) => roster.note(format!(
            "{file}: VMM's database is in the instance {instance} of {}: if that listens on another port than 1433, say so as `sql` under [ports]",
            machine.full()
        )),
        (None, _) => {}
    }
    roster.add(Listed::new(machine, RoleSet::from_iter([Role::SqlServer])));
}
