//! What would let a blocked conversation through, and what the copy key gives.

use super::{
    super::{fix::fix, names, powershell},
    state::{DetailOf, Screen, View, Window},
};
use crate::{
    judge::{self, FixAt, Judgement, Policy, Verdict},
    ledger::{Ledger, Row},
};

/// How to let a conversation through.
pub struct Remedy {
    /// The machine that must let it in.
    pub machine: String,
    /// What fixes it, and where, in words.
    pub words: String,
    /// The command that does it, where the machine may run Windows.
    pub command: Option<String>,
}

/// The exception that a blocked conversation lacks; `None` for conversations with strangers.
#[must_use]
pub fn of(policy: &Policy, judgement: &Judgement<'_>) -> Option<Remedy> {
    let server = judgement.server_machine?;
    let machine = names::machine(policy, server);
    let on_server = matches!(judgement.fix_at(policy), FixAt::Server(_));
    let exceptions = judge::exceptions_of(policy, server);
    let ip = judgement.server_end().ip;
    let exception = exceptions.iter().find(|one| {
        judgement.expectation.rules.contains(&one.rule) && one.protocol.is_used_with(ip)
    });
    let runs_windows = policy.site.machine(server).may_run_windows();
    Some(Remedy {
        words: fix(policy, judgement),
        command: exception
            .filter(|_| runs_windows && on_server)
            .map(|exception| powershell::one_command(policy, exception)),
        machine,
    })
}

/// What the copy key gives: the exception for what is blocked, else what the row says.
#[must_use]
pub fn copied(screen: &Screen, ledger: &Ledger) -> Option<String> {
    let of_row = |row: &Row| {
        let policy = ledger.policy();
        let judgement = row.judgement(policy);
        let remedy = of(policy, &judgement).filter(|_| row.verdict == Verdict::Blocked);
        match remedy {
            Some(Remedy { command: Some(command), .. }) => command,
            Some(remedy) => remedy.words,
            None => policy.why(&judgement),
        }
    };
    let detail = match screen.windows.last() {
        Some(Window::Detail(of, _)) => Some(of.clone()),
        Some(_) => None,
        None => match screen.view {
            View::Findings => screen.selected_finding().cloned().map(DetailOf::Finding),
            View::Flows => {
                let selected = screen.cursors[View::Flows as usize].selected;
                screen.lists.flows.rows.get(selected).copied().map(DetailOf::Flow)
            }
            View::Machines => {
                let selected = screen.cursors[View::Machines as usize].selected;
                let line = screen.lists.machines.rows.get(selected).cloned();
                line.map(|line| DetailOf::Machine(Box::new(line)))
            }
            View::Coverage => None,
        },
    };
    match detail? {
        DetailOf::Finding(key) => {
            let place = ledger.finding(&key)?.places.last().copied()?;
            ledger.row(place).map(of_row)
        }
        DetailOf::Flow(place) => ledger.row(place).map(of_row),
        DetailOf::Machine(line) => {
            Some(format!("{} {}", line.name, line.addresses).trim().to_owned())
        }
    }
}
