//! First bytes, protocol by protocol.

use super::{Heard, Protocol};

type Signature = (Protocol, fn(&[u8]) -> bool);

/// The more special ones stand before those that they are a kind of.
const STREAMS: &[Signature] = &[
    (Protocol::Winrm, is_winrm),
    (Protocol::CimXml, is_cim_xml),
    (Protocol::Http, is_http),
    (Protocol::Tls, is_tls),
    (Protocol::Smb, is_smb),
    (Protocol::NetbiosSession, is_netbios_session),
    (Protocol::Dcerpc, is_dcerpc),
    (Protocol::Tds, is_tds),
    (Protocol::Ssh, |bytes| bytes.starts_with(b"SSH-")),
    (Protocol::NetTcp, is_net_tcp),
    (Protocol::Rdp, is_rdp),
    (Protocol::Kerberos, is_kerberos_stream),
    (Protocol::Ldap, is_ldap),
];

/// What the first bytes that a side of a TCP conversation sends are.
pub(super) fn stream_start(bytes: &[u8], _ports: [u16; 2]) -> Option<Protocol> {
    STREAMS.iter().find(|(_, fits)| fits(bytes)).map(|(protocol, _)| *protocol)
}

/// Listens to a UDP datagram of a speaker. `ports` are the speakers' own.
pub fn datagram(bytes: &[u8], speaker: usize, ports: [u16; 2], heard: &mut Heard) {
    let ports = (ports[speaker], ports[1 - speaker]);
    if heard.spoken[speaker].is_none() {
        heard.spoken[speaker] = datagram_start(bytes, ports);
    }
}

/// What a UDP datagram is; its ports tell apart what has too little structure.
fn datagram_start(bytes: &[u8], (src_port, dst_port): (u16, u16)) -> Option<Protocol> {
    let either = |port: u16| src_port == port || dst_port == port;
    let candidates: &[(bool, Signature)] = &[
        (either(623), (Protocol::Ipmi, is_rmcp)),
        (either(53), (Protocol::Dns, is_dns)),
        (either(67) || either(68) || either(4011), (Protocol::Dhcp, is_dhcp)),
        (dst_port == 69, (Protocol::Tftp, is_tftp_request)),
        (either(123), (Protocol::Ntp, is_ntp)),
        (
            either(88),
            (Protocol::Kerberos, |bytes| bytes.first().is_some_and(|tag| is_kerberos_tag(*tag))),
        ),
        (either(389), (Protocol::Ldap, is_ldap)),
    ];
    candidates
        .iter()
        .find(|(asked, (_, fits))| *asked && fits(bytes))
        .map(|(_, (protocol, _))| *protocol)
}

/// RFC 9110, section 9, RFC 4918 and RFC 2774 (M-POST).
const HTTP_METHODS: [&[u8]; 10] = [
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"OPTIONS ",
    b"DELETE ",
    b"PROPFIND ",
    b"CONNECT ",
    b"M-POST ",
    b"BITS_POST ",
];

fn is_http(bytes: &[u8]) -> bool {
    bytes.starts_with(b"HTTP/1.") || HTTP_METHODS.iter().any(|method| bytes.starts_with(method))
}

/// [MS-WSMV] 2.2.4.5: the URL prefix is "wsman" unless an administrator changed it.
fn is_winrm(bytes: &[u8]) -> bool {
    bytes.starts_with(b"POST /wsman")
}

/// DSP0200, CIM operations over HTTP.
fn is_cim_xml(bytes: &[u8]) -> bool {
    let posts = bytes.starts_with(b"M-POST ") || bytes.starts_with(b"POST /cimom");
    posts && bytes.windows(CIM_HEADER.len()).any(|window| window == CIM_HEADER)
}

const CIM_HEADER: &[u8] = b"CIMOperation";

/// A record of a handshake or an alert (RFC 8446, 5.1; versions 3.0 to 3.4).
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 3, 0..=4, ..])
}

