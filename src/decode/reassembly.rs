//! Fragments wait for each other, within bounds.
//!
//! What is done with those that do not fit is what Linux does, since a firewall or server that runs
//! it will have seen the same (net/ipv4/ip_fragment.c, net/ipv6/reassembly.c and
//! net/ipv4/inet_fragment.c, from 4.19 on, after CVE-2018-5391): a piece that was there already is
//! left out; one that overlaps others ends the datagram, for IPv6 as RFC 5722 asks; so does one that
//! contradicts where the datagram ends.

use std::{collections::BTreeMap, net::IpAddr};

use hashbrown::HashMap;

use super::{
    Tenant,
    datagram::{Datagram, Kept, Taken},
    extension::Fragment,
    layer::Path,
    network::Ip,
};
use crate::capture::{NANOS_PER_SECOND, Timestamp};

/// A datagram that is not complete so long after its first fragment came is given up:
/// `IP_FRAG_TIME` and `IPV6_FRAG_TIMEOUT` of Linux, the latter also in RFC 8200, section 4.5.
const AGE_V4: i64 = 30 * NANOS_PER_SECOND;
const AGE_V6: i64 = 60 * NANOS_PER_SECOND;
/// Datagrams and bytes that wait at most.
const MAX_DATAGRAMS: usize = 4096;
const MAX_BYTES: usize = 16 << 20;

/// What became of datagrams that came in fragments. Each is counted once, where it left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FragmentCounts {
    /// Joined to one packet.
    pub joined: u64,
    /// A part was never captured: aged out, cut by the snap length, or left at the end.
    pub incomplete: u64,
    /// Discarded, since fragments overlapped or contradicted each other.
    pub overlaps: u64,
    /// Given up before their time, since too many waited.
    pub evicted: u64,
}

/// What tells datagrams apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    /// 0 in IPv6, where the first fragment alone knows it (RFC 8200, section 4.5).
    protocol: u8,
    tenant: Option<Tenant>,
}

impl Key {
    fn new(ip: &Ip<'_>, id: u32, tenant: Option<Tenant>) -> Self {
        let protocol = if ip.src.is_ipv4() { ip.protocol.0 } else { 0 };
        Self { src: ip.src, dst: ip.dst, id, protocol, tenant }
    }
}

/// When a datagram is given up; the number keeps those of one time apart.
type Due = (Timestamp, u64);

/// What became of a fragment.
pub(super) enum Outcome {
    /// It waits, or is nobody's any more.
    Waits,
    /// The datagram will never be whole; this is its first fragment.
    Alone,
    /// The datagram will never be whole; its first fragment came before.
    GivenUp(Kept),
    /// It was the last one missing.
    Joined(Kept),
}

/// The datagrams whose fragments wait.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    waiting: HashMap<Key, (Due, Datagram)>,
    due: BTreeMap<Due, Key>,
    begun: u64,
    bytes: usize,
    pub counts: FragmentCounts,
}

impl Reassembly {
    /// Takes a fragment in.
    pub fn add(&mut self, ip: &Ip<'_>, fragment: Fragment, path: Path) -> Outcome {
        let key = Key::new(ip, fragment.id, path.tenant());
        let age = if ip.src.is_ipv4() { AGE_V4 } else { AGE_V6 };
        let (begun, due, bytes) = (&mut self.begun, &mut self.due, &mut self.bytes);
        let (_, datagram) = self.waiting.entry(key).or_insert_with(|| {
            *begun += 1;
            let when = (Timestamp(path.time.0.saturating_add(age)), *begun);
            due.insert(when, key);
            let datagram = Datagram::default();
            *bytes += datagram.cost();
            (when, datagram)
        });
        let before = datagram.cost();
        let taken = datagram.take(ip, fragment, path);
        self.bytes = (self.bytes + datagram.cost()).saturating_sub(before);
        match taken {
            Taken::Waits => Outcome::Waits,
            Taken::Complete => {
                let joined = self.remove(key).and_then(|datagram| datagram.join(path));
                self.counts.joined += u64::from(joined.is_some());
                joined.map_or(Outcome::Waits, Outcome::Joined)
            }
            Taken::Cut { newly } => {
                self.counts.incomplete += u64::from(newly);
                self.tell(key, fragment.offset == 0)
            }
            Taken::Contradicts => {
                self.counts.overlaps += 1;
                let outcome = self.tell(key, fragment.offset == 0);
                self.remove(key);
                outcome
            }
        }
    }

    /// Tells of a datagram that will never be whole, once; `is_first` says that its first fragment
    /// has come just now.
    fn tell(&mut self, key: Key, is_first: bool) -> Outcome {
        let Some((_, datagram)) = self.waiting.get_mut(&key) else { return Outcome::Waits };
        let before = datagram.cost();
        let first = datagram.give_up();
        self.bytes = (self.bytes + datagram.cost()).saturating_sub(before);
        match first {
            Some(first) => Outcome::GivenUp(first),
            None if is_first && datagram.tell() => Outcome::Alone,
            None => Outcome::Waits,
        }
    }

    /// The first fragment of a datagram that has waited too long; `None` when there is no other.
    pub fn overdue(&mut self, now: Timestamp) -> Option<Kept> {
        while let Some((due, key)) = self.oldest() {
            if due.0 > now {
                return None;
            }
            if let Some(first) = self.abandon(key, |counts| &mut counts.incomplete) {
                return Some(first);
            }
        }
        None
    }

    /// The first fragment of a datagram for which there is no room; `None` when there is room.
    pub fn excess(&mut self) -> Option<Kept> {
        while self.waiting.len() > MAX_DATAGRAMS || self.bytes > MAX_BYTES {
            let (_, key) = self.oldest()?;
            if let Some(first) = self.abandon(key, |counts| &mut counts.evicted) {
                return Some(first);
            }
        }
        None
    }

    fn oldest(&self) -> Option<(Due, Key)> {
        self.due.first_key_value().map(|(due, key)| (*due, *key))
    }

    fn abandon(
        &mut self,
        key: Key,
        count: impl Fn(&mut FragmentCounts) -> &mut u64,
    ) -> Option<Kept> {
        let mut datagram = self.remove(key)?;
        *count(&mut self.counts) += u64::from(!datagram.is_hopeless());
        datagram.give_up()
    }

    fn remove(&mut self, key: Key) -> Option<Datagram> {
        let (due, datagram) = self.waiting.remove(&key)?;
        self.due.remove(&due);
        self.bytes = self.bytes.saturating_sub(datagram.cost());
        Some(datagram)
    }
}
