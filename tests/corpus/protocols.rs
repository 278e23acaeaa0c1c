//! What is spoken, against nDPI.

use std::collections::BTreeMap;

use crate::{
    flows::{Flow, Key, Report},
    tally::{Kind, Tally},
    truth::{Capture, NdpiRow},
};

/// nDPI's names, up to the point that begins the name of a site, and the names here that mean the
/// same. nDPI also goes by ports and addresses where it saw no beginning, so that a conversation in
/// which nothing was recognised here is counted apart and is no contradiction.
const SAME: &[(&str, &[&str])] = &[
    ("TLS", &["tls"]),
    ("HTTP", &["http", "winrm", "wsman", "bits", "cim-xml", "wsus", "vsphere"]),
    ("DNS", &["dns"]),
    ("SMBv1", &["smb"]),
    ("SMBv23", &["smb"]),
    ("Kerberos", &["kerberos"]),
    ("LDAP", &["ldap"]),
    ("MsSQL-TDS", &["tds"]),
    ("SSH", &["ssh"]),
    ("RDP", &["rdp", "tls"]),
    ("NTP", &["ntp"]),
    ("DHCP", &["dhcp"]),
    ("TFTP", &["tftp"]),
    ("WSD", &["ws-discovery"]),
    ("IMAPS", &["tls"]),
];

pub fn compare(capture: &Capture, rows: &[NdpiRow], report: &Report, tally: &mut Tally) {
    let mut ours: BTreeMap<Key, Vec<&Flow>> = BTreeMap::new();
    for flow in &report.flows {
        ours.entry(flow.key()).or_default().push(flow);
    }
    for row in rows {
        let master = row.app.split('.').next().unwrap_or_default();
        let Some((_, names)) = SAME.iter().find(|(name, _)| *name == master) else { continue };
        let Some(flows) = row.key().and_then(|key| ours.get(&key)) else { continue };
        let observed = flows.iter().find_map(|flow| flow.protocol.observed.as_deref());
        let words = || format!("{observed:?}, nDPI {}\t{} {}", row.app, row.a, row.b);
        tally.compare(Kind::ProtocolSeen, capture, observed.is_some(), words);
        if let Some(observed) = observed {
            tally.compare(Kind::Protocol, capture, names.contains(&observed), words);
        }
    }
}
