//! The exceptions that each machine needs, as a list.

use serde::Serialize;
use textwrap::Options;

use super::{Format, Grid, clean, json_list, names, powershell::powershell};
use crate::{
    identify::Ports,
    judge::{Exception, Policy},
};

#[derive(Serialize)]
struct ExceptionRecord {
    machine: String,
    direction: &'static str,
    transport: &'static str,
    ports: Ports,
    remote_addresses: Vec<String>,
    clients: Vec<String>,
    rule: String,
    row: Option<u8>,
    service: Option<String>,
    requirement: Option<&'static str>,
    assumed: bool,
}

/// The exceptions in a format.
///
/// # Errors
/// None that a writer into memory can meet.
pub fn firewall(
    policy: &Policy,
    exceptions: &[Exception],
    format: Format,
) -> anyhow::Result<String> {
    let records: Vec<_> = exceptions.iter().map(|one| record(policy, one)).collect();
    Ok(match format {
        Format::Text => text(&records),
        Format::Json | Format::Ndjson => json_list(&records, format)?,
        Format::Csv => grid(&records).csv()?,
        Format::Markdown => grid(&records).markdown(),
        Format::Powershell => powershell(policy, exceptions),
    })
}

fn record(policy: &Policy, exception: &Exception) -> ExceptionRecord {
    let entry = policy.entry(exception.rule);
    ExceptionRecord {
        machine: names::machine(policy, exception.machine),
        direction: "inbound",
        transport: exception.transport.name(),
        ports: exception.ports.clone(),
        remote_addresses: exception.remotes.iter().map(names::network).collect(),
        clients: exception.clients.iter().map(|id| names::machine(policy, *id)).collect(),
        rule: clean(&names::rule_id(policy, exception.rule)).into_owned(),
        row: entry.and_then(|entry| entry.row),
        service: entry.map(|entry| entry.service.clone()),
        requirement: entry.map(|entry| entry.requirement.name()),
        assumed: exception.assumed,
    }
}

impl ExceptionRecord {
    fn service_port(&self) -> String {
        format!("{} {}", self.transport, self.ports.join(",")).trim_end().to_owned()
    }

    fn title(&self) -> String {
        self.row.map_or_else(|| self.rule.clone(), |row| format!("{} (row {row})", self.rule))
    }

    /// What one should know of the line.
    fn remark(&self) -> String {
        let mut remarks = Vec::new();
        if let Some(requirement) = self.requirement.filter(|one| *one != "required") {
            remarks.push(requirement);
        }
        if self.assumed {
            remarks.push("port assumed");
        }
        if self.requirement.is_none() {
            remarks.push("site");
        }
        remarks.join(", ")
    }
}

fn grid(records: &[ExceptionRecord]) -> Grid {
    let mut grid = Grid::new(&[
        "machine",
        "direction",
        "transport",
        "ports",
        "remote_addresses",
        "clients",
        "rule",
        "row",
        "service",
        "requirement",
        "assumed",
    ]);
    for record in records {
        grid.push(vec![
            record.machine.clone(),
            record.direction.to_owned(),
            record.transport.to_owned(),
            record.ports.join(" "),
            record.remote_addresses.join(" "),
            record.clients.join(" "),
            record.rule.clone(),
            record.row.map_or(String::new(), |row| row.to_string()),
            record.service.clone().unwrap_or_default(),
            record.requirement.unwrap_or("site").to_owned(),
            record.assumed.to_string(),
        ]);
    }
    grid
}

fn text(records: &[ExceptionRecord]) -> String {
    if records.is_empty() {
        return "Neither the page nor the site file asks for an inbound exception here.\n"
            .to_owned();
    }
    let mut text = String::from("Inbound exceptions, machine by machine\n");
    for of_machine in records.chunk_by(|a, b| a.machine == b.machine) {
        text += &format!("\n{}\n", of_machine[0].machine);
        for record in of_machine {
            let remark = record.remark();
            let remark = if remark.is_empty() { remark } else { format!("  [{remark}]") };
            text += &format!("  {:<16} {}{remark}\n", record.service_port(), record.title());
            let from = format!(
                "from {}: {}",
                record.clients.join(", "),
                record.remote_addresses.join(", ")
            );
            let indent = " ".repeat(19);
            let options = Options::new(80).initial_indent(&indent).subsequent_indent(&indent);
            text += &(textwrap::fill(&from, options) + "\n");
        }
    }
    text
}
