//! What is spoken: first bytes as real programs sent them, each beside a near miss, and whole captures
//! of other people where they are at hand.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use std::{path::Path, sync::Arc};

use proptest::prelude::*;
use vmmtap::{
    capture::Source,
    dissect::{Auth, Dialogue, Heard, Protocol, datagram},
    identify::Site,
    judge::{Matrix, Policy},
    replay::replay,
};

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let octet = |pair: &[u8]| {
        u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal")
    };
    digits.chunks(2).map(octet).collect()
}

/// A protocol, where the example comes from, and the bytes; a near miss differs in the octets told.
struct Example {
    protocol: Protocol,
    bytes: Vec<u8>,
    /// Place and value of the octet that makes it something else.
    miss: (usize, u8),
}

fn text(protocol: Protocol, bytes: &str, miss: (usize, u8)) -> Example {
    Example { protocol, bytes: bytes.as_bytes().to_vec(), miss }
}

fn hex(protocol: Protocol, bytes: &str, miss: (usize, u8)) -> Example {
    Example { protocol, bytes: octets(bytes), miss }
}

fn streams() -> Vec<Example> {
    use Protocol::{
        Bits, CimXml, Dcerpc, Http, Kerberos, Ldap, NetTcp, NetbiosSession, Rdp, Smb, Ssh, Tds,
        Tls, Vsphere, Winrm, Wsman, Wsus,
    };
    vec![
        // RFC 8448, 3: a client's first record.
        hex(Tls, "16 03 01 00 c4 01 00 00 c0 03 03 cb 34 ec b1 e7 81 63", (1, 2)),
        // sv__tls__tls-certs-alert.pcap: an alert alone.
        hex(Tls, "15 03 03 00 1a e9 8f 32 51", (0, 0x14)),
        // wireshark__smb311-aes-128-gcm.pcap.gz and arkime__smb-smb1-ascii.pcap.
        hex(Smb, "000000d8 fe534d42 4000 0000 00000000 0000 0200", (4, 0xfb)),
        hex(Smb, "00000054 ff534d42 72 00000000 18 0128", (5, 0x54)),
        // RFC 1002, 4.3.2: a session request.
        hex(NetbiosSession, "81 00 00 44 20 43 4b 46 44 45 4e 45 43", (4, 0x21)),
        // zeek__dce-rpc__kerberos135_auth.pcapng.
        hex(Dcerpc, "05000b0310000000 b4073807 08000000 d016d016 00000000", (4, 0x20)),
        // arkime__tds7.pcap: prelogin, answer, login; ndpi__mssql_tds.pcap: a batch.
        hex(Tds, "1201003400000000 000015000601001b 0001020 01c000c03", (0, 0x13)),
        hex(Tds, "0401002500000100 0000150006", (7, 1)),
        hex(Tds, "100100ea00000100 e2000000010000 71", (2, 0xff)),
        hex(Tds, "010100be00000100 16000000120000", (1, 2)),
        // sv__ssh-hassh.pcap.
        text(Ssh, "SSH-2.0-OpenSSH_7.4\r\n", (4, b'3')),
        // [MC-NMF] 4.1: a preamble with its Via.
        hex(NetTcp, "00 01 00 01 02 02 24 6e65742e746370", (1, 2)),
        // zeek__rdp__rdp-x509.pcap: request and confirmation.
        hex(Rdp, "0300002f2ae00000000000436f6f6b6965", (3, 0x30)),
        hex(Rdp, "030000130ed000001234000200080000000000", (5, 0xd1)),
        // arkime__krb5-tcp.pcap.
        hex(Kerberos, "0000010d 6a820109 30820105 a1030201", (3, 0x0e)),
        // sv__ldap-bind__ldap.pcap and zeek__ldap__sasl-ntlm.pcap.
        hex(Ldap, "3016020101 6011 0201030400a30a0408", (5, 0x5f)),
        hex(Ldap, "306c020101 6167 0a010e0400", (2, 3)),
        // zeek__http__pipelined-requests.pcap.
        text(Http, "GET /style/enhanced.css HTTP/1.1\r\nHost: www.example.org\r\n\r\n", (3, b'/')),
        text(Http, "HTTP/1.1 200 OK\r\n\r\n", (5, b'2')),
        // otrf__NEWYORK.cap, as PowerShell asks.
        text(
            Winrm,
            "POST /wsman?PSVersion=5.1.14393.3866 HTTP/1.1\r\nUser-Agent: Microsoft WinRM Client\r\n\r\n",
            (8, b'i'),
        ),
        // DSP0226: a client of a management controller.
        text(Wsman, "POST /wsman HTTP/1.1\r\nUser-Agent: OpenWSMAN\r\n\r\n", (6, b'v')),
        // DSP0200, A.1.
        text(
            CimXml,
            "M-POST /cimom HTTP/1.1\r\nMan: http://www.dmtf.org/cim/mapping/http/v1.0; ns=73\r\n73-CIMOperation: MethodCall\r\n\r\n",
            (82, b'D'),
        ),
        // [MC-BUP] 4.1.
        text(
            Bits,
            "BITS_POST /upload HTTP/1.1\r\nBITS-Packet-Type: Create-Session\r\n\r\n",
            (4, b'-'),
        ),
        text(
            Bits,
            "HEAD /image.vhd HTTP/1.1\r\nUser-Agent: Microsoft BITS/7.8\r\n\r\n",
            (48, b'T'),
        ),
        // [MS-WUSP] 4.1.
        text(Wsus, "POST /ClientWebService/client.asmx HTTP/1.1\r\n\r\n", (6, b'K')),
        // VMware's web service.
        text(Vsphere, "POST /sdk HTTP/1.1\r\n\r\n", (8, b't')),
    ]
}

