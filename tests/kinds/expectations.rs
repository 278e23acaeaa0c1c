//! Which rule applies, and what follows from it.

use crate::{
    each,
    recorder::icmp,
    scene::{End, HV07, HV08, SMB, Scene, VMM, WINRM},
};

fn refused(scene: Scene, ms: i64, client: End, server: End) -> Scene {
    scene.syn(ms, client, server).tcp(ms + 1, (server, client), (0, 101), "RA", b"")
}

#[test]
fn a_legacy_rule_or_an_alternative_that_fails_is_denied_where_its_replacement_works() {
    let both = |from: &'static str, to: &'static str, failed: u16, works: Option<u16>| {
        let scene = refused(Scene::default(), 0, (from, 50_000), (to, failed));
        match works {
            Some(445) => scene.exchange(10, (from, 50_001), (to, 445), SMB),
            Some(port) => scene.exchange(10, (from, 50_001), (to, port), WINRM),
            None => scene,
        }
    };
    let updates = "10.0.4.1";
    for (scene, port, verdict) in [
        (both(VMM, HV07, 139, Some(445)), 139, "denied"),
        (both(VMM, HV07, 139, None), 139, "blocked"),
        (both(VMM, updates, 80, Some(8530)), 80, "denied"),
        (both(VMM, updates, 80, None), 80, "blocked"),
        // 135 is not an alternative of 445.
        (both(VMM, HV07, 135, Some(445)), 135, "blocked"),
    ] {
        let told = scene.until(9000).verdicts();
        let one = told.iter().find(|one| one.1 == port).expect("a verdict");
        assert_eq!((one.2, one.3), ("refused", verdict), "{told:?}");
        assert!(told.iter().all(|one| one.1 == port || one.3 == "ok"), "{told:?}");
    }
}

#[test]
fn companion_traffic_is_expected_between_its_roles_alone() {
    for (client, server, port, verdict) in [
        (HV07, HV08, 3343, "ok"),
        (HV07, HV08, 5445, "ok"),
        (HV07, HV08, 5985, "ok"),
        (HV07, "10.0.3.1", 3343, "unexpected"),
        (HV07, "10.0.3.1", 5022, "unexpected"),
    ] {
        let told = Scene::default().opened(0, (client, 50_000), (server, port)).until(9000);
        let told = told.verdicts();
        assert_eq!(told[0].3, verdict, "{client} to {server} on {port}: {told:?}");
    }
    for (port, verdict) in
        [(500, "ok"), (4500, "ok"), (123, "ok"), (3343, "ok"), (501, "unexpected")]
    {
        let ends = ((HV07, port), (HV08, port));
        let told =
            Scene::default().udp(0, ends.0, ends.1, &[0; 48]).udp(1, ends.1, ends.0, &[0; 48]);
        let told = told.until(9000).verdicts();
        assert_eq!(told[0].3, verdict, "udp {port}: {told:?}");
    }
}

#[test]
fn a_range_of_the_site_does_not_turn_a_conversation_round() {
    // Both ends are in a range of the site or of the page; the server's port is the smaller.
    let middle = |client: End, server: End| {
        Scene::default()
            .tcp(0, (client, server), (100, 500), "A", b"data")
            .tcp(1, (server, client), (500, 104), "A", b"data")
            .tcp(2, (client, server), (104, 504), "A", b"")
    };
    let told = middle((VMM, 45_000), (HV07, 5985)).until(9000).verdicts();
    assert_eq!((told[0].0.as_str(), told[0].1, told[0].3), ("hv07", 5985, "ok"), "{told:?}");
    let told = middle((HV07, 45_000), (VMM, 443)).until(9000).verdicts();
    assert_eq!((told[0].0.as_str(), told[0].1, told[0].3), ("vmm", 443, "ok"), "{told:?}");
}

#[test]
fn an_allowance_outranks_the_dynamic_range() {
    let to = |port| Scene::default().opened(0, (VMM, 52_000), (HV07, port)).until(9000);
    each(vec![
        ("in both", to(49_999), ("answered", "ok")),
        ("in the allowance alone", to(40_000), ("answered", "ok")),
        ("in neither", to(39_999), ("answered", "unexpected")),
    ]);
}

#[test]
fn a_connection_met_in_the_middle_that_a_device_prohibits_is_blocked() {
    let (client, server) = ((VMM, 50_000), (HV07, 5985));
    let data = crate::recorder::acking(client, server, (100, 500), "A", b"data");
    for (code, verdict) in [(13, "blocked"), (4, "unknown")] {
        let mut error = icmp("192.0.2.1", VMM, 3, &data[14..]);
        error[35] = code;
        let scene = Scene::default()
            .raw(0, data.clone())
            .raw(1, error.clone())
            .raw(300, data.clone())
            .raw(301, error)
            .until(400);
        let told = scene.verdicts();
        assert_eq!(told[0].3, verdict, "code {code}: {told:?}");
    }
}

