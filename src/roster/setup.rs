//! `VMServer.ini`, the answer file of VMM setup: ports, the server and its database.

use ini::Ini;

use super::{HostName, Listed, Roster, connection};
use crate::identify::{Role, RoleSet, Setting};

/// Keys of ports and their settings (VMM's own comments in the file; setup's page "Ports").
const PORTS: [(&str, Setting); 6] = [
    ("IndigoTcpPort", Setting::ConsoleTcp),
    ("IndigoHTTPSPort", Setting::ConsoleHttps),
    ("IndigoNETTCPPort", Setting::ConsoleNettcp),
    ("IndigoHTTPPort", Setting::WinpeTime),
    ("WSManTcpPort", Setting::WinrmHttp),
    ("BitsTcpPort", Setting::Bits),
];

/// Whether a text has the section that all of setup's answer files have.
pub fn is_setup(text: &str) -> bool {
    text.lines().any(|line| line.trim().eq_ignore_ascii_case("[options]"))
}

/// Takes in an answer file.
pub fn read(roster: &mut Roster, file: &str, text: &str) -> Result<(), String> {
    let options = ini::ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        ..ini::ParseOption::default()
    };
    let ini = Ini::load_from_str_opt(text, options).map_err(|error| error.to_string())?;
    let section =
        ini.iter().find(|(name, _)| name.is_some_and(|n| n.eq_ignore_ascii_case("options")));
    let Some((_, section)) = section else { return Err("it has no [OPTIONS]".to_owned()) };
    let value = |key: &str| {
        section
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.trim())
    };
    for (key, setting) in PORTS {
        let Some(text) = value(key) else { continue };
        match text.parse::<u16>().ok().filter(|port| *port > 0) {
            Some(port) => roster.add_port(setting, port),
            None => roster.note(format!("{file}: {key} = {text} is no port: left out")),
        }
    }
    let server = value("VMMServerName").and_then(HostName::parse);
    if let Some(server) = &server {
        roster.add(Listed::new(server.clone(), RoleSet::from_iter([Role::VmmServer])));
    }
    if let Some(database) = value("SqlMachineName") {
        let instance = value("SqlInstanceName").filter(|name| !name.is_empty());
        connection::add_database(roster, file, database, instance, server.as_ref());
    }
    Ok(())
}
