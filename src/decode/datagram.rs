//! A datagram whose fragments come one by one.

use super::{
    extension::Fragment,
    layer::Path,
    network::Ip,
    runs::{Fit, Runs},
};

/// The longest datagram (RFC 791, RFC 8200).
const LONGEST: u32 = 65_535;
/// All fragments but the last are a multiple of so many bytes long.
const UNIT: u32 = 8;
/// What a datagram and a piece of it take beside their bytes, roughly.
const DATAGRAM_COST: usize = 512;
const PIECE_COST: usize = 32;

/// A datagram as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Datagram {
    /// The header of the first fragment, and how it was reached.
    first: Option<(Ip<'static>, Path)>,
    /// The captured bytes in the order of their coming.
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    runs: Runs,
    /// Length of the whole payload; known from the last fragment.
    end: Option<u32>,
    /// Lengths of the IP packets.
    ip_len: u32,
    /// Some bytes were not captured, so it is never whole.
    hopeless: bool,
    /// Its first fragment was given to the next stage.
    told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    offset: u32,
    start: usize,
    len: usize,
}

/// What a fragment did to its datagram.
pub(super) enum Taken {
    Waits,
    Complete,
    /// Some of its bytes were not captured; `newly` for the first such fragment.
    Cut {
        newly: bool,
    },
    /// It overlaps others, or disagrees with them on the end.
    Contradicts,
}

/// A packet that was kept: a whole datagram, or a first fragment.
#[derive(Debug)]
pub(super) struct Kept {
    header: Ip<'static>,
    payload: Vec<u8>,
    pub path: Path,
}

impl Kept {
    pub fn ip(&self) -> Ip<'_> {
        Ip { payload: &self.payload, ..self.header }
    }
}

impl Datagram {
    pub fn take(&mut self, ip: &Ip<'_>, fragment: Fragment, path: Path) -> Taken {
        if self.hopeless || ip.cut() > 0 {
            let newly = !std::mem::replace(&mut self.hopeless, true);
            return Taken::Cut { newly };
        }
        // Linux counts whole units of a fragment that others follow, and refuses others over IPv6.
        let is_odd = fragment.more && !ip.payload_len.is_multiple_of(UNIT);
        let len = if fragment.more { ip.payload_len / UNIT * UNIT } else { ip.payload_len };
        let end = fragment.offset + len;
        if len == 0
            || end > LONGEST
            || is_odd && ip.src.is_ipv6()
            || !self.agrees(end, fragment.more)
        {
            return Taken::Contradicts;
        }
        match self.runs.insert(fragment.offset, end) {
            Fit::New => {}
            Fit::Duplicate => return Taken::Waits,
            Fit::Overlap => return Taken::Contradicts,
        }
        if !fragment.more {
            self.end = Some(end);
        }
        if fragment.offset == 0 {
            self.first = Some((ip.without_payload(), path));
        }
        self.ip_len = self.ip_len.saturating_add(ip.len);
        self.keep(fragment.offset, &ip.payload[..ip.payload.len().min(len as usize)]);
        if self.end == Some(self.runs.bytes()) { Taken::Complete } else { Taken::Waits }
    }

    /// Whether a fragment that ends here agrees with where the datagram ends.
    fn agrees(&self, end: u32, more: bool) -> bool {
        match self.end {
            Some(known) if more => end <= known,
            Some(known) => end == known,
            None => more || end >= self.runs.end(),
        }
    }

    fn keep(&mut self, offset: u32, payload: &[u8]) {
        self.pieces.push(Piece { offset, start: self.bytes.len(), len: payload.len() });
        self.bytes.extend_from_slice(payload);
    }

    /// The whole, as the fragment that completed it was reached.
    pub fn join(self, path: Path) -> Option<Kept> {
        let Self { first, bytes, mut pieces, ip_len, .. } = self;
        let (header, _) = first?;
        pieces.sort_unstable_by_key(|piece| piece.offset);
        let mut payload = Vec::with_capacity(bytes.len());
        for piece in pieces {
            payload.extend_from_slice(&bytes[piece.start..piece.start + piece.len]);
        }
        let payload_len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let header = Ip { len: ip_len, payload_len, length_known: true, ..header };
        Some(Kept { header, payload, path })
    }

    /// Ends the waiting: the first fragment, where it was there and was not told of, which it is now.
    pub fn give_up(&mut self) -> Option<Kept> {
        let (bytes, pieces) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.pieces));
        self.runs = Runs::default();
        let (header, path) = self.first.take()?;
        let piece = pieces.iter().find(|piece| piece.offset == 0)?;
        let payload = bytes[piece.start..piece.start + piece.len].to_vec();
        self.tell().then(|| Kept { header, payload, path: path.as_fragment() })
    }

    /// Marks its first fragment as told; whether it was not before.
    pub fn tell(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    pub fn is_hopeless(&self) -> bool {
        self.hopeless
    }

    /// Bytes of memory that it takes, roughly.
    pub fn cost(&self) -> usize {
        DATAGRAM_COST + self.bytes.len() + self.pieces.len() * PIECE_COST
    }
}
