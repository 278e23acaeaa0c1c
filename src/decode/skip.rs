//! Why a frame is no packet, and how often.

use std::{cmp::Reverse, collections::BTreeMap, fmt};

use crate::capture::LinkType;

/// The reason why a frame is not a packet of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// A link type that is not read here.
    LinkType(LinkType),
    /// ARP.
    Arp,
    /// Another protocol than IP above the link; its EtherType.
    NotIp(u16),
    /// Another protocol than IP above PPP; its protocol number.
    NotIpOverPpp(u16),
    /// A frame of IEEE 802.2 without IP: spanning tree, CDP, IS-IS, NetBEUI and the like.
    Llc,
    /// An IEEE 802.11 frame without a readable packet.
    Wlan(Wlan),
    /// A frame with which another link manages itself.
    LinkControl,
    /// MACsec: what is inside is encrypted or not described.
    MacSec,
    /// A fragment of a datagram that counts by another frame, or was never whole.
    Fragment,
    /// More encapsulations within each other than are followed.
    TooDeep,
    /// An IP protocol without conversations here; its number.
    IpProtocol(u8),
    /// An ICMP or ICMPv6 message that is neither echo nor an error about a packet.
    OtherIcmp,
    /// An ICMP error whose quote does not reach to the ports.
    UnreadableQuote,
    /// The captured bytes end within the headers.
    CutHeaders,
    /// A header contradicts itself.
    Malformed,
}

/// Why there is no packet in a frame of IEEE 802.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wlan {
    /// Beacons, probes, authentication, association.
    Management,
    /// Acknowledgements, requests to send and the like.
    Control,
    /// A data frame that only tells of its sender's state.
    WithoutData,
    /// Encrypted.
    Protected,
    /// A part of a frame.
    Fragment,
    /// Several frames in one.
    Aggregate,
    /// A frame of the extension type.
    Extension,
}

impl Skip {
    /// The reason that is told where this one ends what `carrier` carries: the carrier's name unless
    /// something in it was recognised.
    pub(super) fn within(self, carrier: Self) -> Self {
        match self {
            Self::Arp
            | Self::OtherIcmp
            | Self::Fragment
            | Self::Wlan(_)
            | Self::IpProtocol(_)
            | Self::UnreadableQuote
            | Self::TooDeep => self,
            _ => carrier,
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkType(link) => write!(f, "link-type-{link}"),
            Self::Arp => f.write_str("arp"),
            Self::NotIp(number) => match ethertype_name(*number) {
                Some(name) => f.write_str(name),
                None => write!(f, "ethertype-{number:04x}"),
            },
            Self::NotIpOverPpp(number) => write!(f, "ppp-{number:04x}"),
            Self::Llc => f.write_str("llc"),
            Self::Wlan(why) => f.write_str(wlan_name(*why)),
            Self::LinkControl => f.write_str("link-control"),
            Self::TooDeep => f.write_str("nested-too-deep"),
            Self::MacSec => f.write_str("macsec"),
            Self::Fragment => f.write_str("fragment"),
            Self::IpProtocol(number) => match ip_protocol_name(*number) {
                Some(name) => f.write_str(name),
                None => write!(f, "ip-protocol-{number}"),
            },
            Self::OtherIcmp => f.write_str("icmp-other"),
            Self::UnreadableQuote => f.write_str("icmp-quote-unreadable"),
            Self::CutHeaders => f.write_str("headers-cut"),
            Self::Malformed => f.write_str("malformed"),
        }
    }
}

fn wlan_name(why: Wlan) -> &'static str {
    match why {
        Wlan::Management => "802.11-management",
        Wlan::Control => "802.11-control",
        Wlan::WithoutData => "802.11-without-data",
        Wlan::Protected => "802.11-protected",
        Wlan::Fragment => "802.11-fragment",
        Wlan::Aggregate => "802.11-aggregate",
        Wlan::Extension => "802.11-extension",
    }
}

/// IEEE 802 numbers (IANA).
fn ethertype_name(number: u16) -> Option<&'static str> {
    Some(match number {
        0x2000 => "cdp",
        0x8035 => "rarp",
        0x809b => "appletalk",
        0x80f3 => "aarp",
        0x8137 => "ipx",
        0x8847 | 0x8848 => "mpls",
        0x8863 => "pppoe-discovery",
        0x8864 => "pppoe",
        0x888e => "eapol",
        0x8809 => "slow-protocols",
        0x88cc => "lldp",
        0x88ca => "tipc",
        0x8902 => "connectivity-fault-management",
        0x894f => "nsh",
        0x9000 => "ethernet-loopback",
        _ => return None,
    })
}

