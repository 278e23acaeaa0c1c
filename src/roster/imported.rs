//! What the last import gave, remembered in a comment above what it made, so that what a person
//! changed afterwards can be told from what VMM changed.

use std::fmt;

/// The words that such a comment begins with.
const MARK: &str = "# imported: ";

/// What an import gave for a machine, or for the ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The machine's name; `ports` for the site's ports.
    pub name: String,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Addresses as written.
    pub addresses: Vec<String>,
    /// Settings and ports, as `name=port`.
    pub ports: Vec<String>,
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{}", self.name)?;
        for (title, words) in
            [("roles", &self.roles), ("addresses", &self.addresses), ("ports", &self.ports)]
        {
            if !words.is_empty() {
                write!(f, "; {title} {}", words.join(" "))?;
            }
        }
        Ok(())
    }
}

impl Imported {
    /// Those among comments, in order.
    pub fn all(comments: &str) -> impl Iterator<Item = Self> {
        comments.lines().filter_map(|line| line.trim().strip_prefix(MARK)).map(Self::parse)
    }

    fn parse(text: &str) -> Self {
        let mut parts = text.split("; ");
        let mut imported =
            Self { name: parts.next().unwrap_or_default().to_owned(), ..Self::default() };
        for part in parts {
            let mut words = part.split_whitespace().map(str::to_owned);
            match words.next().as_deref() {
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
        let last_table = lines.iter().rposition(|line| line.contains("[["));
        let old = lines.iter().rposition(|line| line.trim().starts_with(MARK));
        let old = old.filter(|old| last_table.is_none_or(|table| table < *old));
        match old {
            Some(at) => lines[at] = self.to_string(),
            // The last piece is what stands before the table on its own line.
            None => lines.insert(lines.len() - 1, self.to_string()),
        }
        lines.join("\n")
    }
}
