//! Connections that open and fail all the same.

use crate::{
    scene::Scene,
    speech::{smb, tls, web},
    world::{HV07, HV08, LIB01, VMM01},
};

/// A change on the firewall between VMM and its hosts that a port test does not find.
pub fn open_and_broken() -> Scene {
    let mut scene = Scene::new(
        "open-and-broken",
        "Ports are open and nothing works: replies take another way, a device resets after the first \
         bytes, packets of an open connection are dropped, a service accepts and never replies.",
        &[VMM01, LIB01, HV07, HV08],
    );
    scene
        .tcp(VMM01, LIB01, 445)
        .answered(&smb::logon(VMM01, LIB01))
        .judge("expected (row 1)", "ok")
        .note("works, for comparison");
    scene
        .tcp(VMM01, HV07, 5985)
        .half_open()
        .judge("expected (row 3)", "blocked")
        .note("SYN and SYN-ACK are repeated: the SYN-ACK does not reach vmm01");
    let hello = &tls::tls13(HV07, 600)[0];
    scene
        .tcp(VMM01, HV07, 443)
        .reset_after(hello)
        .judge("expected (row 2)", "blocked")
        .note("a reset after the ClientHello, before any byte of the server");
    let request = &web::winrm(VMM01, HV08, 5985)[0];
    scene
        .tcp(VMM01, HV08, 5985)
        .stalled_after(request)
        .judge("expected (row 3)", "blocked")
        .note("the request is sent six times and never acknowledged");
    let hello = &tls::tls13(HV08, 600)[0];
    scene
        .tcp(VMM01, HV08, 443)
        .never_replied_to(hello)
        .judge("expected (row 2)", "blocked")
        .note("the ClientHello is acknowledged and has no reply in 15 s");
    scene
}
