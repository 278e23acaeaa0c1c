//! Which rule a connection is judged by, where several cover it.

use vmmtap::judge::{Grade, Kind, Verdict};

use crate::{
    recorder::acking,
    scene::{End, HV07, HV08, SITE, SMB, Scene, VMM, WINRM, only},
};

const SSH: &[u8] = b"SSH-2.0-OpenSSH_9.6\r\n";
/// A bind and its acknowledgement (C706, 12.6.4.3).
const BIND: (&[u8], &[u8]) = (
    b"\x05\0\x0b\x03\x10\0\0\0\x1c\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0\0\0\0\0",
    b"\x05\0\x0c\x03\x10\0\0\0\x18\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0",
);

fn allowing(from: &str, to: &str, ports: &str) -> String {
    format!(
        "{SITE}[[allow]]\nname = \"extra\"\nfrom = [\"{from}\"]\nto = [\"{to}\"]\n\
         transport = \"tcp\"\nports = [{ports}]\n"
    )
}

fn spoken(client: &'static str, server: End, said: (&[u8], &[u8])) -> Scene {
    Scene::default().exchange(0, (client, 50_000), server, said).until(9000)
}

/// The rule's kind, the grade and the verdict.
fn chosen(scene: &Scene, site: &str, is_strict: bool) -> (Kind, Option<Grade>, Verdict) {
    let report = scene.report_at(site, is_strict);
    let one = only(&report);
    (one.expectation.kind, one.grade, one.verdict)
}

#[test]
fn a_strict_policy_drops_the_dynamic_range_where_a_port_answers_with_something_else_alone() {
    let high = (HV07, 52_000);
    let bare = Scene::default().opened(0, (VMM, 50_000), high).until(9000);
    let silent_server = Scene::default()
        .opened(0, (VMM, 50_000), high)
        .tcp(3, ((VMM, 50_000), high), (101, 501), "A", b"data")
        .tcp(4, (high, (VMM, 50_000)), (501, 105), "A", b"")
        .until(1000);
    let refused = Scene::default()
        .syn(0, (VMM, 50_000), high)
        .tcp(1, (high, (VMM, 50_000)), (0, 101), "RA", b"")
        .until(9000);
    let middle = Scene::default()
        .tcp(0, ((VMM, 50_000), high), (100, 500), "A", b"data")
        .tcp(1, (high, (VMM, 50_000)), (500, 104), "A", b"data")
        .until(9000);
    let range = Some(Grade::Range);
    let rpc = (Kind::DynamicRpc, range);
    for (what, scene, strict, kind, grade, verdict) in [
        ("data", spoken(VMM, high, (b"x", b"y")), true, Kind::None, range, Verdict::Unexpected),
        ("not strict", spoken(VMM, high, (b"x", b"y")), false, rpc.0, rpc.1, Verdict::Ok),
        ("RPC", spoken(VMM, high, BIND), true, Kind::DynamicRpc, Some(Grade::Bind), Verdict::Ok),
        ("nothing said", bare, true, rpc.0, rpc.1, Verdict::Ok),
        ("no reply yet", silent_server, true, rpc.0, rpc.1, Verdict::Ok),
        ("refused", refused, true, rpc.0, rpc.1, Verdict::Blocked),
        ("met in the middle", middle, true, rpc.0, rpc.1, Verdict::Ok),
        ("another rule", spoken(VMM, (HV07, 445), SMB), true, Kind::Expected, None, Verdict::Ok),
        (
            "no rule",
            spoken(VMM, (HV07, 22), (b"x", b"y")),
            true,
            Kind::None,
            None,
            Verdict::Unexpected,
        ),
    ] {
        assert_eq!(chosen(&scene, SITE, strict), (kind, grade, verdict), "{what}");
    }
}

#[test]
fn a_weaker_rule_counts_where_it_knows_what_the_server_speaks_or_is_the_sites_own() {
    let servers = "[[machine]]\nname = \"vmm\"\nroles = [\"vmm-server\", \"vmm-console\"]\n\
                   addresses = [\"10.0.0.1\"]\n[[machine]]\nname = \"vmm2\"\n\
                   roles = [\"vmm-server\"]\naddresses = [\"10.0.1.8\"]\n";
    let winrm = (HV07, 5985);
    let console = (HV08, 8102);
    let ssh = |server| spoken(VMM, server, (b"SSH-2.0-PuTTY\r\n", SSH));
    let allowed = allowing("vmm", "hv07", "5985");
    for (what, scene, site, kind, verdict) in [
        ("nothing else", ssh(winrm), SITE, Kind::Expected, Verdict::Mismatch),
        ("the site's own", ssh(winrm), &allowed, Kind::Site, Verdict::Ok),
        // Between two nodes of VMM, one of which has the console, too.
        ("a companion", spoken(VMM, console, WINRM), servers, Kind::Companion, Verdict::Ok),
        ("not its protocol", ssh(console), servers, Kind::Expected, Verdict::Mismatch),
    ] {
        let (known, _, told) = chosen(&scene, site, false);
        assert_eq!((known, told), (kind, verdict), "{what}");
    }
}

