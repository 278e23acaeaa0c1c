//! What silence is worth: captures with losses, captures of one side, packets recorded twice.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod recorder;

use std::{
    collections::BTreeSet,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use recorder::{acking, tcp, udp};
use vmmtap::{
    capture::{CaptureFile, Frame, LinkType, Said, Source, Timestamp},
    decode::Decoder,
    engine::Engine,
    flow::Outcome,
    identify::Site,
    judge::{Evidence, Matrix, Policy, Verdict},
    report::Report,
};

const SECOND: i64 = 1_000_000_000;
/// What failed, be it that another port works instead.
const FAILED: [Verdict; 2] = [Verdict::Blocked, Verdict::Denied];
/// Copies with losses that are made of each capture.
const LOSSY_COPIES: u64 = 12;

/// A frame with its time and the addresses in it.
struct Recorded {
    time: Timestamp,
    link: LinkType,
    data: Vec<u8>,
    wire_len: u32,
    ends: Option<(IpAddr, IpAddr)>,
}

fn recorded(path: &Path) -> Vec<Recorded> {
    let source = Source::File(path.to_owned());
    let mut capture = CaptureFile::open(&source, Arc::default()).expect("a capture");
    let mut decoder = Decoder::default();
    let mut all = Vec::new();
    while capture.advance() {
        let frame = capture.frame().expect("a frame");
        let mut ends = None;
        let _skip = decoder.read(&frame, |packet| ends = Some((packet.src, packet.dst)));
        let Frame { time, link, wire_len, .. } = frame;
        all.push(Recorded { time, link, data: frame.data.to_vec(), wire_len, ends });
    }
    all
}

fn judge<'a>(policy: &Arc<Policy>, frames: impl Iterator<Item = &'a Recorded>) -> Report {
    let mut engine = Engine::new(Arc::clone(policy), usize::MAX);
    for one in frames {
        let Recorded { time, link, ref data, wire_len, .. } = *one;
        engine.feed(&Frame { time, link, data, wire_len, said: Said::default() });
    }
    engine.finish(Vec::new())
}

/// The conversations of these verdicts.
fn blocked(report: &Report, verdicts: &[Verdict]) -> BTreeSet<String> {
    let blocked = report.judgements().filter(|one| verdicts.contains(&one.verdict));
    blocked
        .map(|one| {
            format!("{:?} {:?}", one.conversation.transport, {
                let mut ends = one.conversation.ends();
                ends.sort();
                ends
            })
        })
        .collect()
}

fn scenarios() -> Vec<(PathBuf, Arc<Policy>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the scenarios").flatten() {
        let site = fs::read_to_string(entry.path().join("vmmtap.toml")).expect("a site file");
        let site = Site::parse("vmmtap.toml", &site).unwrap_or_else(|_| panic!("a good site file"));
        let policy = Policy::new(Matrix::embedded().expect("a good matrix"), site);
        let capture = fs::read_dir(entry.path())
            .expect("a scenario")
            .flatten()
            .find(|file| file.file_name().to_string_lossy().starts_with("capture"));
        found.push((capture.expect("a capture").path(), Arc::new(policy)));
    }
    assert!(!found.is_empty());
    found
}

/// A generator of its own, so that a copy is the same wherever it is made (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn per_cent(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % 100
    }
}

/// Whether some TCP conversation with an address came about.
fn answers_tcp(report: &Report, address: IpAddr) -> bool {
    report.judgements().any(|one| {
        one.outcome == Outcome::Answered
            && one.conversation.tcp().is_some()
            && one.conversation.ends().iter().any(|end| end.ip == address)
    })
}

#[test]
fn nothing_turns_blocked_because_the_capture_shows_one_side_only() {
    for (capture, policy) in scenarios() {
        let frames = recorded(&capture);
        let whole = judge(&policy, frames.iter());
        let known = blocked(&whole, &FAILED);
        let addresses: BTreeSet<IpAddr> =
            frames.iter().filter_map(|one| one.ends).flat_map(|(from, to)| [from, to]).collect();
        for address in addresses {
            // A machine that nobody holds a connection with looks like one that is down, and may be.
            if !answers_tcp(&whole, address) {
                continue;
            }
            let sent = |one: &&Recorded| one.ends.is_some_and(|(from, _)| from == address);
            let got = |one: &&Recorded| one.ends.is_some_and(|(_, to)| to == address);
            for (side, copy) in [
                ("what it sends", judge(&policy, frames.iter().filter(sent))),
                ("what it gets", judge(&policy, frames.iter().filter(got))),
                ("all but what it sends", judge(&policy, frames.iter().filter(|one| !sent(one)))),
            ] {
                let fresh: Vec<_> =
                    blocked(&copy, &[Verdict::Blocked]).difference(&known).cloned().collect();
                assert!(fresh.is_empty(), "{} {address}, {side}: {fresh:?}", capture.display());
            }
        }
    }
}