fn heard_from(bytes: &[u8]) -> Heard {
    let mut heard = Heard::default();
    Dialogue::new([50_000, 60_000]).hear(0, bytes, &mut heard);
    heard
}

#[test]
fn each_stream_is_known_by_its_first_bytes_and_its_near_miss_is_not() {
    for Example { protocol, bytes, miss } in streams() {
        assert_eq!(heard_from(&bytes).spoken, [Some(protocol), None], "{bytes:02x?}");
        let mut other = bytes.clone();
        assert_ne!(other[miss.0], miss.1, "{protocol:?}: no miss at all");
        other[miss.0] = miss.1;
        assert_ne!(heard_from(&other).spoken[0], Some(protocol), "{other:02x?}");
    }
}

/// Datagrams with the port of the service and one that is not its.
fn datagrams() -> Vec<(Example, u16, u16)> {
    use Protocol::{Dhcp, Dns, Ipmi, Kerberos, Llmnr, Mdns, NetbiosName, Ntp, Tftp, WsDiscovery};
    let query = "d4b1 0100 0001 0000 0000 0000 03 777777 00 0001 0001";
    let mut dhcp = octets("01010600 00003d1d 0000 0000");
    dhcp.resize(236, 0);
    dhcp.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255]);
    let probe = "<?xml version=\"1.0\"?><soap:Envelope xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\">";
    vec![
        // DSP0136, 3.2.4.2, a presence ping; IPMI 2.0, 22.13, a question for the ways of logon.
        (hex(Ipmi, "06 00 ff 06 00 00 11 be 80 00 00 00", (7, 0xbf)), 623, 624),
        (hex(Ipmi, "06 00 ff 07 00 00 00 00 00 00 00 00 00 09 20 18 c8", (3, 8)), 623, 664),
        // arkime__krb5-udp.pcap, cut to its own length.
        (hex(Kerberos, "6a 06 30 04 a1 02 01 05", (1, 7)), 88, 89),
        (hex(Dns, query, (2, 0x39)), 53, 54),
        (hex(Mdns, query, (4, 1)), 5353, 5354),
        (hex(Llmnr, query, (3, 0x40)), 5355, 5356),
        // arkime__nbns.pcap.
        (hex(NetbiosName, "0004 2900 0001 0000 0000 0001 20 454e4545", (12, 0x21)), 137, 138),
        // arkime__wireshark-dhcp.pcap.
        (Example { protocol: Dhcp, bytes: dhcp, miss: (236, 0x62) }, 67, 66),
        // sv__output-eve-tftp-01.pcap.
        (hex(Tftp, "0001 726663313335302e747874 00 6f63746574 00", (1, 3)), 69, 70),
        // RFC 5905, 7.3: a client's request of version 4.
        (
            Example { protocol: Ntp, bytes: [&[0x23][..], &[0; 47]].concat(), miss: (0, 0x3b) },
            123,
            124,
        ),
        (text(WsDiscovery, probe, (0, b'?')), 3702, 3703),
    ]
}

