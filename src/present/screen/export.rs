//! The present view, as filtered, for a file.

use std::path::Path;

use anyhow::bail;
use serde_json::{Value, json};

use super::{
    super::{Grid, clean, flow_list, flow_record::FlowRecord, names},
    column::Column,
    state::{Screen, View, Window},
};
use crate::{
    capture::shown,
    judge::{Judgement, Status, Verdict},
    ledger::Ledger,
};

/// The view as the ending of the file's name says: `.json`, `.csv` or `.md`.
///
/// # Errors
/// Another ending.
pub fn export(screen: &Screen, ledger: &Ledger, file: &Path) -> anyhow::Result<String> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        "json" => as_json(screen, ledger),
        "csv" => as_csv(screen, ledger),
        "md" => Ok(as_markdown(screen, ledger)),
        _ => {
            bail!("cannot tell how to write {}: end its name in .json, .csv or .md", shown(file))
        }
    }
}

fn shows_flows(screen: &Screen) -> bool {
    screen.view == View::Flows
}

fn flows<'a>(screen: &'a Screen, ledger: &'a Ledger) -> impl Iterator<Item = Judgement<'a>> {
    let rows = screen.lists.flows.rows.iter().filter_map(|place| ledger.row(*place));
    rows.map(|row| row.judgement(ledger.policy()))
}

fn as_json(screen: &Screen, ledger: &Ledger) -> anyhow::Result<String> {
    let policy = ledger.policy();
    let rows: Vec<Value> = if shows_flows(screen) {
        flows(screen, ledger)
            .map(|judgement| serde_json::to_value(FlowRecord::new(policy, &judgement)))
            .collect::<Result<_, _>>()?
    } else {
        grid(screen, ledger).objects()
    };
    let document = json!({
        "schema": "vmmtap/view/1",
        "tool": concat!("vmmtap ", env!("CARGO_PKG_VERSION")),
        "site": clean(&policy.site.name),
        "source": clean(&screen.setup.source),
        "time": ledger.now().to_string(),
        "view": name(screen),
        "filter": clean(&screen.filter.text),
        "rows": rows,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn as_csv(screen: &Screen, ledger: &Ledger) -> anyhow::Result<String> {
    if !shows_flows(screen) {
        return Ok(grid(screen, ledger).csv()?);
    }
    let mut bytes = Vec::new();
    flow_list::write_csv(ledger.policy(), flows(screen, ledger), &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn as_markdown(screen: &Screen, ledger: &Ledger) -> String {
    let site = &ledger.policy().site.name;
    let head = format!("{site}: {} of {}", name(screen), screen.setup.source);
    let filter = if screen.filter.is_empty() {
        String::new()
    } else {
        format!("Filter: {}\n\n", markdown(&screen.filter.text))
    };
    let grid = grid(screen, ledger).markdown();
    format!("# {}\n\nAs of {} UTC.\n\n{filter}{grid}", markdown(&head), names::second(ledger.now()))
}

fn markdown(text: &str) -> String {
    super::super::clean::markdown_cell(text)
}

fn name(screen: &Screen) -> String {
    match screen.windows.iter().rfind(|window| matches!(window, Window::Pairs(_))) {
        Some(Window::Pairs(rule)) => format!("pairs of {}", rule.id),
        _ => screen.view.name().to_lowercase(),
    }
}

fn grid(screen: &Screen, ledger: &Ledger) -> Grid {
    let has_pairs = screen.windows.iter().any(|window| matches!(window, Window::Pairs(_)));
    match screen.view {
        View::Findings => findings(screen, ledger),
        View::Flows => flow_grid(screen, ledger),
        View::Coverage if has_pairs => pairs(screen),
        View::Coverage => rules(screen),
        View::Machines => machines(screen),
    }
}

fn findings(screen: &Screen, ledger: &Ledger) -> Grid {
    let policy = ledger.policy();
    let mut grid = Grid::new(&[
        "verdict",
        "client",
        "server",
        "service",
        "rule",
        "count",
        "first",
        "newest",
        "evidence",
        "acknowledged",
        "works_since",
        "why",
    ]);
    for finding in screen.lists.findings.rows.iter().filter_map(|key| ledger.finding(key)) {
        let Some(row) = finding.places.last().and_then(|place| ledger.row(*place)) else {
            continue;
        };
        let service = finding.key.service;
        let rules: Vec<String> = finding.key.rules.iter().map(|rule| policy.title(*rule)).collect();
        grid.push(vec![
            finding.key.verdict.name().to_owned(),
            names::machine(policy, service.client),
            names::machine(policy, service.server),
            names::service(service.transport, service.port),
            rules.join(", "),
            finding.places.len().to_string(),
            finding.first.to_string(),
            finding.newest.to_string(),
            row.evidence.name().to_owned(),
            screen.is_acknowledged(&finding.key, finding.arose).to_string(),
            ledger.mended(finding).map_or(String::new(), |since| since.to_string()),
            policy.why(&row.judgement(policy)),
        ]);
    }
    grid
}

fn flow_grid(screen: &Screen, ledger: &Ledger) -> Grid {
    let columns: &[Column] = &screen.setup.columns;
    let headings: Vec<&'static str> = columns.iter().map(|column| column.name()).collect();
    let mut grid = Grid::new(&headings);
    for row in screen.lists.flows.rows.iter().filter_map(|place| ledger.row(*place)) {
        grid.push(columns.iter().map(|column| column.cell(ledger.policy(), row)).collect());
    }
    grid
}

fn rules(screen: &Screen) -> Grid {
    let statuses = Status::ALL.map(Status::name);
    let mut grid =
        Grid::new(&[["row", "rule", "ports"].as_slice(), &statuses, &["requirement"]].concat());
    for line in &screen.lists.rules.rows {
        let mut cells = vec![
            line.row.map_or(String::new(), |row| row.to_string()),
            line.id.clone(),
            line.ports.clone(),
        ];
        cells.extend(line.pairs.iter().map(ToString::to_string));
        cells.push(line.requirement.name().to_owned());
        grid.push(cells);
    }
    grid
}

fn pairs(screen: &Screen) -> Grid {
    let mut grid =
        Grid::new(&["rule", "client", "server", "ports", "status", "ok", "blocked", "note"]);
    for line in &screen.lists.pairs.rows {
        grid.push(vec![
            line.rule.clone(),
            line.client.clone(),
            line.server.clone(),
            line.ports.clone(),
            line.status.name().to_owned(),
            line.ok.to_string(),
            line.blocked.to_string(),
            line.note.clone(),
        ]);
    }
    grid
}

fn machines(screen: &Screen) -> Grid {
    let verdicts = Verdict::ALL.map(Verdict::name);
    let head = ["machine", "roles", "addresses"];
    let mut grid = Grid::new(&[head.as_slice(), &verdicts, &["talks"]].concat());
    for line in &screen.lists.machines.rows {
        let mut cells = vec![line.name.clone(), line.roles.clone(), line.addresses.clone()];
        cells.extend(line.verdicts.iter().map(ToString::to_string));
        cells.push(line.peers.iter().cloned().collect::<Vec<_>>().join("; "));
        grid.push(cells);
    }
    grid
}