/// A NetBIOS session message or direct TCP header, then the mark of an SMB version ([MS-SMB2] 2.1).
fn is_smb(bytes: &[u8]) -> bool {
    matches!(bytes, [0, _, _, _, 0xfc..=0xff, b'S', b'M', b'B', ..])
}

/// A session request (RFC 1002, 4.3.2), a positive or a negative answer or a retarget.
fn is_netbios_session(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x81, 0 | 1, _, _, 0x20, ..] | [0x82, 0, 0, 0] | [0x83, 0, 0, 1, ..] | [0x84, 0, 0, 6, ..]
    )
}

/// Connection-oriented, version 5.0 or 5.1, a known type, a data representation that exists
/// (C706, chapter 12).
fn is_dcerpc(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [5, 0 | 1, 0 | 2 | 3 | 0x0b..=0x13, _, 0x00 | 0x01 | 0x10 | 0x11, 0..=3, 0, 0, ..]
    )
}

/// A prelogin, login or answer whose length is that of the packet ([MS-TDS] 2.2.3.1).
fn is_tds(bytes: &[u8]) -> bool {
    match bytes {
        [0x12 | 0x10 | 0x04 | 0x01, 0 | 1, high, low, _, _, _, 0, ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            (8..=32_768).contains(&len) && (len == bytes.len() || bytes.len() > 8 && len > 8)
        }
        _ => false,
    }
}

/// The preamble of .NET message framing, or its acknowledgement ([MC-NMF] 2.2.3).
fn is_net_tcp(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 1, 0, 1, 1..=4, ..] | [0x0a | 0x0b])
}

/// A connection request or confirmation in a TPKT ([MS-RDPBCGR] 2.2.1.1).
fn is_rdp(bytes: &[u8]) -> bool {
    matches!(bytes, [3, 0, _, _, _, 0xe0 | 0xd0, ..])
}

/// A length of four octets before the message (RFC 4120, 7.2.2).
fn is_kerberos_stream(bytes: &[u8]) -> bool {
    matches!(bytes, [0, _, _, _, tag, length, ..] if is_kerberos_tag(*tag) && *length >= 0x40)
}

/// AS, TGS and AP requests and replies, and the error (RFC 4120, 5.10).
fn is_kerberos_tag(tag: u8) -> bool {
    matches!(tag, 0x6a..=0x6f | 0x7e)
}

/// A sequence with a message number and an operation (RFC 4511, 4.1.1).
fn is_ldap(bytes: &[u8]) -> bool {
    let after_length = match bytes {
        [0x30, 0x84, _, _, _, _, rest @ ..] => rest,
        [0x30, 0x82, _, _, rest @ ..] => rest,
        [0x30, 0x81, _, rest @ ..] => rest,
        [0x30, 0..=0x7f, rest @ ..] => rest,
        _ => return false,
    };
    match after_length {
        [2, len @ 1..=4, rest @ ..] => {
            matches!(rest.get(usize::from(*len)), Some(0x42 | 0x60..=0x6e | 0x73 | 0x77 | 0x78))
        }
        _ => false,
    }
}

/// RMCP version 1.0 with class IPMI or ASF (DSP0136, 3.2.2.2).
fn is_rmcp(bytes: &[u8]) -> bool {
    matches!(bytes, [6, 0, _, class, ..] if matches!(class & 0x1f, 6 | 7))
}

/// A header with few questions and an operation in use (RFC 1035, 4.1.1).
fn is_dns(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, flags, _, 0, 0..=4, _, _, _, _, _, _, ..] if flags >> 3 & 0x0f <= 5)
}

/// BOOTP with the magic cookie (RFC 2131, section 3).
fn is_dhcp(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(1 | 2)) && bytes.get(236..240) == Some(&[0x63, 0x82, 0x53, 0x63])
}

/// A read or a write request (RFC 1350, section 5).
fn is_tftp_request(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 1 | 2, 0x20..=0x7e, ..])
}

