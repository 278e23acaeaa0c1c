//! Ports and ranges of ports.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// Ports from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    /// Lowest port.
    pub from: u16,
    /// Highest port, not below the lowest.
    pub to: u16,
}

impl PortRange {
    /// One port.
    #[must_use]
    pub const fn one(port: u16) -> Self {
        Self { from: port, to: port }
    }

    /// Whether a port lies in the range.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.from..=self.to).contains(&port)
    }

    /// How far a port lies outside; 0 within.
    #[must_use]
    pub fn distance(self, port: u16) -> u16 {
        self.from.saturating_sub(port).max(port.saturating_sub(self.to))
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{}-{}", self.from, self.to)
        }
    }
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port =
            |text: &str| {
                text.trim().parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| {
                    format!("`{}` is not a port: a number from 1 to 65535", text.trim())
                })
            };
        let (from, to) = match text.split_once('-') {
            Some((from, to)) => (port(from)?, port(to)?),
            None => (port(text)?, port(text)?),
        };
        if from > to {
            return Err(format!("the range {text} ends before it begins"));
        }
        Ok(Self { from, to })
    }
}

impl Serialize for PortRange {
    /// A number, or `"from-to"`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.from == self.to {
            serializer.serialize_u16(self.from)
        } else {
            serializer.collect_str(self)
        }
    }
}

/// A list of ports and ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Ports(pub Vec<PortRange>);

impl Ports {
    /// Whether a port is among them.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.range_of(port).is_some()
    }

    /// The first of them that a port lies in.
    #[must_use]
    pub fn range_of(&self, port: u16) -> Option<PortRange> {
        self.0.iter().find(|range| range.contains(port)).copied()
    }

    /// How far a port lies from the nearest of them; `None` where there are none.
    #[must_use]
    pub fn distance(&self, port: u16) -> Option<u16> {
        self.0.iter().map(|range| range.distance(port)).min()
    }

    /// The ports with `separator` between them.
    #[must_use]
    pub fn join(&self, separator: &str) -> String {
        let each: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        each.join(separator)
    }
}

impl FromIterator<u16> for Ports {
    fn from_iter<T: IntoIterator<Item = u16>>(ports: T) -> Self {
        Self(ports.into_iter().map(PortRange::one).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_both_of_its_ends_and_nothing_beyond() {
        let range: PortRange = "49152-65535".parse().unwrap_or(PortRange::one(1));
        for (port, within) in [(49151, false), (49152, true), (65535, true)] {
            assert_eq!(range.contains(port), within, "{port}");
        }
        assert_eq!(range.distance(49150), 2);
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for text in ["0", "65536", "-1", "9-1", "http", ""] {
            assert!(text.parse::<PortRange>().is_err(), "{text}");
        }
    }
}
