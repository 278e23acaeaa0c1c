//! A TCP conversation while there is something to learn from it.

use super::{
    Heard, Step,
    signature::{may_start, stream_start},
    speech::Speech,
};

/// Bytes of a speaker that wait for the rest of a message: more than any protocol here waits for.
const MAX_BUFFERED: usize = 40 << 10;
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
    /// Bytes at the beginning in which no protocol showed itself.
    looked_at: usize,
    /// Nothing more is listened to.
    done: bool,
    /// Its first bytes begin no protocol that is known here.
    unrecognised: bool,
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
        if heard.spoken[speaker].is_some() {
            self.listen(speaker, heard);
        }
        let one = &mut self.speakers[speaker];
        if one.heard >= MAX_HEARD || one.buffer.len() > MAX_BUFFERED {
            self.lose(speaker);
        }
    }

    /// What the speaker sent next was not captured: nothing more is learned from this speaker.
    pub fn lose(&mut self, speaker: usize) {
        let unrecognised = self.speakers[speaker].unrecognised;
        self.speakers[speaker] = Speaker { done: true, unrecognised, ..Speaker::default() };
    }

    /// Whether a speaker's first bytes begin no protocol that is known here.
    #[must_use]
    pub fn is_unrecognised(&self, speaker: usize) -> bool {
        self.speakers[speaker].unrecognised
    }

    /// Bytes that a speaker has yet to send of a message that states its length.
    #[must_use]
    pub fn still_to_come(&self, speaker: usize) -> usize {
        self.speakers[speaker].to_skip
    }

    /// Bytes that wait for the rest of a message.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.speakers.iter().map(|speaker| speaker.buffer.capacity()).sum()
    }

    /// Whether nothing more can be learned.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.speakers.iter().all(|speaker| speaker.done)
    }

    /// Tells the protocol by as few bytes as show it, so that it does not matter in which pieces they
    /// come.
    fn recognise(&mut self, speaker: usize, heard: &mut Heard) {
        if heard.spoken[speaker].is_some() {
            return;
        }
        let one = &mut self.speakers[speaker];
        let enough = one.buffer.len().min(ENOUGH_TO_TELL);
        let Some(first) = one.buffer.first() else { return };
        if !may_start(*first, self.ports, heard.spoken[1 - speaker]) {
            one.unrecognised = true;
            return self.lose(speaker);
        }
        let protocol = (one.looked_at + 1..=enough).find_map(|len| {
            stream_start(&one.buffer[..len], self.ports, heard.spoken[1 - speaker])
        });
        one.looked_at = enough;
        match protocol {
            Some(protocol) => {
                heard.spoken[speaker] = Some(protocol);
                self.speech.get_or_insert_with(|| Speech::of(protocol));
            }
            None if enough == ENOUGH_TO_TELL => (one.done, one.unrecognised) = (true, true),
            None => {}
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