#[test]
fn nothing_turns_blocked_because_the_capture_lost_packets() {
    for (capture, policy) in scenarios() {
        let frames = recorded(&capture);
        let known = blocked(&judge(&policy, frames.iter()), &FAILED);
        for (seed, lost) in (0..LOSSY_COPIES).zip([1, 5, 5, 5, 20, 50].into_iter().cycle()) {
            let mut dice = Dice(seed);
            let copy = judge(&policy, frames.iter().filter(|_| dice.per_cent() >= lost));
            let fresh: Vec<_> =
                blocked(&copy, &[Verdict::Blocked]).difference(&known).cloned().collect();
            assert!(fresh.is_empty(), "{} seed {seed}, {lost} %: {fresh:?}", capture.display());
        }
    }
}

/// A SYN, or what else `flags` say, from a host to another one; `id` is the IPv4 identification.
fn segment(from: (&str, u16), to: (&str, u16), flags: &str, id: u16) -> Vec<u8> {
    // Both sides number from 7 on.
    let seq = if flags == "A" { 8 } else { 7 };
    let mut data = acking(from, to, (seq, 8), flags, b"");
    data[18..20].copy_from_slice(&id.to_be_bytes());
    data
}

fn report_of(frames: &[(i64, Said, Vec<u8>)]) -> Report {
    let policy = Policy::new(Matrix::embedded().expect("a good matrix"), Site::default());
    let mut engine = Engine::new(Arc::new(policy), usize::MAX);
    for (time, said, data) in frames {
        let wire_len = data.len() as u32;
        let frame =
            Frame { time: Timestamp(*time), link: LinkType::ETHERNET, data, wire_len, said: *said };
        engine.feed(&frame);
    }
    engine.finish(Vec::new())
}

const HOST: (&str, u16) = ("10.0.0.1", 50_000);
const SERVICE: (&str, u16) = ("10.0.0.2", 445);

#[test]
fn a_packet_recorded_twice_counts_once_and_a_retransmission_counts_again() {
    let said = |packet_id| Said { packet_id, ..Said::default() };
    let millis = SECOND / 1000;
    // Time of the second one, identifications, packet numbers; whether it is a copy.
    for (later, ids, numbers, copy) in [
        (millis, (7, 7), (None, None), true),
        (20 * millis, (7, 7), (None, None), true),
        (21 * millis, (7, 7), (None, None), false),
        (millis, (7, 8), (None, None), false),
        (millis, (0, 0), (None, None), true),
        (2 * millis, (0, 0), (None, None), false),
        (500 * millis, (7, 7), (Some(1), Some(1)), true),
        (millis, (7, 7), (Some(1), Some(2)), false),
    ] {
        let report = report_of(&[
            (SECOND, said(numbers.0), segment(HOST, SERVICE, "S", ids.0)),
            (SECOND + later, said(numbers.1), segment(HOST, SERVICE, "S", ids.1)),
        ]);
        let conversation = &report.conversations[0];
        let told = (conversation.counters[0].packets, conversation.copies()[0]);
        assert_eq!(told, if copy { (1, 1) } else { (2, 0) }, "{later} {ids:?} {numbers:?}");
        assert_eq!(report.copies, u64::from(copy));
    }
}

#[test]
fn a_host_that_resets_each_of_many_segments_is_not_recorded_twice() {
    let reset = |time| (time, Said::default(), segment(SERVICE, HOST, "R", 0));
    let report = report_of(&[reset(1), reset(2), reset(3)]);
    assert_eq!((report.conversations[0].counters[0].packets, report.copies), (3, 0));
}

#[test]
fn a_drop_that_the_system_tells_of_makes_a_block_that_is_confirmed() {
    let dropped = Said { dropped: true, ..Said::default() };
    let syn = |time, said| (time, said, segment(HOST, SERVICE, "S", 7));
    let answer = (3, Said::default(), segment(SERVICE, HOST, "SA", 8));
    let ack = (4, Said::default(), segment(HOST, SERVICE, "A", 9));
    for (frames, outcome, evidence) in [
        (vec![syn(1, dropped)], Outcome::Prohibited, Evidence::Confirmed),
        (vec![syn(1, Said::default()), syn(2, dropped)], Outcome::Prohibited, Evidence::Confirmed),
        (vec![syn(1, dropped), answer.clone(), ack], Outcome::Answered, Evidence::Observed),
        (vec![syn(1, Said::default())], Outcome::Pending, Evidence::Weak),
    ] {
        let report = report_of(&frames);
        let judgement = report.judgements().next().expect("a conversation");
        assert_eq!((judgement.outcome, judgement.evidence), (outcome, evidence), "{frames:?}");
    }
}

