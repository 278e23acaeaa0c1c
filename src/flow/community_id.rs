//! Community ID version 1: the name of a conversation that Zeek, Suricata and Wireshark share.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

use super::{Endpoint, Transport};

/// The Community ID of a conversation between two endpoints, with seed 0.
///
/// Source: the specification at <https://github.com/corelight/community-id-spec>.
#[must_use]
pub fn community_id(from: Endpoint, to: Endpoint, transport: Transport) -> String {
    let (low, high) = if from <= to { (from, to) } else { (to, from) };
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    for ip in [low.ip, high.ip] {
        match ip {
            std::net::IpAddr::V4(ip) => hash.update(ip.octets()),
            std::net::IpAddr::V6(ip) => hash.update(ip.octets()),
        }
    }
    hash.update([protocol_number(low, transport), 0]);
    hash.update(low.port.to_be_bytes());
    hash.update(high.port.to_be_bytes());
    format!("1:{}", STANDARD.encode(hash.finalize()))
}

fn protocol_number(end: Endpoint, transport: Transport) -> u8 {
    match transport {
        Transport::Tcp => 6,
        Transport::Udp => 17,
        Transport::Icmp if end.ip.is_ipv4() => 1,
        Transport::Icmp => 58,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(ip: &str, port: u16) -> Endpoint {
        Endpoint { ip: ip.parse().unwrap_or([0, 0, 0, 0].into()), port }
    }

    #[test]
    fn equals_the_published_vectors_in_both_directions() {
        let v6 = ("2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a");
        for (from, to, transport, expected) in [
            (
                end("1.2.3.4", 1122),
                end("5.6.7.8", 3344),
                Transport::Tcp,
                "1:wCb3OG7yAFWelaUydu0D+125CLM=",
            ),
            (
                end("1.2.3.4", 1122),
                end("5.6.7.8", 3344),
                Transport::Udp,
                "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=",
            ),
            (
                end("128.232.110.120", 34855),
                end("66.35.250.204", 80),
                Transport::Tcp,
                "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            ),
            (end(v6.0, 63943), end(v6.1, 25), Transport::Tcp, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="),
            (
                end("1.2.3.4", 8),
                end("5.6.7.8", 0),
                Transport::Icmp,
                "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=",
            ),
        ] {
            assert_eq!(community_id(from, to, transport), expected);
            assert_eq!(community_id(to, from, transport), expected);
        }
    }
}
