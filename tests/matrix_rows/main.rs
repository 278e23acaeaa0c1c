//! Each of the page's 29 rows: conversations just inside and just outside.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod table;

use std::fmt::Write as _;

use vmmtap::{
    flow::Transport,
    identify::{MachineId, Role, Site},
    judge::{Expectation, Matrix, Policy, Talk},
};

use table::TABLE;

/// A site with one machine per role, named after it, and a second host.
fn policy() -> Policy {
    let mut text = String::from("[site]\nname = \"rows\"\n");
    for (number, role) in Role::ALL.into_iter().enumerate() {
        let _ = write!(
            text,
            "[[machine]]\nname = \"m-{role}\"\nroles = [\"{role}\"]\naddresses = [\"10.0.0.{}\"]\n",
            number + 1
        );
    }
    text += "[[machine]]\nname = \"m-other-host\"\nroles = [\"hyperv-host\"]\naddresses = [\"10.0.1.1\"]\n";
    text += "[[machine]]\nname = \"m-nobody\"\nroles = []\naddresses = [\"10.0.1.2\"]\n";
    let site = Site::parse("rows.toml", &text).expect("a good site");
    Policy::new(Matrix::embedded().expect("a good matrix"), site)
}

/// What is expected of `client > server transport port`, with roles for machines.
fn expect(policy: &Policy, words: &str) -> Expectation {
    let &[client, ">", server, transport, port] =
        words.split_whitespace().collect::<Vec<_>>().as_slice()
    else {
        panic!("{words}");
    };
    let machine = |role: &str| -> MachineId {
        policy.site.machine_named(&format!("m-{role}")).unwrap_or_else(|| panic!("{words}"))
    };
    policy.expect(&Talk {
        client: machine(client),
        server: machine(server),
        transport: if transport == "udp" { Transport::Udp } else { Transport::Tcp },
        server_port: port.parse().expect("a port"),
        client_port: 50_000,
        oriented: true,
        learned: false,
    })
}

fn rows(policy: &Policy, expectation: &Expectation) -> Vec<u8> {
    expectation.rules.iter().filter_map(|rule| policy.entry(*rule)?.row).collect()
}

#[test]
fn the_table_has_every_row() {
    let rows: Vec<u8> = TABLE.iter().map(|(row, _, _)| *row).collect();
    assert_eq!(rows, (1..=29).collect::<Vec<u8>>());
}

#[test]
fn each_row_expects_what_lies_just_inside() {
    let policy = policy();
    for (row, inside, _) in TABLE {
        for words in *inside {
            let expectation = expect(&policy, words);
            assert_eq!(expectation.kind.name(), "expected", "row {row}: {words}");
            assert!(rows(&policy, &expectation).contains(row), "row {row}: {words}");
        }
    }
}

#[test]
fn no_row_expects_what_lies_just_outside() {
    let policy = policy();
    for (row, _, outside) in TABLE {
        for (words, kind) in *outside {
            let expectation = expect(&policy, words);
            assert_eq!(expectation.kind.name(), *kind, "row {row}: {words}");
        }
    }
}

#[test]
fn the_note_covers_the_dynamic_range_between_vmm_and_its_agents_and_nobody_else() {
    let policy = policy();
    for (words, kind) in [
        ("vmm-server > hyperv-host tcp 49151", "none"),
        ("vmm-server > hyperv-host tcp 49152", "dynamic-rpc"),
        ("vmm-server > library-server tcp 65535", "dynamic-rpc"),
        ("vmm-server > file-server tcp 50000", "dynamic-rpc"),
        ("hyperv-host > vmm-server tcp 50000", "dynamic-rpc"),
        ("vmm-server > hyperv-host udp 50000", "none"),
        ("vmm-console > vmm-server tcp 50000", "none"),
        ("vmm-server > guest-agent tcp 50000", "none"),
        ("vmm-server > bmc tcp 50000", "none"),
    ] {
        assert_eq!(expect(&policy, words).kind.name(), kind, "{words}");
    }
}

#[test]
fn a_machine_without_roles_is_expected_nowhere_but_at_the_domain_controller() {
    let policy = policy();
    assert_eq!(expect(&policy, "nobody > vmm-server tcp 8100").kind.name(), "none");
    assert_eq!(expect(&policy, "nobody > domain-controller tcp 88").kind.name(), "companion");
}
