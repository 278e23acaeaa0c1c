//! The two text files beside each capture.

use crate::{
    packet::Family,
    scene::{Entry, Scene},
    world::Host,
};

/// The site file that the capture is to be judged by.
pub fn site(scene: &Scene) -> String {
    let mut toml = String::from("[site]\nname = \"Contoso VMM\"\nvmm_version = \"2022\"\n");
    if !scene.ports.is_empty() {
        toml += "\n[ports]\n";
        toml += scene.ports;
    }
    for machine in &scene.machines {
        toml += "\n[[machine]]\n";
        toml += &format!("name = \"{}\"\n", machine.name);
        toml += &format!("roles = {:?}\n", machine.roles);
        toml += &format!("addresses = {:?}\n", addresses(machine, scene.families));
    }
    toml
}

fn addresses(machine: &Host, families: &[Family]) -> Vec<String> {
    let address = |family: &Family| match family {
        Family::V4 => machine.v4.to_string(),
        Family::V6 => machine.v6.to_string(),
    };
    families.iter().map(address).collect()
}

/// What the scenario shows, how it was made, and what a correct judge says of each conversation.
pub fn readme(scene: &Scene) -> String {
    let mut page = format!(
        "{}\n\nMade by hand, not recorded: `cargo run --example make_scenarios` writes `{}` and \
         `vmmtap.toml` from `examples/make_scenarios`, the same bytes every time. Times start at \
         2026-03-01T08:00:00Z.",
        scene.shows,
        scene.file.name(),
    );
    if !scene.remark.is_empty() {
        page += " ";
        page += scene.remark;
    }
    page += &format!("\n\nTo judge it, in this folder: `vmmtap check {}`.", scene.file.name());
    page += " What a correct judge says of each conversation:\n\n";
    page += "| client | server | service | expectation | outcome | verdict | note |\n";
    page += "|---|---|---|---|---|---|---|\n";
    page.extend(scene.entries.iter().map(row));
    page
}

fn row(entry: &Entry) -> String {
    let Entry { client, server, service, expectation, outcome, verdict, note } = entry;
    format!(
        "| {} | {} | {service} | {expectation} | {outcome} | {verdict} | {note} |\n",
        client.name, server.name
    )
}
