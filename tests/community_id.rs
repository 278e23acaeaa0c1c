//! Community IDs against the specification's own baseline: both of its tables of chosen tuples (seeds 0
//! and 1) and what its reference program finds in its captures.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use vmmtap::flow::{
    Discriminator::{self, Message, None, Ports},
    Endpoint, Transport, community_id, community_id_of,
};

/// Seed, protocol, source, destination, what tells conversations apart, identifier.
type Vector = (u16, u8, &'static str, &'static str, Discriminator, &'static str);

#[rustfmt::skip]
const BASELINE: &[Vector] = &[
    (0, 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", Message(135, 136), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
    (0, 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", Message(136, 135), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
    (0, 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", Message(135, 136), "1:zavyT/cezQr1fmImYCwYnMXbgck="),
    (0, 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", Message(136, 135), "1:zavyT/cezQr1fmImYCwYnMXbgck="),
    (0, 58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", Message(3, 0), "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="),
    (0, 58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", Message(1, 4), "1:hLZd0XGWojozrvxqE0dWB1iM6R0="),
    (0, 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", Message(128, 129), "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="),
    (0, 58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", Message(129, 128), "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="),
    (0, 58, "fe80::200:86ff:fe05:80da", "ff02::2", Message(133, 134), "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="),
    (0, 58, "fe80::260:97ff:fe07:69ea", "ff02::1", Message(134, 133), "1:pkvHqCL88/tg1k4cPigmZXUtL00="),
    (0, 1, "192.168.0.89", "192.168.0.1", Message(8, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    (0, 1, "192.168.0.1", "192.168.0.89", Message(0, 8), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    (0, 1, "10.0.0.1", "10.0.0.2", Message(11, 0), "1:YHxtAirCG//0OzkcVAukqKQN9xM="),
    (0, 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", Ports(63943, 25), "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="),
    (0, 6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", Ports(25, 63943), "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="),
    (0, 132, "192.168.170.8", "192.168.170.56", Ports(7, 7), "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="),
    (0, 132, "192.168.170.56", "192.168.170.8", Ports(7, 7), "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="),
    (0, 6, "128.232.110.120", "66.35.250.204", Ports(34855, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    (0, 6, "66.35.250.204", "128.232.110.120", Ports(80, 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    (0, 17, "192.168.1.52", "8.8.8.8", Ports(54585, 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (0, 17, "8.8.8.8", "192.168.1.52", Ports(53, 54585), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (0, 46, "10.1.12.1", "10.1.12.2", None, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="),
    (0, 46, "10.1.12.2", "10.1.12.1", None, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="),
    (0, 6, "1.2.3.4", "5.6.7.8", Ports(1122, 3344), "1:wCb3OG7yAFWelaUydu0D+125CLM="),
    (0, 6, "5.6.7.8", "1.2.3.4", Ports(3344, 1122), "1:wCb3OG7yAFWelaUydu0D+125CLM="),
    (1, 6, "1.2.3.4", "5.6.7.8", Ports(1122, 3344), "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk="),
    (1, 6, "5.6.7.8", "1.2.3.4", Ports(3344, 1122), "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk="),
    (0, 17, "1.2.3.4", "5.6.7.8", Ports(1122, 3344), "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="),
    (0, 17, "5.6.7.8", "1.2.3.4", Ports(3344, 1122), "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="),
    (1, 17, "1.2.3.4", "5.6.7.8", Ports(1122, 3344), "1:OShq+iKDAMVouh/4bMxB9Sz4amw="),
    (1, 17, "5.6.7.8", "1.2.3.4", Ports(3344, 1122), "1:OShq+iKDAMVouh/4bMxB9Sz4amw="),
    (0, 132, "1.2.3.4", "5.6.7.8", Ports(1122, 3344), "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8="),
    (0, 132, "5.6.7.8", "1.2.3.4", Ports(3344, 1122), "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8="),
    (1, 132, "1.2.3.4", "5.6.7.8", Ports(1122, 3344), "1:uitchpn5MMGAQKBJh7bIr/bAr7s="),
    (1, 132, "5.6.7.8", "1.2.3.4", Ports(3344, 1122), "1:uitchpn5MMGAQKBJh7bIr/bAr7s="),
    (0, 1, "1.2.3.4", "5.6.7.8", Message(8, 0), "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="),
    (1, 1, "1.2.3.4", "5.6.7.8", Message(8, 0), "1:9pr4ZGTICiuZoIh90RRYE2RyXpU="),
    (0, 1, "5.6.7.8", "1.2.3.4", Message(0, 0), "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="),
    (1, 1, "5.6.7.8", "1.2.3.4", Message(0, 0), "1:9pr4ZGTICiuZoIh90RRYE2RyXpU="),
    (0, 1, "1.2.3.4", "5.6.7.8", Message(11, 0), "1:f/YiSyWqczrTgfUCZlBUnvHRcPk="),
    (1, 1, "1.2.3.4", "5.6.7.8", Message(11, 0), "1:1DD7cWGC/Yg91YGsQeni8du3pIA="),
    (0, 58, "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", Message(128, 0), "1:0bf7hyMJUwt3fMED7z8LIfRpBeo="),
    (1, 58, "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", Message(128, 0), "1:IO27GQzPuCtNnwFvjWALMHu5tJE="),
    (0, 58, "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", Message(129, 0), "1:0bf7hyMJUwt3fMED7z8LIfRpBeo="),
    (1, 58, "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", Message(129, 0), "1:IO27GQzPuCtNnwFvjWALMHu5tJE="),
    (0, 58, "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", Message(146, 0), "1:fYC8+pz24E+EhANP1EZhpX0Dw10="),
    (1, 58, "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", Message(146, 0), "1:Cv4IKJe56BNkF0MBW2YxQ3Nwc3s="),
    (0, 46, "1.2.3.4", "5.6.7.8", None, "1:ikv3kmf89luf73WPz1jOs49S768="),
    (0, 46, "5.6.7.8", "1.2.3.4", None, "1:ikv3kmf89luf73WPz1jOs49S768="),
    (1, 46, "1.2.3.4", "5.6.7.8", None, "1:/buhqeOmaRCopOZFy9HnoJd5XW8="),
    (1, 46, "5.6.7.8", "1.2.3.4", None, "1:/buhqeOmaRCopOZFy9HnoJd5XW8="),
    (0, 46, "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", None, "1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0="),
    (0, 46, "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", None, "1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0="),
    (1, 46, "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", None, "1:j6EyyfBzL4vWKHFXgUqb5Az3OxM="),
    (1, 46, "fe80:1011:1213:1415:1617:1819:1A1B:1C1D", "fe80:0001:0203:0405:0607:0809:0A0B:0C0D", None, "1:j6EyyfBzL4vWKHFXgUqb5Az3OxM="),
];

#[test]
fn every_vector_of_the_baseline_is_met() {
    for (seed, protocol, from, to, told_apart_by, expected) in BASELINE {
        let ip = |text: &str| text.parse().expect("an address");
        let ends = (ip(from), ip(to));
        let id = community_id_of(*seed, *protocol, ends, *told_apart_by);
        assert_eq!(id, *expected, "{protocol} {from} {to} {told_apart_by:?}");
    }
}

#[test]
fn a_conversation_has_the_identifier_of_its_packets_in_both_directions() {
    let end = |ip: &str, port| Endpoint { ip: ip.parse().expect("an address"), port };
    for (transport, ports, expected) in [
        (Transport::Tcp, (1122, 3344), "1:wCb3OG7yAFWelaUydu0D+125CLM="),
        (Transport::Udp, (1122, 3344), "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="),
        (Transport::Icmp, (8, 0), "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="),
    ] {
        let (from, to) = (end("1.2.3.4", ports.0), end("5.6.7.8", ports.1));
        assert_eq!(community_id(from, to, transport), expected);
        assert_eq!(community_id(to, from, transport), expected);
    }
}
