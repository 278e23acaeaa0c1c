//! First bytes, protocol by protocol.

use super::{
    Heard, Protocol, banner, dhcp, dns, http, kerberos, ldap, net_tcp, netbios, ntp, one_way, rdp,
    rmcp, rpc, smb, ssh, tds, tftp, tls, ws_discovery,
};

pub(super) type Signature = (Protocol, fn(&[u8]) -> bool);

/// What a stream may begin with. No first bytes fit two of these.
const STREAMS: &[Signature] = &[
    (Protocol::Http, http::starts),
    (Protocol::Tls, tls::starts),
    (Protocol::Smb, smb::starts),
    (Protocol::NetbiosSession, netbios::starts_session),
    (Protocol::Dcerpc, rpc::starts),
    (Protocol::Tds, tds::starts),
    (Protocol::Ssh, ssh::starts),
    (Protocol::NetTcp, net_tcp::starts),
    (Protocol::Rdp, rdp::starts),
    (Protocol::Kerberos, kerberos::starts),
    (Protocol::Ldap, ldap::starts),
];

/// Protocols with too little structure of their own, by the port that one side must have.
const STREAMS_AT_PORTS: &[(u16, Signature)] = &[(53, (Protocol::Dns, dns::starts))];

/// Datagrams, by the port that one side must have.
const DATAGRAMS: &[(u16, Signature)] = &[
    (623, (Protocol::Ipmi, rmcp::is_message)),
    (53, (Protocol::Dns, dns::is_message)),
    (5353, (Protocol::Mdns, dns::is_message)),
    (5355, (Protocol::Llmnr, dns::is_message)),
    (137, (Protocol::NetbiosName, netbios::is_name_service)),
    (67, (Protocol::Dhcp, dhcp::is_message)),
    (68, (Protocol::Dhcp, dhcp::is_message)),
    (4011, (Protocol::Dhcp, dhcp::is_message)),
    (69, (Protocol::Tftp, tftp::is_request)),
    (123, (Protocol::Ntp, ntp::is_message)),
    (88, (Protocol::Kerberos, kerberos::is_datagram)),
    (464, (Protocol::Kerberos, kerberos::is_datagram)),
    (389, (Protocol::Ldap, ldap::starts)),
    (3702, (Protocol::WsDiscovery, ws_discovery::is_message)),
];

/// Whether a stream that begins with a byte may be anything that is known here; most that are not
/// show it at once.
#[must_use]
pub fn may_start(first: u8, ports: [u16; 2], other: Option<Protocol>) -> bool {
    matches!(first, 0 | 1 | 3 | 4 | 5 | 0x10 | 0x12 | 0x15 | 0x16 | 0x30 | 0x81..=0x84)
        || first == b'S'
        || http::may_start(first)
        || banner::may_start(first)
        || STREAMS_AT_PORTS.iter().any(|(port, _)| ports.contains(port))
        || other == Some(Protocol::NetTcp)
}

/// What the first bytes that a side of a TCP conversation sends are. `ports` are those of both sides;
/// `other` is what the other side speaks.
pub(super) fn stream_start(
    bytes: &[u8],
    ports: [u16; 2],
    other: Option<Protocol>,
) -> Option<Protocol> {
    let by_itself = STREAMS.iter().find(|(_, fits)| fits(bytes)).map(|(protocol, _)| *protocol);
    by_itself.or_else(|| {
        let at_port = STREAMS_AT_PORTS
            .iter()
            .find(|(port, (_, fits))| ports.contains(port) && fits(bytes))
            .map(|(_, (protocol, _))| *protocol);
        let answer = other == Some(Protocol::NetTcp) && net_tcp::answers(bytes);
        at_port.or(answer.then_some(Protocol::NetTcp)).or_else(|| banner::recognise(bytes))
    })
}

/// Listens to a UDP datagram of a speaker. `ports` are the speakers' own.
pub fn datagram(bytes: &[u8], speaker: usize, ports: [u16; 2], heard: &mut Heard) {
    if heard.spoken[speaker].is_some() {
        return;
    }
    let fits = DATAGRAMS.iter().find(|(port, (_, fits))| ports.contains(port) && fits(bytes));
    let by_port = fits.map(|(_, (protocol, _))| *protocol);
    let Some(protocol) = by_port.or_else(|| one_way::recognise(bytes)) else { return };
    heard.spoken[speaker] = Some(protocol);
    match protocol {
        Protocol::Ipmi => rmcp::tell(bytes, heard),
        Protocol::Kerberos => kerberos::tell(bytes, heard),
        _ => {}
    }
}
