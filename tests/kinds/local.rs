//! Conversations of a machine with itself, and what is known of one-way services.

use vmmtap::judge::{Kind, Matrix, Policy, Verdict};

use crate::scene::{HV07, SITE, Scene, VMM, only};

/// A machine with one address and a network, and one that is server and host at once.
const MIXED: &str = "\
[[machine]]
name = \"mixed\"
roles = []
addresses = [\"10.0.9.5\", \"10.0.9.6\", \"10.0.9.16/28\"]
[[machine]]
name = \"one-box\"
roles = [\"vmm-server\", \"hyperv-host\"]
addresses = [\"10.0.0.1\", \"10.0.0.9\"]
[[machine]]
name = \"other\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.8\"]
";

#[test]
fn only_one_and_the_same_machine_is_local() {
    for (client, server, port, verdict) in [
        ("10.0.9.5", "10.0.9.6", 7777, Verdict::Ok),
        ("10.0.9.5", "10.0.9.5", 7777, Verdict::Ok),
        ("10.0.9.17", "10.0.9.17", 7777, Verdict::Ok),
        ("10.0.9.17", "10.0.9.18", 7777, Verdict::Unexpected),
        ("10.0.9.5", "10.0.9.17", 7777, Verdict::Unexpected),
        ("10.0.9.17", "10.0.9.5", 7777, Verdict::Unexpected),
        ("10.0.9.5", "10.0.0.1", 7777, Verdict::Unexpected),
        // The endpoint mapper of the host, of which the server is one.
        ("10.0.0.1", "10.0.0.9", 135, Verdict::Ok),
    ] {
        let scene = Scene::default().opened(0, (client, 50_000), (server, port)).until(9000);
        let report = scene.report_at(MIXED, false);
        assert_eq!(only(&report).verdict, verdict, "{client} to {server}");
    }
}

#[test]
fn a_service_is_one_way_by_what_is_spoken_or_by_the_sites_word() {
    let syslog: &[u8] = b"<34>1 2026-11-28T08:00:00Z hv07 app - - - text";
    let allow = |one_way: &str| {
        format!(
            "{SITE}[[allow]]\nname = \"extra\"\nfrom = [\"hv07\"]\nto = [\"vmm\"]\n\
             transport = \"udp\"\nports = [7000]\n{one_way}"
        )
    };
    for (what, payload, one_way, verdict) in [
        ("spoken", syslog, "", Verdict::Ok),
        ("the site's word", b"~~~~".as_slice(), "one_way = true\n", Verdict::Ok),
        ("neither", b"~~~~", "", Verdict::Blocked),
    ] {
        let ask = |scene: Scene, ms: i64| scene.udp(ms, (HV07, 50_000), (VMM, 7000), payload);
        let scene = ask(ask(Scene::default(), 0), 1000).until(9000);
        let report = scene.report_at(&allow(one_way), false);
        assert_eq!(only(&report).verdict, verdict, "{what}");
    }
}

#[test]
fn companion_traffic_that_fails_stays_a_finding_whatever_else_works() {
    let page = "[[entry]]\nid = \"own\"\nsection = \"general\"\nservice = \"own\"\n\
         client_roles = [\"vmm-server\"]\nserver_roles = [\"hyperv-host\"]\n\
         transport = \"tcp\"\nports = [7001]\nrequirement = \"required\"\nnote = \"A note.\"\n\
         [[entry]]\nid = \"extra\"\nsection = \"companion\"\nservice = \"extra\"\n\
         client_roles = [\"vmm-server\"]\nserver_roles = [\"hyperv-host\"]\n\
         transport = \"tcp\"\nports = [7002, 7003]\nrequirement = \"alternative\"\n\
         note = \"A note.\"\n";
    let site = vmmtap::identify::Site::parse("test.toml", SITE).expect("a good site");
    let matrix = Matrix::with_page("own.toml", page).expect("a good matrix");
    let scene = Scene::default()
        .syn(0, (VMM, 50_000), (HV07, 7002))
        .tcp(1, ((HV07, 7002), (VMM, 50_000)), (0, 101), "RA", b"")
        .exchange(10, (VMM, 50_001), (HV07, 7003), (b"x", b"y"))
        .until(9000);
    let report = scene.report_with(Policy::new(matrix, site));
    let one = report.judgements().find(|one| one.server_end().port == 7002);
    let one = one.expect("a conversation");
    assert_eq!((one.expectation.kind, one.verdict), (Kind::Companion, Verdict::Blocked));
}
