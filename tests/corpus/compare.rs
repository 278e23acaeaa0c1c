//! Packets and conversations against the truth.

use std::collections::BTreeMap;

use crate::{
    flows::{Flow, Key, Report, Tcp},
    icmp,
    tally::{Kind, Tally},
    truth::{Capture, FlowRow},
};

/// Outcomes of a conversation of which only an ICMP error was seen.
const FROM_A_QUOTE: &[&str] =
    &["refused", "prohibited", "unreachable", "silent", "pending", "partial"];

/// Frames read against records walked.
pub fn packets(capture: &Capture, report: &Report, tally: &mut Tally) {
    let ours = report.totals.packets;
    // Where the walker stops at another record header, tshark may read on.
    let agrees = [capture.records(), capture.by_tshark()].contains(&Some(ours));
    tally.compare(Kind::Packets, capture, agrees, || {
        let Capture { format, records_walked, tshark_frames, .. } = capture;
        let Capture { tcpdump_packets, tcpdump_said, tshark_said, .. } = capture;
        format!(
            "{ours} packets\t{format}: {records_walked} records, {tshark_frames} by tshark, \
             {tcpdump_packets} by tcpdump; {tcpdump_said}; {tshark_said}"
        )
    });
}

/// Conversations against tshark's streams.
pub fn conversations(capture: &Capture, rows: &[FlowRow], report: &Report, tally: &mut Tally) {
    let mut candidates: BTreeMap<Key, Vec<&Flow>> = BTreeMap::new();
    for flow in report.flows.iter().filter(|flow| flow.transport != "icmp") {
        candidates.entry(flow.key()).or_default().push(flow);
    }
    let mut rows: Vec<&FlowRow> = rows.iter().collect();
    rows.sort_by(|a, b| a.t_first.total_cmp(&b.t_first));
    for row in &rows {
        let found = take_nearest(&mut candidates, row);
        if !row.is_carrier() {
            compare_row(capture, row, found.as_ref(), tally);
        }
    }
    note_strangers(capture, report, &candidates, tally);
}

/// The conversation of the row's endpoints that began nearest to it. tshark never ends a UDP stream,
/// so all conversations of its endpoints are one.
fn take_nearest(candidates: &mut BTreeMap<Key, Vec<&Flow>>, row: &FlowRow) -> Option<Flow> {
    let all = candidates.get_mut(&row.key()).filter(|all| !all.is_empty())?;
    if row.proto == "udp" {
        return Some(joined(std::mem::take(all)));
    }
    let distance = |flow: &Flow| (flow.first - row.t_first).abs();
    let nearest = (0..all.len()).min_by(|i, j| distance(all[*i]).total_cmp(&distance(all[*j])))?;
    Some(all.remove(nearest).clone())
}

fn joined(all: Vec<&Flow>) -> Flow {
    let mut joined = all[0].clone();
    for flow in &all[1..] {
        let (client, server) = flow.packets.from(flow, joined.client);
        joined.packets += crate::flows::Sides { client, server };
        let (client, server) = flow.payload_bytes.from(flow, joined.client);
        joined.payload_bytes += crate::flows::Sides { client, server };
        let (client, server) = flow.duplicates.from(flow, joined.client);
        joined.duplicates += crate::flows::Sides { client, server };
        if flow.outcome == "answered" {
            joined.outcome.clone_from(&flow.outcome);
        }
    }
    joined
}

fn compare_row(capture: &Capture, row: &FlowRow, found: Option<&Flow>, tally: &mut Tally) {
    let tcp = row.proto == "tcp";
    let kind = |of_tcp, of_udp| if tcp { of_tcp } else { of_udp };
    let found_kind = kind(Kind::TcpFound, Kind::UdpFound);
    tally.compare(found_kind, capture, found.is_some(), || about(row, "not found"));
    let Some(flow) = found else { return };
    let ours = flow.outcome.as_str();
    if let Some((client, _)) = row.initiator() {
        let words = || about(row, &format!("client {:?} by {}", flow.client, flow.direction));
        let of = kind(Kind::TcpClient, Kind::UdpClient);
        // The truth calls whoever sent the first datagram the initiator, also of a lone answer.
        if !tcp && flow.client != client && flow.direction == "port" {
            tally.note(Kind::Answer, capture, &words());
        } else {
            tally.compare(of, capture, flow.client == client, words);
        }
    }
    // The truth counts the copies of a packet; a copy is no retry.
    let copied = flow.duplicates != crate::flows::Sides::default();
    let alone = row.outcome == "syn_unanswered" && copied;
    match outcomes(row) {
        Some(mut outcomes) => {
            if alone {
                outcomes.push("pending");
            }
            let of = kind(Kind::TcpOutcome, Kind::UdpOutcome);
            tally.compare(of, capture, outcomes.contains(&ours), || about(row, ours));
            if tcp && matches!(ours, "reset" | "stalled") {
                tally.note(Kind::Broken, capture, &about(row, ours));
            }
        }
        None => tally.note(Kind::Look, capture, &about(row, ours)),
    }
    // The truth counts a packet as often as it was recorded.
    let mut recorded = flow.packets;
    recorded += flow.duplicates;
    let packets = recorded.from(flow, row.a());
    let agrees = packets == (row.pkts_ab, row.pkts_ba);
    tally.compare(kind(Kind::TcpPackets, Kind::UdpPackets), capture, agrees, || {
        about(row, &format!("packets {packets:?}, truth {:?}", (row.pkts_ab, row.pkts_ba)))
    });
    if flow.duplicates != crate::flows::Sides::default() {
        return tally.note(Kind::Folded, capture, &about(row, &format!("{:?}", flow.duplicates)));
    }
    let payload = flow.payload_bytes.from(flow, row.a());
    let agrees = payload == (row.payload_ab, row.payload_ba);
    tally.compare(kind(Kind::TcpPayload, Kind::UdpPayload), capture, agrees, || {
        about(row, &format!("payload {payload:?}, truth {:?}", (row.payload_ab, row.payload_ba)))
    });
    if let Some(of_tcp) = &flow.tcp {
        compare_tcp(capture, row, of_tcp, tally);
    }
}

