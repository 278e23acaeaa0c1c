//! Connection states and histories against Zeek's baselines.
//!
//! Zeek leaves packets with bad checksums out, and some of its tests change
//! how it counts.

use std::collections::BTreeMap;

use crate::{
    flows::{Flow, Key, Report},
    tally::{Kind, Tally},
    truth::{Capture, ZeekRow},
};

/// The rows of one log tell a key's conversations in order of time, as ours are.
pub fn compare(capture: &Capture, rows: &[ZeekRow], report: &Report, tally: &mut Tally) {
    let mut ours: BTreeMap<Key, Vec<&Flow>> = BTreeMap::new();
    for flow in report.flows.iter().filter(|flow| flow.transport == "tcp") {
        ours.entry(flow.key()).or_default().push(flow);
    }
    let mut seen: BTreeMap<(&str, &str, Key), usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.has_state()) {
        let Some(key) = row.key() else { continue };
        let nth = seen.entry((&row.test, &row.log, key.clone())).or_default();
        // Zeek begins anew after each refusal and each pause; what it splits is one conversation here,
        // and its last part is held against that.
        let flow = ours.get(&key).and_then(|flows| flows.get(*nth).or(flows.last()));
        let is_part = ours.get(&key).is_some_and(|flows| *nth >= flows.len());
        *nth += 1;
        let found = flow.and_then(|flow| Some((flow, flow.tcp.as_ref()?)));
        if row.is_tcp() {
            tally.compare(Kind::ZeekFound, capture, found.is_some(), || {
                format!("not found, Zeek {}\t{key:?}", row.conn_state)
            });
        }
        let Some((flow, tcp)) = found else { continue };
        let about =
            |mine: &str, zeek: &str| format!("{mine}, Zeek {zeek}\t{:?}, {}", key, flow.outcome);
        tally.compare(Kind::ZeekState, capture, tcp.state == row.conn_state, || {
            about(&tcp.state, &row.conn_state)
        });
        if is_part {
            continue;
        }
        tally.compare(Kind::ZeekHistory, capture, tcp.history == row.history, || {
            about(&tcp.history, &row.history)
        });
    }
}
