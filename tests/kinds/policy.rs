//! Which rules expect a connection, by machines, ports and what is known of the client.

use vmmtap::{
    flow::Transport,
    identify::Site,
    judge::{Kind, Matrix, Policy, RuleRef, Talk, Verdict},
};

use crate::scene::{HV07, SITE, Scene, VMM, WINRM};

fn policy(site: &str) -> Policy {
    let site = Site::parse("test.toml", site).expect("a good site");
    Policy::new(Matrix::embedded().expect("a good matrix"), site)
}

/// A rule of a matrix of the site's own: from VMM servers to hosts over TCP.
pub fn own_rule(id: &str, ports: &str, requirement: &str, more: &str) -> String {
    format!(
        "[[entry]]\nid = \"{id}\"\nsection = \"general\"\nservice = \"{id}\"\n\
         client_roles = [\"vmm-server\"]\nserver_roles = [\"hyperv-host\"]\n\
         transport = \"tcp\"\nports = [{ports}]\nrequirement = \"{requirement}\"\n{more}\
         note = \"A note.\"\n"
    )
}

/// A connection between two machines of a site, by their names.
fn talk(policy: &Policy, client: &str, server: &str, server_port: u16) -> Talk {
    let id = |name: &str| {
        let mut machines = policy.site.machines();
        machines.find(|(_, machine)| machine.name == name).expect("a machine").0
    };
    Talk {
        client: id(client),
        server: id(server),
        transport: Transport::Tcp,
        server_port,
        client_port: 50_000,
        oriented: true,
        learned: false,
    }
}

#[test]
fn a_range_covers_a_port_that_may_be_the_clients_own_only_where_the_other_cannot_be_a_service() {
    let policy = policy(SITE);
    let base = talk(&policy, "vmm", "hv07", 45_000);
    let middle = Talk { oriented: false, ..base };
    for (what, talk, kind) in [
        ("the client sent the SYN", base, Kind::Site),
        ("the client sent the SYN, low port", Talk { client_port: 1000, ..base }, Kind::Site),
        ("two high ports", middle, Kind::Site),
        // Above the allowance, which ends at 50000.
        ("two dynamic ports", Talk { server_port: 60_001, ..middle }, Kind::DynamicRpc),
        ("the last port of the range", Talk { server_port: 65_535, ..middle }, Kind::DynamicRpc),
        ("below the range", Talk { server_port: 39_999, ..middle }, Kind::None),
        (
            "a client port below the dynamic range",
            Talk { server_port: 60_001, client_port: 49_151, ..middle },
            Kind::None,
        ),
        (
            "the first dynamic client port",
            Talk { server_port: 60_001, client_port: 49_152, ..middle },
            Kind::DynamicRpc,
        ),
        (
            "a learned port",
            Talk { server_port: 60_001, client_port: 1000, learned: true, ..middle },
            Kind::DynamicRpc,
        ),
        (
            "an allowance, and a client port that is no service",
            Talk { server_port: 41_000, client_port: 2000, ..middle },
            Kind::Site,
        ),
        (
            "an allowance, and the first dynamic port",
            Talk { server_port: 41_000, client_port: 49_152, ..middle },
            Kind::Site,
        ),
        (
            "an allowance, and a client port that is a known service",
            Talk { server_port: 41_000, client_port: 445, ..middle },
            Kind::None,
        ),
        ("a single port", Talk { server_port: 5985, client_port: 445, ..middle }, Kind::Expected),
    ] {
        let kinds: Vec<Kind> = policy.rules_for(&talk).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds.first().copied().unwrap_or(Kind::None), kind, "{what}: {kinds:?}");
    }
}

#[test]
fn only_the_whole_dynamic_range_takes_the_clients_port_from_the_same_range() {
    for (ports, client_port, expected) in [
        ("49152-50000", 2000, true),
        ("49000-65535", 2000, true),
        ("49152-65535", 2000, false),
        ("49152-65535", 50_000, true),
    ] {
        let site = format!(
            "{SITE}[[allow]]\nname = \"extra\"\nfrom = [\"hv08\"]\nto = [\"db\"]\n\
             transport = \"tcp\"\nports = [\"{ports}\"]\n"
        );
        let policy = policy(&site);
        let base = talk(&policy, "hv08", "db", 49_500);
        let rules = policy.rules_for(&Talk { oriented: false, client_port, ..base });
        let found = rules.iter().any(|(kind, _)| *kind == Kind::Site);
        assert_eq!(found, expected, "{ports} {client_port}");
    }
}

