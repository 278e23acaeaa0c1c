//! Who is still listened to in a conversation.

use super::{
    Side,
    listening::{Listening, is_worth_hearing},
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

impl Ears {
    /// A side sends its first payload, or the first that is to be listened to.
    pub fn begin(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        begins: [Option<u32>; 2],
        ports: [u16; 2],
    ) {
        if !is_worth_hearing(segment, begins[side as usize], ports) {
            self.deaf[side as usize] = true;
            return;
        }
        let mut listening = Listening::new(ports, begins);
        if self.deaf[!side as usize] {
            listening.lose(!side);
        }
        self.listening = Some(Box::new(listening));
    }
}

impl Clone for Ears {
    fn clone(&self) -> Self {
        Self::default()
    }
}
