//! Exports of VMM's cmdlets on a desk, and what is imported from them.

use std::{fs, path::Path, process::Output};

use vmmtap::identify::Site;

use crate::desk::Desk;

/// One export of each kind that the bundled sites need.
pub const ALL: [&str; 8] = [
    "Get-SCVMMServer.json",
    "Get-SCVMHost.csv",
    "Get-SCLibraryServer.json",
    "managed-computers.csv",
    "Get-SCVirtualizationManager.csv",
    "hosts",
    "VMServer.ini",
    "own.csv",
];

/// A desk without a site file, and with the exports.
pub fn desk() -> Desk {
    let desk = Desk::new();
    fs::remove_file(desk.0.path().join("vmmtap.toml")).expect("removed");
    let exports = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports");
    for file in fs::read_dir(exports).expect("the exports") {
        let file = file.expect("an export").path();
        desk.put(
            file.file_name().and_then(|name| name.to_str()).expect("a name"),
            &fs::read(&file).expect("read"),
        );
    }
    desk
}

pub fn import(desk: &Desk, arguments: &[&str]) -> Output {
    desk.run(&[&["site", "import"], arguments].concat())
}

pub fn site(desk: &Desk) -> (String, Site) {
    let text = fs::read_to_string(desk.0.path().join("vmmtap.toml")).expect("a site file");
    let site = Site::parse("vmmtap.toml", &text).expect("a good site file");
    (text, site)
}

pub fn machine<'s>(site: &'s Site, name: &str) -> Option<(Vec<&'static str>, &'s [ipnet::IpNet])> {
    let machine = site.machine(site.machine_named(name)?);
    Some((machine.roles.names(), &machine.addresses))
}
