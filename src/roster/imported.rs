//! What the last import gave, remembered in a comment above what it made, so that what a person
//! changed afterwards can be told from what VMM changed.

use std::fmt;

use super::HostName;

/// The word that such a comment begins with.
const MARK: &str = "imported: ";

/// What the comment above the site's ports has in the place of a machine's name.
pub const PORTS: &str = "ports";

/// What an import gave for a machine, or for the ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The machine's name; `ports` for the site's ports.
    pub name: String,
    /// Other names under which exports list it, found by its address.
    pub aliases: Vec<String>,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Addresses as written.
    pub addresses: Vec<String>,
    /// Settings and ports, as `name=port`.
    pub ports: Vec<String>,
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "# {MARK}{}", self.name)?;
        for (title, words) in [
            ("aliases", &self.aliases),
            ("roles", &self.roles),
            ("addresses", &self.addresses),
            ("ports", &self.ports),
        ] {
            if !words.is_empty() {
                write!(f, "; {title} {}", words.join(" "))?;
            }
        }
        Ok(())
    }
}

/// What becomes of a port that an import gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stands there already, or was taken out by hand.
    Left,
    /// A person wrote another one, which stays.
    Kept,
    /// It is new, or VMM changed it.
    Written,
}

/// Of a port that is `written` in the file, that the last import gave (`was`), and that this one gives.
pub fn fate(written: Option<u16>, was: Option<u16>, new: u16) -> Fate {
    match written {
        Some(written) if written == new => Fate::Left,
        Some(_) if written != was => Fate::Kept,
        None if was.is_some() => Fate::Left,
        _ => Fate::Written,
    }
}

impl Imported {
    /// All names that exports list the machine by.
    pub fn into_names(self) -> impl Iterator<Item = String> {
        [self.name].into_iter().chain(self.aliases)
    }

    /// Remembers a name that an export lists the machine by. A domain that was learned once stays.
    pub fn call(&mut self, listed: &HostName) {
        let known = |name: &str| HostName::parse(name).filter(|name| name.is(listed));
        if let Some(mut name) = known(&self.name) {
            name.learn_domain(listed);
            self.name = name.full();
        } else if !self.aliases.iter().any(|alias| known(alias).is_some()) {
            self.name = listed.full();
        }
    }
    /// Those among comments, in order, those that were commented out once more included.
    pub fn all(comments: &str) -> impl Iterator<Item = Self> {
        comments.lines().filter_map(Self::of_line)
    }

    /// The one that belongs to the table right below these comments, and not to one between them that
    /// was commented out or taken away.
    pub fn own(prefix: &str) -> Option<Self> {
        let line = own_line(prefix)?;
        prefix.split('\n').nth(line).and_then(Self::of_line)
    }

    /// The port that was given for a setting.
    pub fn port(&self, setting: &str) -> Option<u16> {
        let word = self.ports.iter().find_map(|word| word.strip_prefix(setting)?.strip_prefix('='));
        word?.parse().ok()
    }

    /// Remembers the port that is given for a setting.
    pub fn set_port(&mut self, setting: &str, port: u16) {
        self.ports.retain(|word| word.split('=').next() != Some(setting));
        self.ports.push(format!("{setting}={port}"));
    }

    fn of_line(line: &str) -> Option<Self> {
        let text = line.trim_start().trim_start_matches(['#', ' ']).strip_prefix(MARK)?;
        line.trim_start().starts_with('#').then(|| Self::parse(text))
    }

    fn parse(text: &str) -> Self {
        let mut parts = text.split("; ");
        let mut imported =
            Self { name: parts.next().unwrap_or_default().to_owned(), ..Self::default() };
        for part in parts {
            let mut words = part.split_whitespace().map(str::to_owned);
            match words.next().as_deref() {
                Some("aliases") => imported.aliases = words.collect(),
                Some("roles") => imported.roles = words.collect(),
                Some("addresses") => imported.addresses = words.collect(),
                Some("ports") => imported.ports = words.collect(),
                _ => {}
            }
        }
        imported
    }

    /// The comments with this in the place of what stood there.
    pub fn written_into(&self, comments: &str) -> String {
        let mut lines: Vec<String> = comments.split('\n').map(str::to_owned).collect();
        match own_line(comments) {
            Some(at) => lines[at] = self.to_string(),
            // The last piece is what stands before the table on its own line.
            None => lines.insert(lines.len() - 1, self.to_string()),
        }
        lines.join("\n")
    }
}

/// The line of the table's own comment: the last one, with no empty line and no other table between.
fn own_line(prefix: &str) -> Option<usize> {
    let lines: Vec<&str> = prefix.split('\n').collect();
    let above = lines.iter().enumerate().rev().skip(1);
    let block = above.take_while(|(_, line)| !line.trim().is_empty() && !line.contains("[["));
    block.filter(|(_, line)| Imported::of_line(line).is_some()).map(|(at, _)| at).next()
}
