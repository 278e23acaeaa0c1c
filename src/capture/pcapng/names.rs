//! Names of addresses, from name resolution blocks (draft-ietf-opsawg-pcapng, 4.5).

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::capture::record::half;

const END_OF_RECORDS: u16 = 0;
const IPV4: u16 = 1;
const IPV6: u16 = 2;
/// Type and length of the block before its records; a record's own head.
const BLOCK_HEAD: usize = 8;
const RECORD_HEAD: usize = 4;
/// Names kept of a capture.
const MAX_NAMES: usize = 1 << 16;
/// Bytes of a name that are kept: a DNS name as text is no longer (RFC 1035, 2.3.4).
const MAX_NAME: usize = 253;

/// The names that a capture gives to addresses; the first one of an address holds.
#[derive(Clone, Debug, Default)]
pub struct Names(pub BTreeMap<IpAddr, String>);

impl Names {
    /// Takes the records of a name resolution block in; false where they cannot be followed to their
    /// end.
    pub fn read(&mut self, block: &[u8], big_endian: bool) -> bool {
        let mut rest = block.get(BLOCK_HEAD..block.len().saturating_sub(4)).unwrap_or_default();
        while let Some((head, after)) = rest.split_at_checked(RECORD_HEAD) {
            let (kind, len) = (half(head, big_endian), usize::from(half(&head[2..], big_endian)));
            if kind == END_OF_RECORDS {
                return true;
            }
            let Some(value) = after.get(..len) else { return false };
            if let Some((ip, names)) = address(kind, value) {
                self.note(ip, names);
            }
            rest = after.get(len.next_multiple_of(4)..).unwrap_or_default();
        }
        rest.is_empty()
    }

    /// Notes the first of the zero-terminated names of an address.
    fn note(&mut self, ip: IpAddr, names: &[u8]) {
        let name = names.split(|byte| *byte == 0).next().unwrap_or_default();
        if name.is_empty() || self.0.len() == MAX_NAMES {
            return;
        }
        let name = String::from_utf8_lossy(&name[..name.len().min(MAX_NAME)]);
        self.0.entry(ip).or_insert_with(|| name.into_owned());
    }
}

/// The address at the start of a record and what follows it.
fn address(kind: u16, value: &[u8]) -> Option<(IpAddr, &[u8])> {
    match kind {
        IPV4 => {
            value.split_first_chunk().map(|(ip, rest)| (Ipv4Addr::from_octets(*ip).into(), rest))
        }
        IPV6 => {
            value.split_first_chunk().map(|(ip, rest)| (Ipv6Addr::from_octets(*ip).into(), rest))
        }
        _ => None,
    }
}
