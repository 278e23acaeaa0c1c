//! A finding told in the moment it arises.

use textwrap::Options;

use super::{clean, names, text::style};
use crate::{
    judge::{Judgement, Policy},
    ledger::{News, Withheld},
};

/// Columns that an announcement fits in.
const WIDTH: usize = 80;

/// The announcement; nothing for another one of a kind that was told.
#[must_use]
pub fn announcement(policy: &Policy, judgement: &Judgement<'_>, news: News) -> Option<String> {
    let (client, server) = names::parties(policy, judgement);
    let service = names::service(judgement.conversation.transport, judgement.server_end().port);
    let verdict = judgement.verdict;
    let style = style(verdict);
    let word = verdict.name().to_uppercase();
    let after = match news {
        News::Arose => String::new(),
        News::Again | News::Withheld => return None,
        News::Revised(before) => format!(", no more {}", before.name()),
    };
    let time = names::clock(judgement.conversation.last);
    let head = format!("{client} -> {server}  {service}");
    let why = policy.why(judgement);
    let options = Options::new(WIDTH).initial_indent("          ").subsequent_indent("          ");
    let why = textwrap::fill(&clean(&why), options);
    Some(format!("{time}  {style}{word}{style:#}{after}  {}\n{why}\n", clean(&head)))
}

/// The findings that were only counted, in one line.
#[must_use]
pub fn withheld(withheld: &Withheld) -> String {
    let Withheld { verdict, services, pairs } = *withheld;
    let style = style(verdict);
    let services = names::plural(services, "service");
    let pairs = names::plural(pairs as u64, "pair");
    format!(
        "          {style}{}{style:#}: and {services} more between {pairs} of machines; the report lists them\n",
        verdict.name().to_uppercase()
    )
}
