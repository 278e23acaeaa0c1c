//! The site: what the site file says.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use toml::de::DeTable;

use super::{
    Allow, Allowances, Complaints, Document, Inventory, Machine, MachineId, OverlayNetworks, Role,
    RoleSet, Setting, SitePorts, Spot, nearest,
};

/// A release of VMM. The matrix is the same for all; only the page's NTLM note is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names are the releases'")]
pub enum VmmVersion {
    V2016,
    V2019,
    #[default]
    V2022,
    V2025,
}

impl VmmVersion {
    const ALL: [Self; 4] = [Self::V2016, Self::V2019, Self::V2022, Self::V2025];

    /// Its name in the site file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V2016 => "2016",
            Self::V2019 => "2019",
            Self::V2022 => "2022",
            Self::V2025 => "2025",
        }
    }
}

/// The machines of a deployment and what is special about it.
#[derive(Clone, Default)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// The VMM release.
    pub vmm_version: VmmVersion,
    /// The ports that were changed in VMM setup.
    pub ports: SitePorts,
    /// What is expected beyond the page.
    pub allows: Allowances,
    /// The virtual networks that are the site's own.
    pub overlays: Vec<OverlayNetworks>,
    machines: Vec<Machine>,
    inventory: Inventory,
}

impl Site {
    /// Reads a site file's text; `file` is its name for complaints.
    ///
    /// # Errors
    /// Every mistake in the file, each with its line and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, Complaints> {
        let (mut document, root) = Document::parse(file, text)?;
        document.only(&root, "the site file", &["site", "ports", "machine", "allow", "overlay"]);
        let (name, vmm_version) = read_header(&mut document, &root);
        let ports = read_ports(&mut document, &root);
        let (machines, spots) = read_machines(&mut document, &root);
        let places: HashMap<&str, MachineId> = machines
            .iter()
            .map(|machine| machine.name.as_str())
            .zip((0..).map(MachineId))
            .collect();
        let allows = document
            .tables(&root, "allow")
            .into_iter()
            .filter_map(|table| Allow::read(&mut document, table, &places))
            .collect();
        let overlays = document
            .tables(&root, "overlay")
            .into_iter()
            .filter_map(|table| OverlayNetworks::read(&mut document, table))
            .collect();
        let (inventory, owned_twice) = Inventory::new(&machines);
        for twice in owned_twice {
            let name = |id: MachineId| &machines[id.0 as usize].name;
            let network = machines[twice.later.0 as usize].addresses[twice.place];
            let single = network.prefix_len() == network.max_prefix_len();
            let shown = if single { network.addr().to_string() } else { network.to_string() };
            document.complain(
                spots[twice.later.0 as usize][twice.place].clone(),
                format!(
                    "{shown} is owned by `{}` and by `{}`",
                    name(twice.earlier),
                    name(twice.later)
                ),
                "take it from one of them, or give one a longer prefix",
            );
        }
        if machines.is_empty() {
            document.complain(
                0..0,
                "the site has no machine",
                "add a [[machine]] with name, roles and addresses",
            );
        }
        document.finish(Self { name, vmm_version, ports, allows, overlays, machines, inventory })
    }

    /// The machine that owns an address.
    #[must_use]
    pub fn owner(&self, ip: IpAddr) -> Option<MachineId> {
        self.inventory.owner(ip)
    }

    /// Whether a VNI or VSID is that of a network of the site rather than of a tenant.
    #[must_use]
    pub fn owns_overlay(&self, vni: u32) -> bool {
        self.overlays.iter().any(|overlay| overlay.vnis.contains(&vni))
    }

    /// A machine of this site.
    #[must_use]
    pub fn machine(&self, id: MachineId) -> &Machine {
        &self.machines[id.0 as usize]
    }

    /// All machines, in the file's order.
    pub fn machines(&self) -> impl Iterator<Item = (MachineId, &Machine)> {
        (0..).map(MachineId).zip(&self.machines)
    }

    /// The machines that are in one of these roles, in the file's order.
    pub fn machines_in(&self, roles: RoleSet) -> impl Iterator<Item = (MachineId, &Machine)> {
        self.machines().filter(move |(_, machine)| machine.roles.with_implied().meets(roles))
    }

    /// The machine of a name.
    #[must_use]
    pub fn machine_named(&self, name: &str) -> Option<MachineId> {
        self.machines().find(|(_, machine)| machine.name == name).map(|(id, _)| id)
    }
}

fn read_header(document: &mut Document<'_>, root: &DeTable<'_>) -> (String, VmmVersion) {
    let Some(table) = document.table(root, "site") else { return Default::default() };
    document.only(table, "[site]", &["name", "vmm_version"]);
    let name = document.string(table, "name").map(|(_, name)| name).unwrap_or_default();
    let version = document.string(table, "vmm_version").and_then(|(spot, word)| {
        let names = VmmVersion::ALL.map(VmmVersion::name);
        let found = VmmVersion::ALL.into_iter().find(|version| version.name() == word);
        if found.is_none() {
            let nearest = nearest(&word, names).unwrap_or("2022");
            let help = format!("the versions are {}; write \"{nearest}\"?", names.join(", "));
            document.complain(spot, format!("unknown VMM version `{word}`"), help);
        }
        found
    });
    (name, version.unwrap_or_default())
}

fn read_ports(document: &mut Document<'_>, root: &DeTable<'_>) -> SitePorts {
    let mut ports = SitePorts::default();
    let Some(table) = document.table(root, "ports") else { return ports };
    document.only(table, "[ports]", &Setting::OF_SITE.map(Setting::name));
    for setting in Setting::OF_SITE {
        if let Some(port) = document.port(table, setting.name()) {
            ports.set(setting, port);
        }
    }
    ports
}

fn read_machines(
    document: &mut Document<'_>,
    root: &DeTable<'_>,
) -> (Vec<Machine>, Vec<Vec<Spot>>) {
    let mut machines: Vec<Machine> = Vec::new();
    let mut spots = Vec::new();
    let mut names = HashSet::new();
    for table in document.tables(root, "machine") {
        let Some((machine, of_addresses)) = Machine::read(document, table) else { continue };
        let spot = table.get("name").map_or(0..0, toml::Spanned::span);
        if !names.insert(machine.name.to_lowercase()) {
            let what = format!("two machines are named `{}`", machine.name);
            document.complain(spot, what, "give each machine a name of its own");
        } else if machine.name == "any" || Role::from_name(&machine.name).is_some() {
            let what = format!("a machine cannot be named `{}`", machine.name);
            document.complain(
                spot,
                what,
                "the word has a meaning of its own in [[allow]]; choose another name",
            );
        }
        machines.push(machine);
        spots.push(of_addresses);
    }
    (machines, spots)
}
