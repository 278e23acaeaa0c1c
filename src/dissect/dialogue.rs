//! A TCP conversation while there is something to learn from it.

use super::{Heard, Step, speech::Speech, stream_start};

/// Bytes of a speaker that wait for the rest of a message.
const MAX_BUFFERED: usize = 16 << 10;
/// Bytes in which a protocol shows itself or does not.
const ENOUGH_TO_TELL: usize = 64;
/// Bytes of a speaker that are listened to at all.
const MAX_HEARD: usize = 256 << 10;

/// What two speakers say to each other. They are 0 and 1, as the sides of the conversation.
#[derive(Clone, Debug, Default)]
pub struct Dialogue {
    ports: [u16; 2],
    speakers: [Speaker; 2],
    speech: Option<Speech>,
}

#[derive(Clone, Debug, Default)]
struct Speaker {
    buffer: Vec<u8>,
    /// Bytes of a message that is passed over.
    to_skip: usize,
    heard: usize,
    /// Nothing more is listened to.
    done: bool,
}

impl Dialogue {
    /// A dialogue between two ports.
    #[must_use]
    pub fn new(ports: [u16; 2]) -> Self {
        Self { ports, ..Self::default() }
    }

    /// Listens to the next bytes of a speaker. They follow those before without a gap, and the first
    /// ones are the first that the speaker sent.
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) {
        let one = &mut self.speakers[speaker];
        if one.done {
            return;
        }
        one.heard += bytes.len();
        let skipped = one.to_skip.min(bytes.len());
        one.to_skip -= skipped;
        one.buffer.extend_from_slice(&bytes[skipped..]);
        self.recognise(speaker, heard);
        self.listen(speaker, heard);
        let one = &mut self.speakers[speaker];
        if one.heard >= MAX_HEARD || one.buffer.len() > MAX_BUFFERED {
            self.lose(speaker);
        }
    }

    /// What the speaker sent next was not captured: nothing more is learned from this speaker.
    pub fn lose(&mut self, speaker: usize) {
        self.speakers[speaker] = Speaker { done: true, ..Speaker::default() };
    }

    /// Whether nothing more can be learned.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.speakers.iter().all(|speaker| speaker.done)
    }

    /// Tells the protocol by the bytes so far; more bytes may tell more of it.
    fn recognise(&mut self, speaker: usize, heard: &mut Heard) {
        let is_first = self.speakers[speaker].heard == self.speakers[speaker].buffer.len();
        if !is_first {
            return;
        }
        let buffer = &self.speakers[speaker].buffer;
        let protocol = stream_start(buffer, self.ports, heard.spoken[1 - speaker]);
        if protocol.is_some() {
            heard.spoken[speaker] = protocol;
        }
        match (protocol, &self.speech) {
            (Some(protocol), None) => self.speech = Some(Speech::of(protocol)),
            (None, None) if buffer.len() >= ENOUGH_TO_TELL => self.speakers[speaker].done = true,
            _ => {}
        }
    }

    fn listen(&mut self, speaker: usize, heard: &mut Heard) {
        let Some(speech) = self.speech.as_mut() else { return };
        loop {
            let one = &mut self.speakers[speaker];
            if one.buffer.is_empty() || one.done {
                return;
            }
            match speech.hear(speaker, &one.buffer, heard) {
                Step::More => return,
                Step::Passed(len) => one.pass(len.max(1)),
                Step::Deaf => return self.lose(speaker),
            }
        }
    }
}

impl Speaker {
    fn pass(&mut self, len: usize) {
        let here = len.min(self.buffer.len());
        self.buffer.drain(..here);
        self.to_skip = len - here;
    }
}
