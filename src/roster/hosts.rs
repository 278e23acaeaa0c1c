//! A hosts file: an address and its names on each line (hosts(5)).

use std::net::IpAddr;

use super::{HostName, Roster};

/// A line of a hosts file.
#[derive(Clone, Debug)]
pub struct HostsLine {
    pub ip: IpAddr,
    pub names: Vec<HostName>,
}

/// The lines with something on them, without comments; each with its number from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let without_comment = |line: &'_ str| line.find('#').unwrap_or(line.len());
    let lines = text.lines().zip(1..);
    let lines = lines.map(move |(line, number)| (number, line[..without_comment(line)].trim()));
    lines.filter(|(_, line)| !line.is_empty())
}

/// Whether the first line that is no comment begins with an address and white space.
pub fn is_hosts(text: &str) -> bool {
    lines(text).next().is_some_and(|(_, line)| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|word| word.parse::<IpAddr>().is_ok()) && words.next().is_some()
    })
}

/// Takes in the lines; those that are none are noted, and so is how many are of no machine, such as
/// `127.0.0.1 localhost` and the `0.0.0.0` of block lists.
pub fn read(roster: &mut Roster, file: &str, text: &str) {
    let mut nobodys = 0;
    for (number, line) in lines(text) {
        let mut words = line.split_whitespace();
        let ip = words.next().and_then(|word| word.parse().ok());
        let names: Vec<HostName> = words.filter_map(HostName::parse).collect();
        match ip {
            Some(ip) if !names.is_empty() && super::is_of_machine(ip) => {
                roster.addresses.push(HostsLine { ip, names });
            }
            Some(_) if !names.is_empty() => nobodys += 1,
            _ => roster.note(format!("{file}:{number}: no address with a name: left out")),
        }
    }
    if nobodys > 0 {
        roster.note(format!("{file}: addresses that are no machine's own: {nobodys} left out"));
    }
}
