//! The matrix in force, and the answer to "may this machine talk to that one?".

use serde::Serialize;
use textwrap::Options;

use super::{Format, Grid, clean, json_list, names};
use crate::{
    identify::Ports,
    judge::{Answer, Entry, Kind, Policy, RuleRef, Section},
};

const WIDTH: usize = 80;

#[derive(Serialize)]
struct EntryRecord<'a> {
    id: &'a str,
    row: Option<u8>,
    section: &'static str,
    service: &'a str,
    client_roles: Vec<&'static str>,
    server_roles: Vec<&'static str>,
    transport: Option<&'static str>,
    ports: Ports,
    setting: Option<&'static str>,
    protocols: Vec<&'static str>,
    requirement: &'static str,
    group: Option<&'a str>,
    page_inbound: &'a str,
    page_change: &'a str,
    reverse: Option<&'a str>,
    corrected: bool,
    note: &'a str,
}

impl<'a> EntryRecord<'a> {
    fn new(policy: &Policy, entry: &'a Entry) -> Self {
        Self {
            id: &entry.id,
            row: entry.row,
            section: entry.section.name(),
            service: &entry.service,
            client_roles: entry.client_roles.names(),
            server_roles: entry.server_roles.names(),
            transport: entry.transport.map(|transport| transport.name()),
            ports: policy.ports(entry, None).clone(),
            setting: entry.setting.map(|setting| setting.name()),
            protocols: entry.protocols.iter().map(|protocol| protocol.name()).collect(),
            requirement: entry.requirement.name(),
            group: entry.group.as_deref(),
            page_inbound: &entry.page_inbound,
            page_change: &entry.page_change,
            reverse: entry.reverse.as_deref(),
            corrected: entry.corrected,
            note: &entry.note,
        }
    }
}

/// Entries of the matrix, all of them or those that a question named.
///
/// # Errors
/// None that a writer into memory can meet.
pub fn matrix(policy: &Policy, entries: &[&Entry], format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Text => text(policy, entries),
        Format::Csv => grid(policy, entries).csv()?,
        Format::Markdown => grid(policy, entries).markdown(),
        Format::Json | Format::Ndjson | Format::Powershell => {
            let records: Vec<_> =
                entries.iter().map(|entry| EntryRecord::new(policy, entry)).collect();
            json_list(&records, format)?
        }
    })
}

fn grid(policy: &Policy, entries: &[&Entry]) -> Grid {
    let mut grid = Grid::new(&[
        "id",
        "row",
        "section",
        "service",
        "client_roles",
        "server_roles",
        "transport",
        "ports",
        "setting",
        "protocols",
        "requirement",
        "page_inbound",
        "page_change",
        "corrected",
        "note",
    ]);
    for entry in entries {
        let protocols: Vec<_> = entry.protocols.iter().map(|one| one.name()).collect();
        grid.push(vec![
            entry.id.clone(),
            entry.row.map_or(String::new(), |row| row.to_string()),
            entry.section.name().to_owned(),
            entry.service.clone(),
            entry.client_roles.names().join(" "),
            entry.server_roles.names().join(" "),
            entry.transport.map_or(String::new(), |transport| transport.to_string()),
            policy.ports(entry, None).join(" "),
            entry.setting.map_or(String::new(), |setting| setting.name().to_owned()),
            protocols.join(" "),
            entry.requirement.name().to_owned(),
            entry.page_inbound.clone(),
            entry.page_change.clone(),
            entry.corrected.to_string(),
            entry.note.clone(),
        ]);
    }
    grid
}

fn text(policy: &Policy, entries: &[&Entry]) -> String {
    let mut text = String::new();
    let mut section = None;
    for entry in entries {
        if section != Some(entry.section) {
            section = Some(entry.section);
            text +=
                &format!("{}{}\n", if text.is_empty() { "" } else { "\n" }, title(entry.section));
        }
        text += &told(policy, entry);
    }
    text
}

fn title(section: Section) -> &'static str {
    match section {
        Section::General => "GENERAL: the page's first table",
        Section::Vmware => "VMWARE: the page's second table",
        Section::Note => "NOTE: the page's note on the dynamic port range",
        Section::Companion => "COMPANION: known traffic that the page does not list",
    }
}

