//! `vmmtap matrix`: the matrix in force, and questions to it.

use std::path::Path;

use anyhow::{Context, bail};

use super::{
    AS_EXPECTED, FINDINGS, meant, output,
    policy::{MATRIX_FILE, SITE_FILE, load_matrix, load_site},
    refuse_powershell,
};
use crate::{
    arguments::{Color, DEFAULT_SITE, MatrixArguments},
    files_in_use::FilesInUse,
    flow::Transport,
    identify::{Role, Site, nearest},
    judge::{self, Policy, Who},
    present,
};

pub(super) fn matrix(arguments: &MatrixArguments, color: Color) -> anyhow::Result<u8> {
    let site = arguments.site.as_deref().unwrap_or(Path::new(DEFAULT_SITE));
    let used = FilesInUse::default()
        .with(SITE_FILE, site)
        .with_any(MATRIX_FILE, arguments.matrix.file.as_deref());
    let output = output(&arguments.writing, color, &used)?;
    let format = arguments.writing.format;
    refuse_powershell(format, "matrix")?;
    let site = match &arguments.site {
        Some(path) => load_site(path)?,
        None if Path::new(DEFAULT_SITE).is_file() => load_site(Path::new(DEFAULT_SITE))?,
        None => Site::default(),
    };
    let policy = Policy::new(load_matrix(&arguments.matrix)?, site);
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
