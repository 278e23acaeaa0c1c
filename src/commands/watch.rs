//! `vmmtap watch`: the screen.

use std::{fs, io::IsTerminal, path::PathBuf, sync::Arc};

use anyhow::{anyhow, bail};

use super::{
    AS_EXPECTED, COULD_NOT_VERIFY, FINDINGS, eprint_line,
    policy::{load_policy, policy_files},
    sources, tell_failures, with_capture_file,
};
use crate::{
    arguments::WatchArguments,
    capture::{Merge, Source, shown},
    configuration::Configuration,
    engine::Engine,
    feed::Feed,
    inflow::Inflow,
    ledger::Ledger,
    live,
    present::screen::{Column, Filter, Setup, ThemeName},
    report::Report,
    signals,
    watch::watch,
};

/// Shows captures or an interface in the screen.
pub(super) fn command(arguments: &WatchArguments) -> anyhow::Result<u8> {
    if !std::io::stdout().is_terminal() {
        bail!("the screen needs a terminal; `vmmtap check` writes a report anywhere");
    }
    if arguments.watching.listening.interface.is_some() && !std::io::stdin().is_terminal() {
        bail!("the screen reads keys from standard input, which is no terminal");
    }
    let watching = &arguments.watching;
    let captures = sources(&watching.captures, &watching.dropped)?;
    let used =
        policy_files(&arguments.policy).with_any("the configuration", arguments.config.as_deref());
    with_capture_file(used, &watching.listening)?;
    let policy = Arc::new(load_policy(&arguments.policy)?.strict_about_rpc(watching.strict_rpc));
    let setup = setup(arguments, &captures)?;
    let mut engine = Engine::new(Arc::clone(&policy), watching.capacity.limits_on_screen());
    let inflow = if setup.live {
        // Views are written where one is.
        let here = [PathBuf::from(".")];
        let note = |line: &str| eprint_line(&format!("note: {line}"));
        Inflow::Interface(Box::new(live::open(&watching.listening, &policy.site, &here, note)?))
    } else {
        let merge = Merge::new(&captures);
        if merge.has_nothing() {
            return tell_failures(&merge.finish().1);
        }
        Inflow::Captures(Box::new(merge))
    };
    let stop = signals::wish_to_end()?;
    engine.follow();
    let feed = Feed::start(engine, inflow);
    let shown = watch(&feed, Ledger::new(policy), setup, &stop);
    let remains = feed.finish().ok_or_else(|| anyhow!("reading has ended unexpectedly"));
    shown?;
    let (engine, captures, failures) = remains?;
    let report = engine.finish(captures);
    notes(&report);
    if !failures.is_empty() {
        return tell_failures(&failures);
    }
    Ok(if report.has_any(&arguments.fail_on) {
        FINDINGS
    } else if report.lacks_evidence() {
        COULD_NOT_VERIFY
    } else {
        AS_EXPECTED
    })
}

/// What went wrong stays on the terminal after the screen is gone.
fn notes(report: &Report) {
    for capture in &report.captures {
        for line in capture.problems.lines() {
            eprint_line(&format!("note: {}: {line}", capture.source));
        }
    }
}

fn setup(arguments: &WatchArguments, captures: &[Source]) -> anyhow::Result<Setup> {
    let configuration = Configuration::load(arguments.config.as_deref())?;
    let text = arguments.show.as_deref().unwrap_or_default();
    let filter = Filter::parse(text).map_err(|mistake| {
        anyhow!("--show: {} in `{}`", mistake.what, &text[mistake.at.clone()])
    })?;
    let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let theme = match arguments.theme.or(configuration.theme) {
        _ if colourless => ThemeName::Mono,
        theme => theme.unwrap_or_default(),
    };
    let interface = arguments.watching.listening.interface.clone();
    Ok(Setup {
        live: interface.is_some(),
        source: interface.unwrap_or_else(|| name(captures)),
        total_bytes: total_bytes(captures),
        theme,
        ascii: arguments.ascii || !speaks_utf8(),
        columns: configuration.columns.unwrap_or_else(|| Column::USUAL.to_vec()),
        bell: configuration.bell,
        keymap: configuration.keymap,
        filter,
    })
}

/// Whether the terminal shows more than ASCII.
#[cfg(windows)]
fn speaks_utf8() -> bool {
    crate::windows::shows_unicode()
}

/// Whether the terminal shows more than ASCII, as the locale says.
#[cfg(not(windows))]
fn speaks_utf8() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// The captures' names without their folders.
fn name(captures: &[Source]) -> String {
    let short = |source: &Source| Some(source.path()?.file_name()?.to_owned());
    let short = |source: &Source| {
        short(source).map_or_else(|| source.to_string(), |name| shown(name.as_ref()))
    };
    match captures {
        [one] => short(one),
        [first, others @ ..] => format!("{} and {} more", short(first), others.len()),
        [] => String::new(),
    }
}

fn total_bytes(captures: &[Source]) -> Option<u64> {
    let length = |source: &Source| fs::metadata(source.path()?).ok().map(|file| file.len());
    captures.iter().map(length).sum()
}
