//! The IP layer: addresses, lengths, and whether there is all of a datagram.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv4HeaderSlice, Ipv6HeaderSlice};

use super::{
    Skip,
    extension::{Chain, Fragment, walk},
    field::{byte, half, word},
    layer::Remainder,
};

/// An IP packet. Its payload begins with the header that `protocol` names, or is a fragment's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ip<'a> {
    pub src: IpAddr,
    pub dst: IpAddr,
    /// Length on the wire in bytes, headers included.
    pub len: u32,
    /// Length of the payload on the wire in bytes, without extension headers.
    pub payload_len: u32,
    /// Whether both lengths are those on the wire; otherwise they are lower bounds.
    pub length_known: bool,
    pub protocol: IpNumber,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// IPv4 identification; 0 in IPv6.
    pub id: u16,
    pub payload: &'a [u8],
    pub fragment: Option<Fragment>,
}

impl Ip<'_> {
    /// Its header alone, to be kept.
    pub fn without_payload(&self) -> Ip<'static> {
        Ip { payload: &[], ..*self }
    }

    /// Bytes of the payload on the wire that were not captured.
    pub fn cut(&self) -> u32 {
        self.payload_len.saturating_sub(u32::try_from(self.payload.len()).unwrap_or(u32::MAX))
    }

    /// What follows the captured bytes of the payload on the wire.
    pub fn remainder(&self) -> Remainder {
        Remainder { cut: self.cut(), is_known: self.length_known }
    }

    /// The packet as if it were whole: the chain of extension headers goes on in the payload.
    pub fn as_whole(self) -> Result<Self, Skip> {
        if self.src.is_ipv4() && self.protocol != IpNumber::AUTHENTICATION_HEADER {
            return Ok(Self { fragment: None, ..self });
        }
        let chain = walk(self.protocol, self.payload)?;
        if chain.fragment.is_some() {
            return Err(Skip::Fragment);
        }
        let passed = u32::try_from(self.payload.len() - chain.rest.len()).unwrap_or(u32::MAX);
        Ok(Self {
            payload_len: self.payload_len.saturating_sub(passed),
            protocol: chain.protocol,
            payload: chain.rest,
            fragment: None,
            ..self
        })
    }
}

/// How far a header's length field is believed.
#[derive(Clone, Copy)]
enum Lengths {
    /// It bounds the packet. Where it says nothing true (0 on hosts that offload segmentation), the
    /// captured bytes and so many more that the recorder cut do.
    Claimed(Remainder),
    /// All bytes are the packet's: who quotes a packet may have cut it, or turned its length's bytes.
    Quoted,
}

/// Reads a packet that `behind` follows on the wire.
pub(super) fn read(data: &[u8], behind: Remainder) -> Result<Ip<'_>, Skip> {
    by_version(data, Lengths::Claimed(behind))
}

/// Reads the beginning of a packet that an ICMP error quotes.
pub(super) fn read_quoted(data: &[u8]) -> Result<Ip<'_>, Skip> {
    by_version(data, Lengths::Quoted)
}

fn by_version(data: &[u8], lengths: Lengths) -> Result<Ip<'_>, Skip> {
    match data.first().ok_or(Skip::CutHeaders)? >> 4 {
        4 => v4(data, lengths),
        6 => v6(data, lengths),
        _ => Err(Skip::Malformed),
    }
}

fn v4(data: &[u8], lengths: Lengths) -> Result<Ip<'_>, Skip> {
    use etherparse::err::ipv4::HeaderSliceError;
    let header = Ipv4HeaderSlice::from_slice(data).map_err(|error| match error {
        HeaderSliceError::Len(_) => Skip::CutHeaders,
        HeaderSliceError::Content(_) => Skip::Malformed,
    })?;
    let header_len = header.slice().len();
    let claimed = usize::from(header.total_len());
    let (payload, length) =
        bounded(data, header_len, (claimed >= header_len).then_some(claimed), lengths);
    let offset = u32::from(header.fragments_offset().byte_offset());
    let more = header.more_fragments();
    let is_part = (offset > 0 || more) && !is_turned(offset, more, lengths);
    let id = header.identification();
    let fragment = is_part.then_some(Fragment { id: id.into(), offset, more });
    let chain = match header.protocol() {
        IpNumber::AUTHENTICATION_HEADER if !is_part => walk(header.protocol(), payload)?,
        protocol => Chain { protocol, rest: payload, fragment },
    };
    let ends = (header.source_addr().into(), header.destination_addr().into());
    let passed = header_len + payload.len() - chain.rest.len();
    Ok(finish(ends, (header.ttl(), id), (length, passed), Chain { fragment, ..chain }))
}

