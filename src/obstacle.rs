//! Why nothing could be judged.

use crate::{
    decode::SkipCounts,
    judge::{Tally, Verdict},
};

/// Why a run could not verify anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The captures hold no packet.
    NoPackets,
    /// All packets have link types that are not decoded: the most frequent one, and how many packets.
    LinkType(String, u64),
    /// What could be seen is encrypted by IPsec: so many packets.
    Ipsec(u64),
    /// What could be seen is encrypted by the link (MACsec, protected 802.11): so many packets.
    EncryptedLink(u64),
    /// No conversation between two machines of the site, but so many with one of them.
    OnlyWithUnknownHosts(u64),
    /// No address of the captures belongs to the site.
    NoMachine,
    /// Conversations between machines of the site, but none of them shows how it went.
    AllUndecided(u64),
}

impl Obstacle {
    /// Why nothing could be judged; `None` where something was. `with_machine` counts conversations
    /// with at least one machine of the site.
    #[must_use]
    pub fn of(
        frames: u64,
        skips: &SkipCounts,
        counts: &Tally,
        with_machine: impl FnOnce() -> u64,
    ) -> Option<Self> {
        let undecided = counts.of_verdict(Verdict::Unknown);
        let known = counts.total() - counts.of_verdict(Verdict::Outside);
        if known > undecided {
            return None;
        }
        if known > 0 {
            return Some(Self::AllUndecided(undecided));
        }
        if frames == 0 {
            return Some(Self::NoPackets);
        }
        // Most of what was captured may be hidden although some of it, as ARP, is not.
        let most = |count: u64| count * 2 >= frames;
        let link_types = skips.undecoded_link_types();
        let undecoded = link_types.iter().map(|(_, count)| count).sum();
        if let Some((link, _)) = link_types.first().filter(|_| most(undecoded)) {
            return Some(Self::LinkType(link.to_string(), undecoded));
        }
        if skips.ipsec() > 0 {
            return Some(Self::Ipsec(skips.ipsec()));
        }
        if most(skips.encrypted_links()) {
            return Some(Self::EncryptedLink(skips.encrypted_links()));
        }
        Some(match with_machine() {
            0 => Self::NoMachine,
            count => Self::OnlyWithUnknownHosts(count),
        })
    }

    /// The reason in words.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::NoPackets => "the capture holds no packets".to_owned(),
            Self::LinkType(link, packets) => {
                format!("{packets} packets have a link type that is not decoded ({link})")
            }
            Self::Ipsec(packets) => {
                format!(
                    "{packets} packets are encrypted by IPsec (ESP): capture on an end, above IPsec"
                )
            }
            Self::EncryptedLink(packets) => {
                format!("{packets} packets are encrypted by the link: capture on an end")
            }
            Self::OnlyWithUnknownHosts(count) => format!(
                "no conversation between two machines of the site; {count} between one of them and hosts that are not in the site file"
            ),
            Self::NoMachine => {
                "no address in the capture belongs to the site file: is it the right one?"
                    .to_owned()
            }
            Self::AllUndecided(count) => format!(
                "none of the {count} conversations between machines of the site shows how it went (too short, or one direction only)"
            ),
        }
    }
}
