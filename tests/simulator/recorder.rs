//! A recorder at a place of the path, with its faults.

use crate::{
    dice::Dice,
    frame::From,
    network::{Place, Sighting},
};

/// What is wrong with a recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Packets lost, out of a thousand.
    Loses(u64),
    /// Neighbours swapped, out of a thousand, when they are this close.
    Reorders(u64),
    /// Packets recorded twice, out of a thousand.
    Duplicates(u64),
    /// It starts so many nanoseconds late.
    StartsLate(i64),
    /// It sees one sender only.
    OneSided(From),
    ClockStandsStill,
    /// Times drift by so many millionths.
    ClockDrifts(i64),
    /// One packet bears a time so many nanoseconds ahead.
    OneWrongTime(i64),
    /// The clock is set by so many nanoseconds once.
    ClockIsSet(i64),
}

#[derive(Clone, Debug)]
pub struct Recorder {
    pub places: Vec<Place>,
    pub fault: Fault,
}

/// Close enough to be recorded in another order: two cards of a tap, queues of a card.
const MICROSECONDS: i64 = 300_000;

impl Recorder {
    /// What is recorded, in the order of the file; `ports` are the client's and the server's.
    pub fn record(
        &self,
        sightings: &[(i64, Place, Sighting)],
        ports: (u16, u16),
        begin: i64,
        until: i64,
        dice: &mut Dice,
    ) -> Vec<(i64, Vec<u8>)> {
        let mut seen: Vec<(i64, usize)> = sightings
            .iter()
            .enumerate()
            .filter(|(_, (time, place, _))| self.places.contains(place) && *time <= until)
            .map(|(number, (time, ..))| (*time, number))
            .collect();
        seen.sort_unstable();
        let mut frames = Vec::new();
        for (time, number) in seen {
            let (_, place, sighting) = &sightings[number];
            if !self.sees(sighting, time, dice) {
                continue;
            }
            let frame = match sighting {
                Sighting::Segment(segment) => {
                    let hops = if segment.from == From::Client { *place } else { 2 - *place };
                    segment.frame(ports, hops as u8)
                }
                Sighting::Error(segment, kind, code) => segment.icmp(ports, *kind, *code),
            };
            if let Fault::Duplicates(often) = self.fault
                && dice.per_mille(often)
            {
                frames.push((begin + time, frame.clone()));
                frames.push((begin + time + 3_000, frame));
                continue;
            }
            frames.push((begin + time, frame));
        }
        self.distort(&mut frames, dice);
        frames
    }

    /// When the last packet passes that it may record.
    pub fn last(&self, sightings: &[(i64, Place, Sighting)], until: i64) -> i64 {
        let here = sightings.iter().filter(|one| self.places.contains(&one.1) && one.0 <= until);
        here.map(|one| one.0).max().unwrap_or(0)
    }

    fn sees(&self, sighting: &Sighting, time: i64, dice: &mut Dice) -> bool {
        match (self.fault, sighting) {
            (Fault::Loses(often), _) => !dice.per_mille(often),
            (Fault::StartsLate(from), _) => time >= from,
            (Fault::OneSided(side), Sighting::Segment(segment)) => segment.from == side,
            _ => true,
        }
    }

    fn distort(&self, frames: &mut [(i64, Vec<u8>)], dice: &mut Dice) {
        match self.fault {
            Fault::Reorders(often) => {
                for place in 1..frames.len() {
                    let close = frames[place].0 - frames[place - 1].0 < MICROSECONDS;
                    if close && dice.per_mille(often) {
                        frames.swap(place - 1, place);
                    }
                }
            }
            Fault::ClockStandsStill => {
                let first = frames.first().map_or(0, |frame| frame.0);
                frames.iter_mut().for_each(|frame| frame.0 = first);
            }
            Fault::ClockDrifts(millionths) => {
                let first = frames.first().map_or(0, |frame| frame.0);
                for frame in frames {
                    frame.0 += (frame.0 - first) / 1_000_000 * millionths;
                }
            }
            Fault::OneWrongTime(ahead) if !frames.is_empty() => {
                let place = (dice.next() % frames.len() as u64) as usize;
                frames[place].0 += ahead;
            }
            Fault::ClockIsSet(by) if !frames.is_empty() => {
                let place = (dice.next() % frames.len() as u64) as usize;
                frames[place..].iter_mut().for_each(|frame| frame.0 += by);
            }
            _ => {}
        }
    }
}
