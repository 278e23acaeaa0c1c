//! The two ends of a connection: handshake, retransmission, acknowledgements, close (RFC 9293, 6298).

use std::collections::BTreeMap;

use crate::frame::{From, Segment};

pub const MILLI: i64 = 1_000_000;
pub const SECOND: i64 = 1_000 * MILLI;

/// What an end wants done.
pub enum Act {
    Send(Segment),
    /// Wake it again after so many nanoseconds.
    Wake(i64, Timer),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Retransmission; counts only if nothing was acknowledged since.
    Retransmit(u32),
    /// The application does its next step.
    Application,
    /// The application waits no longer.
    GiveUp,
}

/// How the client behaves.
#[derive(Clone, Copy, Debug)]
pub struct ClientHabits {
    pub first_timeout: i64,
    pub syn_tries: u32,
    pub data_tries: u32,
    /// From the handshake to the request.
    pub think: i64,
    /// From the request until the application gives up.
    pub patience: i64,
    pub closes: Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    Fin,
    Reset,
    Never,
}

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Replies,
    NeverReplies,
    ResetsAtOnce,
    ResetsAfterFirstData,
    ClosesWithoutReply,
    Refuses,
    Ignores,
    /// SYN-ACK for another SYN.
    AnswersAnotherSyn,
    /// A bare ACK of an older connection.
    ChallengeAck,
}

/// What both ends have in common: sending and receiving a stream.
pub struct Stream {
    pub side: From,
    iss: u32,
    pub una: u32,
    pub next: u32,
    pub expected: Option<u32>,
    pub received: Vec<u8>,
    early: BTreeMap<u32, Vec<u8>>,
    to_send: Vec<u8>,
    fin_sent: bool,
    tries: u32,
    timeout: i64,
    most_tries: u32,
    pub dead: bool,
    ip_id: u16,
    epoch: u32,
    mss: usize,
    peer_closed: bool,
}

impl Stream {
    pub fn new(
        side: From,
        iss: u32,
        timeout: i64,
        most_tries: u32,
        ip_id: u16,
        mss: usize,
    ) -> Self {
        Self {
            side,
            iss,
            una: iss,
            next: iss,
            expected: None,
            received: Vec::new(),
            early: BTreeMap::new(),
            to_send: Vec::new(),
            fin_sent: false,
            tries: 0,
            timeout,
            most_tries,
            dead: false,
            ip_id,
            epoch: 0,
            mss,
            peer_closed: false,
        }
    }

    fn segment(&mut self, seq: u32, payload: Vec<u8>) -> Segment {
        self.ip_id = self.ip_id.wrapping_add(1).max(1);
        Segment {
            from: self.side,
            seq,
            ack: self.expected,
            syn: false,
            fin: false,
            rst: false,
            payload,
            ip_id: self.ip_id,
            ttl: 128,
        }
    }

    pub fn syn(&mut self, acts: &mut Vec<Act>) {
        let syn = Segment { syn: true, ..self.segment(self.iss, Vec::new()) };
        self.next = self.iss.wrapping_add(1);
        acts.push(Act::Send(syn));
        self.arm(acts);
    }

    fn arm(&mut self, acts: &mut Vec<Act>) {
        self.epoch += 1;
        let wait = self.timeout << self.tries.min(6);
        acts.push(Act::Wake(wait, Timer::Retransmit(self.epoch)));
    }

    pub fn acknowledge(&mut self, acts: &mut Vec<Act>) {
        let next = self.next;
        let ack = self.segment(next, Vec::new());
        acts.push(Act::Send(ack));
    }

    pub fn reset(&mut self, acts: &mut Vec<Act>) {
        let next = self.next;
        let rst = Segment { rst: true, ..self.segment(next, Vec::new()) };
        acts.push(Act::Send(rst));
        self.dead = true;
    }

    pub fn finish(&mut self, acts: &mut Vec<Act>) {
        if !self.fin_sent && !self.dead {
            let next = self.next;
            let fin = Segment { fin: true, ..self.segment(next, Vec::new()) };
            self.next = self.next.wrapping_add(1);
            self.fin_sent = true;
            acts.push(Act::Send(fin));
            self.arm(acts);
        }
    }

    pub fn write(&mut self, bytes: &[u8], acts: &mut Vec<Act>) {
        let from = self.next;
        self.to_send.extend_from_slice(bytes);
        for (place, piece) in bytes.chunks(self.mss).enumerate() {
            let seq = from.wrapping_add((place * self.mss) as u32);
            let data = self.segment(seq, piece.to_vec());
            acts.push(Act::Send(data));
        }
        self.next = from.wrapping_add(bytes.len() as u32);
        self.tries = 0;
        self.arm(acts);
    }

    /// Sends what was not acknowledged again; false where it gives up.
    pub fn retransmit(&mut self, epoch: u32, acts: &mut Vec<Act>) -> bool {
        if epoch != self.epoch || self.una == self.next || self.dead {
            return true;
        }
        if self.tries >= self.most_tries {
            self.dead = true;
            return false;
        }
        self.tries += 1;
        if self.una == self.iss {
            let syn = Segment { syn: true, ..self.segment(self.iss, Vec::new()) };
            acts.push(Act::Send(syn));
        } else {
            let offset = self.una.wrapping_sub(self.iss).wrapping_sub(1) as usize;
            let rest = self.to_send.get(offset..).unwrap_or_default();
            let piece = rest[..rest.len().min(self.mss)].to_vec();
            let una = self.una;
            let is_fin = piece.is_empty() && self.fin_sent;
            let again = Segment { fin: is_fin, ..self.segment(una, piece) };
            acts.push(Act::Send(again));
        }
        self.arm(acts);
        true
    }

    /// Takes a segment's acknowledgement and payload; true where there is new payload.
    pub fn take(&mut self, segment: &Segment, acts: &mut Vec<Act>) -> bool {
        if let Some(ack) = segment.ack {
            let step = ack.wrapping_sub(self.una);
            if step != 0 && step <= self.next.wrapping_sub(self.una) {
                self.una = ack;
                self.tries = 0;
                if self.una != self.next {
                    self.arm(acts);
                }
            }
        }
        let Some(expected) = self.expected else { return false };
        let len = segment.payload.len() as u32;
        if len == 0 && !segment.fin {
            return false;
        }
        let before = self.received.len();
        if segment.seq.wrapping_sub(expected) < 1 << 30 || segment.seq.wrapping_add(len) == expected
        {
            self.early.entry(segment.seq).or_insert_with(|| segment.payload.clone());
        }
        while let Some(piece) = self.expected.and_then(|next| self.early.remove(&next)) {
            self.expected = self.expected.map(|next| next.wrapping_add(piece.len() as u32));
            self.received.extend(piece);
        }
        if segment.fin && self.expected == Some(segment.seq.wrapping_add(len)) && !self.peer_closed
        {
            self.peer_closed = true;
            self.expected = self.expected.map(|next| next.wrapping_add(1));
        }
        self.acknowledge(acts);
        self.received.len() > before
    }

    /// From now on it retransmits so often.
    pub fn retry(&mut self, most_tries: u32) {
        self.most_tries = most_tries;
        self.tries = 0;
    }

    pub fn peer_closed(&self) -> bool {
        self.peer_closed
    }

    pub fn iss(&self) -> u32 {
        self.iss
    }
}
