//! A site, packets at given times, and the verdicts on them.

use std::{io::Cursor, sync::Arc};

use vmmtap::{
    capture::CaptureFile,
    engine::Engine,
    identify::Site,
    judge::{Judgement, Matrix, Policy},
    report::Report,
};

use crate::recorder::{Pcapng, acking, udp};

pub const SITE: &str = "\
[[machine]]
name = \"vmm\"
roles = [\"vmm-server\"]
addresses = [\"10.0.0.1\", \"10.0.0.2\", \"2001:db8::1\"]
[[machine]]
name = \"hv07\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.7\", \"2001:db8::7\"]
[[machine]]
name = \"hv08\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.8\"]
[[machine]]
name = \"db\"
roles = [\"sql-server\"]
addresses = [\"10.0.3.1\"]
[[machine]]
name = \"updates\"
roles = [\"wsus-server\"]
addresses = [\"10.0.4.1\"]
[[machine]]
name = \"ends\"
roles = []
addresses = [\"10.0.9.16/28\"]
[[allow]]
name = \"backup\"
from = [\"vmm\"]
to = [\"hv07\"]
transport = \"tcp\"
ports = [\"40000-50000\"]
[[allow]]
name = \"statistics\"
from = [\"hyperv-host\"]
to = [\"vmm\"]
transport = \"udp\"
ports = [8125]
one_way = true
";

pub const VMM: &str = "10.0.0.1";
pub const HV07: &str = "10.0.1.7";
pub const HV08: &str = "10.0.1.8";

/// A client or server: address and port.
pub type End = (&'static str, u16);

/// Packets with their times in milliseconds. Each has an IPv4 identification of its own, as packets
/// that are sent one after the other have.
#[derive(Default)]
pub struct Scene {
    pub packets: Vec<(i64, Vec<u8>)>,
    /// Packets that the recorder says it lost.
    pub dropped: u64,
    /// The place of a packet that the recording system says it dropped.
    pub discarded: Option<usize>,
}

impl Scene {
    pub fn raw(mut self, ms: i64, mut packet: Vec<u8>) -> Self {
        if packet[12..14] == [8, 0] {
            let id = self.packets.len() as u16 + 1;
            packet[18..20].copy_from_slice(&id.to_be_bytes());
        }
        self.packets.push((ms, packet));
        self
    }

    /// A TCP segment with its sequence and acknowledgement numbers.
    pub fn tcp(
        self,
        ms: i64,
        (from, to): (End, End),
        numbers: (u32, u32),
        flags: &str,
        payload: &[u8],
    ) -> Self {
        self.raw(ms, acking(from, to, numbers, flags, payload))
    }

    /// A SYN with number 100.
    pub fn syn(self, ms: i64, client: End, server: End) -> Self {
        self.tcp(ms, (client, server), (100, 0), "S", b"")
    }

    /// The SYN-ACK with number 500 for it.
    pub fn syn_ack(self, ms: i64, client: End, server: End) -> Self {
        self.tcp(ms, (server, client), (500, 101), "SA", b"")
    }

    /// A handshake that is completed.
    pub fn opened(self, ms: i64, client: End, server: End) -> Self {
        self.syn(ms, client, server).syn_ack(ms + 1, client, server).tcp(
            ms + 2,
            (client, server),
            (101, 501),
            "A",
            b"",
        )
    }

    /// A handshake, a request and its response.
    pub fn exchange(self, ms: i64, client: End, server: End, said: (&[u8], &[u8])) -> Self {
        let (request, response) = said;
        let after = 101 + request.len() as u32;
        self.opened(ms, client, server)
            .tcp(ms + 3, (client, server), (101, 501), "A", request)
            .tcp(ms + 4, (server, client), (501, after), "A", response)
            .tcp(ms + 5, (client, server), (after, 501 + response.len() as u32), "A", b"")
    }

    pub fn udp(self, ms: i64, from: End, to: End, payload: &[u8]) -> Self {
        self.raw(ms, udp(from, to, payload))
    }

    /// Another machine of the site at work, so that the capture goes on until then.
    pub fn until(self, ms: i64) -> Self {
        self.exchange(ms, (VMM, 60_000), (HV08, 445), SMB)
    }

    /// The report on them at [`SITE`].
    pub fn report(&self) -> Report {
        self.report_at(SITE, false)
    }

    /// The report on them at a site, with dynamic RPC ports expected by their number alone or not.
    pub fn report_at(&self, site: &str, is_strict: bool) -> Report {
        let site = Site::parse("test.toml", site).expect("a good site");
        let policy = Policy::new(Matrix::embedded().expect("a good matrix"), site);
        self.report_with(policy.strict_about_rpc(is_strict))
    }

    /// The report on them under a policy.
    pub fn report_with(&self, policy: Policy) -> Report {
        let mut engine = Engine::new(Arc::new(policy), usize::MAX);
        let mut file = Pcapng::default();
        file.section(false).interface(1, Some(9), None);
        for (place, (ms, data)) in self.packets.iter().enumerate() {
            let time = (1_700_000_000_000_000_000 + ms * 1_000_000).cast_unsigned();
            // The verdict of an XDP program, XDP_DROP: 1 (pcapng, epb_verdict).
            let verdict: (u16, &[u8]) = (7, &[2, 1, 0, 0, 0, 0, 0, 0, 0]);
            let options = if self.discarded == Some(place) { &[verdict][..] } else { &[] };
            file.packet_at_with(time, data, options);
        }
        if self.dropped > 0 {
            file.drops(0, self.dropped);
        }
        let reader = Box::new(Cursor::new(file.bytes));
        let capture = CaptureFile::from_reader("scene".to_owned(), reader, None);
        let mut capture = capture.expect("a capture");
        while capture.advance() {
            engine.feed(&capture.frame().expect("a frame"));
        }
        engine.finish(vec![capture.into_summary()])
    }

    /// What is said of the conversations of a server: its name and port, the outcome, the verdict.
    pub fn verdicts(&self) -> Vec<(String, u16, &'static str, &'static str)> {
        let report = self.report();
        let mut all: Vec<_> = report
            .judgements()
            .filter(|one| one.conversation.ends().iter().all(|end| end.port != 60_000))
            .map(|one| {
                let machine = one.server_machine.map(|id| report.policy.site.machine(id));
                let name = machine.map_or("?", |machine| machine.name.as_str()).to_owned();
                (name, one.server_end().port, one.outcome.name(), one.verdict.name())
            })
            .collect();
        all.sort();
        all
    }
}

/// The judgement on the only conversation, [`Scene::until`]'s aside.
pub fn only(report: &Report) -> Judgement<'_> {
    let is_its = |one: &Judgement<'_>| one.conversation.ends().iter().all(|end| end.port != 60_000);
    let mut judgements = report.judgements().filter(is_its);
    let one = judgements.next().expect("a conversation");
    assert!(judgements.next().is_none(), "more than one conversation");
    one
}

/// First bytes of each side over SMB: a negotiation.
pub const SMB: (&[u8], &[u8]) = (
    b"\0\0\0\x24\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\0\0\0\x24\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
);

/// A request of WinRM and its response.
pub const WINRM: (&[u8], &[u8]) = (
    b"POST /wsman HTTP/1.1\r\nHost: hv07\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: 0\r\n\r\n",
);
