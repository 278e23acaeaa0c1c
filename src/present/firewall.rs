//! The exceptions that each machine needs, as a list.

use std::{
    collections::HashMap,
    io::{BufWriter, Write},
    sync::Arc,
};

use ipnet::IpNet;
use serde::{Serialize, Serializer};
use textwrap::Options;

use super::{
    Format, Grid, clean, clean::csv_cell, client_lists::SharedLists, names, powershell::powershell,
};
use crate::{
    identify::{MachineId, Ports},
    judge::{ClientList, Exception, Policy},
};

/// Writes the exceptions in a format, without ever holding all of the text.
///
/// # Errors
/// Writing failed.
pub fn firewall(
    policy: &Policy,
    exceptions: &[Exception],
    format: Format,
    to: &mut dyn Write,
) -> anyhow::Result<()> {
    let texts = Texts::new(policy, exceptions);
    // Gathers what serializers write byte by byte, without a call through `dyn` for each.
    let mut to = BufWriter::with_capacity(BUFFER, to);
    let records = exceptions.iter().map(|one| Record::new(policy, &texts, one));
    match format {
        Format::Text => text(policy, exceptions, &mut to)?,
        Format::Json => {
            serde_json::Serializer::pretty(&mut to).collect_seq(records)?;
            to.write_all(b"\n")?;
        }
        Format::Ndjson => {
            for record in records {
                serde_json::to_writer(&mut to, &record)?;
                to.write_all(b"\n")?;
            }
        }
        Format::Csv => csv(records, &mut to)?,
        Format::Markdown => markdown(policy, exceptions, &mut to)?,
        Format::Powershell => powershell(policy, exceptions, &mut to)?,
    }
    Ok(to.flush()?)
}

/// Bytes gathered before they are passed on.
const BUFFER: usize = 1 << 16;

/// Names and addresses as text, each made once.
struct Texts {
    names: Vec<String>,
    remotes: HashMap<*const ClientList, Vec<String>>,
}

impl Texts {
    fn new(policy: &Policy, exceptions: &[Exception]) -> Self {
        let names = policy.site.machines().map(|(id, _)| names::machine(policy, id)).collect();
        let mut remotes = HashMap::new();
        for exception in exceptions {
            remotes.entry(Arc::as_ptr(&exception.list)).or_insert_with(|| {
                let all = exception.list.remotes.iter();
                all.map(|remote| names::network(&remote.network)).collect()
            });
        }
        Self { names, remotes }
    }

    fn name(&self, id: MachineId) -> &str {
        self.names.get(id.0 as usize).map_or("", String::as_str)
    }

    fn clients<'a>(&'a self, exception: &'a Exception) -> impl Iterator<Item = &'a str> {
        exception.clients().map(|id| self.name(id))
    }

    fn remotes<'a>(&'a self, exception: &'a Exception) -> impl Iterator<Item = &'a str> {
        let texts = self.remotes.get(&Arc::as_ptr(&exception.list));
        let texts = texts.map(Vec::as_slice).unwrap_or_default().iter();
        let owners = exception.list.remotes.iter().map(|remote| remote.owner);
        let kept = texts.zip(owners).filter(|(_, owner)| exception.is_client(*owner));
        kept.map(|(text, _)| text.as_str())
    }
}

/// A sequence that is written as it is made.
struct Sequence<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Sequence<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// An exception in the formats for programs; the lists of clients are complete in each.
struct Record<'a> {
    texts: &'a Texts,
    exception: &'a Exception,
    line: Line<'a>,
}

/// What one line says of an exception besides its clients.
#[derive(Serialize)]
struct Line<'a> {
    machine: String,
    direction: &'static str,
    transport: &'static str,
    icmp_type: Option<u8>,
    ports: &'a Ports,
    rule: String,
    row: Option<u8>,
    service: Option<&'a str>,
    requirement: Option<&'static str>,
    enabled: bool,
    assumed: bool,
    notes: Vec<String>,
}

impl<'a> Line<'a> {
    fn new(policy: &'a Policy, exception: &'a Exception) -> Self {
        let entry = policy.entry(exception.rule);
        Self {
            machine: names::machine(policy, exception.machine),
            direction: "inbound",
            transport: exception.protocol.name(),
            icmp_type: exception.protocol.icmp_type(),
            ports: &exception.ports,
            rule: clean(&names::rule_id(policy, exception.rule)).into_owned(),
            row: entry.and_then(|entry| entry.row),
            service: entry.map(|entry| entry.service.as_str()),
            requirement: entry.map(|entry| entry.requirement.name()),
            enabled: exception.enabled,
            assumed: exception.assumed,
            notes: notes(policy, exception),
        }
    }