fn told(policy: &Policy, entry: &Entry) -> String {
    let row = entry.row.map_or_else(|| "-".to_owned(), |row| row.to_string());
    let ports = policy.ports(entry, None).join(" or ");
    let where_to = match entry.transport {
        Some(transport) => format!("{transport} {ports}"),
        None => "never on the wire".to_owned(),
    };
    let setting = entry.setting.map_or(String::new(), |one| format!(", setting {}", one.name()));
    let mut text = format!("\n{row:>3}  {}  {where_to}{setting}\n", clean(&entry.id));
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            text += &wrapped(label, value);
        }
    };
    let clients = entry.client_roles.names().join(", ");
    let servers = entry.server_roles.names().join(", ");
    line("", &format!("{clients} -> {servers}"));
    let protocols: Vec<_> = entry.protocols.iter().map(|one| one.name()).collect();
    let speaks = if protocols.is_empty() { "anything".to_owned() } else { protocols.join(", ") };
    let group = entry.group.as_ref().map_or(String::new(), |group| format!(" of {group}"));
    let requirement = entry.requirement.name();
    line("", &format!("{}; speaks {speaks}; {requirement}{group}", entry.service));
    line("page puts the inbound rule on: ", &entry.page_inbound);
    line("page on changing it: ", &entry.page_change);
    line(if entry.corrected { "CORRECTED: " } else { "note: " }, &entry.note);
    line("other way round: ", entry.reverse.as_deref().unwrap_or_default());
    text
}

fn wrapped(label: &str, value: &str) -> String {
    let first = format!("     {label}");
    let options = Options::new(WIDTH).initial_indent(&first).subsequent_indent("       ");
    textwrap::fill(&clean(value), options) + "\n"
}

#[derive(Serialize)]
struct AnswerRecord<'a> {
    allowed: bool,
    rules: Vec<AllowedRecord<'a>>,
    nearest: Option<NearestRecord>,
}

#[derive(Serialize)]
struct AllowedRecord<'a> {
    kind: &'static str,
    id: String,
    entry: Option<EntryRecord<'a>>,
}

#[derive(Serialize)]
struct NearestRecord {
    id: String,
    row: Option<u8>,
    reason: String,
}

/// The answer to a question about a port.
///
/// # Errors
/// None that a writer into memory can meet.
pub fn answer(
    policy: &Policy,
    question: &str,
    answer: &Answer,
    format: Format,
) -> anyhow::Result<String> {
    Ok(match format {
        Format::Text => answer_text(policy, question, answer),
        Format::Json => serde_json::to_string_pretty(&answer_record(policy, answer))? + "\n",
        Format::Ndjson | Format::Powershell => {
            serde_json::to_string(&answer_record(policy, answer))? + "\n"
        }
        Format::Csv => answer_grid(policy, answer).csv()?,
        Format::Markdown => answer_grid(policy, answer).markdown(),
    })
}

fn answer_record<'a>(policy: &'a Policy, answer: &Answer) -> AnswerRecord<'a> {
    let rules = answer.rules.iter().map(|(kind, rule)| AllowedRecord {
        kind: kind.name(),
        id: clean(&names::rule_id(policy, *rule)).into_owned(),
        entry: policy.entry(*rule).map(|entry| EntryRecord::new(policy, entry)),
    });
    AnswerRecord {
        allowed: !answer.rules.is_empty(),
        rules: rules.collect(),
        nearest: answer.nearest.as_ref().map(|near| NearestRecord {
            id: clean(&names::rule_id(policy, near.rule)).into_owned(),
            row: policy.entry(near.rule).and_then(|entry| entry.row),
            reason: near.reason.clone(),
        }),
    }
}

fn answer_grid(policy: &Policy, answer: &Answer) -> Grid {
    let mut grid = Grid::new(&["answer", "kind", "rule", "row", "reason"]);
    let row = |rule: RuleRef| {
        let row = policy.entry(rule).and_then(|entry| entry.row);
        row.map_or(String::new(), |row| row.to_string())
    };
    for (kind, rule) in &answer.rules {
        let id = names::rule_id(policy, *rule);
        grid.push(vec!["yes".into(), kind.name().into(), id, row(*rule), String::new()]);
    }
    if let Some(near) = &answer.nearest {
        let id = names::rule_id(policy, near.rule);
        grid.push(vec!["no".into(), "nearest".into(), id, row(near.rule), near.reason.clone()]);
    }
    grid
}

fn answer_text(policy: &Policy, question: &str, answer: &Answer) -> String {
    let question = clean(question);
    if answer.rules.is_empty() {
        let mut text = format!("no: no rule lets {question}\n");
        if let Some(near) = &answer.nearest {
            let title = policy.title(near.rule);
            text += &wrapped("nearest: ", &format!("{title}, but {}", near.reason));
            text += &policy.entry(near.rule).map_or(String::new(), |entry| told(policy, entry));
        }
        return text;
    }
    let best = answer.rules.first().map_or(Kind::None, |(kind, _)| *kind);
    let qualified =
        if best == Kind::Expected { String::new() } else { format!(" ({})", best.name()) };
    let mut text = format!("yes{qualified}: a rule lets {question}\n");
    for (kind, rule) in &answer.rules {
        match policy.entry(*rule) {
            Some(entry) => {
                let kind = if *kind == Kind::Expected { "" } else { kind.name() };
                let told = told(policy, entry);
                text += &if kind.is_empty() { told } else { format!("\n     as {kind} of:{told}") };
            }
            None => {
                text +=
                    &format!("\n  -  {}  allowed by the site file\n", clean(&policy.title(*rule)))
            }
        }
    }
    text
}
