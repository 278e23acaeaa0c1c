//! What Windows itself says beside the packets.

use crate::{
    file::File,
    scene::Scene,
    speech::{smb, web},
    world::{HV07, VMM01},
};

/// Recorded on the host whose own firewall drops what it should let in.
pub fn dropped_by_windows() -> Scene {
    let mut scene = Scene::new(
        "dropped-by-windows",
        "A host's own firewall drops WinRM, and the host's packet monitor says so: a block that is \
         confirmed, where a capture elsewhere would show silence.",
        &[VMM01, HV07],
    );
    scene.file = File::PcapngOfWindows;
    scene.remark = "It is recorded on hv07 as `pktmon` does, and converted as `etl2pcapng` does: each \
                    packet is there twice, from two components, and counts once.";
    scene
        .tcp(VMM01, HV07, 445)
        .answered(&smb::logon(VMM01, HV07))
        .judge("expected (row 1)", "ok")
        .note("let in: each packet was recorded twice");
    scene
        .tcp(VMM01, HV07, 5985)
        .dropped_on_arrival()
        .judge("expected (row 3)", "blocked")
        .note("four SYNs arrive and are dropped: confirmed, on hv07");
    scene
        .tcp(VMM01, HV07, 80)
        .answered(&web::winrm(VMM01, HV07, 80))
        .judge("expected (row 1)", "ok")
        .note("the old port of WinRM is open");
    scene
}
