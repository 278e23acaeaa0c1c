//! How much memory and how many threads a run may use.

use std::thread;

#[cfg(windows)]
use crate::windows::total_memory;
use crate::{arguments::Capacity, engine::Limits};

/// Memory where the system does not tell how much it has, in bytes.
const MEMORY_IF_UNKNOWN: usize = 1 << 30;
/// The part of the machine's memory that conversations may take.
const SHARE: u64 = 4;
/// More threads than shards have nothing to do.
const MOST_THREADS: usize = 16;

impl Capacity {
    /// What may be kept.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let bytes = self.memory.unwrap_or_else(a_quarter);
        Limits { conversations: self.max_conversations.unwrap_or(usize::MAX), bytes }
    }

    /// What may be kept where findings are reported as they arise: a quarter of the memory is for what
    /// was reported of each conversation, and when it is due.
    #[must_use]
    pub fn limits_live(&self) -> Limits {
        let Limits { conversations, bytes } = self.limits();
        Limits { conversations, bytes: bytes / 4 * 3 }
    }

    /// What may be kept where the screen has a row of its own for each conversation, with a copy of it,
    /// and may wait for another copy.
    #[must_use]
    pub fn limits_on_screen(&self) -> Limits {
        let Limits { conversations, bytes } = self.limits();
        Limits { conversations, bytes: bytes / 4 }
    }

    /// How many threads work.
    #[must_use]
    pub fn threads(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(cores).min(MOST_THREADS)
    }
}

/// A quarter of the memory of the machine, or of the group of processes that this one is in.
fn a_quarter() -> usize {
    let total = total_memory().unwrap_or(0);
    usize::try_from(total / SHARE).ok().filter(|bytes| *bytes > 0).unwrap_or(MEMORY_IF_UNKNOWN)
}

#[cfg(not(windows))]
fn total_memory() -> Option<u64> {
    use sysinfo::{MemoryRefreshKind, RefreshKind, System};
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(memory).ok()?;
    let group = system.cgroup_limits().map_or(u64::MAX, |group| group.total_memory);
    Some(system.total_memory().min(group))
}
