//! What the kernel lets through: the frames that can concern a machine of the site.
//!
//! libpcap has words for all this (`src host`, `vlan`), but behind `vlan` its programs grow to thrice
//! the size, for it no longer knows where headers begin; and a kernel takes 4096 instructions. Bytes
//! at known places, the words of addresses compared in common, come to two or three an address.

use ipnet::IpNet;

use super::Site;

/// ICMP errors (RFC 792): unreachable, source quench, redirect, time exceeded, parameter problem.
const ICMP_ERRORS: [u8; 5] = [3, 4, 5, 11, 12];
/// Types of ICMPv6 errors that are defined are below this (RFC 4443).
const AFTER_ICMPV6_ERRORS: u8 = 5;
/// EtherTypes of tags: customer, service provider, and what was used before that was agreed on.
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// Tags that are looked behind.
const MOST_TAGS: usize = 2;
const ETHERTYPE_AT: usize = 12;
const TAG_LEN: usize = 4;

/// The pcap-filter(7) expression that lets through all frames that can concern a machine of the
/// site, untagged, tagged and double tagged, and ICMP errors between whomsoever: what they quote may
/// concern one. `None` where the site has no machine.
///
/// Of a site with very many scattered addresses it lets through their neighbours as well, lest the
/// program be too long.
#[must_use]
pub fn capture_filter(site: &Site) -> Option<String> {
    let networks: Vec<IpNet> =
        site.machines().flat_map(|(_, machine)| machine.addresses.iter().copied()).collect();
    if networks.is_empty() {
        return None;
    }
    let [v4, v6] = few_enough(&networks);
    let behind = |tags| {
        let headers = Headers { tags };
        format!("{} or {}", headers.v4(&v4), headers.v6(&v6))
    };
    Some((0..MOST_TAGS).rev().fold(behind(MOST_TAGS), |deeper, tags| {
        let at = ETHERTYPE_AT + TAG_LEN * tags;
        let tagged = TAGS.map(|tag| format!("ether[{at}:2] = {tag:#06x}")).join(" or ");
        format!("{} or (({tagged}) and ({deeper}))", behind(tags))
    }))
}

/// The longest prefixes, of both families, that are told apart: all of them, or as a last resort
/// networks as large as organisations have.
const PREFIXES: [(u8, u8); 6] = [(32, 128), (28, 64), (24, 64), (22, 56), (20, 48), (16, 48)];
/// Room for addresses in a program, in instructions; the rest is for headers, tags and ICMP.
const ROOM: usize = 3800;
/// Instructions for a word of an address: loaded and compared with both ends behind none, one and
/// two tags, each time with a jump farther than a conditional one goes. A mask adds another load.
const FOR_A_WORD: usize = 18;
const FOR_A_MASKED_WORD: usize = 24;

/// The networks of both families as words, with no more of them told apart than there is room for.
fn few_enough(networks: &[IpNet]) -> [Vec<Vec<Word>>; 2] {
    let mut both = [Vec::new(), Vec::new()];
    for (v4, v6) in PREFIXES {
        let shortened: Vec<IpNet> = networks
            .iter()
            .map(|network| {
                let most = if network.addr().is_ipv4() { v4 } else { v6 };
                IpNet::new_assert(network.addr(), network.prefix_len().min(most)).trunc()
            })
            .collect();
        let (v4, v6): (Vec<_>, Vec<_>) =
            IpNet::aggregate(&shortened).into_iter().partition(|network| network.addr().is_ipv4());
        both = [v4, v6].map(|networks| networks.into_iter().map(words).collect());
        if both.iter().map(|networks| cost(networks)).sum::<usize>() <= ROOM {
            break;
        }
    }
    both
}

/// About how many instructions it takes to look for any of the networks.
fn cost(networks: &[Vec<Word>]) -> usize {
    let mut before: &[Word] = &[];
    let mut cost = 0;
    for network in networks {
        let common = network.iter().zip(before).take_while(|(a, b)| a == b).count();
        let of_word = |word: &Word| if word.0 == u32::MAX { FOR_A_WORD } else { FOR_A_MASKED_WORD };
        cost += network[common..].iter().map(of_word).sum::<usize>();
        before = network;
    }
    cost
}

/// What 32 bits must be: those of the mask as in the value.
type Word = (u32, u32);

/// An address's words, as far as its prefix goes.
fn words(network: IpNet) -> Vec<Word> {
    let bits = match network {
        IpNet::V4(network) => u128::from(network.network().to_bits()) << 96,
        IpNet::V6(network) => network.network().to_bits(),
    };
    let prefix = u32::from(network.prefix_len());
    (0..prefix.div_ceil(32))
        .map(|place| {
            let beyond = 32_u32.saturating_sub(prefix - 32 * place);
            (u32::MAX << beyond, (bits >> (96 - 32 * place)) as u32)
        })
        .collect()
}

/// The IP headers behind some tags.
struct Headers {
    tags: usize,
}

