//! From a hash to the place of a conversation: open addressing over eight bytes an entry, so that one
//! cache line answers nearly always.

/// Entries of places and the upper halves of their hashes. What a place holds is compared by who asks.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Upper half: that of the hash. Lower half: the place + 1; 0 is free.
    entries: Vec<u64>,
    used: usize,
}

const SMALLEST: usize = 64;
const PLACE: u64 = 0xffff_ffff;

impl Index {
    /// The first place that may be meant, without looking at what is there: to have it at hand in time.
    pub fn guess(&self, hash: u64) -> usize {
        let home = (hash >> 32) as usize & self.entries.len().wrapping_sub(1);
        let entry = self.entries.get(home).copied().unwrap_or(0);
        ((entry & PLACE) as usize).wrapping_sub(1)
    }

    /// The place of this hash for which `is_it` holds.
    pub fn find(&self, hash: u64, mut is_it: impl FnMut(usize) -> bool) -> Option<usize> {
        self.entry(hash, &mut is_it).and_then(|at| place_of(self.entries[at]))
    }

    /// Sets the place of a hash, in the stead of the one for which `is_it` holds.
    pub fn set(&mut self, hash: u64, place: u32, mut is_it: impl FnMut(usize) -> bool) {
        let entry = hash & !PLACE | (u64::from(place) + 1);
        if let Some(known) = self.entry(hash, &mut is_it) {
            self.entries[known] = entry;
            return;
        }
        if (self.used + 1) * 4 > self.entries.len() * 3 {
            self.grow();
        }
        self.used += 1;
        self.put(entry);
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.entries.len() * size_of::<u64>()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The position of the entry for which `is_it` holds.
    fn entry(&self, hash: u64, is_it: &mut impl FnMut(usize) -> bool) -> Option<usize> {
        let mut at = self.home(hash)?;
        loop {
            let entry = self.entries[at];
            let place = place_of(entry)?;
            if (entry ^ hash) & !PLACE == 0 && is_it(place) {
                return Some(at);
            }
            at = (at + 1) & (self.entries.len() - 1);
        }
    }

    /// The upper half alone decides, so that an index can grow without the hashes.
    fn home(&self, hash: u64) -> Option<usize> {
        (!self.entries.is_empty()).then(|| (hash >> 32) as usize & (self.entries.len() - 1))
    }

    fn put(&mut self, entry: u64) {
        let Some(mut at) = self.home(entry) else { return };
        while self.entries[at] != 0 {
            at = (at + 1) & (self.entries.len() - 1);
        }
        self.entries[at] = entry;
    }

    fn grow(&mut self) {
        let room = (self.entries.len() * 2).max(SMALLEST);
        let before = std::mem::replace(&mut self.entries, vec![0; room]);
        before.into_iter().filter(|entry| *entry != 0).for_each(|entry| self.put(entry));
    }
}

fn place_of(entry: u64) -> Option<usize> {
    ((entry & PLACE) as usize).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hashes_are_told_apart_by_what_is_at_their_places() {
        let mut index = Index::default();
        assert_eq!((index.find(7 << 32, |_| true), index.guess(7 << 32)), (None, usize::MAX));
        for place in 0..1000 {
            index.set(7 << 32, place, |at| at == place as usize);
        }
        for place in [0, 1, 500, 999] {
            assert_eq!(index.find(7 << 32, |at| at == place), Some(place));
        }
        assert_eq!(index.find(7 << 32, |at| at == 1000), None);
        index.set(7 << 32, 2000, |at| at == 500);
        assert_eq!(index.find(7 << 32, |at| at == 500), None);
        assert_eq!(index.find(7 << 32, |at| at == 2000), Some(2000));
        index.clear();
        assert_eq!(index.find(7 << 32, |_| true), None);
    }
}
