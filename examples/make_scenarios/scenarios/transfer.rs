//! A site that moved its ports.

use crate::{
    scene::Scene,
    speech::{framing, tls, web},
    world::{CON01, HV07, HV08, LIB01, SQL01, VMM01},
};

/// WinRM and BITS moved; one machine still uses the old port.
pub fn port_change() -> Scene {
    let mut scene = Scene::new(
        "port-change",
        "VMM was set up with other ports for WinRM and BITS: those are in order, and the old \
         default is what stands out.",
        &[VMM01, LIB01, CON01, SQL01, HV07, HV08],
    );
    scene.ports = "bits = 8500\nwinrm_http = 15985\n";
    let console = framing::net_tcp(CON01, VMM01, 8100, "VirtualMachineManager");
    scene.tcp(CON01, VMM01, 8100).answered(&console).judge("expected (row 13)", "ok");
    scene.tcp(VMM01, SQL01, 1433).answered(&framing::tds()).judge("expected (row 10)", "ok");
    scene
        .tcp(VMM01, HV07, 15985)
        .answered(&web::winrm(VMM01, HV07, 15985))
        .judge("expected (row 3)", "ok");
    scene
        .tcp(VMM01, LIB01, 15985)
        .answered(&web::winrm(VMM01, LIB01, 15985))
        .judge("expected (row 3)", "ok");
    scene
        .tcp(VMM01, HV07, 8500)
        .answered(&tls::tls13(HV07, 32_000))
        .judge("expected (row 2)", "ok");
    scene
        .tcp(LIB01, HV08, 8500)
        .answered(&tls::tls13(HV08, 32_000))
        .judge("expected (row 12)", "ok");
    scene
        .tcp(VMM01, HV08, 5985)
        .answered(&web::winrm(VMM01, HV08, 5985))
        .judge("none", "unexpected")
        .note("the default port of WinRM, which this site has moved");
    scene
}