impl Headers {
    fn v4(&self, networks: &[Vec<Word>]) -> String {
        let [from, to] = [12, 16].map(|at| self.any_of("ip", at, networks));
        let body = format!("4 * ({} & 15)", self.field("ip", 0, 1));
        let kind = match self.begin() {
            None => format!("ip[{body}]"),
            Some(begin) => format!("ether[{begin} + {body}]"),
        };
        let kinds = ICMP_ERRORS.map(|error| format!("{kind} = {error}")).join(" or ");
        let (protocol, fragment) = (self.field("ip", 9, 1), self.field("ip", 6, 2));
        let error = format!("({protocol} = 1 and {fragment} & 0x1fff = 0 and ({kinds}))");
        self.family("ip", 0x0800, &[from, to, Some(error)])
    }

    fn v6(&self, networks: &[Vec<Word>]) -> String {
        let [from, to] = [8, 24].map(|at| self.any_of("ip6", at, networks));
        let (protocol, kind) = (self.field("ip6", 6, 1), self.field("ip6", 40, 1));
        let error = format!("({protocol} = 58 and {kind} < {AFTER_ICMPV6_ERRORS})");
        self.family("ip6", 0x86dd, &[from, to, Some(error)])
    }

    fn family(&self, name: &str, number: u16, any: &[Option<String>]) -> String {
        let any: Vec<&str> = any.iter().flatten().map(String::as_str).collect();
        let any = any.join(" or ");
        if self.tags == 0 {
            return format!("({name} and ({any}))");
        }
        let at = ETHERTYPE_AT + TAG_LEN * self.tags;
        format!("(ether[{at}:2] = {number:#06x} and ({any}))")
    }

    /// Whether the address at a place of the header is in any of the networks.
    fn any_of(&self, family: &str, at: usize, networks: &[Vec<Word>]) -> Option<String> {
        let rests: Vec<&[Word]> = networks.iter().map(Vec::as_slice).collect();
        (!rests.is_empty()).then(|| self.alternatives(family, at, &rests))
    }

    /// Networks that begin alike stand next to each other, for they are in order.
    fn alternatives(&self, family: &str, at: usize, networks: &[&[Word]]) -> String {
        let field = self.field(family, at, 4);
        let alternatives: Vec<String> = networks
            .chunk_by(|a, b| a.first() == b.first())
            .map(|alike| {
                let Some((mask, value)) = alike[0].first() else {
                    // Everybody's network.
                    return format!("{field} >= 0");
                };
                let masked =
                    if *mask == u32::MAX { String::new() } else { format!(" & {mask:#x}") };
                let this = format!("{field}{masked} = {value:#x}");
                let rests: Vec<&[Word]> = alike.iter().map(|words| &words[1..]).collect();
                if rests[0].is_empty() {
                    return this;
                }
                format!("({this} and ({}))", self.alternatives(family, at + 4, &rests))
            })
            .collect();
        alternatives.join(" or ")
    }

    fn field(&self, family: &str, at: usize, len: usize) -> String {
        match self.begin() {
            None => format!("{family}[{at}:{len}]"),
            Some(begin) => format!("ether[{}:{len}]", begin + at),
        }
    }

    /// Where the header begins in a tagged frame; of others libpcap knows it for every link type.
    fn begin(&self) -> Option<usize> {
        (self.tags > 0).then_some(ETHERTYPE_AT + 2 + TAG_LEN * self.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(addresses: &[&str]) -> Site {
        let quoted: Vec<String> = addresses.iter().map(|word| format!("\"{word}\"")).collect();
        let text = format!(
            "[site]\nname = \"x\"\n[[machine]]\nname = \"a\"\nroles = []\naddresses = [{}]\n",
            quoted.join(", ")
        );
        Site::parse("test", &text).expect("a site")
    }

    #[test]
    fn addresses_are_compared_by_words_in_common() {
        for (addresses, expected) in [
            (&["10.0.0.1"][..], "(ip and (ip[12:4] = 0xa000001 or ip[16:4] = 0xa000001 or "),
            (
                &["10.0.0.0/24"],
                "(ip and (ip[12:4] & 0xffffff00 = 0xa000000 or ip[16:4] & 0xffffff00 = 0xa000000 or ",
            ),
            // Neighbours are one network, and what lies in a network adds nothing.
            (
                &["10.0.0.2", "10.0.0.3", "10.1.0.0/16", "10.1.2.3"],
                "(ip and (ip[12:4] & 0xfffffffe = 0xa000002 or ip[12:4] & 0xffff0000 = 0xa010000 or ",
            ),
            (
                &["2001:db8::1", "2001:db8::5", "2001:db8:8000::/33"],
                " or (ip6 and ((ip6[8:4] = 0x20010db8 and ((ip6[12:4] = 0x0 and ((ip6[16:4] = 0x0 and \
                 (ip6[20:4] = 0x1 or ip6[20:4] = 0x5)))) or ip6[12:4] & 0x80000000 = 0x80000000)) or ",
            ),
            (&["0.0.0.0/0"], "(ip and (ip[12:4] >= 0 or ip[16:4] >= 0 or "),
        ] {
            let text = capture_filter(&site(addresses)).expect("a filter");
            assert!(text.contains(expected), "{addresses:?}: {text}");
        }
    }

    #[test]
    fn two_tags_are_looked_behind_and_a_site_without_machines_has_no_filter() {
        let text = capture_filter(&site(&["10.0.0.1"])).expect("a filter");
        for part in ["ether[30:4] = 0xa000001", "ether[38:4] = 0xa000001", "ether[16:2] = 0x88a8"] {
            assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
        }
        assert_eq!(capture_filter(&Site::default()), None);
    }
}
