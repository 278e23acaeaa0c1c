//! Names of machines: with a domain in one export, without in the next.

use std::net::IpAddr;

/// A host name in lower case, with its domain where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    short: String,
    domain: Option<String>,
}

impl HostName {
    /// A name as an export writes it: `hv07`, `HV07.contoso.com` or `CONTOSO\HV07$`. `None` where it is
    /// empty or no host name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches(['.', '$']);
        let text = text.rsplit('\\').next().unwrap_or(text).to_lowercase();
        if text.parse::<IpAddr>().is_ok() {
            return Some(Self { short: text, domain: None });
        }
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > 253 || !text.chars().all(fits) {
            return None;
        }
        Some(match text.split_once('.') {
            Some((short, domain)) if !short.is_empty() => {
                Self { short: short.to_owned(), domain: Some(domain.to_owned()) }
            }
            _ => Self { short: text, domain: None },
        })
    }

    /// The name of what belongs to this machine, such as its `bmc`, in the same domain.
    pub fn of_part(&self, part: &str) -> Self {
        let is_address = self.short.parse::<IpAddr>().is_ok();
        let short =
            if is_address { self.short.replace(['.', ':'], "-") } else { self.short.clone() };
        Self { short: format!("{short}-{part}"), domain: self.domain.clone() }
    }

    /// The name without its domain.
    pub fn short(&self) -> &str {
        &self.short
    }

    /// The name with its domain, where that is known.
    pub fn full(&self) -> String {
        let Self { short, domain } = self;
        domain.as_ref().map_or_else(|| short.clone(), |domain| format!("{short}.{domain}"))
    }

    /// Whether two names are those of one machine, as far as they tell.
    pub fn is(&self, other: &Self) -> bool {
        let domains = self.domain.as_ref().zip(other.domain.as_ref());
        self.short == other.short && domains.is_none_or(|(own, others)| own == others)
    }

    /// Takes over the domain of another name of the same machine.
    pub fn learn_domain(&mut self, other: &Self) {
        if self.domain.is_none() {
            self.domain.clone_from(&other.domain);
        }
    }
}

/// The host and, where it is said, the port of `https://smi01.contoso.com:5989/cimom`,
/// `smi01.contoso.com:5989` or `smi01.contoso.com`.
pub fn host_and_port(text: &str) -> (&str, Option<u16>) {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split('/').next().unwrap_or(text);
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_machine_are_told_from_namesakes_of_another_domain() {
        for (one, other, same) in [
            ("hv07", "HV07.contoso.com", true),
            (r"CONTOSO\HV07$", "hv07.contoso.com.", true),
            ("hv07.contoso.com", "hv07.fabrikam.com", false),
            ("hv07", "hv08", false),
            ("2001:DB8::9", "2001:db8::9", true),
        ] {
            let names = [one, other].map(HostName::parse);
            let [Some(one), Some(other)] = names else { panic!("{names:?}") };
            assert_eq!(one.is(&other), same, "{one:?} {other:?}");
        }
        let part = |name: &str| HostName::parse(name).map(|name| name.of_part("bmc").full());
        assert_eq!(part("hv07.contoso.com").as_deref(), Some("hv07-bmc.contoso.com"));
        assert_eq!(part("10.0.1.7").as_deref(), Some("10-0-1-7-bmc"));
        assert!(["", "  ", "a b", "x\u{1b}[1m"].map(HostName::parse).iter().all(Option::is_none));
    }

    #[test]
    fn a_host_is_found_in_the_address_of_a_service() {
        for (text, host, port) in [
            ("https://smi01.contoso.com:5989/cimom", "smi01.contoso.com", Some(5989)),
            ("http://smi01", "smi01", None),
            ("smi01:5988", "smi01", Some(5988)),
            ("smi01:65536", "smi01", None),
            ("10.20.3.1", "10.20.3.1", None),
            ("2001:db8::1", "2001:db8::1", None),
            ("https://[2001:db8::1]:5989", "2001:db8::1", Some(5989)),
            ("[2001:db8::1", "[2001:db8::1", None),
        ] {
            assert_eq!(host_and_port(text), (host, port), "{text}");
        }
    }
}
