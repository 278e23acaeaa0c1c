//! The filter line: words and exclusion, such as
//! `verdict:blocked server:hv07 port:5985 rule:agent-winrm role:bmc !client:mon01 /regex/`.
//!
//! All words must hold; `a,b` within a word are alternatives; `!` turns a word round; a word without
//! a key is looked for in all that the row says. Case does not matter.

use std::{
    net::IpAddr,
    ops::{Range, RangeInclusive},
};

use ipnet::IpNet;
use regex::{Regex, RegexBuilder};

use super::subject::Subject;
use crate::{
    flow::{Outcome, Transport},
    identify::{Role, nearest},
    judge::{Evidence, Kind, Status, Verdict},
};

/// A filter line that was understood.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The line as it was written.
    pub text: String,
    words: Vec<Word>,
}

/// Why a filter line was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the wrong word.
    pub at: Range<usize>,
    /// What is wrong with it.
    pub what: String,
}

#[derive(Clone, Debug)]
struct Word {
    excludes: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Text(String),
    Regex(Regex),
    Verdict(Vec<Verdict>),
    Outcome(Vec<Outcome>),
    Evidence(Vec<Evidence>),
    Expectation(Vec<Kind>),
    Status(Vec<Status>),
    Transport(Vec<Transport>),
    Role(Vec<Role>),
    Port(Vec<RangeInclusive<u16>>),
    Row(Vec<u8>),
    Address(Vec<IpNet>),
    Client(Vec<String>),
    Server(Vec<String>),
    Machine(Vec<String>),
    Rule(Vec<String>),
    Protocol(Vec<String>),
}

/// The keys of words, each with an example for the help.
pub const KEYS: [(&str, &str); 15] = [
    ("verdict", "verdict:blocked,unexpected"),
    ("outcome", "outcome:silent"),
    ("client", "client:vmm01"),
    ("server", "server:hv07"),
    ("machine", "machine:hv07 (either side)"),
    ("ip", "ip:10.20.1.0/24 (either side)"),
    ("role", "role:bmc (either side)"),
    ("port", "port:5985 or port:49152-65535"),
    ("transport", "transport:udp"),
    ("protocol", "protocol:tls (what is spoken)"),
    ("rule", "rule:agent-winrm"),
    ("row", "row:3 (of Microsoft's page)"),
    ("expectation", "expectation:none"),
    ("evidence", "evidence:inferred"),
    ("status", "status:not-seen (coverage)"),
];

impl Filter {
    /// Reads a filter line.
    ///
    /// # Errors
    /// The first word that cannot be understood.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mut words = Vec::new();
        for at in split(text) {
            let word = &text[at.clone()];
            let (excludes, bare) = match word.strip_prefix('!') {
                Some(bare) => (true, bare),
                None => (false, word),
            };
            let test = read_test(bare).map_err(|what| Mistake { at, what })?;
            words.push(Word { excludes, test });
        }
        Ok(Self { text: text.trim().to_owned(), words })
    }

    /// Whether everything passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a row passes.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.words.iter().all(|word| word.test.holds(subject) != word.excludes)
    }
}

/// The words' places: apart by blanks, save within quotes and slashes.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut begin = None;
    let mut within: Option<char> = None;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        let fresh = begin.is_none_or(|begin| text[begin..at].trim_start_matches('!').is_empty());
        match within {
            Some(mark) if c == mark && previous != '\\' => within = None,
            Some(_) => {}
            None if c.is_whitespace() => words.extend(begin.take().map(|begin| begin..at)),
            None if c == '"' || c == '/' && fresh => within = Some(c),
            None => {}
        }
        if within.is_some() || !c.is_whitespace() {
            begin = begin.or(Some(at));
        }
        previous = c;
    }
    words.extend(begin.map(|begin| begin..text.len()));
    words
}

fn read_test(word: &str) -> Result<Test, String> {
    if let Some(pattern) = word.strip_prefix('/') {
        let pattern = pattern.strip_suffix('/').filter(|inner| !inner.ends_with('\\'));
        let pattern = pattern.ok_or("a regular expression ends with /")?;
        let regex = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
        return regex.map(Test::Regex).map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().trim();
            format!("not a regular expression: {}", last.trim_start_matches("error: "))
        });
    }
    let plain = |text: &str| text.replace('"', "").to_lowercase();
    let Some((key, value)) = word.split_once(':').filter(|(key, _)| !key.contains('"')) else {
        return match plain(word) {
            text if text.is_empty() => Err("nothing to look for".to_owned()),
            text => Ok(Test::Text(text)),
        };
    };
    let values: Vec<String> =
        value.split(',').map(plain).filter(|value| !value.is_empty()).collect();
    if values.is_empty() {
        return Err(format!("`{key}:` wants a value"));
    }
    match key.to_lowercase().as_str() {
        "verdict" => among(&values, &Verdict::ALL, Verdict::name).map(Test::Verdict),
        "outcome" => among(&values, &Outcome::ALL, Outcome::name).map(Test::Outcome),
        "evidence" => among(&values, &Evidence::ALL, Evidence::name).map(Test::Evidence),
        "expectation" => among(&values, &Kind::ALL, Kind::name).map(Test::Expectation),
        "status" => among(&values, &Status::ALL, Status::name).map(Test::Status),
        "transport" => among(&values, &Transport::ALL, Transport::name).map(Test::Transport),
        "role" => among(&values, &Role::ALL, Role::name).map(Test::Role),
        "port" => each(&values, read_ports, "a port or range").map(Test::Port),
        "row" => each(&values, |value| value.parse().ok(), "a row, 1 to 29").map(Test::Row),
        "ip" => each(&values, read_network, "an address or network").map(Test::Address),
        "client" => Ok(Test::Client(values)),
        "server" => Ok(Test::Server(values)),
        "machine" => Ok(Test::Machine(values)),
        "rule" => Ok(Test::Rule(values)),
        "protocol" => Ok(Test::Protocol(values)),
        // An IPv6 address or a MAC-like thing is text, not a key.
        _ if key.is_empty() || word.parse::<IpAddr>().is_ok() => Ok(Test::Text(plain(word))),
        other => Err(unknown(other, "key", KEYS.map(|(key, _)| key))),
    }
}