#[test]
fn what_the_endpoint_mapper_named_is_dynamic_rpc_wherever_the_range_was_moved_and_only_over_tcp() {
    let policy = policy(SITE);
    let moved = Talk { learned: true, ..talk(&policy, "vmm", "hv07", 5001) };
    let kind = |talk: Talk| policy.rules_for(&talk).first().map(|(kind, _)| *kind);
    assert_eq!(kind(moved), Some(Kind::DynamicRpc));
    assert_eq!(kind(Talk { learned: false, ..moved }), None);
    assert_eq!(kind(Talk { transport: Transport::Udp, ..moved }), None);
    for (ports, expected) in [("49152-65535", true), ("49152-65534", false), ("49153-65535", false)]
    {
        let page = own_rule("own", &format!("\"{ports}\""), "required", "");
        let matrix = Matrix::with_page("own.toml", &page).expect("a good matrix");
        let policy = Policy { matrix, ..policy.clone() };
        assert_eq!(!policy.rules_for(&moved).is_empty(), expected, "{ports}");
    }
}

#[test]
fn an_allowance_asks_for_both_machines_and_the_port() {
    let policy = policy(SITE);
    let allowed = |client, server, port| {
        let rules = policy.rules_for(&talk(&policy, client, server, port));
        rules.iter().any(|(kind, _)| *kind == Kind::Site)
    };
    for (client, server, port, expected) in [
        ("vmm", "hv07", 40_000, true),
        ("vmm", "hv07", 50_000, true),
        ("vmm", "hv07", 39_999, false),
        ("vmm", "hv07", 50_001, false),
        ("hv08", "hv07", 40_000, false),
        ("vmm", "hv08", 40_000, false),
    ] {
        assert_eq!(allowed(client, server, port), expected, "{client} to {server} on {port}");
    }
}

#[test]
fn only_an_allowance_that_says_so_is_one_way() {
    let policy = policy(SITE);
    let one_way: Vec<bool> = (0..2).map(|index| policy.is_one_way(RuleRef::Allow(index))).collect();
    assert_eq!(one_way, [false, true]);
    assert!(!policy.is_one_way(RuleRef::Entry(0)));
}

#[test]
fn a_policy_without_machines_has_no_site_and_a_log_has_the_owner_at_its_place() {
    let mut policy = policy(SITE);
    assert!(policy.has_site());
    assert!(!Policy::new(Matrix::embedded().expect("a good matrix"), Site::default()).has_site());
    let [vmm, hv07] = ["vmm", "hv07"].map(|name| talk(&policy, name, "db", 1).client);
    policy.log_owners = vec![hv07, vmm];
    assert_eq!([0, 1, 2].map(|log| policy.log_owner(log)), [Some(hv07), Some(vmm), None]);
}

#[test]
fn alternatives_replace_each_other_within_a_rule_and_within_a_group_alone() {
    let rule = |id: &str, ports: &str, group: &str| own_rule(id, ports, "alternative", group);
    let page = [
        rule("alone", "5985, 5986", ""),
        rule("other", "7000", ""),
        rule("first", "8001", "group = \"pair\"\n"),
        rule("second", "8002", "group = \"pair\"\n"),
    ]
    .concat();
    let verdict_of = |failed: u16, works: u16| {
        let site = Site::parse("test.toml", SITE).expect("a good site");
        let matrix = Matrix::with_page("own.toml", &page).expect("a good matrix");
        let scene = Scene::default()
            .syn(0, (VMM, 50_000), (HV07, failed))
            .tcp(1, ((HV07, failed), (VMM, 50_000)), (0, 101), "RA", b"")
            .exchange(10, (VMM, 50_001), (HV07, works), WINRM);
        let report = scene.report_with(Policy::new(matrix, site));
        let one = report.judgements().find(|one| one.server_end().port == failed);
        one.expect("a conversation").verdict
    };
    for (failed, works, verdict) in [
        (5985, 5986, Verdict::Denied),
        (7000, 5985, Verdict::Blocked),
        (7000, 8001, Verdict::Blocked),
        (8001, 8002, Verdict::Denied),
        (8001, 5985, Verdict::Blocked),
    ] {
        assert_eq!(verdict_of(failed, works), verdict, "{failed} fails, {works} works");
    }
}
