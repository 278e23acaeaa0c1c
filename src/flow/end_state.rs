//! The state of one side of a TCP conversation, by Zeek's rules.
//!
//! Source of the rules: Zeek's TCP session adapter and its conn_state table
//! (scripts/base/protocols/conn/main.zeek), both public.

use crate::decode::{Flags, Segment};

/// Where a side stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Has sent nothing.
    #[default]
    Inactive,
    /// Has sent a SYN.
    SynSent,
    /// Has sent a SYN-ACK first of all.
    SynAckSent,
    /// Was met in the middle.
    Partial,
    /// Its SYN was answered, or it answered one.
    Established,
    /// Has sent a FIN.
    Closed,
    /// Has sent an RST.
    Reset,
}

/// One side: state and sequence numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    pub state: State,
    previous: State,
    start_seq: u32,
    last_seq: u32,
}

/// What the state machine saw in a segment, beyond the flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control {
    pub retransmitted: bool,
    pub zero_window: bool,
}

/// Sequence numbers further apart than this are not believed in SYN and RST segments.
const TOO_FAR: i32 = 1 << 20;

/// Moves both sides on by a segment that `sender` sent.
pub(super) fn advance(
    sender: &mut End,
    peer: &mut End,
    sender_is_originator: bool,
    segment: &Segment<'_>,
) -> Control {
    let flags = segment.flags;
    let reset = flags.contains(Flags::RST);
    let control = flags & (Flags::SYN | Flags::FIN);
    let data_len = if reset { 0 } else { segment.payload_len };
    let past = segment.seq.wrapping_add(data_len).wrapping_add(control.bits().count_ones());
    sender.begin(flags, segment.seq, past);
    let zero_window = segment.window == Some(0)
        && !reset
        && peer.state != State::Closed
        && sender.state != State::Reset;
    let retransmitted = sender.take_sequence(flags, past, segment.payload_len);
    sender.change(peer, sender_is_originator, segment);
    Control { retransmitted, zero_window }
}

impl End {
    fn set(&mut self, state: State) {
        self.previous = self.state;
        self.state = state;
    }

    /// Sets the sequence numbers up where this segment begins a side anew.
    fn begin(&mut self, flags: Flags, seq: u32, past: u32) {
        let syn = flags.contains(Flags::SYN);
        match self.state {
            State::Inactive if syn => (self.start_seq, self.last_seq) = (seq, past),
            State::Inactive => (self.start_seq, self.last_seq) = (seq.wrapping_sub(1), seq),
            State::SynSent | State::SynAckSent if syn && seq != self.start_seq => {
                (self.start_seq, self.last_seq) = (seq, past);
            }
            State::Established | State::Partial if syn => {
                (self.start_seq, self.last_seq) = (seq, past);
            }
            State::Reset if syn && self.previous == State::Inactive => {
                (self.start_seq, self.last_seq) = (seq, past);
            }
            _ => {}
        }
    }

    /// Moves the highest sequence number on; true where the segment's data was sent before.
    fn take_sequence(&mut self, flags: Flags, past: u32, payload_len: u32) -> bool {
        let step = past.wrapping_sub(self.last_seq).cast_signed();
        if flags.intersects(Flags::SYN | Flags::RST)
            && step.unsigned_abs() > TOO_FAR.cast_unsigned()
        {
            return false;
        }
        let only_syn_so_far = self.last_seq == self.start_seq.wrapping_add(1);
        if flags.contains(Flags::FIN) && only_syn_so_far {
            self.last_seq = past;
            return false;
        }
        if self.state == State::Reset {
            return false;
        }
        if step > 0 {
            self.last_seq = past;
            return false;
        }
        payload_len > 0
    }

    fn change(&mut self, peer: &mut Self, originator: bool, segment: &Segment<'_>) {
        match self.state {
            State::Inactive => self.leave_inactive(peer, originator, segment),
            State::SynSent | State::SynAckSent => self.leave_opening(segment.flags),
            State::Established | State::Partial => self.leave_established(peer, segment.flags),
            // A reset after both sides closed is an impolite goodbye, not another ending.
            State::Closed if segment.flags.contains(Flags::RST) && peer.state != State::Closed => {
                self.set(State::Reset);
            }
            State::Closed | State::Reset => {}
        }
    }

    fn leave_inactive(&mut self, peer: &mut Self, originator: bool, segment: &Segment<'_>) {
        let flags = segment.flags;
        if flags.contains(Flags::SYN) {
            if !originator {
                if peer.state == State::SynSent {
                    peer.set(State::Established);
                }
                self.set(State::Established);
            } else if flags.contains(Flags::ACK) {
                self.set(State::SynAckSent);
            } else {
                self.set(State::SynSent);
            }
        }
        if flags.contains(Flags::FIN) {
            self.set(State::Closed);
        }
        if flags.contains(Flags::RST) {
            self.set(State::Reset);
        }
        if self.state != State::Inactive {
            return;
        }
        // Some servers acknowledge a SYN before they answer it: no state yet.
        let early_ack = !originator && segment.payload_len == 0 && peer.state == State::SynSent;
        if early_ack {
            return;
        }
        // An ACK of a SYN-ACK: the SYN itself was missed.
        let late = flags.contains(Flags::ACK) && peer.state == State::Established;
        self.set(if late { State::Established } else { State::Partial });
    }

    fn leave_opening(&mut self, flags: Flags) {
        if flags.contains(Flags::FIN) {
            self.set(State::Closed);
        }
        if flags.contains(Flags::RST) {
            self.set(State::Reset);
        }
    }

    fn leave_established(&mut self, peer: &mut Self, flags: Flags) {
        let syn_alone = flags.contains(Flags::SYN) && !flags.contains(Flags::ACK);
        if syn_alone && self.state == State::Partial && peer.state == State::Inactive {
            self.set(State::SynSent);
        }
        if flags.contains(Flags::FIN) && !flags.contains(Flags::RST) {
            self.set(State::Closed);
            if peer.state == State::Reset && peer.previous == State::Closed {
                peer.set(State::Closed);
            }
        }
        if flags.contains(Flags::RST) {
            self.set(State::Reset);
        }
    }
}
