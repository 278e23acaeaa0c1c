//! The ports that an administrator can change, by name.

use super::Ports;

/// A port that the matrix does not fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the site file, explained there")]
pub enum Setting {
    Bits,
    WinrmHttp,
    Sql,
    ConsoleTcp,
    ConsoleHttps,
    ConsoleNettcp,
    WinpeTime,
    Cim,
    Smash,
    Ipmi,
    LoadBalancer,
    Vcenter,
}

impl Setting {
    /// Those of the whole site: VMM setup asks for them.
    pub const OF_SITE: [Self; 7] = [
        Self::Bits,
        Self::WinrmHttp,
        Self::Sql,
        Self::ConsoleTcp,
        Self::ConsoleHttps,
        Self::ConsoleNettcp,
        Self::WinpeTime,
    ];

    /// Those that only a machine knows.
    pub const OF_MACHINE: [Self; 5] =
        [Self::Cim, Self::Smash, Self::Ipmi, Self::LoadBalancer, Self::Vcenter];

    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bits => "bits",
            Self::WinrmHttp => "winrm_http",
            Self::Sql => "sql",
            Self::ConsoleTcp => "console_tcp",
            Self::ConsoleHttps => "console_https",
            Self::ConsoleNettcp => "console_nettcp",
            Self::WinpeTime => "winpe_time",
            Self::Cim => "cim",
            Self::Smash => "smash",
            Self::Ipmi => "ipmi",
            Self::LoadBalancer => "load_balancer",
            Self::Vcenter => "vcenter",
        }
    }

    /// The setting of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = Self::OF_SITE.into_iter().chain(Self::OF_MACHINE);
        all.into_iter().find(|setting| setting.name() == name)
    }
}

/// The site-wide ports that the site file changes; what it does not name is the matrix's default.
#[derive(Clone, Debug, Default)]
pub struct SitePorts([Option<Ports>; Setting::OF_SITE.len()]);

impl SitePorts {
    /// Changes a site-wide setting.
    pub fn set(&mut self, setting: Setting, port: u16) {
        if let Some(index) = Setting::OF_SITE.iter().position(|other| *other == setting) {
            self.0[index] = Some(Ports::from_iter([port]));
        }
    }

    /// The port that the site file gives for a setting.
    #[must_use]
    pub fn get(&self, setting: Setting) -> Option<&Ports> {
        let index = Setting::OF_SITE.iter().position(|other| *other == setting)?;
        self.0[index].as_ref()
    }
}
