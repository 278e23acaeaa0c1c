//! The machines of a site file, found by name or address, and brought up to date one by one.

use std::collections::{BTreeSet, HashMap, HashSet};

use ipnet::IpNet;
use toml_edit::{ArrayOfTables, Table};

use super::{
    HostName, Listed,
    imported::{Imported, PORTS},
    table::{
        add_address, add_port, add_roles, aliases, imported_name, mark_of, name_of, names_of,
        networks, new_table, own_name, remember, withdraw, written,
    },
};
use crate::identify::Role;

/// The machines of a site file.
pub struct Fleet<'d> {
    tables: &'d mut ArrayOfTables,
    /// Places of tables by the short names that their machines have, or were imported under.
    namesakes: HashMap<String, Vec<usize>>,
    owners: HashMap<IpNet, Owner>,
    /// Tables that have the name of one machine of the roster and the comment of another, as a copy has.
    copied: HashSet<usize>,
    /// What the roster lists for the tables that it names.
    current: HashMap<usize, Vec<IpNet>>,
    /// Machines that were imported once and taken out since, their comments left standing.
    left_out: Vec<HostName>,
    /// Machines of the roster that no address is known of.
    homeless: Vec<String>,
}

/// Whether a name is that of the table at a place.
type Way<'w> = &'w dyn Fn(usize, &Table) -> bool;

/// The table of a name.
enum Found {
    None,
    One(usize),
    /// Several fit a name without a domain.
    Many,
}

/// Who owns an address: a table's place and its machine's name.
#[derive(Clone)]
struct Owner {
    place: usize,
    name: String,
}

impl<'d> Fleet<'d> {
    /// The machines of these tables, whose file has this text, for a roster with these machines.
    pub fn new(tables: &'d mut ArrayOfTables, text: &str, roster: &[Listed]) -> Self {
        let mut fleet = Self {
            tables,
            namesakes: HashMap::new(),
            owners: HashMap::new(),
            copied: HashSet::new(),
            current: HashMap::new(),
            left_out: Vec::new(),
            homeless: Vec::new(),
        };
        let mut own = HashSet::new();
        for place in 0..fleet.tables.len() {
            let mark = fleet.tables.get(place).and_then(mark_of);
            own.extend(mark.into_iter().flat_map(Imported::into_names));
            fleet.index(place);
        }
        fleet.find_copies(roster);
        let left_out = Imported::all(text).flat_map(Imported::into_names);
        let left_out = left_out.filter(|name| name != PORTS && !own.contains(name));
        fleet.left_out = left_out.filter_map(|name| HostName::parse(&name)).collect();
        for listed in roster {
            if let Found::One(place) = fleet.find(&listed.name) {
                fleet.current.entry(place).or_default().extend(&listed.addresses);
            }
        }
        fleet
    }

    fn find_copies(&mut self, roster: &[Listed]) {
        let mut listed: HashMap<&str, Vec<&HostName>> = HashMap::new();
        for one in roster {
            listed.entry(one.name.short()).or_default().push(&one.name);
        }
        let is_copy = |table: &Table| {
            let Some(name) = HostName::parse(name_of(table)) else { return false };
            let is_listed = |name: &HostName| {
                listed
                    .get(name.short())
                    .is_some_and(|namesakes| namesakes.iter().any(|one| one.is(name)))
            };
            imported_name(table).is_some_and(|imported| !imported.is(&name)) && is_listed(&name)
        };
        let tables = self.tables.iter().enumerate();
        self.copied = tables.filter(|(_, table)| is_copy(table)).map(|(place, _)| place).collect();
    }

    /// Makes a table's machine known by its names and addresses.
    fn index(&mut self, place: usize) {
        let Some(table) = self.tables.get(place) else { return };
        for name in names_of(table) {
            self.namesakes.entry(name.short().to_owned()).or_default().push(place);
        }
        for network in networks(table) {
            let owner = Owner { place, name: name_of(table).to_owned() };
            self.owners.entry(network).or_insert(owner);
        }
    }

