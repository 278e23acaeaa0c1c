//! Frames sorted by the shards that they are for, a batch at a time.
//!
//! The sorter looks at a frame just enough to know where it belongs; whoever has the shard reads the
//! rest. What is not plain (fragments, tunnels, errors) is decoded here, since fragments must meet.

use std::ops::Range;

use arrayvec::ArrayVec;

use super::{Shard, shard_of, share};
use crate::{
    capture::{Frame, LinkType, Said, Timestamp},
    decode::{Decoder, Packet, Plain, SkipCounts},
    flow::Address,
};

/// Bytes of a batch: large enough to be worth handing over, small enough for a core's own cache.
const BATCH_BYTES: usize = 320 << 10;
/// Packets that are looked up together, so that memory answers for all of them at once.
const TOGETHER: usize = 32;

/// Frames on their way to shards.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// By shard.
    parcels: Vec<Vec<Parcel>>,
    others: Vec<(Packet<'static>, Range<usize>)>,
}

/// A packet of a batch.
#[derive(Clone, Copy)]
enum Parcel {
    /// One in a plain frame, with the hash that its [`Address`] has.
    Plain {
        time: Timestamp,
        said: Said,
        link: LinkType,
        at: u32,
        len: u32,
        plain: Plain,
        spread: u64,
    },
    /// One that was decoded already, by its place.
    Other(u32),
}

impl Batch {
    fn clear(&mut self, shards: usize) {
        self.bytes.clear();
        self.parcels.resize_with(shards, Vec::new);
        self.parcels.iter_mut().for_each(Vec::clear);
        self.others.clear();
    }

    /// Whether it is time to hand it over.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES
    }

    /// Feeds a shard what is for it.
    pub fn feed(&self, number: usize, shard: &mut Shard) {
        let parcels = self.parcels.get(number).map_or(&[][..], Vec::as_slice);
        for together in parcels.chunks(TOGETHER) {
            let mut packets: ArrayVec<Packet<'_>, TOGETHER> = ArrayVec::new();
            let mut addresses: ArrayVec<Option<(Address, u64)>, TOGETHER> = ArrayVec::new();
            for parcel in together {
                let Some(packet) = self.packet(parcel) else { continue };
                let address = match parcel {
                    Parcel::Plain { spread, .. } => Address::with_spread(&packet, *spread),
                    Parcel::Other(_) => Address::of(&packet),
                };
                addresses.push(address.map(|at| (at, shard.hash(&at))));
                packets.push(packet);
            }
            // Short loops without branches: so many questions to memory are under way at once.
            let mut places = [0; TOGETHER];
            for (place, at) in places.iter_mut().zip(&addresses) {
                *place = at.map_or(0, |(_, hash)| shard.guess(hash));
            }
            let touched = places.iter().fold(0, |sum, place| sum ^ shard.touch(*place));
            std::hint::black_box(touched);
            for (packet, at) in packets.iter().zip(&addresses) {
                match at {
                    Some((address, hash)) => shard.take_at(address, *hash, packet),
                    None => shard.take(packet),
                };
            }
        }
    }

    fn packet(&self, parcel: &Parcel) -> Option<Packet<'_>> {
        match *parcel {
            Parcel::Plain { time, said, link, at, len, plain, .. } => {
                let data = self.bytes.get(at as usize..at as usize + len as usize)?;
                plain.read(&Frame { time, link, data, wire_len: len, said })
            }
            Parcel::Other(place) => {
                let (packet, payload) = self.others.get(place as usize)?;
                Some(packet.with_payload(self.bytes.get(payload.clone())?))
            }
        }
    }

    fn add_plain(&mut self, shard: usize, frame: &Frame<'_>, plain: Plain, spread: u64) {
        let Frame { time, link, said, .. } = *frame;
        let (at, len) = (self.bytes.len() as u32, frame.data.len() as u32);
        self.bytes.extend_from_slice(frame.data);
        self.parcels[shard].push(Parcel::Plain { time, said, link, at, len, plain, spread });
    }

    fn add_other(&mut self, shard: usize, packet: &Packet<'_>) {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(packet.payload());
        let place = self.others.len() as u32;
        self.others.push((packet.with_payload(&[]), at..self.bytes.len()));
        self.parcels[shard].push(Parcel::Other(place));
    }
}

/// Sorts frames into batches, and counts them.
pub struct Sorter {
    pub(super) decoder: Decoder,
    pub(super) frames: u64,
    pub(super) skips: SkipCounts,
    pub(super) latest: Option<Timestamp>,
    shards: usize,
    batch: Batch,
}

impl Sorter {
    pub(super) fn new(decoder: Decoder, shards: usize) -> Self {
        let mut batch = Batch::default();
        batch.clear(shards);
        let skips = SkipCounts::default();
        Self { decoder, frames: 0, skips, latest: None, shards, batch }
    }

    /// Sorts a frame; true where the batch is full.
    pub fn sort(&mut self, frame: &Frame<'_>) -> bool {
        self.frames += 1;
        self.latest = self.latest.max(Some(frame.time));
        let Self { decoder, batch, shards, .. } = self;
        decoder.expire(frame.time, |packet| batch.add_other(shard_of(packet, *shards), packet));
        let plain = Plain::locate(frame);
        let ends = plain.and_then(|plain| plain.ends(frame));
        if let Some((plain, ends)) = plain.zip(ends) {
            let address = Address::of_plain(&ends);
            batch.add_plain(share(&address, *shards), frame, plain, address.spread());
        } else {
            let add = |packet: &Packet<'_>| batch.add_other(shard_of(packet, *shards), packet);
            if let Err(skip) = decoder.read(frame, add) {
                self.skips.count(skip);
            }
        }
        self.batch.is_full()
    }

    /// Takes what waited for something that will not come: the captures are at their end.
    pub fn flush(&mut self) {
        let Self { decoder, batch, shards, .. } = self;
        decoder.flush(|packet| batch.add_other(shard_of(packet, *shards), packet));
    }

    /// The batch so far; `spare` is used for the next one.
    pub fn hand_over(&mut self, mut spare: Batch) -> Batch {
        spare.clear(self.shards);
        std::mem::replace(&mut self.batch, spare)
    }
}
