//! Any bytes as a firewall log: read, and joined to the conversations of a bundled capture.
#![no_main]

use std::{
    io::Cursor,
    sync::{Arc, LazyLock},
};

use libfuzzer_sys::fuzz_target;
use vmmtap::{
    capture::{CaptureFile, FirewallLog},
    engine::Engine,
    flow::{self, Conversations, Speaker},
    identify::Site,
    judge::{Matrix, Policy},
};

const CAPTURE: &[u8] = include_bytes!("../../captures/add-host-winrm-blocked/capture.pcap");

static CONVERSATIONS: LazyLock<Conversations> = LazyLock::new(|| {
    let matrix = Matrix::embedded().expect("a good matrix");
    let policy = Policy::new(matrix, Site::default());
    let reader = Box::new(Cursor::new(CAPTURE));
    let mut capture = CaptureFile::from_reader("fuzz".to_owned(), reader, None).expect("a capture");
    let mut engine = Engine::new(Arc::new(policy), 1000);
    while capture.advance() {
        engine.feed(&capture.frame().expect("a frame after an advance"));
    }
    engine.finish(Vec::new()).conversations
});

fuzz_target!(|data: &[u8]| {
    let Ok(log) = FirewallLog::from_reader("fuzz".to_owned(), Cursor::new(data.to_vec())) else { return };
    let mut conversations = CONVERSATIONS.clone();
    let joined = flow::join(&mut conversations, &log.lines, Speaker::Log(0), &|ip| ip.is_ipv4(), log.utc);
    assert_eq!(joined.matched + joined.unmatched + joined.elsewhere, log.lines.len() as u64);
    let told: u32 = conversations.iter().flat_map(|one| one.statements()).map(|one| one.times).sum();
    assert_eq!(u64::from(told), joined.matched);
});