    fn service_port(&self) -> String {
        let ports = match self.icmp_type {
            Some(number) => format!("type {number}"),
            None => self.ports.join(","),
        };
        format!("{} {ports}", self.transport).trim_end().to_owned()
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
        if !self.enabled {
            remarks.push("disabled");
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

impl<'a> Record<'a> {
    fn new(policy: &'a Policy, texts: &'a Texts, exception: &'a Exception) -> Self {
        Self { texts, exception, line: Line::new(policy, exception) }
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a, R: Serialize, C: Serialize> {
            #[serde(flatten)]
            line: &'a Line<'a>,
            remote_addresses: R,
            clients: C,
        }
        Whole {
            line: &self.line,
            remote_addresses: Sequence(|| self.texts.remotes(self.exception)),
            clients: Sequence(|| self.texts.clients(self.exception)),
        }
        .serialize(serializer)
    }
}

/// Other machines named in a note; of more, the number.
const OTHERS_NAMED: usize = 5;

/// What one should know before opening the port: whom a network admits besides the clients.
pub(super) fn notes(policy: &Policy, exception: &Exception) -> Vec<String> {
    let note = |(network, others): (IpNet, Vec<MachineId>)| {
        let network = names::network(&network);
        let shown = others.iter().take(OTHERS_NAMED).map(|id| names::machine(policy, *id));
        let shown: Vec<String> = shown.collect();
        let more = others.len() - shown.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let shown = shown.join(", ");
        format!("{network} also contains {shown}{more}, which this rule does not name as clients")
    };
    exception.wide_networks().map(note).collect()
}

const COLUMNS: [&str; 14] = [
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
    "icmp_type",
    "enabled",
    "notes",
];

impl Line<'_> {
    fn cells(&self, remotes: String, clients: String) -> Vec<String> {
        let number = |number: Option<u8>| number.map_or(String::new(), |one| one.to_string());
        vec![
            self.machine.clone(),
            self.direction.to_owned(),
            self.transport.to_owned(),
            self.ports.join(" "),
            remotes,
            clients,
            self.rule.clone(),
            number(self.row),
            self.service.unwrap_or_default().to_owned(),
            self.requirement.unwrap_or("site").to_owned(),
            self.assumed.to_string(),
            number(self.icmp_type),
            self.enabled.to_string(),
            self.notes.join("; "),
        ]
    }
}

fn csv<'a>(records: impl Iterator<Item = Record<'a>>, to: &mut dyn Write) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(COLUMNS)?;
    for Record { texts, exception, line } in records {
        let remotes = joined(texts.remotes(exception), " ");
        let clients = joined(texts.clients(exception), " ");
        let cells = line.cells(remotes, clients);
        writer.write_record(cells.iter().map(|cell| csv_cell(cell).into_owned()))?;
    }
    writer.flush()?;
    Ok(())
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>, separator: &str) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push_str(separator);
        }
        text.push_str(part);
    }
    text
}

/// The clients of an exception in the formats for people: in full, or as a reference to a list.
fn clients(policy: &Policy, lists: &SharedLists<'_>, exception: &Exception) -> (String, String) {
    match lists.number(exception) {
        None => list_text(
            policy,
            exception.clients(),
            exception.remotes().map(|remote| names::network(&remote.network)),
        ),
        Some(number) if exception.leaves_itself_out() => {
            let name = names::machine(policy, exception.machine);
            (format!("list {number} without {name}"), String::new())
        }
        Some(number) => (format!("list {number}"), String::new()),
    }
}

fn list_text(
    policy: &Policy,
    machines: impl Iterator<Item = MachineId>,
    remotes: impl Iterator<Item = String>,
) -> (String, String) {
    let machines: Vec<String> = machines.map(|id| names::machine(policy, id)).collect();
    (machines.join(", "), remotes.collect::<Vec<_>>().join(", "))
}

fn text_of_list(policy: &Policy, list: &ClientList) -> (String, String) {
    let remotes = list.remotes.iter().map(|remote| names::network(&remote.network));
    list_text(policy, list.machines.iter().copied(), remotes)
}

fn markdown(policy: &Policy, exceptions: &[Exception], to: &mut dyn Write) -> anyhow::Result<()> {
    let lists = SharedLists::new(exceptions);
    let mut grid = Grid::new(&COLUMNS);
    for exception in exceptions {
        let (clients, remotes) = clients(policy, &lists, exception);
        let remotes = if remotes.is_empty() { clients.clone() } else { remotes };
        grid.push(Line::new(policy, exception).cells(remotes, clients));
    }
    to.write_all(grid.markdown().as_bytes())?;
    let mut grid = Grid::new(&["list", "clients", "remote_addresses"]);
    for (number, list) in lists.iter() {
        let (clients, remotes) = text_of_list(policy, list);
        grid.push(vec![number.to_string(), clients, remotes]);
    }
    if !grid.is_empty() {
        write!(to, "\n{}", grid.markdown())?;
    }
    Ok(())
}

const DISABLED: &str = "\
Disabled: the PowerShell script creates these exceptions but does not enable them. Enable a
conditional one with --conditional RULE where its condition applies (see vmmtap matrix).";

const INDENT: &str = "                   ";

fn filled(text: &str) -> String {
    textwrap::fill(text, Options::new(80).initial_indent(INDENT).subsequent_indent(INDENT))
}

fn text(policy: &Policy, exceptions: &[Exception], to: &mut dyn Write) -> anyhow::Result<()> {
    if exceptions.is_empty() {
        writeln!(to, "Neither the page nor the site file asks for an inbound exception here.")?;
        return Ok(());
    }
    let lists = SharedLists::new(exceptions);
    writeln!(to, "Inbound exceptions, machine by machine")?;
    for of_machine in exceptions.chunk_by(|a, b| a.machine == b.machine) {
        writeln!(to, "\n{}", names::machine(policy, of_machine[0].machine))?;
        for exception in of_machine {
            let line = Line::new(policy, exception);
            let remark = line.remark();
            let remark = if remark.is_empty() { remark } else { format!("  [{remark}]") };
            writeln!(to, "  {:<16} {}{remark}", line.service_port(), line.title())?;
            let (machines, remotes) = clients(policy, &lists, exception);
            let separator = if remotes.is_empty() { "" } else { ": " };
            writeln!(to, "{}", filled(&format!("from {machines}{separator}{remotes}")))?;
            for note in &line.notes {
                writeln!(to, "{}", filled(&format!("note: {note}")))?;
            }
        }
    }
    for (number, list) in lists.iter() {
        let (machines, remotes) = text_of_list(policy, list);
        writeln!(to, "\nlist {number}\n{}", filled(&format!("{machines}: {remotes}")))?;
    }
    if exceptions.iter().any(|one| !one.enabled) {
        writeln!(to, "\n{DISABLED}")?;
    }
    Ok(())
}
