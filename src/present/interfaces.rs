//! Where one can listen.

use std::net::IpAddr;

use serde::Serialize;

use super::{Format, Grid, clean, json_list};
use crate::capture::Interface;

#[derive(Serialize)]
struct InterfaceRecord {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    friendly_name: Option<String>,
    description: Option<String>,
    addresses: Vec<IpAddr>,
    up: bool,
    running: bool,
    loopback: bool,
    wireless: bool,
}

/// The interfaces in a format.
///
/// # Errors
/// None that a writer into memory can meet.
pub fn interfaces(interfaces: &[Interface], format: Format) -> anyhow::Result<String> {
    let records: Vec<InterfaceRecord> = interfaces.iter().map(record).collect();
    Ok(match format {
        Format::Json | Format::Ndjson => json_list(&records, format)?,
        Format::Csv => grid(&records).csv()?,
        Format::Markdown => grid(&records).markdown(),
        Format::Text | Format::Powershell => grid(&records).columns(0),
    })
}

fn record(interface: &Interface) -> InterfaceRecord {
    InterfaceRecord {
        name: clean(&interface.name).into_owned(),
        friendly_name: interface.friendly_name.as_deref().map(|text| clean(text).into_owned()),
        description: interface.description.as_deref().map(|text| clean(text).into_owned()),
        addresses: interface.addresses.clone(),
        up: interface.up,
        running: interface.running,
        loopback: interface.loopback,
        wireless: interface.wireless,
    }
}

fn grid(records: &[InterfaceRecord]) -> Grid {
    let mut grid = Grid::new(&["name", "state", "addresses", "description"]);
    for record in records {
        let states = [
            (!record.up, "down"),
            (record.up && !record.running, "no link"),
            (record.up && record.running, "up"),
            (record.loopback, "loopback"),
            (record.wireless, "wireless"),
        ];
        let states: Vec<&str> =
            states.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect();
        let addresses: Vec<String> = record.addresses.iter().map(ToString::to_string).collect();
        let names = [&record.friendly_name, &record.description];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        grid.push(vec![
            record.name.clone(),
            states.join(", "),
            addresses.join(" "),
            names.join(": "),
        ]);
    }
    grid
}
