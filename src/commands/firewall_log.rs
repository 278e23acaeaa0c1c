//! Firewall logs, read and given to the machines that wrote them.

use anyhow::bail;

use super::meant;
use crate::{
    arguments::LogChoice,
    capture::{FirewallLog, Source, shown},
    identify::{MachineId, Site, nearest},
};

/// Reads the logs named. Who names a log wants its word, so one that cannot be read ends it all.
pub(super) fn load_logs(
    choices: &[LogChoice],
    site: &Site,
) -> anyhow::Result<Vec<(MachineId, FirewallLog)>> {
    let owners: Vec<MachineId> =
        choices.iter().map(|choice| owner(&choice.machine, site)).collect::<Result<_, _>>()?;
    for (place, choice) in choices.iter().enumerate() {
        let before = owners.iter().zip(choices).take(place);
        let named = |(owner, other): (&MachineId, &LogChoice)| {
            *owner == owners[place] && other.file == choice.file
        };
        if before.into_iter().any(named) {
            bail!("--firewall-log: {} is named twice", shown(&choice.file));
        }
    }
    let logs = owners.into_iter().zip(choices).map(|(owner, choice)| {
        let log = FirewallLog::open(&Source::File(choice.file.clone()))?;
        Ok((owner, log))
    });
    logs.collect()
}

/// Windows does not care for the case of a machine's name.
fn owner(name: &str, site: &Site) -> anyhow::Result<MachineId> {
    let same = |known: &str| known.to_lowercase() == name.to_lowercase();
    let exact = site.machine_named(name);
    let known = || site.machines().find(|(_, machine)| same(&machine.name)).map(|(id, _)| id);
    match exact.or_else(known) {
        Some(id) => Ok(id),
        None => {
            let names = site.machines().map(|(_, machine)| machine.name.as_str());
            bail!("--firewall-log: the site has no machine `{name}`{}", meant(nearest(name, names)))
        }
    }
}
