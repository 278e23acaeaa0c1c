//! The report that `vmmtap flows --format json` writes, as far as it is compared.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Deserializer, de::Error};

#[derive(Deserialize)]
pub struct Report {
    captures: Vec<CaptureRead>,
    pub totals: Totals,
    pub flows: Vec<Flow>,
}

#[derive(Deserialize)]
struct CaptureRead {
    packets: u64,
}

#[derive(Deserialize)]
pub struct Totals {
    pub packets: u64,
    skipped: BTreeMap<String, u64>,
    icmp_errors: u64,
    #[serde(default)]
    carried: u64,
    shed: BTreeMap<String, u64>,
}

/// An address and a port.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    pub ip: IpAddr,
    pub port: u16,
}

/// A number for each side.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Sides {
    pub client: u64,
    pub server: u64,
}

#[derive(Clone, Deserialize)]
pub struct Flow {
    pub transport: String,
    pub client: Endpoint,
    pub server: Endpoint,
    pub direction: String,
    /// Time of the first packet in seconds.
    #[serde(deserialize_with = "seconds")]
    pub first: f64,
    pub packets: Sides,
    pub payload_bytes: Sides,
    pub tcp: Option<Tcp>,
    pub outcome: String,
}

#[derive(Clone, Deserialize)]
pub struct Tcp {
    pub state: String,
    pub history: String,
    pub completeness: u8,
    pub syn_tries: u64,
}

fn seconds<'de, D: Deserializer<'de>>(text: D) -> Result<f64, D::Error> {
    let text = String::deserialize(text)?;
    let time: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
    Ok(time.as_duration().as_secs_f64())
}

impl Sides {
    /// The two numbers, that of the endpoint `a` first.
    pub fn from(self, flow: &Flow, a: Endpoint) -> (u64, u64) {
        if flow.client == a { (self.client, self.server) } else { (self.server, self.client) }
    }

    fn total(self) -> u64 {
        self.client + self.server
    }
}

impl std::ops::AddAssign for Sides {
    fn add_assign(&mut self, other: Self) {
        self.client += other.client;
        self.server += other.server;
    }
}

impl Flow {
    /// Transport and endpoints, in an order that does not depend on who is the client.
    pub fn key(&self) -> Key {
        Key::new(&self.transport, self.client, self.server)
    }
}

/// What a conversation is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String, Endpoint, Endpoint);

impl Key {
    pub fn new(transport: &str, a: Endpoint, b: Endpoint) -> Self {
        Self(transport.to_owned(), a.min(b), a.max(b))
    }
}

impl Report {
    /// Frames read are frames accounted for; says where they are not.
    pub fn broken_sums(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let totals = &self.totals;
        let read: u64 = self.captures.iter().map(|capture| capture.packets).sum();
        if read != totals.packets {
            broken.push(format!("{} packets in all, {read} over its captures", totals.packets));
        }
        let in_flows: u64 = self.flows.iter().map(|flow| flow.packets.total()).sum();
        let skipped: u64 = totals.skipped.values().sum();
        let accounted = in_flows + totals.icmp_errors + skipped;
        if totals.shed.is_empty() && accounted != totals.packets + totals.carried {
            broken.push(format!(
                "{} packets and {} carried, but {in_flows} in conversations, {} ICMP errors, \
                 {skipped} skipped",
                totals.packets, totals.carried, totals.icmp_errors,
            ));
        }
        broken
    }
}
