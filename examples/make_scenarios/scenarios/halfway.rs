//! Conversations whose beginning, other side or end the recorder missed.

use crate::{
    hash::noise,
    scene::{MILLISECOND, Scene},
    speech::{Side, client, framing, server, smb, tls, web},
    world::{HV07, HV08, LIB01, SQL01, VMM01},
};

/// Nothing here is a finding; a judge that says so too soon is wrong.
pub fn seen_halfway() -> Scene {
    let mut scene = Scene::new(
        "seen-halfway",
        "Conversations that began before the recording, show one side only or had no time to be \
         answered: a careful judge accuses nobody.",
        &[VMM01, LIB01, SQL01, HV07, HV08],
    );
    scene.remark = "The recording begins in the middle of some connections and ends 0.1 s after \
                    the last SYN.";
    scene
        .tcp(VMM01, HV07, 5985)
        .under_way(&web::winrm_under_way(HV07, 5985))
        .judge("expected (row 3)", "ok")
        .note("no SYN, data both ways: weak evidence");
    let writes = [client(smb::encrypted("write 1", 1184)), client(smb::encrypted("write 2", 1184))];
    scene
        .tcp(VMM01, HV08, 445)
        .seen_only_from(Side::Client)
        .under_way(&writes)
        .judge("expected (row 1)", "unknown")
        .note("no SYN, only the client is seen");
    scene
        .tcp(LIB01, HV07, 443)
        .seen_only_from(Side::Server)
        .answered(&tls::tls13(HV07, 6_000))
        .judge("expected (row 12)", "unknown")
        .note("begins with a SYN-ACK, only the server is seen");
    scene
        .tcp(HV07, VMM01, 443)
        .under_way(&[client(noise("request", 412)), server(noise("answer", 1288))])
        .judge("expected (row 7)", "ok")
        .note("no SYN; the service's port says who is the client: weak evidence");
    let asked = scene.now;
    scene
        .tcp(VMM01, HV08, 5985)
        .asked("pending")
        .judge("expected (row 3)", "unknown")
        .note("one SYN, 0.1 s before the end");
    scene.meanwhile(asked + 100 * MILLISECOND, |scene| {
        scene
            .tcp(VMM01, SQL01, 1433)
            .answered(&framing::tds())
            .judge("expected (row 10)", "ok")
            .note("seen whole, for comparison");
    });
    scene
}