/// Versions 1 to 4, modes 1 to 5 (RFC 5905, 7.3).
fn is_ntp(bytes: &[u8]) -> bool {
    bytes.len() >= 48 && matches!(bytes[0] >> 3 & 7, 1..=4) && matches!(bytes[0] & 7, 1..=5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each first bytes with a near miss beside it.
    const EXAMPLES: &[(Protocol, &[u8], &[u8])] = &[
        (Protocol::Winrm, b"POST /wsman HTTP/1.1\r\n", b"GET /wsman HTTP/1.1\r\n"),
        (
            Protocol::CimXml,
            b"M-POST /cimom HTTP/1.1\r\n48-CIMOperation: MethodCall",
            b"POST /cimon HTTP/1.1",
        ),
        (Protocol::Http, b"OPTIONS * HTTP/1.1\r\n", b"OPTION * HTTP/1.1\r\n"),
        (Protocol::Tls, &[0x16, 3, 1, 2, 0, 1], &[0x16, 2, 1, 2, 0, 1]),
        (Protocol::Smb, b"\0\0\0\x54\xfeSMB@", b"\0\0\0\x54\xfbSMB@"),
        (
            Protocol::NetbiosSession,
            &[0x81, 0, 0, 0x44, 0x20, 0x43],
            &[0x81, 0, 0, 0x44, 0x21, 0x43],
        ),
        (
            Protocol::Dcerpc,
            &[5, 0, 0x0b, 3, 0x10, 0, 0, 0, 0x48, 0],
            &[5, 0, 0x0b, 3, 0x20, 0, 0, 0, 0x48, 0],
        ),
        (Protocol::Tds, &[0x12, 1, 0, 9, 0, 0, 1, 0, 0xff], &[0x13, 1, 0, 9, 0, 0, 1, 0, 0xff]),
        (Protocol::Ssh, b"SSH-2.0-OpenSSH_9.2\r\n", b"ssh-2.0-OpenSSH_9.2\r\n"),
        (Protocol::NetTcp, &[0, 1, 0, 1, 2, 2, 0x1d], &[0, 1, 1, 1, 2, 2, 0x1d]),
        (Protocol::Rdp, &[3, 0, 0, 0x13, 0x0e, 0xe0, 0, 0], &[2, 0, 0, 0x13, 0x0e, 0xe0, 0, 0]),
        (
            Protocol::Kerberos,
            &[0, 0, 5, 0x4d, 0x6c, 0x82, 5, 0x49],
            &[0, 0, 5, 0x4d, 0x70, 0x82, 5, 0x49],
        ),
        (Protocol::Ldap, &[0x30, 0x0c, 2, 1, 1, 0x60, 7], &[0x30, 0x0c, 2, 1, 1, 0x5f, 7]),
    ];

    #[test]
    fn each_signature_takes_its_example_and_not_the_near_miss() {
        for (protocol, example, near_miss) in EXAMPLES {
            assert_eq!(stream_start(example, [0; 2]), Some(*protocol));
            assert_ne!(stream_start(near_miss, [0; 2]), Some(*protocol), "{}", protocol.name());
        }
    }

    #[test]
    fn a_datagram_is_known_by_its_port_and_its_bytes_together() {
        let ping = [6, 0, 0xff, 7, 0, 0];
        assert_eq!(datagram_start(&ping, (50_000, 623)), Some(Protocol::Ipmi));
        assert_eq!(datagram_start(&ping, (50_000, 624)), None);
        assert_eq!(datagram_start(&[6, 0, 0xff, 8], (50_000, 623)), None);
        let query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3];
        assert_eq!(datagram_start(&query, (50_000, 53)), Some(Protocol::Dns));
        assert_eq!(datagram_start(&query[..11], (50_000, 53)), None);
    }

    #[test]
    fn nothing_is_recognised_in_nothing() {
        assert_eq!(stream_start(&[], [0; 2]), None);
        assert_eq!(datagram_start(&[], (53, 53)), None);
    }
}
