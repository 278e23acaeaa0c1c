//! Adding a Hyper-V host from the console, where a recording would be hard to come by.

use crate::{
    file::File,
    packet::{Family, Tags},
    scene::Scene,
    speech::{directory, framing, rpc, smb},
    world::{CON01, DC01, HV07, HV08, Host, LIB01, MON01, ROUTER, SQL01, VMM01},
};

const SITE: &[Host] = &[VMM01, LIB01, CON01, SQL01, DC01, HV07, HV08, MON01];

/// Refusals where only IPv6 is spoken, seen by two taps.
pub fn ipv6_site() -> Scene {
    let mut scene = Scene::new(
        "ipv6-site",
        "Adding the host hv07 fails aloud in a site that speaks only IPv6, in a pcapng file of two \
         interfaces.",
        SITE,
    );
    scene.file = File::PcapngTwoTaps;
    scene.family = Family::V6;
    scene.families = &[Family::V6];
    scene.remark = "What the servers' network sends (vmm01, con01, sql01, dc01, the router) is \
                    on the interface `servers`, Ethernet with nanosecond times; what the hosts \
                    send is on the interface `hosts`, Linux cooked frames (SLL2) with \
                    microsecond times. So both interfaces are needed to see both sides of a \
                    conversation.";
    say_no(&mut scene);
    scene
}

/// The first part of the operation on a trunk port, and a recorder that was stopped hard.
pub fn vlan_cut_off() -> Scene {
    let mut scene = Scene::new(
        "vlan-cut-off",
        "The beginning of adding the host hv07, recorded on a trunk port, with VLAN tags, in a \
         file that ends within its last packet.",
        SITE,
    );
    scene.file = File::PcapCutOff;
    scene.tags = Tags::One(20);
    scene.remark = "Every frame has an 802.1Q tag (VLAN 20); the DNS question alone has a second \
                    one outside (802.1ad, VLAN 100), while its answer has not: tags do not \
                    divide a conversation. The last packet, a SYN from vmm01 to hv08 port 5985, \
                    is cut in the middle and must be reported as such, not judged.";
    look_up(&mut scene);
    scene.tag_first_datagram(Tags::Two(100, 20));
    push_agent(&mut scene);
    scene.tcp(VMM01, HV08, 5985).asked("pending");
    scene.entries.pop(); // nobody can read that SYN
    scene
}

/// The console connects, the job is written down, the host is looked up and pinged.
fn look_up(scene: &mut Scene) {
    let console = framing::net_tcp(CON01, VMM01, 8100, "VirtualMachineManager");
    scene
        .tcp(CON01, VMM01, 8100)
        .answered(&console)
        .judge("expected (row 13)", "ok")
        .note("net.tcp");
    scene.tcp(VMM01, SQL01, 1433).answered(&framing::tds()).judge("expected (row 10)", "ok");
    let question = directory::dns(HV07, scene.family);
    scene.udp(VMM01, DC01, 53).answered(question).judge("companion", "ok").note("DNS");
    scene.tcp(VMM01, DC01, 389).answered(&directory::ldap()).judge("companion", "ok").note("LDAP");
    scene
        .tcp(VMM01, DC01, 88)
        .answered(&directory::kerberos())
        .judge("companion", "ok")
        .note("Kerberos");
    scene.ping(VMM01, HV07).answered(2).judge("companion", "ok").note("ping");
}

/// The agent is copied by SMB and started through the service control manager.
fn push_agent(scene: &mut Scene) {
    scene.tcp(VMM01, HV07, 445).answered(&smb::logon(VMM01, HV07)).judge("expected (row 1)", "ok");
    scene
        .tcp(VMM01, HV07, 135)
        .answered(&rpc::endpoint_lookup(HV07, 49668))
        .judge("expected (row 1)", "ok");
    scene
        .tcp(VMM01, HV07, 49668)
        .answered(&rpc::dynamic_bind(HV07, 49668, &rpc::SERVICE_CONTROL))
        .judge("dynamic-rpc", "ok")
        .note("port named by the endpoint mapper");
}

fn say_no(scene: &mut Scene) {
    look_up(scene);
    scene
        .tcp(VMM01, HV07, 445)
        .prohibited_by(ROUTER)
        .judge("expected (row 1)", "blocked")
        .note("ICMPv6 1/1 from 2001:db8:20::1, which the site does not list");
    scene
        .tcp(VMM01, HV07, 5985)
        .refused()
        .judge("expected (row 3)", "blocked")
        .note("3 SYNs, 3 resets");
    scene
        .tcp(HV08, SQL01, 1433)
        .refused()
        .judge("none", "denied")
        .note("no rule lets a host use the database; none works");
}
