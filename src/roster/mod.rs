//! What an administrator can get out of VMM in a minute, as machines with roles and addresses: the way
//! from exports to a site file.

mod cmdlet;
mod connection;
mod fleet;
mod hosts;
mod imported;
mod kind;
mod merge;
mod name;
mod record;
mod roles;
mod setup;
mod table;

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, Write},
    net::{IpAddr, ToSocketAddrs},
    path::Path,
};

use ipnet::IpNet;

use self::{hosts::HostsLine, name::HostName};
use crate::{
    atomic_file::NewFile,
    identify::{RoleSet, Setting, VmmVersion},
};

pub use self::merge::{MergeError, Merged, merge};

/// Machines, ports and version as the exports tell them, and what could not be placed.
#[derive(Debug, Default)]
pub struct Roster {
    /// Machines, in the order in which they were told of.
    machines: Vec<Listed>,
    /// Places of machines by their short names.
    namesakes: HashMap<String, Vec<usize>>,
    ports: Vec<(Setting, u16)>,
    version: Option<VmmVersion>,
    addresses: Vec<HostsLine>,
    /// Whether DNS was asked for addresses that no export has.
    asked_dns: bool,
    notes: Vec<String>,
    noted: HashSet<String>,
}

/// A machine as an export lists it.
#[derive(Clone, Debug)]
struct Listed {
    name: HostName,
    roles: RoleSet,
    addresses: Vec<IpNet>,
    has: HashSet<IpNet>,
    ports: Vec<(Setting, u16)>,
}

impl Roster {
    /// Takes in the text of one export; `file` is its name, which may tell the cmdlet.
    ///
    /// # Errors
    /// The text is none of the kinds of exports.
    pub fn read(&mut self, file: &str, text: &str) -> Result<(), String> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        if setup::is_setup(text) {
            return setup::read(self, file, text);
        }
        let first = text.trim_start().chars().next();
        if matches!(first, Some('{' | '[')) {
            return record::from_json(text).map(|records| cmdlet::place(self, file, records));
        }
        if hosts::is_hosts(text) {
            hosts::read(self, file, text);
            return Ok(());
        }
        record::from_csv(text).map(|records| cmdlet::place(self, file, records))
    }

    /// Brings names and addresses together once all exports are read. With `resolve` the system is
    /// asked for the addresses of machines that have none.
    pub fn settle(&mut self, resolve: bool) {
        self.asked_dns = resolve;
        let alone = self.machines.is_empty();
        let mut strangers = 0;
        for line in std::mem::take(&mut self.addresses) {
            let places: Vec<Vec<usize>> =
                line.names.iter().map(|name| self.places_of(name)).collect();
            if let Some(places) = places.iter().find(|places| places.len() == 1) {
                self.machines[places[0]].add_address(line.ip.into());
            } else if places.iter().any(|places| !places.is_empty()) {
                let names: Vec<String> = line.names.iter().map(HostName::full).collect();
                self.note(format!(
                    "{} of {} may be that of several machines: left out; give its domain",
                    line.ip,
                    names.join(" ")
                ));
            } else if alone && let Some(name) = line.names.into_iter().next() {
                self.add(Listed::new(name, RoleSet::default()).at([line.ip.into()]));
            } else {
                strangers += 1;
            }
        }
        if strangers > 0 {
            self.note(format!(
                "addresses in hosts files that are of no machine in any export: {strangers} left out"
            ));
        }
        for listed in self.machines.iter_mut().filter(|_| resolve) {
            if listed.addresses.is_empty()
                && let Ok(found) = (listed.name.full().as_str(), 0).to_socket_addrs()
            {
                found.for_each(|found| listed.add_address(found.ip().into()));
            }
        }
    }

    /// What could not be placed and why, as sentences.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn note(&mut self, note: String) {
        if self.noted.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    /// Adds a port of the site's; of several for one setting the first holds.
    fn add_port(&mut self, setting: Setting, port: u16) {
        match self.ports.iter().find(|(known, _)| *known == setting) {
            None => self.ports.push((setting, port)),
            Some((_, known)) if *known == port => {}
            Some((_, known)) => {
                let known = *known;
                self.note(format!(
                    "{} is {known} in one export and {port} in another: {known} is taken",
                    setting.name()
                ));
            }
        }
    }

    /// Places of the machines that a name can be of: several where it has no domain and they have.
    fn places_of(&self, name: &HostName) -> Vec<usize> {
        let namesakes = self.namesakes.get(name.short()).into_iter().flatten().copied();
        namesakes.filter(|place| self.machines[*place].name.is(name)).collect()
    }

    /// Adds a machine, or what is new of one that is listed.
    fn add(&mut self, new: Listed) {
        let places = self.places_of(&new.name);
        if places.len() > 1 {
            return self.note(format!(
                "{} may be one of several machines of that name: left out; give its domain",
                new.name.full()
            ));
        }
        let Some(place) = places.first().copied() else {
            let namesakes = self.namesakes.entry(new.name.short().to_owned()).or_default();
            namesakes.push(self.machines.len());
            return self.machines.push(new);
        };
        let listed = &mut self.machines[place];
        listed.name.learn_domain(&new.name);
        new.roles.iter().for_each(|role| listed.roles.insert(role));
        new.addresses.into_iter().for_each(|network| listed.add_address(network));
        for (setting, port) in new.ports {
            if !listed.ports.iter().any(|(known, _)| *known == setting) {
                listed.ports.push((setting, port));
            }
        }
    }

    /// What a machine is called in the site file: by its short name where that tells it from others.
    fn title(&self, listed: &Listed) -> String {
        let short = listed.name.short();
        let namesakes = self.namesakes.get(short).map_or(0, Vec::len);
        if namesakes > 1 { listed.name.full() } else { short.to_owned() }
    }
}

impl Listed {
    fn new(name: HostName, roles: RoleSet) -> Self {
        Self { name, roles, addresses: Vec::new(), has: HashSet::new(), ports: Vec::new() }
    }

    fn at(mut self, addresses: impl IntoIterator<Item = IpNet>) -> Self {
        addresses.into_iter().for_each(|network| self.add_address(network));
        self
    }

    /// Adds an address, or a network, that conversations of a machine can have.
    fn add_address(&mut self, network: IpNet) {
        if is_of_machine(network.addr()) && self.has.insert(network) {
            self.addresses.push(network);
        }
    }
}

/// Whether an address can be a machine's own on a network: link-local ones are not told apart between
/// networks, and the others are nobody's.
fn is_of_machine(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !(link_local || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast())
}

/// Writes a site file in one step, so that it is never half there.
///
/// # Errors
/// There is no such folder, something other than a file that may be written stands there, or the folder
/// cannot be written to.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let refuse = |why: &str| Err(io::Error::other(why));
    let before = fs::metadata(path).ok();
    if before.is_none() && path.is_symlink() {
        return refuse("it is a link to nothing");
    }
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        return refuse("it is no file");
    }
    if before.is_some_and(|before| before.permissions().readonly()) {
        return refuse("it may not be written to");
    }
    let mut new = NewFile::create(path)?;
    new.file.write_all(text.as_bytes())?;
    new.commit()
}
