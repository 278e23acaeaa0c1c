//! `vmmtap site`: the site file checked, and made from exports.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, bail};
use similar::TextDiff;

use super::{
    AS_EXPECTED, eprint, files, output,
    policy::{load_policy, policy_files, read_text},
    read, refuse_powershell, sources, tell_failures, wildcard,
};
use crate::{
    arguments::{Color, SiteCheckArguments, SiteImportArguments, SiteLearnArguments},
    engine::Engine,
    identify::Site,
    judge::{self, Matrix, Policy, Tally},
    learn,
    output::Output,
    present,
    roster::{self, Roster},
};

pub(super) fn check(arguments: &SiteCheckArguments, color: Color) -> anyhow::Result<u8> {
    let output = output(&arguments.writing, color, &policy_files(&arguments.policy))?;
    refuse_powershell(arguments.writing.format, "site check")?;
    let policy = load_policy(&arguments.policy)?;
    let tally = Tally::default();
    let coverage = judge::coverage(&policy, &tally);
    let text = present::site(&policy, &coverage, arguments.writing.format)?;
    output.text(&text)?;
    Ok(AS_EXPECTED)
}

pub(super) fn import(arguments: &SiteImportArguments, color: Color) -> anyhow::Result<u8> {
    let exports = wildcard::paths(&arguments.exports)?;
    let mut roster = Roster::default();
    for export in &exports {
        let shown = export.display();
        let text = read_text(export, "export")?;
        let read = roster.read(&shown.to_string(), &text);
        read.map_err(|why| anyhow::anyhow!("cannot import {shown}: {why}"))?;
    }
    roster.settle(arguments.resolve);
    let site = &arguments.site;
    let before = if site.exists() { read_text(site, "site file")? } else { String::new() };
    let merged = roster::merge(&before, &roster)
        .with_context(|| format!("cannot bring {} up to date", site.display()))?;
    for note in roster.notes().iter().chain(&merged.notes) {
        eprint(&format!("note: {note}\n"));
    }
    if merged.text == before {
        eprint(&format!("{} is up to date\n", site.display()));
        return Ok(AS_EXPECTED);
    }
    Site::parse(&site.display().to_string(), &merged.text).with_context(|| {
        format!("{} is left as it is: with what was imported it would not be good", site.display())
    })?;
    show_difference(site, &before, &merged.text, color)?;
    if arguments.dry_run {
        eprint("nothing is written: --dry-run\n");
        return Ok(AS_EXPECTED);
    }
    if !(before.is_empty() || arguments.yes || is_confirmed(site)?) {
        bail!("{} is left as it is; --yes writes it without asking", site.display());
    }
    roster::write(site, &merged.text)
        .with_context(|| format!("cannot write {}", site.display()))?;
    eprint(&format!("{} is written; `vmmtap site check` says what it covers\n", site.display()));
    Ok(AS_EXPECTED)
}

fn show_difference(site: &Path, before: &str, after: &str, color: Color) -> anyhow::Result<()> {
    let difference = TextDiff::from_lines(before, after);
    let name = site.display().to_string();
    let text = difference.unified_diff().header(&name, &name).to_string();
    Output::new(None, color, &[])?.text(&present::clean_lines(&text.replace('\r', "")))
}

/// Asks on a terminal; where there is none, nobody has agreed.
fn is_confirmed(site: &Path) -> anyhow::Result<bool> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(false);
    }
    eprint(&format!("Write this to {}? [y/N] ", site.display()));
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

pub(super) fn learn(arguments: &SiteLearnArguments, color: Color) -> anyhow::Result<u8> {
    let reading = &arguments.reading;
    let captures = sources(&reading.captures, &reading.dropped)?;
    if let Some(file) = arguments.output.as_deref().filter(|file| file.exists()) {
        bail!("{} is there already; a proposal overwrites nothing", file.display());
    }
    let output = Output::new(arguments.output.as_deref(), color, &files(&captures))?;
    let policy = Arc::new(Policy::new(Matrix::embedded()?, Site::default()));
    let engine =
        Engine::new(policy, reading.capacity.limits()).with_threads(reading.capacity.threads());
    let (report, failures) = read(engine, &captures);
    if report.captures.is_empty() {
        return tell_failures(&failures);
    }
    let proposal = learn::propose(&report.policy, &learn::exchanges(&report));
    let names: BTreeMap<_, _> =
        report.names.iter().map(|(ip, name)| (*ip, present::clean(name).into_owned())).collect();
    output.text(&proposal.site_file(&report.policy, &names))?;
    eprint(&present::summary(&report));
    eprint(&format!(
        "{} and {} without; check every guess before it judges anything\n",
        match proposal.suspects.len() {
            1 => "1 address with a role is proposed".to_owned(),
            many => format!("{many} addresses with roles are proposed"),
        },
        proposal.strangers.len()
    ));
    if failures.is_empty() { Ok(AS_EXPECTED) } else { tell_failures(&failures) }
}
