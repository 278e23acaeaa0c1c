//! A gap in the path: a firewall, a router, a link.

use crate::{
    frame::{From, Segment},
    network::{Event, Network, Place, Sighting},
};

/// What a gap in the path does to what passes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    Nothing,
    DropsAllOf(From),
    DropsSynAck,
    /// Everything of the client after its SYN.
    DropsAfterSyn,
    DropsLargeOf(From),
    /// Everything of both sides from so many nanoseconds after the handshake on.
    DropsWhenIdle(i64),
    ProhibitsSyn,
    ProhibitsData,
    ResetsSyn,
    ResetsAfterFirstData,
    RewritesNumbers(u32, u32),
}

impl Network {
    /// Whether the gap lets a segment pass; it may change it, or reject it.
    pub fn passes(&mut self, segment: &mut Segment, time: i64, before: &[Place]) -> bool {
        let large = segment.payload.len() > 1_000;
        let plain_syn = segment.syn && segment.ack.is_none();
        match self.path.gap {
            Gap::Nothing => true,
            Gap::DropsAllOf(side) => segment.from != side,
            Gap::DropsSynAck => !(segment.syn && segment.ack.is_some()),
            Gap::DropsAfterSyn => segment.from != From::Client || segment.syn,
            Gap::DropsLargeOf(side) => !(large && segment.from == side),
            Gap::DropsWhenIdle(after) => {
                let passes = self.connected.is_none_or(|connected| time < connected + after);
                if !passes {
                    self.cut.get_or_insert(time);
                }
                passes
            }
            Gap::ProhibitsSyn if plain_syn => self.reject(segment, time, before, (3, 13)),
            Gap::ProhibitsData if !segment.payload.is_empty() => {
                self.reject(segment, time, before, (3, 13))
            }
            Gap::ResetsSyn if plain_syn => {
                let rst = Segment {
                    from: From::Server,
                    seq: 0,
                    ack: Some(segment.seq.wrapping_add(1)),
                    syn: false,
                    rst: true,
                    ttl: 62,
                    ip_id: 7,
                    payload: Vec::new(),
                    ..segment.clone()
                };
                self.send_back(rst, time, before);
                false
            }
            Gap::ResetsAfterFirstData
                if segment.from == From::Client && !segment.payload.is_empty() =>
            {
                let rst = Segment {
                    from: From::Server,
                    seq: segment.ack.unwrap_or(0),
                    ack: Some(segment.seq.wrapping_add(segment.payload.len() as u32)),
                    rst: true,
                    ttl: 62,
                    ip_id: 8,
                    payload: Vec::new(),
                    ..segment.clone()
                };
                self.send_back(rst, time, before);
                false
            }
            Gap::RewritesNumbers(client, server) => {
                let forth = segment.from == From::Client;
                let (own, peer) = if forth { (client, server) } else { (server, client) };
                segment.seq = if forth {
                    segment.seq.wrapping_add(own)
                } else {
                    segment.seq.wrapping_sub(own)
                };
                segment.ack = segment
                    .ack
                    .map(|ack| if forth { ack.wrapping_add(peer) } else { ack.wrapping_sub(peer) });
                true
            }
            _ => true,
        }
    }

    fn reject(
        &mut self,
        segment: &Segment,
        time: i64,
        before: &[Place],
        (kind, code): (u8, u8),
    ) -> bool {
        let mut time = time;
        for place in before.iter().rev() {
            time += 50_000;
            self.sightings.push((time, *place, Sighting::Error(segment.clone(), kind, code)));
        }
        self.schedule(time, Event::Refused(segment.from));
        false
    }

    fn send_back(&mut self, segment: Segment, time: i64, before: &[Place]) {
        let mut time = time;
        for place in before.iter().rev() {
            time += 50_000;
            self.sightings.push((time, *place, Sighting::Segment(segment.clone())));
        }
        self.schedule(time, Event::Arrive(segment));
    }
}