    /// The table that was imported under a name or, failing that, has it or, failing that, an alias.
    fn find(&self, name: &HostName) -> Found {
        let Some(namesakes) = self.namesakes.get(name.short()) else { return Found::None };
        let is_imported = |place: usize, table: &Table| {
            !self.copied.contains(&place)
                && imported_name(table).is_some_and(|known| known.is(name))
        };
        let is_named =
            |_: usize, table: &Table| own_name(table).is_some_and(|known| known.is(name));
        let is_called = |place: usize, table: &Table| {
            !self.copied.contains(&place) && aliases(table).any(|known| known.is(name))
        };
        let ways: [Way<'_>; 3] = [&is_imported, &is_named, &is_called];
        for way in ways {
            let fits = |place: &usize, way: Way<'_>| {
                self.tables.get(*place).is_some_and(|table| way(*place, table))
            };
            let mut places: BTreeSet<usize> =
                namesakes.iter().copied().filter(|place| fits(place, way)).collect();
            // Of copies with the same comment the one that has the name as well.
            if places.len() > 1 && places.iter().any(|place| fits(place, &is_named)) {
                places.retain(|place| fits(place, &is_named));
            }
            match places.first() {
                None => {}
                Some(place) if places.len() == 1 => return Found::One(*place),
                Some(_) => return Found::Many,
            }
        }
        Found::None
    }

    /// The owner of a machine's addresses: of all of them where the roster lists the owner as a machine
    /// of its own, for machines may well share an address; else of any.
    fn alias_of(&self, listed: &Listed) -> Option<Owner> {
        let owners = || listed.addresses.iter().map(|network| self.owners.get(network));
        let owner = owners().flatten().next()?;
        let has_all = owners().all(|other| other.is_some_and(|other| other.place == owner.place));
        let is_it = match self.current.get(&owner.place) {
            Some(current) => has_all && listed.addresses.iter().all(|net| current.contains(net)),
            None => true,
        };
        is_it.then(|| owner.clone())
    }

    /// Whether a new machine may be called so.
    fn is_free_name(&self, name: &str) -> bool {
        let namesakes = HostName::parse(name).and_then(|name| self.namesakes.get(name.short()));
        let mut namesakes = namesakes.into_iter().flatten();
        let is_taken = namesakes.any(|place| {
            self.tables.get(*place).is_some_and(|table| name_of(table).eq_ignore_ascii_case(name))
        });
        !(is_taken || name == "any" || Role::from_name(name).is_some())
    }

    /// Brings a machine of the roster into its table, or into a new one. Whether it could: a new one may
    /// not be called as it is, and whether another has its address is known when all are there.
    pub fn take(&mut self, title: &str, listed: &Listed, notes: &mut Vec<String>) -> bool {
        match self.find(&listed.name) {
            Found::One(place) => {
                self.take_back(place, &listed.name);
                self.update(place, listed, notes);
                return true;
            }
            Found::Many => {
                notes.push(format!(
                    "{title} may be one of several machines of that name: left out; give its domain"
                ));
                return true;
            }
            Found::None => {}
        }
        if self.left_out.iter().any(|name| name.is(&listed.name)) {
            notes.push(format!("{title} was taken out of the site file: left out again"));
            return true;
        }
        // A namesake of another domain may be there already.
        let full = listed.name.full();
        self.take_as_alias(title, listed, notes) || {
            let free = [title, &full].into_iter().find(|name| self.is_free_name(name));
            free.map(str::to_owned).is_some_and(|name| {
                self.take_new(name, listed, notes);
                true
            })
        }
    }

    /// Brings a machine into the table of the one that has its address, if there is one.
    pub fn take_as_alias(&mut self, title: &str, listed: &Listed, notes: &mut Vec<String>) -> bool {
        let Some(Owner { place, name }) = self.alias_of(listed) else { return false };
        notes.push(format!("{title} is taken for {name}, which has its address"));
        self.current.entry(place).or_default().extend(&listed.addresses);
        self.call(place, &listed.name);
        self.update(place, listed, notes);
        true
    }

    fn take_new(&mut self, name: String, listed: &Listed, notes: &mut Vec<String>) {
        let place = self.tables.len();
        self.tables.push(new_table(&name));
        self.current.entry(place).or_default().extend(&listed.addresses);
        self.update(place, listed, notes);
        if self.tables.get(place).is_some_and(|table| networks(table).next().is_some()) {
            self.index(place);
        } else {
            self.tables.remove(place);
            self.current.remove(&place);
            // Where others have all its addresses, that was told.
            if listed.addresses.is_empty() {
                self.homeless.push(name);
            }
        }
    }

    /// What the last import gave for a table's machine; that of a copy is the other's.
    fn mark(&mut self, place: usize) -> Imported {
        let is_copy = self.copied.remove(&place);
        let mark = self.tables.get(place).and_then(mark_of);
        mark.filter(|_| !is_copy).unwrap_or_default()
    }