#[test]
fn each_datagram_is_known_by_its_port_and_its_bytes_together() {
    let spoken = |bytes: &[u8], port: u16| {
        let mut heard = Heard::default();
        datagram(bytes, 0, [50_000, port], &mut heard);
        heard.spoken[0]
    };
    for (Example { protocol, bytes, miss }, port, other_port) in datagrams() {
        assert_eq!(spoken(&bytes, port), Some(protocol));
        assert_ne!(spoken(&bytes, other_port), Some(protocol), "{protocol:?} at {other_port}");
        let mut other = bytes.clone();
        other[miss.0] = miss.1;
        assert_ne!(spoken(&other, port), Some(protocol), "{other:02x?}");
    }
}

#[test]
fn the_answer_of_net_tcp_counts_only_after_its_preamble() {
    let preamble = octets("00 01 00 01 02 02 19");
    let via = b"net.tcp://vmm01:8100/Indi";
    for (said, answer, expected) in [
        (true, &[0x0b][..], Some(Protocol::NetTcp)),
        (true, &[0x0a], Some(Protocol::NetTcp)),
        (true, &[0x0d], None),
        (false, &[0x0b], None),
    ] {
        let mut heard = Heard::default();
        let mut dialogue = Dialogue::new([50_000, 8100]);
        if said {
            dialogue.hear(0, &[&preamble[..], via].concat(), &mut heard);
            assert_eq!(heard.name.as_deref(), Some("vmm01"));
        }
        dialogue.hear(1, answer, &mut heard);
        assert_eq!(heard.spoken[1], expected, "{said} {answer:02x?}");
    }
}

#[test]
fn a_request_that_is_cut_tells_its_use_by_its_path_or_not_at_all() {
    for (said, spoken, is_cut) in [
        ("POST /wsman?PSVersion=5.1.17763", Protocol::Winrm, true),
        ("POST /wsma", Protocol::Http, true),
        ("POST /wsma HTTP/1.1\r\n\r\n", Protocol::Http, false),
        ("POST /ApiRemoting30/WebSer", Protocol::Wsus, true),
    ] {
        let heard = heard_from(said.as_bytes());
        assert_eq!((heard.spoken[0], heard.is_cut), (Some(spoken), is_cut), "{said}");
    }
}

#[test]
fn a_logon_counts_once_the_server_accepts_it_and_an_offer_does_not() {
    let asks = |field: &str| format!("GET / HTTP/1.1\r\nHost: wsus01:8530\r\n{field}\r\n\r\n");
    let refused = |field: &str| format!("HTTP/1.1 401 Unauthorized\r\n{field}\r\n\r\n");
    let accepted = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned();
    let failed = "HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n".to_owned();
    let basic = asks("Authorization: Basic dXNlcjpwYXNz");
    for (request, response, auth) in [
        (basic.clone(), accepted.clone(), Auth::BASIC),
        (basic.clone(), failed, Auth::BASIC),
        (basic.clone(), refused("WWW-Authenticate: Basic realm=\"x\""), Auth::empty()),
        (basic, String::new(), Auth::empty()),
        (asks("Authorization: CredSSP FgMBAA=="), accepted.clone(), Auth::CREDSSP),
        (asks("Authorization: Negotiate"), accepted.clone(), Auth::empty()),
        (asks("Authorization: Negotiate !!!"), accepted, Auth::empty()),
        (asks("Accept: */*"), refused("WWW-Authenticate: CredSSP"), Auth::empty()),
        (asks("Accept: */*"), refused("WWW-Authenticate: Negotiate"), Auth::empty()),
    ] {
        let mut heard = Heard::default();
        let mut dialogue = Dialogue::new([50_000, 8530]);
        dialogue.hear(0, request.as_bytes(), &mut heard);
        dialogue.hear(1, response.as_bytes(), &mut heard);
        assert_eq!(heard.auth, auth, "{request}{response}");
    }
}

