//! The protocols that are followed beyond their first bytes.

use super::{
    Heard, Protocol, Step, http::Http, kerberos::Kerberos, ldap::Ldap, net_tcp::NetTcp, rdp,
    rpc::Rpc, smb::Smb, ssh, tds::Tds, tls::Tls,
};

/// What is being said, protocol by protocol.
#[derive(Clone, Debug)]
pub(super) enum Speech {
    Http(Http),
    Kerberos(Kerberos),
    Ldap(Ldap),
    NetTcp(NetTcp),
    Rdp,
    Rpc(Rpc),
    Smb(Smb),
    Ssh,
    Tds(Tds),
    Tls(Tls),
    /// Told by its first bytes, and nothing more is asked for.
    Plain,
}

impl Speech {
    pub fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Dcerpc => Self::Rpc(Rpc::default()),
            Protocol::Kerberos => Self::Kerberos(Kerberos::default()),
            Protocol::Ldap => Self::Ldap(Ldap::default()),
            Protocol::NetTcp => Self::NetTcp(NetTcp::default()),
            Protocol::Rdp => Self::Rdp,
            // A session of NetBIOS carries SMB.
            Protocol::Smb | Protocol::NetbiosSession => Self::Smb(Smb::default()),
            Protocol::Ssh => Self::Ssh,
            Protocol::Tds => Self::Tds(Tds::default()),
            Protocol::Tls => Self::Tls(Tls::default()),
            one if one.is_a(Protocol::Http) => Self::Http(Http::default()),
            _ => Self::Plain,
        }
    }

    /// Looks at the bytes that a speaker has sent and that were not passed yet.
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        match self {
            Self::Http(http) => http.hear(speaker, bytes, heard),
            Self::Kerberos(kerberos) => kerberos.hear(speaker, bytes, heard),
            Self::Ldap(ldap) => ldap.hear(speaker, bytes, heard),
            Self::NetTcp(net_tcp) => net_tcp.hear(speaker, bytes, heard),
            Self::Rdp => rdp::hear(bytes, heard),
            Self::Rpc(rpc) => rpc.hear(speaker, bytes, heard),
            Self::Smb(smb) => smb.hear(speaker, bytes, heard),
            Self::Ssh => ssh::hear(bytes, heard),
            Self::Tds(tds) => tds.hear(speaker, bytes, heard),
            Self::Tls(tls) => tls.hear(speaker, bytes, heard),
            Self::Plain => Step::Deaf,
        }
    }
}