/// A sender that turns the bytes of the length turns those of the flags: "do not fragment" becomes
/// an offset of 512 in a fragment that cannot be, since the first one is never so short and alone.
fn is_turned(offset: u32, more: bool, lengths: Lengths) -> bool {
    const TURNED_DO_NOT_FRAGMENT: u32 = 0x0040 * 8;
    matches!(lengths, Lengths::Quoted) && !more && offset == TURNED_DO_NOT_FRAGMENT
}

fn v6(data: &[u8], lengths: Lengths) -> Result<Ip<'_>, Skip> {
    let header = Ipv6HeaderSlice::from_slice(data).map_err(|_| Skip::CutHeaders)?;
    let header_len = header.slice().len();
    // A payload length of 0 stands for a jumbogram or for segmentation offload.
    let claimed = match usize::from(header.payload_length()) {
        0 => jumbo_payload_length(data),
        len => Some(len),
    };
    let claimed = claimed.map(|len| len.saturating_add(header_len));
    let (payload, length) = bounded(data, header_len, claimed, lengths);
    let chain = walk(header.next_header(), payload)?;
    let ends = (header.source_addr().into(), header.destination_addr().into());
    let passed = header_len + payload.len() - chain.rest.len();
    Ok(finish(ends, (header.hop_limit(), 0), (length, passed), chain))
}

/// The payload length of a jumbogram: a hop-by-hop option right behind the header (RFC 2675,
/// section 2), as Linux writes it for IPv6 BIG TCP.
fn jumbo_payload_length(data: &[u8]) -> Option<usize> {
    const NEXT_HEADER: usize = 6;
    const HEADER: usize = 40;
    const HOP_BY_HOP: u8 = 0;
    const JUMBO_PAYLOAD: u16 = 0xc204;
    let is_jumbogram = byte(data, NEXT_HEADER).ok()? == HOP_BY_HOP
        && half(data, HEADER + 2).ok()? == JUMBO_PAYLOAD;
    is_jumbogram.then_some(())?;
    usize::try_from(word(data, HEADER + 4).ok()?).ok()
}

/// The length of a packet on the wire, and whether that is known rather than a lower bound.
type Length = (u32, bool);

/// The payload captured, and the packet's length.
fn bounded(
    data: &[u8],
    header_len: usize,
    claimed: Option<usize>,
    lengths: Lengths,
) -> (&[u8], Length) {
    let in_bytes = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    match (lengths, claimed) {
        (Lengths::Claimed { .. }, Some(claimed)) => {
            (&data[header_len..data.len().min(claimed)], (in_bytes(claimed), true))
        }
        (Lengths::Claimed(behind), None) => {
            let len = in_bytes(data.len()).saturating_add(behind.cut);
            (&data[header_len..], (len, behind.is_known))
        }
        (Lengths::Quoted, _) => (&data[header_len..], (in_bytes(data.len()), true)),
    }
}

fn finish<'a>(
    (src, dst): (IpAddr, IpAddr),
    (ttl, id): (u8, u16),
    ((len, length_known), headers): (Length, usize),
    Chain { protocol, rest, fragment }: Chain<'a>,
) -> Ip<'a> {
    let payload_len = len.saturating_sub(u32::try_from(headers).unwrap_or(u32::MAX));
    Ip { src, dst, len, payload_len, length_known, protocol, ttl, id, payload: rest, fragment }
}
