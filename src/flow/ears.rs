//! Which sides of a conversation are still dissected.

use super::{
    Side,
    listening::{Listening, is_worth_hearing, payload_seq},
};
use crate::decode::Segment;

/// What is needed only to take further packets in; a copy of a conversation takes none.
#[derive(Debug, Default)]
pub(super) struct Ears {
    pub listening: Option<Box<Listening>>,
    /// Nothing more is to be heard from a side: it is not listened to, or listening is over.
    pub deaf: [bool; 2],
    /// RPC endpoints that were heard of: counted here, so that no packet has to ask a box for it.
    pub endpoints: u8,
}

/// What came of a side's first payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is dissected.
    Dissected,
    /// It begins no protocol that is known here.
    Unrecognised,
    /// The capture lacks the beginning.
    Cut,
}

impl Ears {
    /// A side sends its first payload, or the first that is to be listened to; `early` where it
    /// acknowledges payload that was not captured before it.
    pub fn begin(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        begins: [Option<u32>; 2],
        ports: [u16; 2],
        early: bool,
    ) -> Begun {
        if !early && !is_worth_hearing(segment, begins[side as usize], ports) {
            self.deaf[side as usize] = true;
            let whole = begins[side as usize] == Some(payload_seq(segment));
            let known = whole && !segment.payload.is_empty();
            return if known { Begun::Unrecognised } else { Begun::Cut };
        }
        let mut listening = Listening::new(ports, begins);
        if self.deaf[!side as usize] {
            listening.lose(!side);
        }
        self.listening = Some(Box::new(listening));
        Begun::Dissected
    }
}

impl Clone for Ears {
    fn clone(&self) -> Self {
        Self::default()
    }
}
