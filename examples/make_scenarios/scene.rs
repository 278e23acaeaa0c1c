//! The stage: a clock, the packets so far, and what a judge must say of them.

use crate::{
    datagram::{Ping, Udp},
    file::File,
    hash::hash,
    packet::{Body, Family, Packet, Tags},
    tcp::Tcp,
    world::Host,
};
use std::collections::BTreeMap;

/// Nanoseconds; the unit of every time in the generator.
pub const MICROSECOND: u64 = 1_000;
pub const MILLISECOND: u64 = 1_000_000;
pub const SECOND: u64 = 1_000_000_000;

/// 2026-03-01T08:00:00Z, a Sunday morning: when firewalls get changed.
pub const START: u64 = 1_772_352_000 * SECOND;

/// Windows hands out client ports from here in a machine that has been up for a moment.
const FIRST_CLIENT_PORT: u16 = 49_700;

/// One line of the page's table.
#[derive(Debug)]
pub struct Entry {
    pub client: Host,
    pub server: Host,
    pub service: String,
    pub expectation: &'static str,
    pub outcome: &'static str,
    pub verdict: &'static str,
    pub note: &'static str,
}

impl Entry {
    /// What the site makes of the conversation, and so what the judge must say.
    pub fn judge(&mut self, expectation: &'static str, verdict: &'static str) -> &mut Self {
        self.expectation = expectation;
        self.verdict = verdict;
        self
    }

    pub fn note(&mut self, note: &'static str) {
        self.note = note;
    }
}

/// One scenario: its words, its site and its packets.
pub struct Scene {
    pub name: &'static str,
    /// The first line of the page.
    pub shows: &'static str,
    pub file: File,
    pub family: Family,
    /// Which addresses the site file lists.
    pub families: &'static [Family],
    pub machines: Vec<Host>,
    /// The TOML before the machines: `[ports]`.
    pub ports: &'static str,
    /// A paragraph for the page, where the making of the capture needs one.
    pub remark: &'static str,
    /// The tags that frames get from now on.
    pub tags: Tags,
    /// Time since the start; a conversation begins here and leaves it where the next may begin.
    pub now: u64,
    pub entries: Vec<Entry>,
    packets: Vec<(u64, Packet)>,
    identifications: BTreeMap<&'static str, u16>,
    client_ports: BTreeMap<&'static str, u16>,
}

impl Scene {
    pub fn new(name: &'static str, shows: &'static str, machines: &[Host]) -> Self {
        Self {
            name,
            shows,
            file: File::Pcap,
            family: Family::V4,
            families: &[Family::V4, Family::V6],
            machines: machines.to_vec(),
            ports: "",
            remark: "",
            tags: Tags::None,
            now: 0,
            entries: Vec::new(),
            packets: Vec::new(),
            identifications: BTreeMap::new(),
            client_ports: BTreeMap::new(),
        }
    }

    pub fn tcp(&mut self, client: Host, server: Host, port: u16) -> Tcp<'_> {
        Tcp::new(self, client, server, port)
    }

    pub fn udp(&mut self, client: Host, server: Host, port: u16) -> Udp<'_> {
        Udp::new(self, client, server, port)
    }

    pub fn ping(&mut self, client: Host, server: Host) -> Ping<'_> {
        Ping::new(self, client, server)
    }

    /// Tells something while something else goes on. Afterwards the clock stands where it stood, or
    /// later if this took longer.
    pub fn meanwhile(&mut self, began: u64, tell: impl FnOnce(&mut Self)) {
        let after = std::mem::replace(&mut self.now, began);
        tell(self);
        self.now = self.now.max(after);
    }

    /// Puts a packet on the wire now, then lets the time pass that the next one on the same way
    /// needs.
    pub fn send(&mut self, from: Host, to: Host, body: Body) -> Packet {
        let next = self
            .identifications
            .entry(from.name)
            .or_insert_with(|| hash(from.name.as_bytes()) as u16);
        *next = next.wrapping_add(1);
        let packet = Packet {
            family: self.family,
            from,
            to,
            identification: *next,
            tags: self.tags,
            dropped: false,
            body,
        };
        self.packets.push((self.now, packet.clone()));
        self.now += self.latency();
        packet
    }

    /// The system that gets the latest packet drops it.
    pub fn drop_latest(&mut self) {
        if let Some((_, packet)) = self.packets.last_mut() {
            packet.dropped = true;
        }
    }

    /// Puts other tags on the first UDP packet, as where one frame has crossed a provider's bridge.
    pub fn tag_first_datagram(&mut self, tags: Tags) {
        if let Some((_, packet)) =
            self.packets.iter_mut().find(|(_, packet)| matches!(packet.body, Body::Udp { .. }))
        {
            packet.tags = tags;
        }
    }

    /// Between 180 and 430 microseconds, as in one building.
    fn latency(&self) -> u64 {
        180 * MICROSECOND + hash(&self.packets.len().to_be_bytes()) % (250 * MICROSECOND)
    }

    pub fn client_port(&mut self, client: Host) -> u16 {
        let next = self.client_ports.entry(client.name).or_insert(FIRST_CLIENT_PORT);
        *next += 1;
        *next - 1
    }

    /// Notes a finished conversation and leaves room for the machines to think before the next.
    pub fn enter(
        &mut self,
        client: Host,
        server: Host,
        service: String,
        outcome: &'static str,
    ) -> &mut Entry {
        self.now += 35 * MILLISECOND + self.latency();
        let index = self.entries.len();
        self.entries.push(Entry {
            client,
            server,
            service,
            expectation: "",
            outcome,
            verdict: "",
            note: "",
        });
        &mut self.entries[index]
    }

    /// The packets in the order of their times.
    pub fn recording(&self) -> Vec<(u64, &Packet)> {
        let mut all: Vec<_> =
            self.packets.iter().map(|(time, packet)| (START + time, packet)).collect();
        all.sort_by_key(|(time, _)| *time);
        all
    }
}
