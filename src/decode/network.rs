//! The IP layer: addresses, lengths, and whether there is all of a datagram.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv4HeaderSlice, Ipv6HeaderSlice};

use super::{
    Skip,
    extension::{Chain, Fragment, walk},
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
        let Self { src, dst, len, payload_len, protocol, ttl, id, fragment, .. } = *self;
        Ip { src, dst, len, payload_len, protocol, ttl, id, payload: &[], fragment }
    }

    /// Bytes of the payload on the wire that were not captured.
    pub fn cut(&self) -> u32 {
        self.payload_len.saturating_sub(u32::try_from(self.payload.len()).unwrap_or(u32::MAX))
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
    Claimed { cut: u32 },
    /// All bytes are the packet's: who quotes a packet may have cut it, or turned its length's bytes.
    Quoted,
}

/// Reads a packet; `cut` bytes of the wire follow those captured.
pub(super) fn read(data: &[u8], cut: u32) -> Result<Ip<'_>, Skip> {
    by_version(data, Lengths::Claimed { cut })
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
    let (payload, len) =
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
    Ok(finish(ends, (header.ttl(), id), (len, passed), Chain { fragment, ..chain }))
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
    let claimed = Some(usize::from(header.payload_length())).filter(|len| *len > 0);
    let (payload, len) = bounded(data, header_len, claimed.map(|len| len + header_len), lengths);
    let chain = walk(header.next_header(), payload)?;
    let ends = (header.source_addr().into(), header.destination_addr().into());
    let passed = header_len + payload.len() - chain.rest.len();
    Ok(finish(ends, (header.hop_limit(), 0), (len, passed), chain))
}

/// The payload captured, and the packet's length on the wire.
fn bounded(
    data: &[u8],
    header_len: usize,
    claimed: Option<usize>,
    lengths: Lengths,
) -> (&[u8], u32) {
    let in_bytes = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    match (lengths, claimed) {
        (Lengths::Claimed { .. }, Some(claimed)) => {
            (&data[header_len..data.len().min(claimed)], in_bytes(claimed))
        }
        (Lengths::Claimed { cut }, None) => {
            (&data[header_len..], in_bytes(data.len()).saturating_add(cut))
        }
        (Lengths::Quoted, _) => (&data[header_len..], in_bytes(data.len())),
    }
}

fn finish<'a>(
    (src, dst): (IpAddr, IpAddr),
    (ttl, id): (u8, u16),
    (len, headers): (u32, usize),
    Chain { protocol, rest, fragment }: Chain<'a>,
) -> Ip<'a> {
    let payload_len = len.saturating_sub(u32::try_from(headers).unwrap_or(u32::MAX));
    Ip { src, dst, len, payload_len, protocol, ttl, id, payload: rest, fragment }
}
