//! `vmmtap firewall`: the firewall exceptions that each machine needs.

use anyhow::bail;

use super::{
    AS_EXPECTED, eprint_line, meant, output,
    policy::{load_policy, policy_files},
};
use crate::{
    arguments::{Color, FirewallArguments},
    identify::nearest,
    judge::{self, Exception, Policy, Requirement},
    present,
};

pub(super) fn firewall(arguments: &FirewallArguments, color: Color) -> anyhow::Result<u8> {
    let output = output(&arguments.writing, color, &policy_files(&arguments.policy))?;
    let policy = load_policy(&arguments.policy)?;
    let mut exceptions = match &arguments.machine {
        None => judge::exceptions(&policy),
        Some(name) => {
            let Some(id) = policy.site.machine_named(name) else {
                let names = policy.site.machines().map(|(_, machine)| machine.name.as_str());
                bail!("the site has no machine `{name}`{}", meant(nearest(name, names)));
            };
            judge::exceptions_of(&policy, id)
        }
    };
    enable(&policy, &mut exceptions, &arguments.conditional)?;
    for (_, machine) in policy.site.machines().filter(|(_, one)| one.addresses.is_empty()) {
        eprint_line(&format!(
            "note: {} has no address in the site file: no exception admits it",
            machine.name
        ));
    }
    output.write(|to| present::firewall(&policy, &exceptions, arguments.writing.format, to))?;
    Ok(AS_EXPECTED)
}

/// Enables the exceptions of conditional rules, named by their ids.
fn enable(policy: &Policy, exceptions: &mut [Exception], ids: &[String]) -> anyhow::Result<()> {
    let is_conditional = |rule: &&judge::Entry| rule.requirement == Requirement::Conditional;
    for id in ids {
        let conditional = || policy.matrix.entries.iter().filter(is_conditional);
        if conditional().any(|rule| rule.id == *id) {
            continue;
        }
        if let Some(rule) = policy.matrix.entries.iter().find(|rule| rule.id == *id) {
            let requirement = rule.requirement.name();
            bail!("--conditional: rule `{id}` is not conditional, it is {requirement}");
        }
        let names = conditional().map(|rule| rule.id.as_str());
        let list: Vec<&str> = names.clone().collect();
        bail!(
            "--conditional: the matrix has no rule `{id}`{}; the conditional rules are {}",
            meant(nearest(id, names)),
            list.join(", ")
        );
    }
    for exception in exceptions {
        let rule = policy.entry(exception.rule);
        exception.enabled |= rule.is_some_and(|rule| ids.contains(&rule.id));
    }
    Ok(())
}
