//! What a machine does in a VMM deployment.

use std::fmt;

/// A role, from the closed set that the matrix speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are VMM's own")]
#[repr(u8)]
pub enum Role {
    VmmServer,
    VmmConsole,
    LibraryServer,
    HypervHost,
    PerimeterHost,
    GuestAgent,
    EsxiHost,
    VcenterServer,
    LoadBalancer,
    SqlServer,
    WsusServer,
    SmisProvider,
    Bmc,
    WinpeAgent,
    PxeServer,
    FileServer,
    DomainController,
}

impl Role {
    /// All roles, in the order of the design.
    pub const ALL: [Self; 17] = [
        Self::VmmServer,
        Self::VmmConsole,
        Self::LibraryServer,
        Self::HypervHost,
        Self::PerimeterHost,
        Self::GuestAgent,
        Self::EsxiHost,
        Self::VcenterServer,
        Self::LoadBalancer,
        Self::SqlServer,
        Self::WsusServer,
        Self::SmisProvider,
        Self::Bmc,
        Self::WinpeAgent,
        Self::PxeServer,
        Self::FileServer,
        Self::DomainController,
    ];

    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VmmServer => "vmm-server",
            Self::VmmConsole => "vmm-console",
            Self::LibraryServer => "library-server",
            Self::HypervHost => "hyperv-host",
            Self::PerimeterHost => "perimeter-host",
            Self::GuestAgent => "guest-agent",
            Self::EsxiHost => "esxi-host",
            Self::VcenterServer => "vcenter-server",
            Self::LoadBalancer => "load-balancer",
            Self::SqlServer => "sql-server",
            Self::WsusServer => "wsus-server",
            Self::SmisProvider => "smis-provider",
            Self::Bmc => "bmc",
            Self::WinpeAgent => "winpe-agent",
            Self::PxeServer => "pxe-server",
            Self::FileServer => "file-server",
            Self::DomainController => "domain-controller",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether its machines may run Windows, so that `New-NetFirewallRule` can be used on them.
    #[must_use]
    pub fn may_run_windows(self) -> bool {
        !matches!(self, Self::EsxiHost | Self::VcenterServer | Self::LoadBalancer | Self::Bmc)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RoleSet(u32);

impl RoleSet {
    /// Every machine of the site, whatever its roles, and also without one.
    pub const ANY: Self = Self(u32::MAX);

    /// Adds a role.
    pub fn insert(&mut self, role: Role) {
        self.0 |= 1 << role as u8;
    }

    /// The roles as they count for rules: a perimeter host is a Hyper-V host, too.
    #[must_use]
    pub fn with_implied(self) -> Self {
        let mut roles = self;
        if self.contains(Role::PerimeterHost) {
            roles.insert(Role::HypervHost);
        }
        roles
    }

    /// Whether a role is in the set.
    #[must_use]
    pub fn contains(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    /// Whether two sets share a role; [`Self::ANY`] shares with every set, and with none at all.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self == Self::ANY || other == Self::ANY || self.0 & other.0 != 0
    }

    /// The roles in order; none for [`Self::ANY`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        let named = if self == Self::ANY { Self(0) } else { self };
        Role::ALL.into_iter().filter(move |role| named.contains(*role))
    }

    /// The roles' names, or `any`.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        if self == Self::ANY { vec!["any"] } else { self.iter().map(Role::name).collect() }
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        let mut set = Self::default();
        for role in roles {
            set.insert(role);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perimeter_host_counts_as_a_host_and_not_the_other_way_round() {
        let perimeter: RoleSet = [Role::PerimeterHost].into_iter().collect();
        let host: RoleSet = [Role::HypervHost].into_iter().collect();
        assert!(perimeter.with_implied().meets(host));
        assert!(!host.with_implied().meets(perimeter));
    }

    #[test]
    fn any_meets_a_machine_without_roles() {
        assert!(RoleSet::ANY.meets(RoleSet::default()));
        assert!(!RoleSet::default().meets(RoleSet::default()));
    }
}
