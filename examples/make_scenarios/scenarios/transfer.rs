//! Files on their way between library and hosts, and a site that moved its ports.

use super::MONITORING;
use crate::{
    scene::Scene,
    speech::{framing, tls, web},
    world::{CON01, HV07, HV08, LIB01, MON01, SQL01, VMM01},
};

/// BITS in every direction that the matrix knows, and one it does not name.
pub fn library_transfer() -> Scene {
    let mut scene = Scene::new(
        "library-transfer",
        "Files go between the library server and the hosts by BITS in both directions, and SSH is \
         spoken on a port that was opened for WinRM.",
        &[VMM01, LIB01, SQL01, HV07, HV08, MON01],
    );
    scene.allow = MONITORING;
    scene.tcp(VMM01, SQL01, 1433).answered(&framing::tds()).judge("expected (row 10)", "ok");
    scene
        .tcp(VMM01, LIB01, 5985)
        .answered(&web::winrm(VMM01, LIB01, 5985))
        .judge("expected (row 3)", "ok");
    scene
        .tcp(LIB01, HV07, 443)
        .answered(&tls::tls13(HV07, 96_000))
        .judge("expected (row 12)", "ok");
    scene
        .tcp(HV07, LIB01, 443)
        .answered(&tls::tls13(LIB01, 64_000))
        .judge("reverse (row 12)", "ok")
        .note("BITS may run either way; the page names one");
    scene.tcp(HV07, HV08, 443).answered(&tls::tls13(HV08, 64_000)).judge("expected (row 7)", "ok");
    scene
        .tcp(VMM01, HV08, 5985)
        .answered(&framing::ssh())
        .judge("expected (row 3)", "mismatch")
        .note("both sides speak SSH where WinRM belongs");
    scene
        .tcp(MON01, HV08, 9100)
        .answered(&web::http(
            "GET /metrics",
            "hv08.contoso.test:9100",
            "text/plain",
            ["", "windows_cpu_count 32\n"],
        ))
        .judge("site", "ok")
        .note("allowed by the site file as \"monitoring\"");
    scene
}

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
