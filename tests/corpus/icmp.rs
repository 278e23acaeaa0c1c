//! ICMP errors: the outcome that each proves, by type and code (RFC 792, RFC 1812, RFC 4443), and
//! whether each is joined to the conversation that it quotes.

use std::collections::BTreeMap;

use crate::{
    flows::{Flow, Key, Report},
    tally::{Kind, Tally},
    truth::{Capture, IcmpRow},
};

/// Every error that says why something failed is told with its conversation. Of several the one that
/// says most is told, so where there are several any of them will do.
pub fn compare(capture: &Capture, rows: &[IcmpRow], report: &Report, tally: &mut Tally) {
    let mut quoted: BTreeMap<Key, Vec<&IcmpRow>> = BTreeMap::new();
    for row in rows {
        if let Some(key) = row.key().filter(|_| outcome_of(row).is_some()) {
            quoted.entry(key).or_default().push(row);
        }
    }
    for (key, errors) in quoted {
        let flows: Vec<&Flow> = report.flows.iter().filter(|flow| flow.key() == key).collect();
        let told = |error: &&IcmpRow| {
            flows.iter().filter_map(|flow| flow.icmp_error.as_ref()).any(|told| {
                let numbers = (told.number.to_string(), told.code.to_string());
                told.from.to_string() == error.from
                    && numbers == (error.number.clone(), error.code.clone())
            })
        };
        let joined = errors.iter().any(told);
        tally.compare(Kind::IcmpJoined, capture, joined, || {
            let IcmpRow { kind, number, code, from, .. } = errors[0];
            format!("{} flows\t{kind} {number}/{code} from {from} about {key:?}", flows.len())
        });
    }
}

fn outcome_of(row: &IcmpRow) -> Option<&'static str> {
    outcome(&format!("{}{}/{}<-", row.kind, row.number, row.code))
}

/// Reads a list such as `icmp3/3<-192.0.2.1(ab);icmpv61/4<-2001:db8::1(ab)` into outcomes.
pub fn outcomes(list: &str) -> Vec<&'static str> {
    list.split(';').filter_map(outcome).collect()
}

fn outcome(error: &str) -> Option<&'static str> {
    let (what, _) = error.split_once("<-")?;
    let (v6, numbers) = match what.strip_prefix("icmpv6") {
        Some(numbers) => (true, numbers),
        None => (false, what.strip_prefix("icmp")?),
    };
    let (kind, code) = numbers.split_once('/')?;
    match (v6, kind.parse::<u8>().ok()?, code.parse::<u8>().ok()?) {
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => Some("prohibited"),
        (false, 3, 3) | (true, 1, 4) => Some("refused"),
        (false, 3, 4 | 16..) | (true, 2, _) => None,
        (false, 3 | 11, _) | (true, 1 | 3, _) => Some("unreachable"),
        _ => None,
    }
}
