//! Link-layer header types, by their numbers in capture files.

use std::fmt;

/// A number of the [LINKTYPE registry](https://www.tcpdump.org/linktypes.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: the address family in the recorder's byte order, then IP.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without its HDLC-like framing (RFC 1662).
    pub const PPP: Self = Self(9);
    /// Raw IP as OpenBSD numbers it.
    pub const RAW_OPENBSD: Self = Self(14);
    /// Raw IP as most systems number it in memory (`DLT_RAW`), found in files too.
    pub const RAW_DLT: Self = Self(12);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// Raw IP, version told by the first nibble.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: the address family in network order, then IP.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The packet names an interface that the capture does not describe.
    pub const UNDESCRIBED: Self = Self(u32::MAX);

    /// The registry's name, for the types that people meet.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name)
    }
}

const NAMES: &[(u32, &str)] = &[
    (0, "null"),
    (1, "ethernet"),
    (6, "token-ring"),
    (8, "slip"),
    (9, "ppp"),
    (10, "fddi"),
    (12, "raw-ip"),
    (14, "raw-ip"),
    (50, "ppp-hdlc"),
    (51, "pppoe"),
    (100, "atm-rfc1483"),
    (101, "raw-ip"),
    (104, "cisco-hdlc"),
    (105, "802.11"),
    (107, "frame-relay"),
    (108, "loop"),
    (113, "linux-sll"),
    (119, "802.11-prism"),
    (122, "ip-over-fibre-channel"),
    (127, "802.11-radiotap"),
    (189, "usb"),
    (195, "802.15.4"),
    (220, "usb-linux"),
    (227, "can-socketcan"),
    (228, "ipv4"),
    (229, "ipv6"),
    (239, "nflog"),
    (252, "wireshark-upper-pdu"),
    (276, "linux-sll2"),
    (u32::MAX, "undescribed"),
];

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}
