//! The protocols that can be told apart, and their names.

/// A protocol above TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the protocols' own")]
pub enum Protocol {
    Tls,
    Http,
    Wsman,
    Winrm,
    CimXml,
    Bits,
    Wsus,
    Vsphere,
    Smb,
    NetbiosSession,
    Dcerpc,
    Tds,
    Ssh,
    Ipmi,
    NetTcp,
    Kerberos,
    Ldap,
    Rdp,
    Dns,
    Dhcp,
    Tftp,
    Ntp,
    Mdns,
    Llmnr,
    NetbiosName,
    WsDiscovery,
    Syslog,
    Statsd,
    Netflow,
    Ipfix,
    Sflow,
    SnmpTrap,
    Smtp,
    Ftp,
    Pop3,
    Imap,
    Telnet,
    Vnc,
    Mysql,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 39] = [
        Self::Tls,
        Self::Http,
        Self::Wsman,
        Self::Winrm,
        Self::CimXml,
        Self::Bits,
        Self::Wsus,
        Self::Vsphere,
        Self::Smb,
        Self::NetbiosSession,
        Self::Dcerpc,
        Self::Tds,
        Self::Ssh,
        Self::Ipmi,
        Self::NetTcp,
        Self::Kerberos,
        Self::Ldap,
        Self::Rdp,
        Self::Dns,
        Self::Dhcp,
        Self::Tftp,
        Self::Ntp,
        Self::Mdns,
        Self::Llmnr,
        Self::NetbiosName,
        Self::WsDiscovery,
        Self::Syslog,
        Self::Statsd,
        Self::Netflow,
        Self::Ipfix,
        Self::Sflow,
        Self::SnmpTrap,
        Self::Smtp,
        Self::Ftp,
        Self::Pop3,
        Self::Imap,
        Self::Telnet,
        Self::Vnc,
        Self::Mysql,
    ];

    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Winrm => "winrm",
            Self::Wsman => "wsman",
            Self::CimXml => "cim-xml",
            Self::Bits => "bits",
            Self::Wsus => "wsus",
            Self::Vsphere => "vsphere",
            Self::Smb => "smb",
            Self::NetbiosSession => "netbios-session",
            Self::Dcerpc => "dcerpc",
            Self::Tds => "tds",
            Self::Ssh => "ssh",
            Self::Ipmi => "ipmi",
            Self::NetTcp => "net-tcp",
            Self::Kerberos => "kerberos",
            Self::Ldap => "ldap",
            Self::Rdp => "rdp",
            Self::Dns => "dns",
            Self::Dhcp => "dhcp",
            Self::Tftp => "tftp",
            Self::Ntp => "ntp",
            Self::Mdns => "mdns",
            Self::Llmnr => "llmnr",
            Self::NetbiosName => "netbios-ns",
            Self::WsDiscovery => "ws-discovery",
            Self::Syslog => "syslog",
            Self::Statsd => "statsd",
            Self::Netflow => "netflow",
            Self::Ipfix => "ipfix",
            Self::Sflow => "sflow",
            Self::SnmpTrap => "snmp-trap",
            Self::Smtp => "smtp",
            Self::Ftp => "ftp",
            Self::Pop3 => "pop3",
            Self::Imap => "imap",
            Self::Telnet => "telnet",
            Self::Vnc => "vnc",
            Self::Mysql => "mysql",
        }
    }

    /// The protocol of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// Whether the server speaks before it gets a request.
    #[must_use]
    pub fn speaks_first(self) -> bool {
        matches!(
            self,
            Self::Ssh
                | Self::Smtp
                | Self::Ftp
                | Self::Pop3
                | Self::Imap
                | Self::Telnet
                | Self::Vnc
                | Self::Mysql
        )
    }

    /// Whether its datagrams are never answered.
    #[must_use]
    pub fn is_one_way(self) -> bool {
        matches!(
            self,
            Self::Syslog
                | Self::Statsd
                | Self::Netflow
                | Self::Ipfix
                | Self::Sflow
                | Self::SnmpTrap
        )
    }

    /// Whether it is another protocol or a use of it: WinRM is WS-Management is HTTP.
    #[must_use]
    pub fn is_a(self, other: Self) -> bool {
        let within = |one: Self| match one {
            Self::Winrm => Some(Self::Wsman),
            Self::Wsman | Self::CimXml | Self::Bits | Self::Wsus | Self::Vsphere => {
                Some(Self::Http)
            }
            _ => None,
        };
        std::iter::successors(Some(self), |one| within(*one)).any(|one| one == other)
    }
}