/// Assigned Internet Protocol Numbers (IANA).
fn ip_protocol_name(number: u8) -> Option<&'static str> {
    Some(match number {
        2 => "igmp",
        4 => "ip-in-ip",
        41 => "ipv6-in-ip",
        47 => "gre",
        33 => "dccp",
        46 => "rsvp",
        ESP => "esp",
        51 => "ah",
        58 => "icmpv6-in-ipv4",
        59 => "no-next-header",
        88 => "eigrp",
        89 => "ospf",
        103 => "pim",
        97 => "ether-in-ip",
        112 => "vrrp",
        113 => "pgm",
        115 => "l2tp",
        132 => "sctp",
        137 => "mpls-in-ip",
        143 => "ethernet-in-ip",
        _ => return None,
    })
}

/// Encapsulating security payload (RFC 4303).
const ESP: u8 = 50;

/// How many frames were left out, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkipCounts(BTreeMap<Skip, u64>);

impl SkipCounts {
    /// Counts one frame.
    pub fn count(&mut self, skip: Skip) {
        *self.0.entry(skip).or_default() += 1;
    }

    /// Takes back frames that were counted and that tell something after all.
    pub fn retract(&mut self, skip: Skip, frames: u64) {
        if let Some(count) = self.0.get_mut(&skip) {
            *count = count.saturating_sub(frames);
        }
    }

    /// Frames left out.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The counts by name of the reason; reasons of one name are one.
    #[must_use]
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        let mut names = BTreeMap::new();
        for (skip, count) in self.counted() {
            *names.entry(skip.to_string()).or_default() += count;
        }
        names
    }

    /// The link types that are not decoded, with their frames; the most frequent first.
    #[must_use]
    pub fn undecoded_link_types(&self) -> Vec<(LinkType, u64)> {
        let mut types: Vec<(LinkType, u64)> = self
            .counted()
            .filter_map(|(skip, count)| match skip {
                Skip::LinkType(link) => Some((link, count)),
                _ => None,
            })
            .collect();
        types.sort_by_key(|(link, count)| (Reverse(*count), *link));
        types
    }

    /// Frames whose payload IPsec encrypts (ESP, RFC 4303).
    #[must_use]
    pub fn ipsec(&self) -> u64 {
        self.sum(|skip| skip == Skip::IpProtocol(ESP))
    }

    /// Frames whose payload the link encrypts: MACsec and protected IEEE 802.11 frames.
    #[must_use]
    pub fn encrypted_links(&self) -> u64 {
        self.sum(|skip| matches!(skip, Skip::MacSec | Skip::Wlan(Wlan::Protected)))
    }

    /// Frames that were truncated within their headers.
    #[must_use]
    pub fn cut_headers(&self) -> u64 {
        self.sum(|skip| skip == Skip::CutHeaders)
    }

    fn counted(&self) -> impl Iterator<Item = (Skip, u64)> {
        self.0.iter().map(|(skip, count)| (*skip, *count)).filter(|(_, count)| *count > 0)
    }

    fn sum(&self, wanted: impl Fn(Skip) -> bool) -> u64 {
        self.counted().filter(|(skip, _)| wanted(*skip)).map(|(_, count)| count).sum()
    }

    /// Adds what another engine left out.
    pub fn merge(&mut self, other: Self) {
        for (skip, count) in other.0 {
            *self.0.entry(skip).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_decoded_is_counted_by_its_cause() {
        let (pflog, juniper) = (LinkType(117), LinkType(178));
        let mut counts = SkipCounts::default();
        for (skip, frames) in [
            (Skip::LinkType(pflog), 2),
            (Skip::LinkType(juniper), 3),
            (Skip::LinkType(LinkType(300)), 1),
            (Skip::IpProtocol(ESP), 4),
            (Skip::IpProtocol(51), 1),
            (Skip::MacSec, 2),
            (Skip::Wlan(Wlan::Protected), 1),
            (Skip::Wlan(Wlan::Management), 5),
            (Skip::CutHeaders, 1),
            (Skip::Arp, 6),
        ] {
            (0..frames).for_each(|_| counts.count(skip));
        }
        counts.retract(Skip::LinkType(LinkType(300)), 1);
        assert_eq!(counts.undecoded_link_types(), [(juniper, 3), (pflog, 2)]);
        assert_eq!((counts.ipsec(), counts.encrypted_links(), counts.cut_headers()), (4, 3, 1));
        let mut sum = SkipCounts::default();
        sum.merge(counts.clone());
        sum.merge(counts);
        assert_eq!((sum.undecoded_link_types()[0], sum.ipsec()), ((juniper, 6), 8));
        let none = SkipCounts::default();
        assert!(none.undecoded_link_types().is_empty() && none.ipsec() == 0);
    }
}
