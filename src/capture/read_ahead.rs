//! Reading on a thread of its own, so that taking the compression off does not wait for the packets
//! to be looked at, nor they for it.

use std::{
    io::{self, Read},
    sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel},
    thread,
};

/// Bytes of a piece.
const PIECE: usize = 256 << 10;
/// Pieces that wait to be asked for.
const AHEAD: usize = 8;

/// The same bytes as those of another reader, and its failure after them.
pub(super) struct ReadAhead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    spent: Sender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl ReadAhead {
    /// Begins to read.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn new(reader: impl Read + Send + 'static) -> io::Result<Self> {
        let (pieces, receiver) = sync_channel(AHEAD);
        let (spent, to_fill) = channel();
        let name = "read-ahead".to_owned();
        thread::Builder::new().name(name).spawn(move || read_all(reader, &pieces, &to_fill))?;
        Ok(Self { pieces: receiver, spent, piece: Vec::new(), at: 0 })
    }
}

/// Hands over what comes as it comes, until the end or a failure, or nobody asks any more.
fn read_all(
    mut reader: impl Read,
    pieces: &SyncSender<io::Result<Vec<u8>>>,
    to_fill: &Receiver<Vec<u8>>,
) {
    loop {
        let mut piece = match to_fill.try_recv() {
            Ok(piece) => piece,
            Err(TryRecvError::Empty) => vec![0; PIECE],
            Err(TryRecvError::Disconnected) => return,
        };
        piece.resize(PIECE, 0);
        let read = match reader.read(&mut piece) {
            Ok(0) => return,
            Ok(count) => {
                piece.truncate(count);
                Ok(piece)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = read.is_err();
        if pieces.send(read).is_err() || failed {
            return;
        }
    }
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            // At the end there is nobody who sends.
            let Ok(next) = self.pieces.recv() else { return Ok(0) };
            let spent = std::mem::replace(&mut self.piece, next?);
            self.at = 0;
            // Whoever fills pieces may be at the end already.
            let _unwanted = self.spent.send(spent);
        }
        let count = buffer.len().min(self.piece.len() - self.at);
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives some bytes in small pieces, then fails or ends.
    struct Supply {
        left: usize,
        fails: bool,
    }

    impl Read for Supply {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.left == 0 && self.fails {
                return Err(io::Error::other("the disk is gone"));
            }
            let count = self.left.min(7777).min(buffer.len());
            let left = (0..=self.left).rev();
            buffer[..count].iter_mut().zip(left).for_each(|(byte, left)| *byte = left as u8);
            self.left -= count;
            Ok(count)
        }
    }

    #[test]
    fn all_bytes_come_and_a_failure_comes_after_them() {
        for (left, fails) in [(0, false), (1, true), (PIECE * 20 + 3, true), (999_999, false)] {
            let (mut expected, mut read) = (Vec::new(), Vec::new());
            let plainly = Supply { left, fails }.read_to_end(&mut expected);
            let ahead =
                ReadAhead::new(Supply { left, fails }).map(|mut one| one.read_to_end(&mut read));
            assert_eq!(plainly.is_err(), fails);
            assert!(matches!(ahead, Ok(result) if result.is_err() == fails));
            assert!(read == expected, "{left}");
        }
    }
}
