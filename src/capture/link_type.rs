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
    /// Token ring.
    pub const TOKEN_RING: Self = Self(6);
    /// SLIP, behind a header of 16 bytes.
    pub const SLIP: Self = Self(8);
    /// PPP, with or without its HDLC-like framing (RFC 1662).
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// Raw IP as most systems number it in memory (`DLT_RAW`), found in files too.
    pub const RAW_DLT: Self = Self(12);
    /// Raw IP as OpenBSD numbers it.
    pub const RAW_OPENBSD: Self = Self(14);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// PPP over Ethernet, without the Ethernet header.
    pub const PPPOE: Self = Self(51);
    /// ATM in LLC encapsulation (RFC 2684, once 1483).
    pub const ATM_RFC1483: Self = Self(100);
    /// Raw IP, version told by the first nibble.
    pub const RAW: Self = Self(101);
    /// Cisco PPP with HDLC framing.
    pub const CISCO_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const WLAN: Self = Self(105);
    /// Classical IP over ATM, as Linux records it.
    pub const ATM_CLIP: Self = Self(106);
    /// Frame relay.
    pub const FRAME_RELAY: Self = Self(107);
    /// OpenBSD loopback: the address family in network order, then IP.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// IEEE 802.11 behind the Prism monitoring header.
    pub const WLAN_PRISM: Self = Self(119);
    /// IP over fibre channel (RFC 2625).
    pub const IP_OVER_FC: Self = Self(122);
    /// ATM as SunATM devices record it.
    pub const SUNATM: Self = Self(123);
    /// IEEE 802.11 behind the radiotap header.
    pub const WLAN_RADIOTAP: Self = Self(127);
    /// A private link type; PKTAP under its older number.
    pub const USER_2: Self = Self(149);
    /// IEEE 802.11 behind the AVS header.
    pub const WLAN_AVS: Self = Self(163);
    /// PPP behind an octet that tells the direction, as pppd records it.
    pub const PPP_PPPD: Self = Self(166);
    /// Per-packet information: names the link type of what follows.
    pub const PPI: Self = Self(192);
    /// PPP behind an octet that tells the direction.
    pub const PPP_WITH_DIRECTION: Self = Self(204);
    /// Solaris IP network.
    pub const IPNET: Self = Self(226);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux netfilter log.
    pub const NFLOG: Self = Self(239);
    /// IP over InfiniBand.
    pub const IPOIB: Self = Self(242);
    /// macOS PKTAP: names the link type of what follows.
    pub const PKTAP: Self = Self(258);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
    /// Ethernet with a tag of Broadcom's switches behind the addresses.
    pub const BROADCOM_TAG: Self = Self(281);
    /// Ethernet with a tag of Marvell's switches behind the addresses.
    pub const DSA_TAG: Self = Self(284);
    /// Ethernet with an extended tag of Marvell's switches behind the addresses.
    pub const EDSA_TAG: Self = Self(285);

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
    (3, "ax25"),
    (6, "token-ring"),
    (7, "arcnet"),
    (8, "slip"),
    (9, "ppp"),
    (10, "fddi"),
    (12, "raw-ip"),
    (14, "raw-ip"),
    (50, "ppp-hdlc"),
    (51, "pppoe"),
    (99, "symantec-firewall"),
    (100, "atm-rfc1483"),
    (101, "raw-ip"),
    (104, "cisco-hdlc"),
    (105, "802.11"),
    (106, "atm-clip"),
    (107, "frame-relay"),
    (108, "loop"),
    (113, "linux-sll"),
    (114, "localtalk"),
    (117, "pflog"),
    (119, "802.11-prism"),
    (122, "ip-over-fibre-channel"),
    (123, "sunatm"),
    (127, "802.11-radiotap"),
    (129, "arcnet-linux"),
    (130, "juniper-mlppp"),
    (131, "juniper-mlfr"),
    (132, "juniper-es"),
    (133, "juniper-ggsn"),
    (134, "juniper-mfr"),
    (135, "juniper-atm2"),
    (136, "juniper-services"),
    (137, "juniper-atm1"),
    (138, "apple-ip-over-ieee1394"),
    (139, "mtp2-with-phdr"),
    (140, "mtp2"),
    (141, "mtp3"),
    (142, "sccp"),
    (143, "docsis"),
    (144, "linux-irda"),
    (147, "user-0"),
    (148, "user-1"),
    (149, "user-2"),
    (150, "user-3"),
    (151, "user-4"),
    (152, "user-5"),
    (153, "user-6"),
    (154, "user-7"),
    (155, "user-8"),
    (156, "user-9"),
    (157, "user-10"),
    (158, "user-11"),
    (159, "user-12"),
    (160, "user-13"),
    (161, "user-14"),
    (162, "user-15"),
    (163, "802.11-avs"),
    (165, "bacnet-ms-tp"),
    (166, "ppp-pppd"),
    (169, "gprs-llc"),
    (177, "linux-lapd"),
    (178, "juniper-ethernet"),
    (179, "juniper-ppp"),
    (180, "juniper-frame-relay"),
    (181, "juniper-cisco-hdlc"),
    (182, "multilink-frame-relay"),
    (187, "bluetooth-hci-h4"),
    (189, "usb"),
    (192, "ppi"),
    (195, "802.15.4"),
    (196, "sita"),
    (197, "erf"),
    (201, "bluetooth-hci-h4-with-phdr"),
    (202, "ax25-kiss"),
    (203, "lapd"),
    (204, "ppp-with-direction"),
    (205, "cisco-hdlc-with-direction"),
    (206, "frame-relay-with-direction"),
    (209, "ipmb-linux"),
    (215, "802.15.4-non-ask"),
    (220, "usb-linux"),
    (224, "fibre-channel-2"),
    (225, "fibre-channel-2-framed"),
    (226, "ipnet"),
    (227, "can-socketcan"),
    (228, "ipv4"),
    (229, "ipv6"),
    (230, "802.15.4-no-fcs"),
    (231, "d-bus"),
    (235, "dvb-ci"),
    (236, "mux27010"),
    (237, "stanag-5066"),
    (239, "nflog"),
    (240, "netanalyzer"),
    (241, "netanalyzer-transparent"),
    (242, "ip-over-infiniband"),
    (243, "mpeg-2-ts"),
    (245, "nfc-llcp"),
    (247, "infiniband"),
    (248, "sctp"),
    (249, "usbpcap"),
    (251, "bluetooth-le-ll"),
    (252, "wireshark-upper-pdu"),
    (253, "netlink"),
    (254, "bluetooth-linux-monitor"),
    (258, "pktap"),
    (259, "epon"),
    (265, "zwave-r1-r2"),
    (266, "zwave-r3"),
    (268, "iso-14443"),
    (270, "802.15.4-tap"),
    (272, "nordic-ble"),
    (274, "ethernet-mpacket"),
    (276, "linux-sll2"),
    (277, "z-wave-serial"),
    (281, "broadcom-tag"),
    (282, "broadcom-tag-prepended"),
    (284, "dsa-tag"),
    (285, "edsa-tag"),
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
