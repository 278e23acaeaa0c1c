//! Endpoints that RPC names: in messages built by the book, and in other people's captures, where
//! Wireshark's dissectors found the same.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use std::{collections::BTreeSet, net::IpAddr, path::Path, sync::Arc};

use vmmtap::{
    capture::Source,
    dissect::{Auth, Dialogue, Heard, LearnedBy},
    identify::Site,
    judge::{Matrix, Policy},
    replay::replay,
};

/// C706, appendix O: the endpoint mapper; [MS-DCOM] 1.9: the activator; [MS-SCMR]: a service.
const MAPPER: [u8; 16] = *b"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa";
const ACTIVATOR: [u8; 16] = *b"\xa0\x01\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46";
const SERVICES: [u8; 16] = *b"\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03";

const WHOLE: u8 = 3;
const FIRST: u8 = 1;
const LAST: u8 = 2;

/// A message (C706, 12.6.3.1) with a trailer of logon where one is given: way, level, token.
fn message(kind: u8, flags: u8, call: u32, body: &[u8], logon: Option<(u8, u8, &[u8])>) -> Vec<u8> {
    let mut trailer = Vec::new();
    if let Some((way, level, token)) = logon {
        trailer.extend([way, level, 0, 0, 0, 0, 0, 0]);
        trailer.extend(token);
    }
    let len = 16 + body.len() + trailer.len();
    let auth_len = trailer.len().saturating_sub(8);
    let mut bytes = vec![5, 0, kind, flags, 0x10, 0, 0, 0];
    bytes.extend((len as u16).to_le_bytes());
    bytes.extend((auth_len as u16).to_le_bytes());
    bytes.extend(call.to_le_bytes());
    bytes.extend(body);
    bytes.extend(trailer);
    bytes
}

fn bind(interface: [u8; 16]) -> Vec<u8> {
    let mut body = vec![0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, 1, 0, 0, 0];
    body.extend([0, 0, 1, 0]);
    body.extend(interface);
    body.extend([3, 0, 0, 0]);
    body.extend([0; 20]);
    message(0x0b, WHOLE, 1, &body, None)
}

fn request(call: u32) -> Vec<u8> {
    message(0, WHOLE, call, &[0, 0, 0, 0, 0, 0, 3, 0, 1, 2, 3, 4], None)
}

fn response(flags: u8, call: u32, stub: &[u8], logon: Option<(u8, u8, &[u8])>) -> Vec<u8> {
    message(2, flags, call, &[&[0; 8][..], stub].concat(), logon)
}

/// A tower (C706, appendix L) of a service over TCP at a port and an address.
fn tower(port: u16, host: [u8; 4]) -> Vec<u8> {
    let uuid = |uuid: &[u8]| [&[19, 0, 0x0d][..], uuid, &[1, 0, 2, 0, 0, 0]].concat();
    let mut tower = vec![5, 0];
    tower.extend(uuid(&SERVICES));
    tower.extend(uuid(&[0x5d; 16]));
    tower.extend([1, 0, 0x0b, 2, 0, 0, 0]);
    tower.extend([1, 0, 7, 2, 0]);
    tower.extend(port.to_be_bytes());
    tower.extend([1, 0, 9, 4, 0]);
    tower.extend(host);
    tower
}

/// A string binding ([MS-DCOM] 2.2.19.3).
fn binding(text: &str) -> Vec<u8> {
    let mut bytes = vec![7, 0];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes.extend([0, 0]);
    bytes
}

fn heard(turns: &[(usize, Vec<u8>)]) -> Heard {
    let mut heard = Heard::default();
    let mut dialogue = Dialogue::new([50_000, 135]);
    for (speaker, bytes) in turns {
        dialogue.hear(*speaker, bytes, &mut heard);
    }
    heard
}

fn ports(heard: &Heard) -> Vec<u16> {
    heard.endpoints.iter().map(|one| one.port).collect()
}

