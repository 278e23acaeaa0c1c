//! The commands: from arguments to results and an exit code.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};

use crate::{
    arguments::{
        Arguments, CheckArguments, Color, Command, DEFAULT_SITE, FirewallArguments, FlowsArguments,
        MatrixArguments, MatrixChoice, PolicyChoice, Reading, SiteCheckArguments, SiteCommand,
        Writing,
    },
    capture::{OpenError, Source},
    flow::Transport,
    identify::{Role, Site, nearest},
    judge::{self, Matrix, Policy, Tally, Who},
    output::Output,
    present::{self, Format},
    progress::Progress,
    replay::replay,
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
    let color = arguments.color;
    let code = match &arguments.command {
        Command::Check(arguments) => check(arguments, color),
        Command::Flows(arguments) => flows(arguments, color),
        Command::Matrix(arguments) => matrix(arguments, color),
        Command::Firewall(arguments) => firewall(arguments, color),
        Command::Site(SiteCommand::Check(arguments)) => site_check(arguments, color),
    };
    code.map(ExitCode::from)
}

fn check(arguments: &CheckArguments, color: Color) -> anyhow::Result<u8> {
    let mut inputs = files(&arguments.reading.captures);
    inputs.extend(policy_files(&arguments.policy));
    let output = output(&arguments.writing, color, &inputs)?;
    let policy = load_policy(&arguments.policy)?;
    refuse_powershell(arguments.writing.format, "check")?;
    let (report, failures) = read(policy, &arguments.reading);
    if report.captures.is_empty() {
        return tell_failures(&failures);
    }
    let all = arguments.all;
    match arguments.writing.format {
        Format::Text | Format::Powershell => output.text(&present::text(&report))?,
        Format::Json => output.write(|to| Ok(present::report(&report, all, to)?))?,
        Format::Ndjson => output.write(|to| Ok(present::flow_lines(&report, all, to)?))?,
        Format::Csv => output.write(|to| Ok(present::flow_csv(&report, all, to)?))?,
        Format::Markdown => output.text(&present::markdown(&report))?,
    }
    if !failures.is_empty() {
        return tell_failures(&failures);
    }
    Ok(if report.has_any(&arguments.fail_on) {
        FINDINGS
    } else if report.lacks_evidence() {
        eprint(
            "error: part of the capture could not be read, so it proves nothing; see the notes\n",
        );
        COULD_NOT_VERIFY
    } else {
        AS_EXPECTED
    })
}

