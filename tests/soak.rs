//! A long run within a small budget: what is kept of conversations, findings and notifications stays
//! within it, however many there are. A test binary of its own, for it measures the process.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]
#![cfg(target_os = "linux")]

mod recorder;

use std::{fs, sync::Arc};

use recorder::acking;
use vmmtap::{
    capture::{Frame, LinkType, Said, Timestamp},
    engine::{Engine, Limits},
    identify::Site,
    judge::{Matrix, Policy, Verdict},
    ledger::{Announcer, News},
};

const SITE: &str = "\
[[machine]]
name = \"vmm\"
roles = [\"vmm-server\"]
addresses = [\"10.0.0.1\"]
[[machine]]
name = \"hv07\"
roles = [\"hyperv-host\"]
addresses = [\"10.0.1.7\"]
";
const BUDGET: usize = 2 << 20;
/// Services on which something unexpected answers.
const SERVICES: u32 = 2_000;

/// Memory of this process in bytes, from the kernel's pages of 4 KiB (proc_pid_statm(5)).
fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").expect("procfs");
    let pages: usize = text.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("pages");
    pages * 4096
}

#[test]
fn memory_and_notifications_stay_bounded_over_many_times_the_budget() {
    let site = Site::parse("test.toml", SITE).expect("a good site");
    let policy = Policy::new(Matrix::embedded().expect("a good matrix"), site);
    let limits = Limits { conversations: usize::MAX, bytes: BUDGET };
    let mut engine = Engine::new(Arc::new(policy), limits);
    engine.follow();
    let mut announcer = Announcer::default();
    let (mut reported, mut withheld) = (0, 0);
    let mut at = Vec::new();
    for number in 0..60_000_u32 {
        let client = ("10.0.0.1", 1024 + (number / SERVICES) as u16);
        let server = ("10.0.1.7", 10_000 + (number % SERVICES) as u16);
        let time = Timestamp(1_700_000_000_000_000_000 + i64::from(number) * 1_000_000);
        for (from, to, numbers, flags) in [
            (client, server, (number, 0), "S"),
            (server, client, (number, number + 1), "SA"),
            (client, server, (number + 1, number + 1), "A"),
        ] {
            let data = acking(from, to, numbers, flags, b"");
            engine.feed(&Frame {
                time,
                link: LinkType::ETHERNET,
                data: &data,
                wire_len: data.len() as u32,
                said: Said::default(),
            });
        }
        if number % 1000 == 999 {
            let witness = engine.witness(vec![(Timestamp(0), time)], 0);
            let told = announcer.look(&mut engine, &witness, |_, judgement, news| {
                assert_eq!(judgement.verdict, Verdict::Unexpected);
                reported += u64::from(news == News::Arose);
                Ok::<(), ()>(())
            });
            assert!(told.is_ok());
            let over = announcer.withheld(&engine, false);
            withheld += over.iter().map(|one| one.services).sum::<u64>();
        }
        if number % 15_000 == 14_999 {
            at.push(resident());
        }
    }
    withheld += announcer.withheld(&engine, true).iter().map(|one| one.services).sum::<u64>();
    assert_eq!(reported + withheld, u64::from(SERVICES), "each service once");
    assert!(reported <= 20 * 2, "{reported} in 60 s");
    let (early, late) = (at[0], at[at.len() - 1]);
    assert!(late < early + BUDGET, "{at:?}");
    let report = engine.finish(Vec::new());
    let counted = report.tally.of_verdict(Verdict::Unexpected);
    assert_eq!(counted, 60_000, "nothing that was evicted is lost");
}