    /// Remembers another name of a table's machine.
    fn call(&mut self, place: usize, alias: &HostName) {
        let mut imported = self.mark(place);
        let Some(table) = self.tables.get_mut(place) else { return };
        match HostName::parse(name_of(table)).filter(|_| imported.name.is_empty()) {
            Some(name) => imported.name = name.full(),
            None if imported.name.is_empty() => imported.name = alias.full(),
            None => {}
        }
        if imported.name != alias.full() {
            imported.aliases.push(alias.full());
        }
        remember(table, &imported);
        self.namesakes.entry(alias.short().to_owned()).or_default().push(place);
    }

    /// A name that has a table of its own is no other table's alias any more.
    fn take_back(&mut self, place: usize, name: &HostName) {
        for other in self.namesakes.get(name.short()).into_iter().flatten() {
            let Some(table) = self.tables.get_mut(*other).filter(|_| *other != place) else {
                continue;
            };
            let Some(mut imported) = mark_of(table) else { continue };
            let known = imported.aliases.len();
            imported
                .aliases
                .retain(|alias| HostName::parse(alias).is_some_and(|one| !one.is(name)));
            if imported.aliases.len() < known {
                remember(table, &imported);
            }
        }
    }

    /// Adds what is new since the last import to a table, and remembers it.
    fn update(&mut self, place: usize, listed: &Listed, notes: &mut Vec<String>) {
        let mut imported = self.mark(place);
        let Some(table) = self.tables.get_mut(place) else { return };
        imported.call(&listed.name);
        add_roles(table, listed, &mut imported);
        for (setting, port) in &listed.ports {
            add_port(table, *setting, *port, &mut imported, notes);
        }
        let name = name_of(table).to_owned();
        for network in &listed.addresses {
            if !self.is_free(*network, place, &name, notes) {
                continue;
            }
            let Some(table) = self.tables.get_mut(place) else { return };
            if add_address(table, network, &mut imported) {
                self.owners.insert(*network, Owner { place, name: name.clone() });
            }
        }
        if let Some(table) = self.tables.get_mut(place) {
            remember(table, &imported);
        }
    }

    /// Whether nobody else has an address. One that an import gave to a machine which is listed with
    /// others now has moved: it is taken from there.
    fn is_free(
        &mut self,
        network: IpNet,
        place: usize,
        name: &str,
        notes: &mut Vec<String>,
    ) -> bool {
        let Some(owner) = self.owners.get(&network).filter(|owner| owner.place != place) else {
            return true;
        };
        let has_left =
            self.current.get(&owner.place).is_some_and(|networks| !networks.contains(&network));
        let table = self.tables.get_mut(owner.place).filter(|_| has_left);
        if table.is_some_and(|table| withdraw(table, &network)) {
            notes.push(format!("{} moves from {} to {name}", network.addr(), owner.name));
            return true;
        }
        notes.push(format!(
            "{} of {name} belongs to {} already: left with it; take it out there if it moved",
            network.addr(),
            owner.name
        ));
        false
    }

    /// What was left out for want of an address, and what an earlier import gave and this one does not:
    /// that stays, for an export may be of one cmdlet alone.
    pub fn summary(self, asked_dns: bool) -> Vec<String> {
        let remedy = if asked_dns {
            "DNS has none either; give a hosts file with them"
        } else {
            "give a hosts file with them, or --resolve to ask DNS"
        };
        let (machines, addresses) = self.unlisted();
        let sentences = [
            (format!("no address is known, so they are left out ({remedy})"), self.homeless),
            ("machines of an earlier import that this one has not are kept".to_owned(), machines),
            ("addresses of an earlier import that this one has not are kept".to_owned(), addresses),
        ];
        let told = sentences.into_iter().filter(|(_, all)| !all.is_empty());
        told.map(|(sentence, all)| format!("{sentence}: {}", enumerated(&all))).collect()
    }

    fn unlisted(&self) -> (Vec<String>, Vec<String>) {
        let (mut machines, mut addresses) = (Vec::new(), Vec::new());
        for (place, table) in self.tables.iter().enumerate() {
            let Some(mark) = mark_of(table) else { continue };
            let name = name_of(table);
            let Some(current) = self.current.get(&place) else {
                machines.push(name.to_owned());
                continue;
            };
            let is_gone = |network: &IpNet| {
                mark.addresses.contains(&written(network))
                    && !current.iter().any(|known| known.contains(network))
            };
            let gone = networks(table).filter(|network| !current.is_empty() && is_gone(network));
            addresses.extend(gone.map(|network| format!("{} of {name}", network.addr())));
        }
        (machines, addresses)
    }
}

/// The first of them, and how many more there are.
fn enumerated(all: &[String]) -> String {
    let more = all.len().saturating_sub(TOLD);
    let first = all.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}

/// Machines or addresses told of in one sentence.
const TOLD: usize = 10;