#[test]
fn a_rule_that_names_the_port_or_the_site_outranks_the_dynamic_range_and_known_rpc_does_not() {
    let x = (b"x".as_slice(), b"y".as_slice());
    for (what, scene, site, kind) in [
        ("range alone", spoken(VMM, (HV07, 52_000), x), SITE.to_owned(), Kind::DynamicRpc),
        (
            "the site and the range",
            spoken(VMM, (HV07, 52_000), x),
            allowing("vmm", "hv07", "\"50000-53000\""),
            Kind::Site,
        ),
        (
            "the site and a port where RPC is spoken",
            spoken(VMM, (HV07, 52_000), BIND),
            allowing("vmm", "hv07", "\"50000-53000\""),
            Kind::DynamicRpc,
        ),
        (
            "the site and a companion that names the port",
            spoken(HV07, (HV08, 3343), x),
            allowing("hyperv-host", "hyperv-host", "3343"),
            Kind::Companion,
        ),
        (
            "the site and a companion range that ends before the last port",
            spoken(VMM, (HV08, 445), SMB),
            allowing("vmm", "hyperv-host", "445"),
            Kind::Expected,
        ),
        (
            "the site and the companions' dynamic range",
            spoken(HV07, (HV08, 52_000), x),
            allowing("hyperv-host", "hyperv-host", "52000"),
            Kind::Site,
        ),
        (
            "the same from a port below the range",
            Scene::default().exchange(0, (HV07, 2_000), (HV08, 52_000), x).until(9000),
            allowing("hyperv-host", "hyperv-host", "52000"),
            Kind::Site,
        ),
        (
            "the companions' dynamic range alone",
            spoken(HV07, (HV08, 52_000), x),
            SITE.to_owned(),
            Kind::Companion,
        ),
    ] {
        assert_eq!(chosen(&scene, &site, false).0, kind, "{what}");
    }
}

#[test]
fn only_the_servers_bytes_or_a_request_that_is_whole_decide_what_is_spoken() {
    let client = (VMM, 50_000);
    let server = (HV07, 5985);
    let opened = || Scene::default().opened(0, client, server);
    // The request itself is not in the capture, only its acknowledgement.
    let lost = |reply: &[u8]| {
        opened()
            .tcp(3, (server, client), (501, 151), "A", reply)
            .tcp(4, (client, server), (151, 501 + reply.len() as u32), "A", b"")
            .until(9000)
    };
    let http: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let asked = |request: &[u8]| {
        let after = 101 + request.len() as u32;
        opened()
            .tcp(3, (client, server), (101, 501), "A", request)
            .tcp(4, (server, client), (501, after), "A", b"")
            .until(1000)
    };
    let greeted = opened()
        .tcp(3, (server, client), (501, 101), "A", SSH)
        .tcp(4, (client, server), (101, 501 + SSH.len() as u32), "A", b"")
        .tcp(5, (server, client), (501 + SSH.len() as u32, 151), "A", b"")
        .until(9000);
    for (what, scene, agrees) in [
        ("a reply whose request was lost", lost(http), None),
        ("a greeting needs no request", greeted, Some(false)),
        ("a request alone that fits", asked(WINRM.0), Some(true)),
        ("a request alone that does not fit", asked(b"SSH-2.0-PuTTY\r\n"), Some(false)),
        ("a reply that fits", spoken(VMM, server, WINRM), Some(true)),
        (
            "a reply that does not fit",
            spoken(VMM, server, (b"SSH-2.0-PuTTY\r\n", SSH)),
            Some(false),
        ),
        ("a reply that says nothing", spoken(VMM, server, (WINRM.0, b"?")), None),
        ("nothing said", opened().until(9000), None),
    ] {
        assert_eq!(only(&scene.report()).agrees, agrees, "{what}");
    }
}

#[test]
fn a_request_that_was_not_captured_whole_leaves_open_what_a_general_reply_is_about() {
    let (client, server): (End, End) = ((VMM, 50_000), (HV07, 5985));
    let http: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    // As with a snap length, so many bytes of the request and of the reply are in the capture.
    let cut = |request: &[u8], reply: &[u8], kept: [usize; 2]| {
        let after = 101 + request.len() as u32;
        let mut packets = [
            acking(client, server, (101, 501), "A", request),
            acking(server, client, (501, after), "A", reply),
        ];
        packets.iter_mut().zip(kept).for_each(|(packet, kept)| packet.truncate(54 + kept));
        let [request, reply] = packets;
        Scene::default().opened(0, client, server).raw(3, request).raw(4, reply).until(9000)
    };
    let head: &[u8] = b"POST / HTTP/1.1\r\nHost: hv07\r\nContent-Length: 0\r\n\r\n";
    let nothing: &[u8] = b"~~~~~~~~~~~~~~~~";
    for (what, scene, agrees, observed) in [
        ("a request of nothing known", spoken(VMM, server, (nothing, http)), Some(false), true),
        ("no byte of the request", cut(WINRM.0, http, [0, 500]), None, true),
        ("no byte of it, another reply", cut(WINRM.0, SMB.1, [0, 500]), Some(false), true),
        ("a head that is whole", cut(head, http, [500, 500]), Some(false), true),
        ("a head that is cut", cut(head, http, [500, 20]), None, true),
        ("a reply of nothing known", spoken(VMM, server, (WINRM.0, nothing)), None, false),
    ] {
        let report = scene.report();
        let one = only(&report);
        assert_eq!((one.agrees, one.observed().is_some()), (agrees, observed), "{what}");
    }
}