#[test]
fn a_reset_from_further_off_than_the_server_is_told_apart() {
    let far = |mut data: Vec<u8>, ttl: u8| {
        data[22] = ttl;
        (SECOND, Said::default(), data)
    };
    let other = ("10.0.0.1", 50_001);
    for (ttl, strange) in [(64, false), (62, false), (61, true), (255, true)] {
        let report = report_of(&[
            far(segment(other, SERVICE, "S", 1), 128),
            far(segment(SERVICE, other, "SA", 2), 64),
            far(segment(HOST, SERVICE, "S", 3), 128),
            far(segment(SERVICE, HOST, "RA", 4), ttl),
        ]);
        let refused = report.judgements().find(|one| one.outcome == Outcome::Refused);
        assert_eq!(refused.expect("a refusal").context.strange_reset, strange, "{ttl}");
    }
}

#[test]
fn a_datagram_without_an_answer_is_silent_only_where_an_answer_could_be_seen() {
    let question = |time: i64| (time, Said::default(), udp(HOST, ("10.0.0.2", 623), b"ping"));
    let other = |time: i64| (time, Said::default(), udp(HOST, ("10.0.0.2", 623), b"next"));
    let elsewhere = [
        (0, Said::default(), udp(("10.0.9.1", 9), ("10.0.9.2", 9), b"x")),
        (1, Said::default(), udp(("10.0.9.2", 9), ("10.0.9.1", 9), b"x")),
    ];
    for (questions, two_way, outcome) in [
        (vec![question(2), question(2 + SECOND)], false, Outcome::Silent),
        (vec![question(2), other(2 + SECOND)], false, Outcome::Partial),
        (vec![question(2), other(2 + SECOND)], true, Outcome::Silent),
        (vec![question(2)], false, Outcome::Partial),
        (vec![question(2)], true, Outcome::Pending),
    ] {
        let mut frames = if two_way { elsewhere.to_vec() } else { Vec::new() };
        frames.extend(questions);
        let report = report_of(&frames);
        let asked = report.judgements().find(|one| one.server_end().port == 623);
        assert_eq!(asked.expect("the question").outcome, outcome, "{frames:?}");
    }
}

#[test]
fn a_drop_of_a_stray_does_not_undo_a_conversation_and_one_of_the_answer_does() {
    let dropped = Said { dropped: true, ..Said::default() };
    let plain = Said::default();
    let data = |from, to, said| (SECOND, said, tcp(from, to, 8, "A", b"data"));
    for (frames, outcome) in [
        // Met in the middle, both sides talking.
        (
            vec![
                data(HOST, SERVICE, plain),
                data(SERVICE, HOST, plain),
                (SECOND + 1, dropped, segment(HOST, SERVICE, "R", 9)),
            ],
            Outcome::Partial,
        ),
        // The answer was sent, and dropped where it should arrive.
        (
            vec![
                (1, plain, segment(HOST, SERVICE, "S", 7)),
                (2, dropped, segment(SERVICE, HOST, "SA", 8)),
            ],
            Outcome::Prohibited,
        ),
    ] {
        let report = report_of(&frames);
        let judgement = report.judgements().next().expect("a conversation");
        assert_eq!(judgement.outcome, outcome, "{frames:?}");
    }
}

#[test]
fn two_questions_of_one_length_are_not_one_though_their_checksums_are_alike() {
    let question = |text: &[u8]| {
        let mut data = udp(HOST, ("10.0.0.5", 53), text);
        // As offload leaves it.
        data[18..20].copy_from_slice(&[0, 0]);
        data[40..42].copy_from_slice(&[1, 1]);
        (SECOND, Said::default(), data)
    };
    let report = report_of(&[question(b"ask A"), question(b"ask B"), question(b"ask B")]);
    let conversation = &report.conversations[0];
    assert_eq!((conversation.counters[0].packets, conversation.copies()[0]), (2, 1));
}

#[test]
fn nobody_answers_for_a_network_and_listeners_need_not() {
    for (server, outcome) in [
        (("10.0.0.2", 623), Outcome::Silent),
        (("10.0.0.255", 623), Outcome::Partial),
        (("224.0.0.252", 5355), Outcome::Partial),
        (("10.0.0.2", 514), Outcome::Partial),
        (("10.0.0.2", 515), Outcome::Silent),
        (("10.0.0.2", 69), Outcome::Silent),
        (("10.0.0.2", 4789), Outcome::Partial),
    ] {
        let question = |time| (time, Said::default(), udp(HOST, server, b"the same"));
        let report = report_of(&[question(1), question(1 + SECOND)]);
        let judgement = report.judgements().next().expect("a conversation");
        assert_eq!(judgement.outcome, outcome, "{server:?}");
    }
}
