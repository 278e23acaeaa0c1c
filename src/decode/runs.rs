//! Which bytes of a datagram are there.

/// Runs of bytes received, in order and without overlap.
#[derive(Debug, Default)]
pub(super) struct Runs {
    runs: Vec<(u32, u32)>,
    bytes: u32,
}

/// What a piece is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    New,
    /// All of it was there.
    Duplicate,
    /// Some of it was there.
    Overlap,
}

impl Runs {
    /// Takes the bytes from `start` up to `end` in, as Linux does
    /// (`inet_frag_queue_insert` in net/ipv4/inet_fragment.c, since 4.19): a piece within a run is a
    /// duplicate, and only a piece behind all others makes a run longer.
    pub fn insert(&mut self, start: u32, end: u32) -> Fit {
        let at = self.runs.partition_point(|(_, run_end)| *run_end <= start);
        if let Some((run_start, run_end)) = self.runs.get(at).copied() {
            if start >= run_start && end <= run_end {
                return Fit::Duplicate;
            }
            if end > run_start {
                return Fit::Overlap;
            }
        }
        self.bytes += end - start;
        match self.runs.last_mut() {
            Some((_, last_end)) if *last_end == start => *last_end = end,
            _ => self.runs.insert(at, (start, end)),
        }
        Fit::New
    }

    /// Bytes there.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Where the last run ends.
    pub fn end(&self) -> u32 {
        self.runs.last().map_or(0, |(_, end)| *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_new_or_a_duplicate_or_overlaps() {
        let mut runs = Runs::default();
        let cases = [
            ((16, 32), Fit::New),
            ((16, 32), Fit::Duplicate),
            ((16, 24), Fit::Duplicate),
            ((8, 24), Fit::Overlap),
            ((24, 40), Fit::Overlap),
            ((0, 48), Fit::Overlap),
            ((32, 48), Fit::New),
            ((24, 40), Fit::Duplicate),
            ((0, 8), Fit::New),
            ((8, 16), Fit::New),
            ((48, 56), Fit::New),
            // Runs that were not received in order are not joined.
            ((0, 16), Fit::Overlap),
            ((8, 24), Fit::Overlap),
        ];
        for ((start, end), fit) in cases {
            assert_eq!(runs.insert(start, end), fit, "{start} {end}");
        }
        assert_eq!((runs.bytes(), runs.end()), (56, 56));
    }
}