fn compare_tcp(capture: &Capture, row: &FlowRow, tcp: &Tcp, tally: &mut Tally) {
    let ours = tcp.completeness;
    tally.compare(Kind::TcpCompleteness, capture, row.completeness == ours.to_string(), || {
        about(row, &format!("completeness {ours}, truth {}", row.completeness))
    });
    if let Some((_, syns)) = row.initiator() {
        tally.compare(Kind::TcpSynTries, capture, tcp.syn_tries == syns, || {
            about(row, &format!("syn_tries {}, truth {syns}", tcp.syn_tries))
        });
    }
}

/// The outcomes that agree with a row; `None` where the row does not say.
fn outcomes(row: &FlowRow) -> Option<Vec<&'static str>> {
    Some(match row.outcome.as_str() {
        "established" => vec!["answered", "reset", "stalled"],
        "half_open" => vec!["half-open", "pending"],
        "half_open_rst_by_initiator" => vec!["answered", "half-open"],
        "half_open_rst_by_responder" => vec!["half-open"],
        "udp_two_way" | "udp_two_way_then_icmp" => vec!["answered"],
        "syn_unanswered" if row.initiator().is_some_and(|(_, syns)| syns >= 2) => vec!["silent"],
        "syn_unanswered" => vec!["silent", "pending"],
        "rst_refused" => vec!["refused"],
        "syn_icmp_prohibited" => vec!["prohibited"],
        "syn_icmp_unreach" | "udp_icmp_unreach" | "udp_icmp_prohibited" => {
            icmp::outcomes(&row.icmp)
        }
        "one_sided_initiator_only" | "midstream_two_way" | "midstream_one_sided" => {
            vec!["partial"]
        }
        // Time exceeded fails a datagram as well, which the truth does not count.
        "udp_one_way" => [vec!["silent", "pending", "partial"], icmp::outcomes(&row.icmp)].concat(),
        "icmp_only_unreach" | "icmp_only_prohibited" | "icmp_only_other" => FROM_A_QUOTE.to_vec(),
        _ => return None,
    })
}

fn about(row: &FlowRow, words: &str) -> String {
    let FlowRow { proto, stream, outcome, order, icmp, .. } = row;
    let ends = |end: crate::flows::Endpoint| format!("{} {}", end.ip, end.port);
    format!(
        "{words}\t{proto} stream {stream}: {} > {}, {outcome} {order} {icmp}",
        ends(row.a()),
        ends(row.b())
    )
}

/// Conversations that the truth does not have.
fn note_strangers(
    capture: &Capture,
    report: &Report,
    left: &BTreeMap<Key, Vec<&Flow>>,
    tally: &mut Tally,
) {
    if capture.tshark_frames.parse().is_ok_and(|frames: u64| frames == 0) {
        return;
    }
    for flow in report.flows.iter().filter(|flow| flow.transport != "icmp") {
        let stranger = left
            .get(&flow.key())
            .is_some_and(|flows| flows.iter().any(|other| std::ptr::eq(*other, flow)));
        let kind = if flow.transport == "tcp" { Kind::TcpKnown } else { Kind::UdpKnown };
        tally.compare(kind, capture, !stranger, || {
            format!(
                "not in the truth\t{} {:?} > {:?} at {:.6}, {:?}, {}",
                flow.transport, flow.client, flow.server, flow.first, flow.packets, flow.outcome
            )
        });
    }
}
