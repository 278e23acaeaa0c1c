//! The commands: from arguments to results and an exit code.

mod about;
mod check;
mod firewall;
mod firewall_log;
mod policy;
mod question;
mod site;
mod watch;
mod wildcard;

use std::{io::Write, process::ExitCode, sync::Arc};

use anyhow::bail;

use self::policy::load_site;
use crate::{
    arguments::{
        Arguments, Color, Command, FlowsArguments, InterfacesArguments, Listening, SiteCommand,
        Writing,
    },
    capture::{self, OpenError, Source},
    engine::Engine,
    files_in_use::FilesInUse,
    identify::Complaints,
    judge::{Matrix, Policy},
    output::Output,
    present::{self, Format},
    progress::Progress,
    replay::replay_into,
    report::Report,
};

/// Nothing that `--fail-on` names.
const AS_EXPECTED: u8 = 0;
/// Something that `--fail-on` names.
const FINDINGS: u8 = 1;
/// Usage, bad file, no permission.
pub const COULD_NOT_VERIFY: u8 = 2;

/// Runs a command.
///
/// # Errors
/// What keeps it from giving any result; the exit code is then [`COULD_NOT_VERIFY`].
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    #[cfg(windows)]
    crate::windows::load_from_system_only();
    #[cfg(windows)]
    let _code_page = crate::windows::speak_utf8();
    let color = arguments.color;
    let code = match &arguments.command {
        Command::Check(arguments) if arguments.watching.listening.interface.is_some() => {
            check::interface(arguments, color)
        }
        Command::Check(arguments) => check::captures(arguments, color),
        Command::Watch(arguments) => watch::command(arguments),
        Command::Interfaces(arguments) => interfaces(arguments, color),
        Command::Flows(arguments) => flows(arguments, color),
        Command::Matrix(arguments) => question::matrix(arguments, color),
        Command::Firewall(arguments) => firewall::firewall(arguments, color),
        Command::Completions(arguments) => about::completions(arguments, color),
        Command::Man(arguments) => about::man(arguments, color),
        Command::Site(SiteCommand::Check(arguments)) => site::check(arguments, color),
        Command::Site(SiteCommand::Import(arguments)) => site::import(arguments, color),
        Command::Site(SiteCommand::Learn(arguments)) => site::learn(arguments, color),
    };
    code.map(ExitCode::from)
}

fn flows(arguments: &FlowsArguments, color: Color) -> anyhow::Result<u8> {
    let reading = &arguments.reading;
    let captures = sources(&reading.captures, &reading.dropped)?;
    let used = FilesInUse::default()
        .with_captures(&captures)
        .with_any(policy::SITE_FILE, arguments.site.as_deref());
    let output = output(&arguments.writing, color, &used)?;
    let site = arguments.site.as_deref().map(load_site).transpose()?.unwrap_or_default();
    refuse_powershell(arguments.writing.format, "flows")?;
    let policy = Policy::new(Matrix::embedded()?, site);
    let engine = Engine::new(Arc::new(policy), reading.capacity.limits())
        .with_threads(reading.capacity.threads());
    let (report, failures) = read(engine, &captures);
    if report.captures.is_empty() {
        return tell_failures(&failures);
    }
    match arguments.writing.format {
        Format::Text | Format::Powershell => {
            output.write(|to| Ok(present::flow_text(&report, true, to)?))?;
        }
        Format::Json => output.write(|to| Ok(present::report(&report, true, to)?))?,
        Format::Ndjson => output.write(|to| Ok(present::flow_lines(&report, true, to)?))?,
        Format::Csv => output.write(|to| Ok(present::flow_csv(&report, true, to)?))?,
        Format::Markdown => output.write(|to| Ok(present::flow_markdown(&report, true, to)?))?,
    }
    if arguments.writing.format != Format::Json {
        // The lines are the result; what was left out and why belongs beside them.
        eprint(&present::summary(&report));
    }
    if failures.is_empty() { Ok(AS_EXPECTED) } else { tell_failures(&failures) }
}

fn interfaces(arguments: &InterfacesArguments, color: Color) -> anyhow::Result<u8> {
    let output = output(&arguments.writing, color, &FilesInUse::default())?;
    refuse_powershell(arguments.writing.format, "interfaces")?;
    let text = present::interfaces(&capture::interfaces()?, arguments.writing.format)?;
    output.text(&text)?;
    Ok(AS_EXPECTED)
}

fn output(writing: &Writing, color: Color, used: &FilesInUse) -> anyhow::Result<Output> {
    Output::new(writing.output.as_deref(), color, used)
}

/// The captures and those of drops, as one list.
fn sources(captures: &[Source], dropped: &[Source]) -> anyhow::Result<Vec<Source>> {
    let expanded = |sources: &[Source]| -> anyhow::Result<Vec<Source>> {
        let each: Vec<_> = sources.iter().map(wildcard::expanded).collect::<Result<_, _>>()?;
        Ok(each.concat())
    };
    let (captures, dropped) = (expanded(captures)?, expanded(dropped)?);
    for drops in &dropped {
        if captures.iter().any(|capture| capture.is_same_file(drops)) {
            bail!("{drops} is named as a capture and as --dropped; which of them is it?");
        }
    }
    Ok([captures, dropped].concat())
}

/// Refuses a file for captured packets that would overwrite another file in use; adds it to them.
fn with_capture_file(used: FilesInUse, listening: &Listening) -> anyhow::Result<FilesInUse> {
    let Some(path) = listening.write.as_deref() else { return Ok(used) };
    used.refuse("-w", path)?;
    Ok(used.with("the captured packets of -w in", path))
}

fn read(engine: Engine, captures: &[Source]) -> (Report, Vec<OpenError>) {
    let progress = Progress::start(captures);
    let watch = |bytes| progress.at(bytes);
    let result = replay_into(engine, captures, watch);
    progress.finish();
    result
}

fn tell_failures(failures: &[OpenError]) -> anyhow::Result<u8> {
    for failure in failures {
        eprint_line(&format!("error: {failure}"));
    }
    Ok(COULD_NOT_VERIFY)
}

/// Writes a diagnostic, cleaned; a closed standard error is no error.
pub fn eprint(text: &str) {
    let _closed = std::io::stderr().write_all(present::clean_lines(text).as_bytes());
}

/// Writes a diagnostic as one line: no name in it can begin another.
pub fn eprint_line(text: &str) {
    eprint(&format!("{}\n", present::clean(text)));
}

/// An error with its causes. Only mistakes in a file are told on several lines, and those are made of
/// cleaned parts.
#[must_use]
pub fn error_text(error: &anyhow::Error) -> String {
    let causes = error.chain().map(|cause| match cause.downcast_ref::<Complaints>() {
        Some(complaints) => complaints.to_string(),
        None => present::clean(&cause.to_string()).into_owned(),
    });
    causes.collect::<Vec<_>>().join(": ")
}

fn refuse_powershell(format: Format, command: &str) -> anyhow::Result<()> {
    if format == Format::Powershell {
        bail!("`{command}` has no PowerShell form; `vmmtap firewall --format powershell` has");
    }
    Ok(())
}

fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}
