//! What kind of VMM object a record is: told by its type, by a file that is named as a cmdlet, by
//! properties that no other kind has, or by any other name of the file.

use super::{Roster, record::Record, roles::OWN_ROLES};

/// The kinds of objects that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Get-SCVMHost`.
    Host,
    /// `Get-SCLibraryServer`.
    Library,
    /// `Get-SCVMMManagedComputer`.
    ManagedComputer,
    /// `Get-SCVMMServer`: the connection to VMM, which knows its server, port, version and database.
    Server,
    /// VMM's database; no cmdlet's object.
    SqlServer,
    /// `Get-SCPXEServer`.
    Pxe,
    /// `Get-SCUpdateServer`.
    Update,
    /// `Get-SCLoadBalancer`.
    LoadBalancer,
    /// `Get-SCVirtualizationManager`.
    VirtualizationManager,
    /// `Get-SCStorageProvider`.
    StorageProvider,
    /// `Get-SCStorageFileServer`.
    FileServer,
    /// `Get-SCVMHostCluster` and `Get-SCVirtualMachine`: no machine that a rule speaks of.
    Other,
}

/// Nouns of cmdlets, types and values of `ObjectType`, in lower case.
const NOUNS: [(&[&str], Kind); 12] = [
    (&["vmhost", "host", "hypervhost", "vmwareesxhost"], Kind::Host),
    (&["libraryserver"], Kind::Library),
    (&["vmmmanagedcomputer", "managedcomputer"], Kind::ManagedComputer),
    (&["vmmserver", "serverconnection"], Kind::Server),
    (&["sqlserver"], Kind::SqlServer),
    (&["pxeserver"], Kind::Pxe),
    (&["updateserver"], Kind::Update),
    (&["loadbalancer"], Kind::LoadBalancer),
    (&["virtualizationmanager"], Kind::VirtualizationManager),
    (&["storageprovider"], Kind::StorageProvider),
    (&["storagefileserver", "fileserver"], Kind::FileServer),
    (&["hostcluster", "vmhostcluster", "virtualmachine", "vm"], Kind::Other),
];

/// Properties that only one kind of object has, or no other kind before it.
const TELLING: [(&[&str], Kind); 8] = [
    (&["rolestring", "versionstate", "versionstatestring"], Kind::ManagedComputer),
    (&["libraryshares", "librarygroup", "isunencryptedfiletransferenabled"], Kind::Library),
    (&["productversion", "serverinterfaceversion", "databaseservername"], Kind::Server),
    (&["vmhostgroup", "hostcluster", "remoteconnectport", "hypervstate"], Kind::Host),
    (&["storagearrays", "providertype"], Kind::StorageProvider),
    (&["isconnectionsecure", "synchronizationtype"], Kind::Update),
    (&["numberofmanagedhosts", "tcpport"], Kind::VirtualizationManager),
    (&["virtualizationplatform"], Kind::Host),
];

impl Kind {
    /// The kind of a record of a file; `None` where nothing tells it, or where a list of one's own says
    /// by itself what its machines do.
    pub fn of(roster: &mut Roster, record: &Record, file: &str) -> Option<Self> {
        let said = record.text(&["objecttype", "cmdlet", "typename"]);
        let is_known = |said: &str| said.parse::<u32>().is_err() && said != "PSCustomObject";
        if let Some(said) = said.filter(|said| is_known(said)) {
            return Self::of_word(&said);
        }
        if let Some(kind) = record.kind.as_deref().and_then(Self::of_word) {
            return Some(kind);
        }
        if record.has(&[OWN_ROLES]) {
            return None;
        }
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file).to_lowercase();
        let of_name = Self::of_word(name.split('.').next().unwrap_or(&name));
        if name.starts_with("get-") && of_name.is_some() {
            return of_name;
        }
        let telling = TELLING.iter().find(|(names, _)| record.has(names)).map(|(_, kind)| *kind);
        telling.or_else(|| {
            if of_name.is_some() {
                roster.note(format!("{file}: nothing but its name says what its machines do"));
            }
            of_name
        })
    }

    /// From `Get-SCVMHost`, `Microsoft.SystemCenter.VirtualMachineManager.Host`, `VMHosts` and the like.
    fn of_word(word: &str) -> Option<Self> {
        let word = word.rsplit('.').next().unwrap_or(word).to_lowercase();
        let word = word.strip_prefix("get-").unwrap_or(&word);
        let word = word.strip_prefix("sc").unwrap_or(word);
        let word = word.strip_suffix('s').unwrap_or(word);
        let known = NOUNS.iter().find(|(names, _)| names.contains(&word)).map(|(_, kind)| *kind);
        // Types of providers are many.
        let is_provider = word.starts_with("storage") && word.ends_with("provider");
        known.or(is_provider.then_some(Self::StorageProvider))
    }
}