/// A capture, the server's port, the name dialled, words of which each must be told, and the logon.
type Captured = (&'static str, u16, Option<&'static str>, &'static [&'static str], Auth);

/// Each held against what tshark decodes.
const CAPTURED: &[Captured] = &[
    (
        "sv__tls__tls-certs-alert.pcap",
        443,
        Some("example.com"),
        &["TLS 1.2", "ALPN h2"],
        Auth::empty(),
    ),
    (
        "zeek__tls__client-certificate.pcap",
        443,
        Some("certauth.idrix.fr"),
        &["TLS 1.2"],
        Auth::CERTIFICATE,
    ),
    ("zeek__tls__tls1_1.pcap", 443, None, &["TLS 1.1"], Auth::empty()),
    ("zeek__krb__smb2_krb.pcap", 445, None, &["SMB 2.1", r"\\phxlabbal821\lustre"], Auth::KERBEROS),
    ("zeek__ldap__sasl-ntlm.pcap", 389, None, &["NTLM"], Auth::NTLM),
    ("zeek__rdp__rdp-x509.pcap", 3389, None, &["RDP security"], Auth::empty()),
    ("arkime__krb5-tcp.pcap", 88, None, &["AS-REQ"], Auth::empty()),
    ("ndpi__http_auth.pcap", 80, Some("browserspy.dk"), &["HTTP 401"], Auth::empty()),
    (
        "otrf__empire_psremoting_stager_WORKSTATION6_2020-09-20170827.cap",
        5985,
        Some("workstation6.theshire.local"),
        &["Microsoft-HTTPAPI/2.0"],
        Auth::KERBEROS,
    ),
];

#[test]
fn real_captures_tell_names_versions_and_logons() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures/a_winmgmt");
    if !corpus.is_dir() {
        println!("skipped: no captures at {}", corpus.display());
        return;
    }
    let policy = Policy::new(Matrix::embedded().expect("a good matrix"), Site::default());
    let policy = Arc::new(policy);
    for (capture, port, name, words, auth) in CAPTURED {
        let sources = [Source::File(corpus.join(capture))];
        let (report, _) = replay(Arc::clone(&policy), &sources, usize::MAX, |_| {});
        let fits = report.conversations.iter().filter_map(|one| {
            let at_port = one.tcp().is_some() && one.ends().iter().any(|end| end.port == *port);
            one.heard.as_deref().filter(|_| at_port)
        });
        let heard: Vec<&Heard> = fits.collect();
        let told = heard.iter().any(|heard| {
            heard.name.as_deref() == *name
                && heard.auth == *auth
                && words.iter().all(|word| heard.details.iter().any(|one| **one == **word))
        });
        assert!(told, "{capture}: {heard:?}");
    }
}

proptest! {
    #[test]
    fn what_is_heard_does_not_depend_on_how_it_is_cut(
        choice in 0..26usize,
        tail in proptest::collection::vec(any::<u8>(), 0..300),
        answer in proptest::collection::vec(any::<u8>(), 0..40),
        step in 1..50usize,
    ) {
        let examples = streams();
        let said = [&examples[choice % examples.len()].bytes[..], &tail].concat();
        let hear = |step: usize| {
            let mut heard = Heard::default();
            let mut dialogue = Dialogue::new([50_000, 445]);
            for (speaker, bytes) in [(0, &said), (1, &answer)] {
                for piece in bytes.chunks(step) {
                    dialogue.hear(speaker, piece, &mut heard);
                }
            }
            heard
        };
        prop_assert_eq!(hear(usize::MAX), hear(step));
    }
}
