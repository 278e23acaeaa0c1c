//! A TOML document read with its places, so that every complaint names a line.

use std::{fmt, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{PortRange, Ports, Role, nearest};
use crate::capture::{is_unprintable, printable};

/// Where something stands in a document, in bytes.
pub type Spot = Range<usize>;

/// A mistake in a file, with what a person needs to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub help: String,
    /// The line as it stands.
    pub source: String,
}

/// All mistakes of one file.
#[derive(Clone, Debug)]
pub struct Complaints {
    /// The file's name.
    pub file: String,
    /// The mistakes in order of their lines; at least one.
    pub list: Vec<Complaint>,
}

impl std::error::Error for Complaints {}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, complaint) in self.list.iter().enumerate() {
            let Complaint { line, column, what, help, source } = complaint;
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{line}:{column}: {what}", self.file)?;
            if !source.trim().is_empty() {
                let margin = line.to_string();
                let indent = " ".repeat(column.saturating_sub(1).min(LINE_SHOWN));
                write!(f, "\n  {margin} | {source}\n  {:1$} | {indent}^", "", margin.len())?;
            }
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// Mistakes told of at once; a person mends some and asks again.
const COMPLAINTS_TOLD: usize = 50;
/// Characters of a line or a sentence that are shown.
const LINE_SHOWN: usize = 200;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(2 * LINE_SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A document under reading: asks for what should be there and collects complaints.
pub struct Document<'t> {
    file: String,
    text: &'t str,
    complaints: Vec<(Spot, String, String)>,
}

impl<'t> Document<'t> {
    /// Parses the text; `file` is its name for complaints.
    ///
    /// # Errors
    /// The text is not TOML.
    pub fn parse(file: &str, text: &'t str) -> Result<(Self, DeTable<'t>), Complaints> {
        // Editors on Windows put a byte order mark before UTF-8.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut document =
            Self { file: printable(file).into_owned(), text, complaints: Vec::new() };
        match DeTable::parse(text) {
            Ok(table) => Ok((document, table.into_inner())),
            Err(error) => {
                let spot = error.span().unwrap_or(0..0);
                let what = error.message().lines().collect::<Vec<_>>().join(", ");
                document.complain(spot, what, "mend the TOML; strings stand in double quotes");
                Err(document.into_complaints())
            }
        }
    }

    /// Notes a mistake.
    pub fn complain(&mut self, spot: Spot, what: impl Into<String>, help: impl Into<String>) {
        // Words of the file stand in both: none may begin a line of its own.
        let [what, help] = [what.into(), help.into()].map(|text| printable(&text).into_owned());
        self.complaints.push((spot, what, help));
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// The mistakes noted, if any.
    pub fn finish<T>(self, value: T) -> Result<T, Complaints> {
        if self.complaints.is_empty() { Ok(value) } else { Err(self.into_complaints()) }
    }

    fn into_complaints(mut self) -> Complaints {
        self.complaints.sort_by_key(|(spot, _, _)| spot.start);
        let list = self
            .complaints
            .iter()
            .take(COMPLAINTS_TOLD)
            .map(|(spot, what, help)| self.locate(spot.start, what.clone(), help.clone()))
            .collect();
        Complaints { file: self.file, list }
    }

    fn locate(&self, at: usize, what: String, help: String) -> Complaint {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        let source = self.text[line_start..].lines().next().unwrap_or_default();
        let source = source.chars().take(LINE_SHOWN);
        let source = source.map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
        let (what, help) = (shortened(&what), shortened(&help));
        Complaint { line, column, what, help, source }
    }

    /// Complains of every key that is not among `known`.
    pub fn only(&mut self, table: &DeTable<'_>, what: &str, known: &[&str]) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the keys here are {}", known.join(", ")),
            };
            self.complain(key.span(), format!("unknown key `{name}` in {what}"), help);
        }
    }

    /// Complains of a key that must be there, at the place of the table's first key.
    pub fn complain_of_missing(
        &mut self,
        table: &DeTable<'_>,
        what: &str,
        key: &str,
        example: &str,
    ) {
        let spot = table.keys().map(Spanned::span).min_by_key(|spot| spot.start).unwrap_or(0..0);
        self.complain(spot, format!("{what} has no `{key}`"), format!("add {example}"));
    }

    /// Says that a word is no role, and which one may be meant.
    pub fn complain_of_role(&mut self, spot: Spot, word: &str) {
        let names = Role::ALL.map(Role::name);
        let help = match nearest(word, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the roles are {}", names.join(", ")),
        };
        self.complain(spot, format!("unknown role `{word}`"), help);
    }