fn among<T: Copy>(
    values: &[String],
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<Vec<T>, String> {
    let find = |value: &String| {
        let found = all.iter().copied().find(|one| name(*one) == value);
        found.ok_or_else(|| unknown(value, "value", all.iter().map(|one| name(*one))))
    };
    values.iter().map(find).collect()
}

fn unknown<'a>(word: &str, what: &str, all: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, all.clone()) {
        Some(near) => format!("no {what} `{word}`; {near}?"),
        None => format!("no {what} `{word}`: {}", all.into_iter().collect::<Vec<_>>().join(" ")),
    }
}

fn each<T>(
    values: &[String],
    read: impl Fn(&str) -> Option<T>,
    what: &str,
) -> Result<Vec<T>, String> {
    let read = |value: &String| read(value).ok_or_else(|| format!("`{value}` is not {what}"));
    values.iter().map(read).collect()
}

fn read_ports(value: &str) -> Option<RangeInclusive<u16>> {
    let (from, to) = value.split_once('-').unwrap_or((value, value));
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to).then_some(from..=to)
}

fn read_network(value: &str) -> Option<IpNet> {
    value.parse().ok().or_else(|| value.parse::<IpAddr>().ok().map(IpNet::from))
}

impl Test {
    fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Text(text) => subject.says(|line| line.contains(text.as_str())),
            Self::Regex(regex) => subject.says(|line| regex.is_match(line)),
            Self::Verdict(all) => subject.verdicts.iter().any(|one| all.contains(one)),
            Self::Outcome(all) => subject.outcome.is_some_and(|one| all.contains(&one)),
            Self::Evidence(all) => subject.evidence.is_some_and(|one| all.contains(&one)),
            Self::Expectation(all) => subject.expectation.is_some_and(|one| all.contains(&one)),
            Self::Status(all) => subject.status.is_some_and(|one| all.contains(&one)),
            Self::Transport(all) => subject.transport.is_some_and(|one| all.contains(&one)),
            Self::Role(all) => all.iter().any(|role| subject.has_role(*role)),
            Self::Port(all) => subject.has_port(all),
            Self::Row(all) => subject.rows().any(|row| all.contains(&row)),
            Self::Address(all) => {
                let ends = subject.client.ip.iter().chain(&subject.server.ip);
                ends.into_iter().any(|ip| all.iter().any(|network| network.contains(ip)))
            }
            Self::Client(all) => all.iter().any(|name| subject.is(&subject.client, name)),
            Self::Server(all) => all.iter().any(|name| subject.is(&subject.server, name)),
            Self::Machine(all) => all
                .iter()
                .any(|name| subject.is(&subject.client, name) || subject.is(&subject.server, name)),
            Self::Rule(all) => all.iter().any(|id| subject.has_rule(id)),
            Self::Protocol(all) => {
                subject.protocol.is_some_and(|one| all.iter().any(|name| one == name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_at_its_word() {
        for (line, at, what) in [
            ("verdict:blocked port:x", 16..22, "`x` is not a port or range"),
            ("verdict:bloked", 0..14, "no value `bloked`; blocked?"),
            ("hv07 sever:hv07", 5..15, "no key `sever`; server?"),
            ("a /([/", 2..6, "not a regular expression: unclosed character class"),
            ("a /open", 2..7, "a regular expression ends with /"),
            ("port: a", 0..5, "`port:` wants a value"),
            ("port:9-1", 0..8, "`9-1` is not a port or range"),
            ("!", 0..1, "nothing to look for"),
        ] {
            let mistake = Filter::parse(line).expect_err(line);
            assert_eq!((mistake.at, mistake.what.as_str()), (at, what), "{line}");
        }
    }

    #[test]
    fn words_are_apart_by_blanks_save_within_quotes_and_slashes() {
        let words = |line: &str| -> Vec<String> {
            split(line).into_iter().map(|at| line[at].to_owned()).collect()
        };
        assert_eq!(words(r#" a  b:"c d" !/e f/ g/h "#), ["a", r#"b:"c d""#, "!/e f/", "g/h"]);
        assert_eq!(words(r"/a\/ b/ c"), [r"/a\/ b/", "c"]);
        assert!(words("   ").is_empty());
        assert!(Filter::parse("2001:db8::7").is_ok(), "an address is no key");
        assert!(Filter::parse("ünï /ö ü/").is_ok());
    }
}
