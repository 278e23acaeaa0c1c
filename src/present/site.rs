//! What a site file covers.

use serde::Serialize;

use super::{Format, Grid, clean, names};
use crate::{
    identify::Role,
    judge::{CoverageRow, Policy, Section, Status},
};

#[derive(Serialize)]
struct SiteRecord {
    site: String,
    vmm_version: &'static str,
    machines: Vec<MachineRecord>,
    rules: RulesRecord,
}

#[derive(Serialize)]
struct MachineRecord {
    name: String,
    roles: Vec<&'static str>,
    addresses: Vec<String>,
}

/// How much of the page applies to the site.
#[derive(Serialize)]
struct RulesRecord {
    applicable: usize,
    pairs: u64,
    not_observable: Vec<NotObservable>,
    allowed_by_site: usize,
}

#[derive(Serialize)]
struct NotObservable {
    rule: String,
    row: Option<u8>,
    why: String,
}

/// The site in a format; `coverage` is that of no traffic at all.
///
/// # Errors
/// None that a writer into memory can meet.
pub fn site(
    policy: &Policy,
    coverage: &[CoverageRow<'_>],
    format: Format,
) -> anyhow::Result<String> {
    let record = record(policy, coverage);
    Ok(match format {
        Format::Text => text(&record),
        Format::Json => serde_json::to_string_pretty(&record)? + "\n",
        Format::Ndjson | Format::Powershell => serde_json::to_string(&record)? + "\n",
        Format::Csv => grid(&record).csv()?,
        Format::Markdown => grid(&record).markdown(),
    })
}

fn record(policy: &Policy, coverage: &[CoverageRow<'_>]) -> SiteRecord {
    let observable = |row: &&CoverageRow<'_>| row.status != Status::NotObservable;
    let pairs = coverage.iter().filter(observable).map(|row| row.pairs).sum();
    let mut applicable: Vec<&str> =
        coverage.iter().filter(observable).map(|row| row.entry.id.as_str()).collect();
    applicable.dedup();
    let not_observable = coverage
        .chunk_by(|a, b| a.entry.id == b.entry.id)
        .filter(|rows| rows.iter().all(|row| row.status == Status::NotObservable))
        .map(|rows| NotObservable {
            rule: rows[0].entry.id.clone(),
            row: rows[0].entry.row,
            why: rows[0].note.clone(),
        })
        .collect();
    let machines = policy.site.machines().map(|(id, machine)| MachineRecord {
        name: names::machine(policy, id),
        roles: machine.roles.names(),
        addresses: machine.addresses.iter().map(names::network).collect(),
    });
    SiteRecord {
        site: clean(&policy.site.name).into_owned(),
        vmm_version: policy.site.vmm_version.name(),
        machines: machines.collect(),
        rules: RulesRecord {
            applicable: applicable.len(),
            pairs,
            not_observable,
            allowed_by_site: policy.site.allows.len(),
        },
    }
}

fn grid(record: &SiteRecord) -> Grid {
    let mut grid = Grid::new(&["machine", "roles", "addresses"]);
    for machine in &record.machines {
        grid.push(vec![machine.name.clone(), machine.roles.join(" "), machine.addresses.join(" ")]);
    }
    grid
}

/// What is well written, and hardly meant.
fn gaps(machines: &[MachineRecord]) -> Vec<String> {
    let mut gaps = Vec::new();
    if !machines.iter().any(|machine| machine.roles.contains(&Role::VmmServer.name())) {
        gaps.push("no machine is the vmm-server; most rules need one".to_owned());
    }
    let bare = machines.iter().filter(|machine| machine.addresses.is_empty());
    gaps.extend(bare.map(|machine| {
        format!("{} has no address: nothing in a capture is ever its traffic", machine.name)
    }));
    gaps
}

fn text(record: &SiteRecord) -> String {
    let name = if record.site.is_empty() { "The site" } else { &record.site };
    let mut text = format!(
        "{name}: the site file is good; VMM {}, {}\n\n",
        record.vmm_version,
        names::plural(record.machines.len() as u64, "machine")
    );
    text += &grid(record).columns(2);
    let RulesRecord { applicable, pairs, not_observable, allowed_by_site } = &record.rules;
    text += &format!(
        "\nOf the page {} to {} of machines; the site file allows {}\n",
        match applicable {
            1 => "1 rule applies".to_owned(),
            many => format!("{many} rules apply"),
        },
        names::plural(*pairs, "pair"),
        names::plural(*allowed_by_site as u64, "thing")
    );
    for gap in gaps(&record.machines) {
        text += &format!("Mind: {gap}\n");
    }
    if !not_observable.is_empty() {
        text += "Rules that no capture can show here:\n";
        let mut grid = Grid::new(&["row", "rule", "why"]);
        for one in not_observable {
            let row =
                one.row.map_or_else(|| Section::Note.name().to_owned(), |row| row.to_string());
            grid.push(vec![row, one.rule.clone(), one.why.clone()]);
        }
        text += &grid.columns(2);
    }
    text
}
