//! A server without a system: its management controller, PXE, and Windows PE.

use crate::{
    packet::Family,
    scene::Scene,
    speech::{Line, framing, tls, web},
    world::{BMC07, BMC08, DC01, PXE01, SQL01, VMM01, WINPE},
};

/// One machine is deployed; the controller of a second does not answer.
pub fn bare_metal() -> Scene {
    let mut scene = Scene::new(
        "bare-metal",
        "A physical computer is discovered and deployed: its controller, the PXE server and \
         Windows PE all get through, but the controller of a second computer does not answer.",
        &[VMM01, SQL01, DC01, PXE01, BMC07, BMC08, WINPE],
    );
    scene.families = &[Family::V4];
    scene.remark = "The machine in Windows PE has an address from DHCP (10.20.6.21), so the site \
                    file owns its network.";
    scene.tcp(VMM01, SQL01, 1433).answered(&framing::tds()).judge("expected (row 10)", "ok");
    scene
        .udp(VMM01, BMC07, 623)
        .answered(framing::ipmi())
        .judge("expected (row 17)", "ok")
        .note("IPMI");
    scene.tcp(VMM01, BMC07, 443).answered(&tls::tls12(BMC07)).judge("expected (row 16)", "ok");
    scene
        .udp(VMM01, BMC08, 623)
        .silent(&framing::ipmi()[0], 3)
        .judge("expected (row 17)", "blocked")
        .note("3 datagrams, a second apart, no answer");
    let request = framing::net_tcp(PXE01, VMM01, 8102, "PXEProvider");
    scene
        .tcp(PXE01, VMM01, 8102)
        .answered(&request)
        .judge("expected (row 19)", "ok")
        .note("the page has the direction the other way round");
    scene
        .tcp(WINPE, VMM01, 8101)
        .answered(&tls::tls13(VMM01, 20_000))
        .judge("expected (row 18)", "ok")
        .note("the page has the direction the other way round");
    scene
        .tcp(WINPE, VMM01, 8103)
        .answered(&time_request())
        .judge("expected (row 18)", "ok")
        .note("time synchronisation");
    scene
}

/// What time is it at the VMM server?
fn time_request() -> Vec<Line> {
    let envelope = |body: &str| {
        format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">\
             <s:Body>{body}</s:Body></s:Envelope>"
        )
    };
    let question = envelope("<GetTime/>");
    let answer = envelope("<Time>2026-03-01T08:00:00Z</Time>");
    let kind = "application/soap+xml; charset=utf-8";
    web::http("POST /TimeSync", "vmm01.contoso.test:8103", kind, [&question, &answer])
}