#[test]
fn the_endpoint_mappers_answer_names_a_service_and_its_port() {
    let stub = [&[0; 28][..], &tower(49_664, [10, 0, 0, 7])].concat();
    let heard = heard(&[(0, bind(MAPPER)), (0, request(2)), (1, response(WHOLE, 2, &stub, None))]);
    let learned = &heard.endpoints[0];
    assert_eq!((learned.port, learned.by), (49_664, LearnedBy::EndpointMapper));
    assert_eq!(learned.host, Some([10, 0, 0, 7].into()));
    assert_eq!(learned.interface.and_then(|one| one.name()), Some("svcctl"));
    assert_eq!(heard.interfaces.first().and_then(|one| one.name()), Some("epmapper"));
}

#[test]
fn what_is_no_answer_to_the_question_teaches_nothing() {
    let whole = tower(49_664, [10, 0, 0, 7]);
    let of = |stub: &[u8]| response(WHOLE, 2, stub, None);
    let changed = |at: usize, value: u8| {
        let mut tower = whole.clone();
        tower[at] = value;
        tower
    };
    for (what, turns) in [
        ("another call", vec![(0, bind(MAPPER)), (0, request(3)), (1, of(&whole))]),
        ("nothing asked", vec![(0, bind(MAPPER)), (1, of(&whole))]),
        ("another interface", vec![(0, bind(SERVICES)), (0, request(2)), (1, of(&whole))]),
        ("no port", vec![(0, bind(MAPPER)), (0, request(2)), (1, of(&tower(0, [10, 0, 0, 7])))]),
        ("four floors", vec![(0, bind(MAPPER)), (0, request(2)), (1, of(&changed(0, 4)))]),
        ("UDP", vec![(0, bind(MAPPER)), (0, request(2)), (1, of(&changed(61, 8)))]),
        ("cut", vec![(0, bind(MAPPER)), (0, request(2)), (1, of(&whole[..whole.len() - 1]))]),
        (
            "sealed",
            vec![
                (0, bind(MAPPER)),
                (0, request(2)),
                (1, response(WHOLE, 2, &whole, Some((0x0a, 6, &[0; 16])))),
            ],
        ),
    ] {
        assert!(ports(&heard(&turns)).is_empty(), "{what}");
    }
    // The same, signed and not sealed, can be read.
    let signed = response(WHOLE, 2, &whole, Some((0x0a, 5, &[0; 16])));
    assert_eq!(ports(&heard(&[(0, bind(MAPPER)), (0, request(2)), (1, signed)])), [49_664]);
}

#[test]
fn an_answer_in_fragments_is_joined_whatever_stands_between() {
    let stub = [tower(49_664, [0; 4]), tower(49_665, [10, 0, 0, 7])].concat();
    let (first, last) = stub.split_at(80);
    let heard = heard(&[
        (0, bind(MAPPER)),
        (0, request(2)),
        (1, response(FIRST, 2, first, None)),
        (0, request(3)),
        (1, response(LAST, 2, last, None)),
    ]);
    assert_eq!(ports(&heard), [49_664, 49_665]);
    assert_eq!(heard.endpoints[0].host, None, "0.0.0.0 is no address");
}

#[test]
fn an_activation_names_bindings_with_a_port_and_no_others() {
    for (text, port) in [
        ("hv07[49670]", Some(49_670)),
        ("10.0.0.7[49670]", Some(49_670)),
        ("fe80::7[49670]", Some(49_670)),
        ("hv07", None),
        ("hv07[49670", None),
        ("hv07[]", None),
        ("hv07[70000]", None),
        ("[49670]", None),
        (r"\\HV07[\PIPE\atsvc]", None),
    ] {
        let stub = [&[0; 12][..], &binding(text), &[9; 6]].concat();
        let turns = [(0, bind(ACTIVATOR)), (0, request(2)), (1, response(WHOLE, 2, &stub, None))];
        let heard = heard(&turns);
        assert_eq!(ports(&heard).first().copied(), port, "{text}");
        let host = heard.endpoints.first().and_then(|one| one.host);
        assert_eq!(host.is_some(), port.is_some() && !text.starts_with("hv"), "{text}");
    }
}

