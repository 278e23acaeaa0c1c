//! A window over a stream of bytes that grows to what is asked for, and no further.

use std::io::{self, Read};

const CHUNK: usize = 64 * 1024;

/// Buffered input whose next bytes can be looked at before they are taken.
pub struct Bytes<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    failure: Option<io::Error>,
    taken: u64,
}

impl<R: Read> Bytes<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, end: 0, ended: false, failure: None, taken: 0 }
    }

    /// The next `wanted` bytes, or fewer where the stream ends or fails before.
    #[inline]
    pub fn peek(&mut self, wanted: usize) -> &[u8] {
        if self.end - self.start < wanted {
            self.fill_up_to(wanted);
        }
        let available = wanted.min(self.end - self.start);
        &self.buffer[self.start..self.start + available]
    }

    /// The bytes of an earlier `peek`, without reading.
    pub fn window(&self, from: usize, len: usize) -> &[u8] {
        &self.buffer[self.start + from..self.start + from + len]
    }

    /// Moves past `count` bytes that were peeked.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.taken += count as u64;
    }

    /// Bytes taken so far.
    pub fn position(&self) -> u64 {
        self.taken
    }

    /// Takes `count` bytes however many there are, without keeping them; returns those there were.
    pub fn skip(&mut self, count: u64) -> u64 {
        let mut left = count;
        while left > 0 {
            let step = self.peek(usize::try_from(left).unwrap_or(CHUNK).min(CHUNK)).len();
            if step == 0 {
                break;
            }
            self.consume(step);
            left -= step as u64;
        }
        count - left
    }

    /// Why the stream ended early, if it did.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    #[inline(never)]
    fn fill_up_to(&mut self, wanted: usize) {
        while self.end - self.start < wanted && !self.ended {
            self.fill(wanted);
        }
    }

    fn fill(&mut self, wanted: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let needed = wanted.max(CHUNK);
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        match self.reader.read(&mut self.buffer[self.end..]) {
            Ok(0) => self.ended = true,
            Ok(count) => self.end += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.failure = Some(error);
                self.ended = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, then an error.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.split_first() {
                Some((first, rest)) => {
                    buffer[0] = *first;
                    self.0 = rest;
                    Ok(1)
                }
                None => Err(io::Error::other("line went dead")),
            }
        }
    }

    #[test]
    fn peeks_across_reads_and_keeps_what_came_before_a_failure() {
        let mut bytes = Bytes::new(Dribble(b"abcdef"));
        assert_eq!(bytes.peek(4), b"abcd");
        bytes.consume(3);
        assert_eq!(bytes.peek(10), b"def");
        assert_eq!(bytes.skip(10), 3);
        assert_eq!(bytes.position(), 6);
        assert!(bytes.take_failure().is_some());
    }
}
