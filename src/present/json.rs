//! The report as JSON, written as it is made: a million conversations are never a million records.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::IpAddr,
};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{
    clean,
    flow_record::FlowRecord,
    record::{CaptureRecord, CoverageRecord, LogRecord, LostRecord, PairRecord, TotalsRecord},
};
use crate::{
    judge::{Judgement, Policy, Verdict},
    report::Report,
};

/// Writes the report; `with_outside` lists the conversations with strangers, too.
///
/// # Errors
/// Writing failed.
pub fn report(report: &Report, with_outside: bool, output: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *output, &Document { report, with_outside })?;
    output.write_all(b"\n")
}

/// Writes a conversation as a line; `names` are the captures' own for strangers.
///
/// # Errors
/// Writing failed.
pub fn flow_line(
    policy: &Policy,
    names: &BTreeMap<IpAddr, String>,
    judgement: &Judgement<'_>,
    output: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer(&mut *output, &FlowRecord::new(policy, judgement).named(names))?;
    output.write_all(b"\n")
}

/// Writes one conversation a line.
///
/// # Errors
/// Writing failed.
pub fn flow_lines(report: &Report, with_outside: bool, output: &mut dyn Write) -> io::Result<()> {
    for judgement in listed(report, with_outside) {
        flow_line(&report.policy, &report.names, &judgement, output)?;
    }
    Ok(())
}

/// The conversations to list; those with strangers only where they are asked for.
pub(super) fn listed(report: &Report, with_outside: bool) -> impl Iterator<Item = Judgement<'_>> {
    report.judgements_where(move |verdict| with_outside || verdict != Verdict::Outside)
}

struct Document<'a> {
    report: &'a Report,
    with_outside: bool,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { report, .. } = self;
        let with_site = report.policy.has_site();
        let captures: Vec<_> = report.captures.iter().map(CaptureRecord::new).collect();
        let mut document = serializer.serialize_struct("report", 9)?;
        document.serialize_field("schema", "vmmtap/report/1")?;
        document.serialize_field("tool", concat!("vmmtap ", env!("CARGO_PKG_VERSION")))?;
        document.serialize_field("site", &with_site.then(|| clean(&report.policy.site.name)))?;
        document.serialize_field("captures", &captures)?;
        let logs: Vec<_> =
            report.logs.iter().map(|log| LogRecord::new(&report.policy, log)).collect();
        document.serialize_field("firewall_logs", &logs)?;
        document.serialize_field("totals", &totals(report))?;
        document.serialize_field("flows", &Flows(self))?;
        let coverage: Vec<_> = if with_site {
            let rows = report.coverage().into_iter();
            rows.map(|row| CoverageRecord::new(&report.policy, row)).collect()
        } else {
            Vec::new()
        };
        document.serialize_field("coverage", &coverage)?;
        document.serialize_field("pairs", &Pairs(report))?;
        document.end()
    }
}

struct Flows<'a>(&'a Document<'a>);

impl Serialize for Flows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document { report, with_outside } = self.0;
        let judgements = listed(report, *with_outside);
        serializer.collect_seq(
            judgements
                .map(|judgement| FlowRecord::new(&report.policy, &judgement).named(&report.names)),
        )
    }
}

/// What the machines had to do with each other; complete where details of conversations were shed.
struct Pairs<'a>(&'a Report);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = self;
        let pairs = report.tally.pairs();
        serializer.collect_seq(
            pairs.into_iter().map(|(pair, count)| PairRecord::new(&report.policy, pair, count)),
        )
    }
}

fn totals(report: &Report) -> TotalsRecord {
    let verdicts = Verdict::ALL.into_iter().map(|one| (one.name(), report.tally.of_verdict(one)));
    TotalsRecord {
        packets: report.frames,
        carried: report.carried,
        skipped: report.skips.by_name(),
        icmp_errors: report.icmp_errors,
        duplicates: report.copies,
        lost: LostRecord {
            dropped: report.witness.dropped(),
            gaps: report.witness.surroundings().gaps(),
            share: (report.witness.loss() * 1e6).round() / 1e6,
            one_sided: report.witness.surroundings().is_one_sided(),
        },
        flows: report.tally.total(),
        verdicts: if report.policy.has_site() { verdicts.collect() } else { Default::default() },
        shed: report.shed.iter().map(|(verdict, count)| (verdict.name(), *count)).collect(),
    }
}