#[test]
fn the_logon_is_told_by_its_token() {
    let ntlm = [&b"NTLMSSP\0\x01\0\0\0"[..], &[0; 20]].concat();
    let answer = |level: u8, way: u8, token: &[u8]| {
        vec![
            (0, bind(SERVICES)),
            (1, message(0x0c, WHOLE, 1, &[0; 8], Some((way, level, token)))),
            (0, request(2)),
            (1, response(WHOLE, 2, &[0; 8], None)),
        ]
    };
    // SPNEGO: an answer that names NTLM as chosen; a first proposal that offers it without a token.
    let chosen = b"\xa1\x15\x30\x13\xa0\x03\x0a\x01\x01\xa1\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
    let offered = b"\x60\x1c\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x12\x30\x10\xa0\x0e\x30\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
    for (way, token, auth) in [
        (0x0a, &ntlm[..], Auth::NTLM),
        (0x09, &ntlm, Auth::NTLM),
        (0x09, chosen, Auth::NTLM),
        (0x09, offered, Auth::empty()),
        (0x10, b"\x60\x03\x06\x01\x00", Auth::KERBEROS),
        (0x44, &ntlm, Auth::empty()),
        (0x0a, b"NTLMSSP\0\x04\0\0\0", Auth::empty()),
    ] {
        let turns = answer(5, way, token);
        assert_eq!(heard(&turns).auth, auth, "{way:#x} {token:02x?}");
        assert!(heard(&turns[..2]).auth.is_empty(), "before a response nothing is accepted");
    }
}

/// A capture, who names endpoints, and their ports.
type Captured = (&'static str, &'static str, &'static [u16]);

/// As Wireshark finds them: the fields epm.proto.tcp_port and dcom.dualstringarray.network_addr of
/// answers.
const CAPTURED: &[Captured] = &[
    ("otrf__NEWYORK.cap", "10.0.0.4", &[49_667, 49_675]),
    ("otrf__SCRANTON.cap", "10.0.0.4", &[49_667]),
    ("otrf__UTICA-A.cap", "10.0.0.4", &[49_667]),
    (
        "otrf__empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod_WORKSTATION6_2020-09-21001437.cap",
        "172.18.39.6",
        &[50_937],
    ),
    (
        "otrf__covenant_dcom_iertutil_dll_hijack_WORKSTATION6_2020-10-09183000.cap",
        "172.18.39.6",
        &[65_077, 65_082],
    ),
    (
        "otrf__covenant_dcom_iertutil_dll_hijack_WORKSTATION6_2020-10-09183000.cap",
        "172.18.38.5",
        &[49_667, 49_674],
    ),
    ("pcapattack__Lateral_Movement__LM_WMI_ProcessCallCreate.pcapng", "172.16.66.36", &[49_670]),
    ("otrf__schtask_create_2020-12-1907003032.pcapng", "172.18.39.6", &[49_671]),
    ("sv__dcerpc__zerologon.pcap", "172.16.5.58", &[49_668]),
    ("scapy__dcerpc_privacy_krb.pcapng.gz", "192.168.0.100", &[49_667]),
];

#[test]
fn real_captures_name_the_endpoints_that_wireshark_finds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures/a_winmgmt");
    if !corpus.is_dir() {
        println!("skipped: no captures at {}", corpus.display());
        return;
    }
    let policy = Policy::new(Matrix::embedded().expect("a good matrix"), Site::default());
    let policy = Arc::new(policy);
    for (capture, teller, expected) in CAPTURED {
        let teller: IpAddr = teller.parse().expect("an address");
        let sources = [Source::File(corpus.join(capture))];
        let (report, _) = replay(Arc::clone(&policy), &sources, usize::MAX, |_| {});
        let judgements = report.judgements().filter(|one| one.server_end().ip == teller);
        let named: BTreeSet<u16> = judgements
            .filter_map(|one| one.conversation.heard.as_deref())
            .flat_map(|heard| heard.endpoints.iter().map(|one| one.port))
            .collect();
        assert_eq!(named, expected.iter().copied().collect(), "{capture} {teller}");
    }
}
