//! `vmmtap check`: captures or an interface judged, and the report.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    AS_EXPECTED, COULD_NOT_VERIFY, FINDINGS, eprint_line,
    firewall_log::load_logs,
    output,
    policy::{load_policy, policy_files},
    read, refuse_powershell, sources, tell_failures, with_capture_file,
};
use crate::{
    arguments::{CheckArguments, Color},
    capture::Summary,
    engine::Engine,
    inflow::Inflow,
    judge::{Judgement, Policy},
    ledger::{Announcer, News, Withheld},
    live,
    output::Output,
    present::{self, Format},
    report::Report,
    signals,
};

/// Judges captures.
pub(super) fn captures(arguments: &CheckArguments, color: Color) -> anyhow::Result<u8> {
    let watching = &arguments.watching;
    let captures = sources(&watching.captures, &watching.dropped)?;
    let logs = arguments.firewall_log.iter().map(|log| log.file.as_path());
    let used =
        policy_files(&arguments.policy).with_captures(&captures).with_any("the firewall log", logs);
    let output = output(&arguments.writing, color, &used)?;
    let policy = load_policy(&arguments.policy)?.strict_about_rpc(watching.strict_rpc);
    refuse_powershell(arguments.writing.format, "check")?;
    let logs = load_logs(&arguments.firewall_log, &policy.site)?;
    let mut engine = Engine::new(Arc::new(policy), watching.capacity.limits())
        .with_threads(watching.capacity.threads());
    for (machine, log) in logs {
        engine.attach_log(machine, log);
    }
    let (report, failures) = read(engine, &captures);
    if report.captures.is_empty() {
        return tell_failures(&failures);
    }
    match arguments.writing.format {
        Format::Ndjson => {
            output.write(|to| Ok(present::flow_lines(&report, arguments.all, to)?))?;
        }
        _ => write_report(&output, &report, arguments)?,
    }
    if !failures.is_empty() {
        return tell_failures(&failures);
    }
    Ok(exit_code(&report, arguments))
}

fn write_report(
    output: &Output,
    report: &Report,
    arguments: &CheckArguments,
) -> anyhow::Result<()> {
    let all = arguments.all;
    match arguments.writing.format {
        Format::Text | Format::Powershell => output.text(&present::text(report)),
        Format::Markdown => output.text(&present::markdown(report)),
        Format::Json => output.write(|to| Ok(present::report(report, all, to)?)),
        Format::Ndjson => output.write(|to| Ok(present::flow_lines(report, all, to)?)),
        Format::Csv => output.write(|to| Ok(present::flow_csv(report, all, to)?)),
    }
}

fn exit_code(report: &Report, arguments: &CheckArguments) -> u8 {
    if report.has_any(&arguments.fail_on) {
        FINDINGS
    } else if report.lacks_evidence() {
        eprint_line(
            "error: part of the traffic could not be seen, so it proves nothing; see the notes",
        );
        COULD_NOT_VERIFY
    } else if let Some(obstacle) = report.obstacle() {
        eprint_line(&format!("error: nothing could be verified: {}", obstacle.reason()));
        COULD_NOT_VERIFY
    } else {
        AS_EXPECTED
    }
}

/// Judges what goes over an interface: findings as they arise, the report at the end.
pub(super) fn interface(arguments: &CheckArguments, color: Color) -> anyhow::Result<u8> {
    let used = policy_files(&arguments.policy);
    let used = with_capture_file(used, &arguments.watching.listening)?;
    let mut output = output(&arguments.writing, color, &used)?;
    let watching = &arguments.watching;
    let policy = load_policy(&arguments.policy)?.strict_about_rpc(watching.strict_rpc);
    let policy = Arc::new(policy);
    refuse_powershell(arguments.writing.format, "check")?;
    output.hold()?;
    let listening = &watching.listening;
    let note = |line: &str| eprint_line(&format!("note: {line}"));
    let listener = live::open(listening, &policy.site, &[], note)?;
    let stop = signals::wish_to_end()?;
    let name = listening.interface.as_deref().unwrap_or_default();
    eprint_line(&format!("listening on {name}; Ctrl-C ends it and writes the report"));
    let mut engine = Engine::new(policy, watching.capacity.limits_live());
    engine.follow();
    let session = Session {
        engine,
        inflow: Inflow::Interface(Box::new(listener)),
        announcer: Announcer::default(),
    };
    // The stream of lines is one writing from beginning to end; other formats are written after it.
    if arguments.writing.format == Format::Ndjson {
        let mut report = None;
        output.write(|to| {
            let tell = |policy: &Policy, judgement: &Judgement<'_>, _| {
                present::flow_line(policy, &BTreeMap::new(), judgement, to)?;
                Ok(to.flush()?)
            };
            let told = session.run(&stop, tell, |_| Ok(()))?;
            present::flow_lines(&told, arguments.all, to)?;
            report = Some(told);
            Ok(())
        })?;
        return Ok(report.map_or(AS_EXPECTED, |report| exit_code(&report, arguments)));
    }
    let on_screen = arguments.writing.format == Format::Text && arguments.writing.output.is_none();
    let print = |line: &str| if on_screen { output.text(line) } else { eprint_styled(line) };
    let tell = |policy: &Policy, judgement: &Judgement<'_>, news| {
        let line = present::announcement(policy, judgement, news);
        line.map_or(Ok(()), |line| print(&line))
    };
    let report = session.run(&stop, tell, |withheld| print(&present::withheld(withheld)))?;
    write_report(&output, &report, arguments)?;
    Ok(exit_code(&report, arguments))
}

/// Tells a finding beside results that go elsewhere.
fn eprint_styled(line: &str) -> anyhow::Result<()> {
    let _closed = anstream::stderr().write_all(line.as_bytes());
    Ok(())
}

struct Session {
    engine: Engine,
    inflow: Inflow,
    announcer: Announcer,
}

impl Session {
    /// Listens until it is over, reporting news, and what was only counted.
    fn run(
        self,
        stop: &AtomicBool,
        mut tell: impl FnMut(&Policy, &Judgement<'_>, News) -> anyhow::Result<()>,
        mut sum_up: impl FnMut(&Withheld) -> anyhow::Result<()>,
    ) -> anyhow::Result<Report> {
        let Self { mut engine, mut inflow, mut announcer } = self;
        let mut more = true;
        while more && !stop.load(Ordering::Relaxed) {
            more = inflow.step(&mut engine);
            let witness = inflow.witness(&mut engine);
            announcer.look(&mut engine, &witness, &mut tell)?;
            let is_over = !more || stop.load(Ordering::Relaxed);
            announcer.withheld(&engine, is_over).iter().try_for_each(&mut sum_up)?;
        }
        let (captures, _): (Vec<Summary>, _) = inflow.finish();
        Ok(engine.finish(captures))
    }
}
