//! From captures to a report.

use std::sync::Arc;

use crate::{
    capture::{Merge, OpenError, Source},
    engine::Engine,
    judge::Policy,
    report::Report,
};

/// Frames between two looks at the progress.
const FRAMES_BETWEEN_LOOKS: u64 = 16_384;

/// Reads captures to their ends and judges them.
///
/// Captures that cannot be opened are left out and given beside the report. `watch` is told now and
/// then how many bytes of the sources have been read.
pub fn replay(
    policy: Arc<Policy>,
    sources: &[Source],
    max_conversations: usize,
    watch: impl FnMut(u64),
) -> (Report, Vec<OpenError>) {
    replay_into(Engine::new(policy, max_conversations), sources, watch)
}

/// The same with an engine that was made ready before.
pub fn replay_into(
    mut engine: Engine,
    sources: &[Source],
    mut watch: impl FnMut(u64),
) -> (Report, Vec<OpenError>) {
    let mut merge = Merge::new(sources);
    let mut frames: u64 = 0;
    while merge.advance() {
        if let Some(frame) = merge.frame() {
            engine.feed(&frame);
        }
        frames += 1;
        if frames.is_multiple_of(FRAMES_BETWEEN_LOOKS) {
            watch(merge.bytes_read());
        }
    }
    let (captures, failures) = merge.finish();
    (engine.finish(captures), failures)
}
