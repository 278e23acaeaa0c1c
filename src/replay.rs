//! From captures to a report.
//!
//! Every thread has some of the shards. Whoever has nothing to do reads on and hands what it has read
//! to all; so the reading is done by one at a time, by whoever is idle.

use std::{
    collections::VecDeque,
    panic::resume_unwind,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use crate::{
    capture::{Merge, OpenError, Source},
    engine::{Batch, Engine, Limits, Shard, Sorter},
    judge::Policy,
    report::Report,
};

/// Batches that wait for a thread before the others wait for it, too.
const MOST_WAITING: usize = 8;

/// Reads captures to their ends and judges them.
///
/// Captures that cannot be opened are left out and given beside the report. `watch` is told now and
/// then how many bytes of the sources have been read.
pub fn replay(
    policy: Arc<Policy>,
    sources: &[Source],
    limits: impl Into<Limits>,
    watch: impl FnMut(u64) + Send,
) -> (Report, Vec<OpenError>) {
    replay_into(Engine::new(policy, limits), sources, watch)
}

/// The same with an engine that was made ready before.
pub fn replay_into(
    mut engine: Engine,
    sources: &[Source],
    watch: impl FnMut(u64) + Send,
) -> (Report, Vec<OpenError>) {
    let (sorter, shards) = engine.part();
    let threads = engine.threads().min(shards.len());
    let reader = Reader { merge: Merge::new(sources), sorter, watch, ended: false };
    let relay = Relay {
        reader: Mutex::new(reader),
        waiting: Mutex::new(vec![VecDeque::new(); threads]),
        changed: Condvar::new(),
        spare: Mutex::default(),
    };
    let mut hands: Vec<Vec<(usize, Shard)>> = (0..threads).map(|_| Vec::new()).collect();
    for (number, shard) in shards.into_iter().enumerate() {
        hands[number % threads].push((number, shard));
    }
    let mut shards: Vec<(usize, Shard)> = thread::scope(|scope| {
        let relay = &relay;
        let mut hands = hands.into_iter().enumerate();
        let own = hands.next();
        let others: Vec<_> =
            hands.map(|(thread, hand)| scope.spawn(move || relay.work(thread, hand))).collect();
        let mut all = own.map_or(Vec::new(), |(thread, hand)| relay.work(thread, hand));
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        all
    });
    shards.sort_by_key(|(number, _)| *number);
    let Reader { merge, sorter, .. } =
        relay.reader.into_inner().unwrap_or_else(PoisonError::into_inner);
    engine.rejoin(sorter, shards.into_iter().map(|(_, shard)| shard).collect());
    let (captures, failures) = merge.finish();
    (engine.finish(captures), failures)
}

/// Where frames come from, for one thread at a time.
struct Reader<W> {
    merge: Merge,
    sorter: Sorter,
    watch: W,
    ended: bool,
}

impl<W: FnMut(u64)> Reader<W> {
    /// The next batch; `None` when all have been given.
    fn next(&mut self, spare: Batch) -> Option<Batch> {
        if self.ended {
            return None;
        }
        loop {
            if !self.merge.advance() {
                self.ended = true;
                self.sorter.flush();
                break;
            }
            if self.merge.frame().is_some_and(|frame| self.sorter.sort(&frame)) {
                break;
            }
        }
        (self.watch)(self.merge.bytes_read());
        Some(self.sorter.hand_over(spare))
    }
}

/// What the threads share.
struct Relay<W> {
    reader: Mutex<Reader<W>>,
    /// Batches by the thread that they wait for.
    waiting: Mutex<Vec<VecDeque<Arc<Batch>>>>,
    /// Somebody has taken a batch, or there are more.
    changed: Condvar,
    /// Batches to be used again.
    spare: Mutex<Vec<Batch>>,
}

impl<W: FnMut(u64)> Relay<W> {
    /// Feeds shards until all is read.
    fn work(&self, thread: usize, mut hand: Vec<(usize, Shard)>) -> Vec<(usize, Shard)> {
        while let Some(batch) = self.next(thread) {
            hand.iter_mut().for_each(|(number, shard)| batch.feed(*number, shard));
            if let Some(batch) = Arc::into_inner(batch) {
                lock(&self.spare).push(batch);
            }
        }
        hand
    }

    /// The next batch for a thread, read by it if need be; `None` at the end.
    fn next(&self, thread: usize) -> Option<Arc<Batch>> {
        loop {
            if let Some(batch) = self.take(thread) {
                return Some(batch);
            }
            // Not with the reader in hand: who is behind may be waiting for it.
            self.wait_for_others(thread);
            let mut reader = lock(&self.reader);
            // Another thread may have read on in the meantime.
            if let Some(batch) = self.take(thread) {
                return Some(batch);
            }
            let spare = lock(&self.spare).pop().unwrap_or_default();
            let batch = Arc::new(reader.next(spare)?);
            lock(&self.waiting).iter_mut().for_each(|queue| queue.push_back(Arc::clone(&batch)));
            self.changed.notify_all();
        }
    }

    /// Waits until nobody else is far behind, so that what is read does not fill the memory, or there
    /// is something to do.
    fn wait_for_others(&self, thread: usize) {
        let behind = |waiting: &mut Vec<VecDeque<Arc<Batch>>>| {
            waiting[thread].is_empty() && waiting.iter().any(|queue| queue.len() >= MOST_WAITING)
        };
        let waited = self.changed.wait_while(lock(&self.waiting), behind);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self, thread: usize) -> Option<Arc<Batch>> {
        let batch = lock(&self.waiting)[thread].pop_front();
        if batch.is_some() {
            self.changed.notify_all();
        }
        batch
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
