//! Any bytes as a capture file: read to the end, judged, told.
#![no_main]

use std::{
    io::Cursor,
    sync::{Arc, LazyLock},
};

use libfuzzer_sys::fuzz_target;
use vmmtap::{
    capture::CaptureFile,
    engine::Engine,
    identify::Site,
    judge::{Matrix, Policy},
    present,
};

static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let matrix = Matrix::embedded().expect("a good matrix");
    Arc::new(Policy::new(matrix, Site::default()))
});

fuzz_target!(|data: &[u8]| {
    let reader = Box::new(Cursor::new(data.to_vec()));
    let Ok(mut capture) = CaptureFile::from_reader("fuzz".to_owned(), reader, None) else { return };
    let mut engine = Engine::new(Arc::clone(&POLICY), 16);
    while capture.advance() {
        engine.feed(&capture.frame().expect("a frame after an advance"));
    }
    let report = engine.finish(vec![capture.into_summary()]);
    let counted: u64 = report.shed.values().sum();
    assert_eq!(report.tally.total(), counted + report.conversations.len() as u64);
    present::report(&report, true, &mut Vec::new()).expect("written to memory");
});