#[test]
fn a_file_transfer_belongs_to_its_request() {
    let (client, server) = ((HV07, 51_000), (HV08, 69));
    let data = (HV08, 52_000);
    let scene = Scene::default()
        .udp(0, client, server, b"\0\x01boot\\x64\\wdsnbp.com\0octet\0")
        .udp(5, data, client, b"\0\x03\0\x01data")
        .udp(6, client, data, b"\0\x04\0\x01")
        .until(9000);
    for (name, _, outcome, _) in scene.verdicts() {
        assert_eq!((name.as_str(), outcome), ("hv08", "answered"));
    }
}

#[test]
fn a_one_way_datagram_is_ok_where_the_site_says_so() {
    let sent = |port| {
        (0..4).fold(Scene::default(), |scene, n| {
            scene.udp(n * 2000, (HV07, 40_123), (VMM, port), format!("up:{n}|c").as_bytes())
        })
    };
    let told = sent(8125).until(9000).verdicts();
    assert_eq!(told[0].3, "ok", "{told:?}");
    let told = sent(8999).until(9000).verdicts();
    assert_ne!(told[0].3, "ok", "{told:?}");
    assert_ne!(told[0].3, "blocked", "{told:?}");
}

#[test]
fn a_machine_with_itself_is_never_unexpected_and_both_ends_of_a_prefix_are_known() {
    let told = Scene::default().opened(0, (VMM, 50_000), ("10.0.0.2", 22)).until(9000).verdicts();
    assert_eq!(told[0].3, "ok", "{told:?}");
    for (address, verdict) in [
        ("10.0.9.16", "unexpected"),
        ("10.0.9.31", "unexpected"),
        ("10.0.9.15", "outside"),
        ("10.0.9.32", "outside"),
    ] {
        let told = Scene::default().opened(0, (VMM, 50_000), (address, 22)).until(9000).verdicts();
        assert_eq!(told[0].3, verdict, "{address}: {told:?}");
    }
}

/// A message of RPC (C706, 12.6.3.1) of a kind.
fn rpc(kind: u8, call: u8, body: &[u8]) -> Vec<u8> {
    let len = (16 + body.len()) as u16;
    let mut bytes = vec![5, 0, kind, 3, 0x10, 0, 0, 0];
    bytes.extend(len.to_le_bytes());
    bytes.extend([0, 0, call, 0, 0, 0]);
    bytes.extend(body);
    bytes
}

/// What the endpoint mapper's client and server say when it names a port (C706, appendices L and O).
fn endpoint_mapped(port: u16) -> [Vec<u8>; 4] {
    let mapper = b"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa";
    let mut bind = vec![0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0];
    bind.extend(mapper);
    bind.extend([3, 0, 0, 0]);
    bind.extend([0; 20]);
    let floor = |uuid: [u8; 16]| [&[19, 0, 0x0d][..], &uuid, &[1, 0, 2, 0, 0, 0]].concat();
    let mut stub = vec![0; 36];
    stub.extend([5, 0]);
    stub.extend(floor(*b"\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03"));
    stub.extend(floor([0x5d; 16]));
    stub.extend([1, 0, 0x0b, 2, 0, 0, 0, 1, 0, 7, 2, 0]);
    stub.extend(port.to_be_bytes());
    stub.extend([1, 0, 9, 4, 0, 10, 0, 1, 7]);
    let request = rpc(0, 2, &[0, 0, 0, 0, 0, 0, 3, 0, 1, 2, 3, 4]);
    [rpc(0x0b, 1, &bind), rpc(0x0c, 1, &[0; 8]), request, rpc(2, 2, &stub)]
}

#[test]
fn a_port_that_the_endpoint_mapper_names_is_dynamic_rpc_wherever_it_is() {
    let (client, mapper) = ((VMM, 50_000), (HV07, 135));
    let mapped = |port| {
        let [bind, ack, request, response] = endpoint_mapped(port);
        let (sent, received) = (101 + bind.len() as u32, 501 + ack.len() as u32);
        let asked = sent + request.len() as u32;
        Scene::default()
            .exchange(0, client, mapper, (&bind, &ack))
            .tcp(10, (client, mapper), (sent, received), "A", &request)
            .tcp(11, (mapper, client), (received, asked), "A", &response)
            .tcp(12, (client, mapper), (asked, received + response.len() as u32), "A", b"")
    };
    let server = (HV07, 6001);
    let works = |scene: Scene| scene.opened(100, (VMM, 50_001), server);
    let fails = |scene: Scene| {
        let syn = |scene: Scene, ms| scene.syn(ms, (VMM, 50_001), server);
        [100, 1100, 3100].into_iter().fold(scene, syn)
    };
    for (scene, expected) in [
        (works(mapped(6001)), ("answered", "ok")),
        (works(mapped(6002)), ("answered", "unexpected")),
        (fails(mapped(6001)), ("silent", "blocked")),
        (fails(mapped(6002)), ("silent", "denied")),
    ] {
        let told = scene.until(9000).verdicts();
        let one = told.iter().find(|one| one.1 == 6001).expect("a verdict");
        assert_eq!((one.2, one.3), expected, "{told:?}");
    }
}