    /// The string under a key, where there is one.
    pub fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<(Spot, String)> {
        let value = table.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => self.printable(value.span(), text.to_owned()),
            None => {
                self.complain_of_type(value, key, "a string", "\"...\"");
                None
            }
        }
    }

    /// The text, where all of it can be shown; it will be, in reports, scripts and on terminals.
    fn printable(&mut self, spot: Spot, text: String) -> Option<(Spot, String)> {
        if text.chars().any(is_unprintable) {
            self.complain(spot, "the text has a character that cannot be shown", "take it out");
            return None;
        }
        Some((spot, text))
    }

    /// The string under a key that must be there.
    pub fn required_string(
        &mut self,
        table: &DeTable<'_>,
        what: &str,
        key: &str,
    ) -> Option<(Spot, String)> {
        if !table.contains_key(key) {
            self.complain_of_missing(table, what, key, &format!("{key} = \"...\""));
        }
        self.string(table, key)
    }

    /// The truth value under a key; false where there is none.
    pub fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.complain_of_type(value, key, "true or false", "true");
            false
        })
    }

    /// The list of strings under a key; empty where there is none.
    pub fn strings(&mut self, table: &DeTable<'_>, key: &str) -> Vec<(Spot, String)> {
        let mut strings = Vec::new();
        for value in self.array(table, key) {
            match value.get_ref().as_str() {
                Some(text) => strings.extend(self.printable(value.span(), text.to_owned())),
                None => self.complain_of_type(value, key, "a string", "[\"...\", \"...\"]"),
            }
        }
        strings
    }

    /// The list of ports and ranges under a key; empty where there is none.
    pub fn ports(&mut self, table: &DeTable<'_>, key: &str) -> Ports {
        let ranges = self.array(table, key).into_iter().filter_map(|value| self.range(value, key));
        Ports(ranges.collect())
    }

    /// The one port under a key.
    pub fn port(&mut self, table: &DeTable<'_>, key: &str) -> Option<u16> {
        let value = table.get(key)?;
        let range = self.range(value, key)?;
        if range.from != range.to {
            self.complain(
                value.span(),
                format!("`{key}` is one port, not a range"),
                "write one number",
            );
            return None;
        }
        Some(range.from)
    }

    fn range(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<PortRange> {
        let text = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().replace('_', ""),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.complain_of_type(value, key, "a port or range", "[443, \"9100-9110\"]");
                return None;
            }
        };
        text.parse().map_or_else(
            |error: String| {
                self.complain(
                    value.span(),
                    format!("`{key}`: {error}"),
                    "write 443 or \"9100-9110\"",
                );
                None
            },
            Some,
        )
    }

    /// The table under a key, where there is one.
    pub fn table<'d, 'x>(&mut self, table: &'d DeTable<'x>, key: &str) -> Option<&'d DeTable<'x>> {
        let value = table.get(key)?;
        let inner = value.get_ref().as_table();
        if inner.is_none() {
            self.complain_of_type(value, key, "a table", &format!("[{key}]"));
        }
        inner
    }

    /// The tables of `[[key]]`.
    pub fn tables<'d, 'x>(&mut self, table: &'d DeTable<'x>, key: &str) -> Vec<&'d DeTable<'x>> {
        if let Some(value) = table.get(key)
            && !value.get_ref().is_array()
        {
            self.complain_of_type(value, key, "a list of tables", &format!("[[{key}]] above each"));
            return Vec::new();
        }
        let mut tables = Vec::new();
        for value in self.array(table, key) {
            match value.get_ref().as_table() {
                Some(inner) => tables.push(inner),
                None => self.complain_of_type(value, key, "a table", &format!("[[{key}]]")),
            }
        }
        tables
    }

    /// The values of the list under a key; empty where there is none.
    pub fn array<'d, 'x>(
        &mut self,
        table: &'d DeTable<'x>,
        key: &str,
    ) -> Vec<&'d Spanned<DeValue<'x>>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => {
                self.complain_of_type(value, key, "a list", &format!("{key} = [...]"));
                Vec::new()
            }
        }
    }

    fn complain_of_type(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        key: &str,
        wanted: &str,
        example: &str,
    ) {
        let found = value.get_ref().type_str();
        self.complain(
            value.span(),
            format!("`{key}` wants {wanted}, and there is a value of type {found}"),
            format!("write it like this: {example}"),
        );
    }
}
