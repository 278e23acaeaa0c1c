//! `vmmtap site`: the site file checked, and made from exports.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use similar::TextDiff;

use super::{
    AS_EXPECTED, eprint, eprint_line, output,
    policy::{load_policy, policy_files},
    read, refuse_powershell, sources, tell_failures, wildcard,
};
use crate::{
    arguments::{Color, SiteCheckArguments, SiteImportArguments, SiteLearnArguments},
    capture::shown,
    engine::Engine,
    files_in_use::FilesInUse,
    identify::Site,
    judge::{self, Matrix, Policy, Tally},
    learn,
    output::Output,
    present,
    roster::{self, MergeError, Merged, Roster},
    text_file::{read_export, read_text},
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
    let site = &arguments.site;
    let exports = wildcard::paths(&arguments.exports)?;
    let used = exports.iter().map(PathBuf::as_path).filter(|path| *path != Path::new("-"));
    FilesInUse::default().with_any("the export", used).refuse("--site", site)?;
    let roster = read_exports(&exports, arguments.resolve)?;
    let before = read_site(site)?;
    let merged = merged(site, &before, &roster)?;
    if merged.text == before {
        eprint_line(&format!("{} is up to date", shown(site)));
        return Ok(AS_EXPECTED);
    }
    show_difference(site, &before, &merged.text, color)?;
    if arguments.dry_run {
        eprint_line("nothing is written: --dry-run");
        return Ok(AS_EXPECTED);
    }
    if !(before.is_empty() || arguments.yes || is_confirmed(site)?) {
        bail!("{} is left as it is; --yes writes it without asking", shown(site));
    }
    if read_site(site)? != before {
        bail!("{} was changed meanwhile and is left as it is; run it again", shown(site));
    }
    roster::write(site, &merged.text).with_context(|| format!("cannot write {}", shown(site)))?;
    eprint_line(&format!("{} is written; `vmmtap site check` says what it covers", shown(site)));
    Ok(AS_EXPECTED)
}

fn read_exports(exports: &[PathBuf], resolve: bool) -> anyhow::Result<Roster> {
    let mut roster = Roster::default();
    for export in exports {
        let name = shown(export);
        let text = read_export(export)?;
        let read = roster.read(&name, &text);
        read.map_err(|why| anyhow::anyhow!("cannot import {name}: {why}"))?;
    }
    roster.settle(resolve);
    Ok(roster)
}

/// The site file's text; none where there is no file yet.
fn read_site(path: &Path) -> anyhow::Result<String> {
    let is_there = path.try_exists().with_context(|| format!("cannot read {}", shown(path)))?;
    if is_there { read_text(path, "site file") } else { Ok(String::new()) }
}

fn merged(site: &Path, before: &str, roster: &Roster) -> anyhow::Result<Merged> {
    let name = shown(site);
    let merged = match roster::merge(before, roster) {
        // Site files have messages of their own, with lines.
        Err(MergeError::NoToml(why)) => {
            Site::parse(&name, before)?;
            bail!("cannot bring {name} up to date: it is not TOML: {why}");
        }
        merged => merged.with_context(|| format!("cannot bring {name} up to date"))?,
    };
    tell_notes(roster.notes().iter().chain(&merged.notes));
    if merged.text == before {
        return Ok(merged);
    }
    if !merged.text.contains("[[machine]]") {
        bail!("there is nothing to write: no machine with an address was given");
    }
    Site::parse(&name, &merged.text).with_context(|| {
        format!("{name} is left as it is: with what was imported it would not be good")
    })?;
    Ok(merged)
}

/// Notes told; of more, the number.
const NOTES: usize = 50;

fn tell_notes<'n>(notes: impl Iterator<Item = &'n String>) {
    let mut notes = notes.fuse();
    for note in notes.by_ref().take(NOTES) {
        eprint_line(&format!("note: {}", present::clean(note)));
    }
    let more = notes.count();
    if more > 0 {
        eprint_line(&format!("note: {more} more of these"));
    }
}

fn show_difference(site: &Path, before: &str, after: &str, color: Color) -> anyhow::Result<()> {
    let difference = TextDiff::from_lines(before, after);
    let name = shown(site);
    let text = difference.unified_diff().header(&name, &name).to_string();
    Output::new(None, color, &FilesInUse::default())?
        .text(&present::clean_lines(&text.replace('\r', "")))
}

/// Asks on a terminal; where there is none, nobody has agreed.
fn is_confirmed(site: &Path) -> anyhow::Result<bool> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(false);
    }
    eprint(&format!("Write this to {}? [y/N] ", shown(site)));
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

pub(super) fn learn(arguments: &SiteLearnArguments, color: Color) -> anyhow::Result<u8> {
    let reading = &arguments.reading;
    let captures = sources(&reading.captures, &reading.dropped)?;
    let used = FilesInUse::default().with_captures(&captures);
    let is_there = |file: &&Path| file.symlink_metadata().is_ok();
    if let Some(file) = arguments.output.as_deref().filter(is_there) {
        bail!("{} is there already; a proposal overwrites nothing", shown(file));
    }
    let output = Output::new(arguments.output.as_deref(), color, &used)?;
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
    eprint_line(&format!(
        "{} and {} without; check every guess before it judges anything",
        match proposal.suspects.len() {
            1 => "1 address with a role is proposed".to_owned(),
            many => format!("{many} addresses with roles are proposed"),
        },
        proposal.strangers.len()
    ));
    if failures.is_empty() { Ok(AS_EXPECTED) } else { tell_failures(&failures) }
}
