//! The same work on several shares at once.

use std::{panic::resume_unwind, thread};

/// What `work` makes of each share, in their order; the first one is done by this thread.
pub fn in_parallel<S: Sync, T: Send>(shares: &[S], work: impl Fn(&S) -> T + Sync) -> Vec<T> {
    let Some((first, others)) = shares.split_first() else { return Vec::new() };
    thread::scope(|scope| {
        let threads: Vec<_> = others.iter().map(|share| scope.spawn(|| work(share))).collect();
        let mut results = vec![work(first)];
        for thread in threads {
            results.push(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        results
    })
}
