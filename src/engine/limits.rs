//! How much is kept.

use crate::flow::{FlowTable, PARTS};

/// Bounds of what an engine keeps in detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Conversations.
    pub conversations: usize,
    /// Bytes that they take.
    pub bytes: usize,
}

/// Where so few conversations are allowed, one shard has them all: a share of it would be none.
const FEW: usize = 1 << 14;

impl Default for Limits {
    fn default() -> Self {
        Self { conversations: usize::MAX, bytes: usize::MAX }
    }
}

impl From<usize> for Limits {
    /// No more than so many conversations.
    fn from(conversations: usize) -> Self {
        Self { conversations: conversations.max(1), ..Self::default() }
    }
}

impl Limits {
    /// How many shards conversations are shared out among.
    pub(super) fn shards(self) -> usize {
        if self.conversations <= FEW { 1 } else { PARTS }
    }

    /// The share of one shard among so many.
    pub(super) fn share(self, shards: usize) -> Self {
        Self { conversations: self.conversations / shards, bytes: self.bytes / shards }
    }

    pub(super) fn are_exceeded(self, table: &FlowTable) -> bool {
        table.len() > self.conversations || table.bytes() > self.bytes && table.len() > 1
    }
}