fn flows(arguments: &FlowsArguments, color: Color) -> anyhow::Result<u8> {
    let mut inputs = files(&arguments.reading.captures);
    inputs.extend(arguments.site.as_deref());
    let output = output(&arguments.writing, color, &inputs)?;
    let site = arguments.site.as_deref().map(load_site).transpose()?.unwrap_or_default();
    refuse_powershell(arguments.writing.format, "flows")?;
    let policy = Policy { matrix: Matrix::embedded()?, site };
    let (report, failures) = read(policy, &arguments.reading);
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

fn matrix(arguments: &MatrixArguments, color: Color) -> anyhow::Result<u8> {
    let mut inputs = vec![arguments.site.as_deref().unwrap_or(Path::new(DEFAULT_SITE))];
    inputs.extend(arguments.matrix.file.as_deref());
    let output = output(&arguments.writing, color, &inputs)?;
    let format = arguments.writing.format;
    refuse_powershell(format, "matrix")?;
    let site = match &arguments.site {
        Some(path) => load_site(path)?,
        None if Path::new(DEFAULT_SITE).is_file() => load_site(Path::new(DEFAULT_SITE))?,
        None => Site::default(),
    };
    let policy = Policy { matrix: load_matrix(&arguments.matrix)?, site };
    let MatrixArguments { from, to, port, .. } = arguments;
    if from.is_none() && to.is_none() && port.is_none() {
        let entries: Vec<_> = policy.matrix.entries.iter().collect();
        let text = present::matrix(&policy, &entries, format)?;
        output.text(&text)?;
        return Ok(AS_EXPECTED);
    }
    let who = |word: &Option<String>| word.as_deref().map(|word| who(&policy, word)).transpose();
    let (transport, number) = port.as_deref().map(parse_port).transpose()?.unwrap_or_default();
    let answer = judge::may_talk(&policy, who(from)?, who(to)?, transport, number);
    let question = format!(
        "{} open a conversation to {}{}",
        from.as_deref().unwrap_or("any machine"),
        to.as_deref().unwrap_or("any machine"),
        port.as_deref().map_or(String::new(), |port| format!(" on port {port}"))
    );
    let text = present::answer(&policy, &question, &answer, format)?;
    output.text(&text)?;
    Ok(if answer.rules.is_empty() { FINDINGS } else { AS_EXPECTED })
}

fn firewall(arguments: &FirewallArguments, color: Color) -> anyhow::Result<u8> {
    let output = output(&arguments.writing, color, &policy_files(&arguments.policy))?;
    let policy = load_policy(&arguments.policy)?;
    let exceptions = match &arguments.machine {
        None => judge::exceptions(&policy),
        Some(name) => {
            let Some(id) = policy.site.machine_named(name) else {
                let names = policy.site.machines().map(|(_, machine)| machine.name.as_str());
                bail!("the site has no machine `{name}`{}", meant(nearest(name, names)));
            };
            judge::exceptions_of(&policy, id)
        }
    };
    let text = present::firewall(&policy, &exceptions, arguments.writing.format)?;
    output.text(&text)?;
    Ok(AS_EXPECTED)
}

fn site_check(arguments: &SiteCheckArguments, color: Color) -> anyhow::Result<u8> {
    let output = output(&arguments.writing, color, &policy_files(&arguments.policy))?;
    refuse_powershell(arguments.writing.format, "site check")?;
    let policy = load_policy(&arguments.policy)?;
    let tally = Tally::default();
    let coverage = judge::coverage(&policy, &tally);
    let text = present::site(&policy, &coverage, arguments.writing.format)?;
    output.text(&text)?;
    Ok(AS_EXPECTED)
}

fn output(writing: &Writing, color: Color, inputs: &[&Path]) -> anyhow::Result<Output> {
    Output::new(writing.output.as_deref(), color, inputs)
}

/// The captures that are files.
fn files(captures: &[Source]) -> Vec<&Path> {
    let files = captures.iter().map(|source| match source {
        Source::StandardInput => None,
        Source::File(path) => Some(path.as_path()),
    });
    files.flatten().collect()
}

fn read(policy: Policy, reading: &Reading) -> (Report, Vec<OpenError>) {
    let progress = Progress::start(&reading.captures);
    let watch = |bytes| progress.at(bytes);
    let result = replay(Arc::new(policy), &reading.captures, reading.max_conversations, watch);
    progress.finish();
    result
}

fn tell_failures(failures: &[OpenError]) -> anyhow::Result<u8> {
    for failure in failures {
        eprint(&format!("error: {failure}\n"));
    }
    Ok(COULD_NOT_VERIFY)
}

/// Writes a diagnostic, cleaned; a closed standard error is no error.
pub fn eprint(text: &str) {
    let _closed = std::io::stderr().write_all(present::clean_lines(text).as_bytes());
}

fn refuse_powershell(format: Format, command: &str) -> anyhow::Result<()> {
    if format == Format::Powershell {
        bail!("`{command}` has no PowerShell form; `vmmtap firewall --format powershell` has");
    }
    Ok(())
}

/// Files larger than this are no site or matrix file: a capture given by mistake.
const LARGEST_TEXT: u64 = 64 << 20;

fn read_text(path: &Path, what: &str) -> anyhow::Result<String> {
    let shown = path.display();
    let cannot = || format!("cannot read the {what} {shown}");
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(cannot)?;
    file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > LARGEST_TEXT {
        bail!("{}: it is too large to be one", cannot());
    }
    String::from_utf8(bytes)
        .map_err(|_| anyhow::anyhow!("cannot read the {what} {shown}: it is not UTF-8 text"))
}

fn load_policy(choice: &PolicyChoice) -> anyhow::Result<Policy> {
    Ok(Policy { site: load_site(&choice.site)?, matrix: load_matrix(&choice.matrix)? })
}

/// The files that a policy is read from.
fn policy_files(choice: &PolicyChoice) -> Vec<&Path> {
    std::iter::once(choice.site.as_path()).chain(choice.matrix.file.as_deref()).collect()
}

fn load_site(path: &Path) -> anyhow::Result<Site> {
    let text = read_text(path, "site file").map_err(|error| {
        anyhow::anyhow!("{error:#}; a site file names the machines of the deployment: write one as the README shows, or name it with --site FILE")
    })?;
    Ok(Site::parse(&path.display().to_string(), &text)?)
}

fn load_matrix(choice: &MatrixChoice) -> anyhow::Result<Matrix> {
    let Some(path) = &choice.file else { return Ok(Matrix::embedded()?) };
    let text = read_text(path, "matrix file")?;
    Ok(Matrix::with_page(&PathBuf::from(path).display().to_string(), &text)?)
}

/// A machine, a role or an address.
fn who(policy: &Policy, word: &str) -> anyhow::Result<Who> {
    let of_machine = |id| Who { roles: policy.site.machine(id).roles, machine: Some(id) };
    if let Some(id) = policy.site.machine_named(word) {
        return Ok(of_machine(id));
    }
    if let Some(role) = Role::from_name(word) {
        return Ok(Who { roles: [role].into_iter().collect(), machine: None });
    }
    if let Ok(ip) = word.parse() {
        let owner = policy.site.owner(ip);
        return owner.map(of_machine).with_context(|| format!("the site does not know {ip}"));
    }
    let machines = policy.site.machines().map(|(_, machine)| machine.name.as_str());
    let near = nearest(word, machines.chain(Role::ALL.map(Role::name)));
    bail!("`{word}` is no machine of the site, no role and no address{}", meant(near));
}

fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

fn parse_port(word: &str) -> anyhow::Result<(Option<Transport>, Option<u16>)> {
    let (number, transport) = match word.split_once('/') {
        Some((number, "tcp")) => (number, Some(Transport::Tcp)),
        Some((number, "udp")) => (number, Some(Transport::Udp)),
        Some(_) => bail!("`{word}` is no port; write 5985, 5985/tcp or 623/udp"),
        None => (word, None),
    };
    let number = number.parse().ok().filter(|number| *number > 0);
    let number = number.with_context(|| format!("`{word}` is no port; write 5985 or 623/udp"))?;
    Ok((transport, Some(number)))
}
