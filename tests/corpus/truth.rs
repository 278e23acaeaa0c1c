//! What other programs found in the captures.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use crate::flows::{Endpoint, Key};

/// The truths, by capture.
pub struct Truth {
    pub captures: Vec<Capture>,
    flows: BTreeMap<(String, String), Vec<FlowRow>>,
    zeek: BTreeMap<String, Vec<ZeekRow>>,
    icmp: BTreeMap<(String, String), Vec<IcmpRow>>,
    ndpi: BTreeMap<String, Vec<NdpiRow>>,
}

/// A capture and the packets that other programs count in it.
#[derive(Deserialize)]
pub struct Capture {
    pub category: String,
    pub name: String,
    pub format: String,
    compression: String,
    pub tcpdump_packets: String,
    pub records_walked: String,
    pub tshark_frames: String,
    pub tcpdump_said: String,
    pub tshark_said: String,
}

/// A conversation as tshark sees it, between `a`, who sent the first frame, and `b`.
#[derive(Deserialize)]
pub struct FlowRow {
    category: String,
    name: String,
    pub proto: String,
    pub stream: String,
    a_ip: std::net::IpAddr,
    a_port: u16,
    b_ip: std::net::IpAddr,
    b_port: u16,
    initiator: String,
    pub outcome: String,
    pub pkts_ab: u64,
    pub pkts_ba: u64,
    pub payload_ab: u64,
    pub payload_ba: u64,
    syn_ab: u64,
    syn_ba: u64,
    pub completeness: String,
    pub t_first: f64,
    carrier: u8,
    pub icmp: String,
    pub order: String,
}

/// A line of a conn.log that Zeek's own tests expect; `-` and `?` stand for nothing.
#[derive(Deserialize)]
pub struct ZeekRow {
    name: String,
    pub test: String,
    pub log: String,
    orig_h: String,
    orig_p: String,
    resp_h: String,
    resp_p: String,
    proto: String,
    pub conn_state: String,
    pub history: String,
}

/// An ICMP error, and the packet that it quotes.
#[derive(Deserialize)]
pub struct IcmpRow {
    category: String,
    name: String,
    pub kind: String,
    #[serde(rename = "type")]
    pub number: String,
    pub code: String,
    pub from: String,
    pub quoted_proto: String,
    quoted_src: String,
    quoted_sport: String,
    quoted_dst: String,
    quoted_dport: String,
}

/// A conversation as nDPI names it, `a` and `b` as `address:port`.
#[derive(Deserialize)]
pub struct NdpiRow {
    name: String,
    proto: String,
    pub a: String,
    pub b: String,
    pub app: String,
}

impl Truth {
    pub fn read(folder: &Path) -> Self {
        let mut flows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows::<FlowRow>(&folder.join("FLOWS.tsv")) {
            flows.entry((row.category.clone(), row.name.clone())).or_default().push(row);
        }
        let mut zeek: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows::<ZeekRow>(&folder.join("ZEEK_CONN.tsv")) {
            zeek.entry(row.name.clone()).or_default().push(row);
        }
        let mut icmp: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows::<IcmpRow>(&folder.join("ICMP_ERRORS.tsv")) {
            icmp.entry((row.category.clone(), row.name.clone())).or_default().push(row);
        }
        let mut ndpi: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows::<NdpiRow>(&folder.join("NDPI_FLOWS.tsv")) {
            ndpi.entry(row.name.clone()).or_default().push(row);
        }
        Self { captures: rows(&folder.join("PACKETS.tsv")), flows, zeek, icmp, ndpi }
    }

    pub fn flows(&self, capture: &Capture) -> &[FlowRow] {
        let key = (capture.category.clone(), capture.name.clone());
        self.flows.get(&key).map_or(&[], Vec::as_slice)
    }

    pub fn icmp(&self, capture: &Capture) -> &[IcmpRow] {
        let key = (capture.category.clone(), capture.name.clone());
        self.icmp.get(&key).map_or(&[], Vec::as_slice)
    }

    pub fn ndpi(&self, capture: &Capture) -> &[NdpiRow] {
        self.ndpi.get(&capture.name).map_or(&[], Vec::as_slice)
    }

    pub fn zeek(&self, capture: &Capture) -> &[ZeekRow] {
        self.zeek.get(&capture.name).map_or(&[], Vec::as_slice)
    }
}

fn rows<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .from_path(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = reader.deserialize().collect::<Result<_, _>>();
    rows.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Capture {
    /// Whether it is a file that vmmtap promises to read: pcap or pcapng, plain or in gzip or zstd.
    pub fn is_readable(&self) -> bool {
        let format = ["pcap", "modpcap", "pcapng"].contains(&self.format.as_str());
        let compression = ["-", "gz", "zst"].contains(&self.compression.as_str());
        let has_packets = self.records() != Some(0);
        format && compression && has_packets
    }

    /// The packets: what walking the records finds, where the walker knows the format.
    pub fn records(&self) -> Option<u64> {
        self.records_walked.parse().or_else(|_| self.tshark_frames.parse()).ok()
    }

    /// Frames that tshark read.
    pub fn by_tshark(&self) -> Option<u64> {
        self.tshark_frames.parse().ok()
    }
}

impl FlowRow {
    pub fn a(&self) -> Endpoint {
        Endpoint { ip: self.a_ip, port: self.a_port }
    }

    pub fn b(&self) -> Endpoint {
        Endpoint { ip: self.b_ip, port: self.b_port }
    }

    pub fn key(&self) -> Key {
        Key::new(&self.proto, self.a(), self.b())
    }

    /// The client, and the SYNs that it sent; `None` where the wire does not tell.
    pub fn initiator(&self) -> Option<(Endpoint, u64)> {
        match self.initiator.as_str() {
            "a" => Some((self.a(), self.syn_ab)),
            "b" => Some((self.b(), self.syn_ba)),
            _ => None,
        }
    }

    /// An outer layer whose inner conversation has a row of its own.
    pub fn is_carrier(&self) -> bool {
        self.carrier == 1
    }
}

impl ZeekRow {
    pub fn is_tcp(&self) -> bool {
        self.proto == "tcp"
    }

    /// Some logs leave the state out.
    pub fn has_state(&self) -> bool {
        self.conn_state != "?"
    }

    /// `None` where there is no conversation with ports.
    pub fn key(&self) -> Option<Key> {
        let orig = endpoint(&self.orig_h, &self.orig_p)?;
        Some(Key::new(&self.proto, orig, endpoint(&self.resp_h, &self.resp_p)?))
    }
}

impl IcmpRow {
    /// The conversation quoted; `None` where it has no ports.
    pub fn key(&self) -> Option<Key> {
        let from = endpoint(&self.quoted_src, &self.quoted_sport)?;
        let to = endpoint(&self.quoted_dst, &self.quoted_dport)?;
        let known = ["tcp", "udp"].contains(&self.quoted_proto.as_str());
        known.then(|| Key::new(&self.quoted_proto, from, to))
    }
}

impl NdpiRow {
    /// `None` where it is no TCP or UDP conversation.
    pub fn key(&self) -> Option<Key> {
        let transport = self.proto.to_lowercase();
        let end = |text: &str| {
            let (ip, port) = text.rsplit_once(':')?;
            endpoint(ip.trim_matches(['[', ']']), port)
        };
        let known = ["tcp", "udp"].contains(&transport.as_str());
        known.then_some(Key::new(&transport, end(&self.a)?, end(&self.b)?))
    }
}

fn endpoint(ip: &str, port: &str) -> Option<Endpoint> {
    Some(Endpoint { ip: ip.parse().ok()?, port: port.parse().ok()? })
}
