//! Fragments: joined in any order and within bounds; what cannot be joined counts by its first one.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod layers;
mod recorder;

use layers::{Reader, gre, ipv4, ipv6, udp, vxlan};
use proptest::prelude::*;
use vmmtap::decode::{Body, Counted, FragmentCounts, Packet, Skip};

/// A datagram from port 1000 to port 53 with so much payload.
fn datagram(len: usize) -> Vec<u8> {
    let payload: Vec<u8> = (0..len).map(|place| place as u8).collect();
    udp((1000, 53), &payload)
}

/// The part of an IPv4 packet's payload from `start` up to `end`.
fn part(whole: &[u8], start: usize, end: usize) -> Vec<u8> {
    let payload = &whole[20..];
    let mut part = ipv4(whole[9], &payload[start..end]);
    part[4..6].copy_from_slice(&whole[4..6]);
    part[12..20].copy_from_slice(&whole[12..20]);
    let more = if end < payload.len() { 0x2000 } else { 0 };
    part[6..8].copy_from_slice(&(more | (start as u16 / 8)).to_be_bytes());
    part
}

fn parts(whole: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let ends = ends.iter().copied().chain([whole.len() - 20]);
    starts.zip(ends).map(|(start, end)| part(whole, start, end)).collect()
}

/// The same datagram in IPv6.
fn part6(whole: &[u8], start: usize, end: usize) -> Vec<u8> {
    let payload = &whole[20..];
    let more = u16::from(end < payload.len());
    let offset = (start as u16 | more).to_be_bytes();
    let header = [whole[9], 0, offset[0], offset[1], 0, 0, 0, 9];
    ipv6(44, &[&header, &payload[start..end]].concat())
}

fn is_the_datagram(packet: &Packet<'_>, len: usize) -> bool {
    let Body::Udp(datagram) = &packet.body else { return false };
    let payload = (0..len).map(|place| place as u8);
    (datagram.src_port, datagram.dst_port) == (1000, 53)
        && datagram.payload_len == len as u32
        && datagram.payload.iter().copied().eq(payload)
}

#[test]
fn the_fragment_that_was_missing_gives_the_datagram() {
    let whole = datagram(100);
    let parts = parts(&whole, &[24, 48, 96]);
    let orders: [[usize; 4]; 5] =
        [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1], [3, 0, 1, 2]];
    for order in orders {
        let mut reader = Reader::default();
        for (second, place) in order[..3].iter().enumerate() {
            assert_eq!(reader.ip(second as i64, &parts[*place]), Err(Skip::Fragment), "{order:?}");
        }
        assert!(reader.given.is_empty());
        assert_eq!(reader.ip(9, &parts[order[3]]), Ok(()));
        let [packet] = &reader.given[..] else { panic!("{order:?}: {:?}", reader.given) };
        assert!(is_the_datagram(packet, 100), "{packet:?}");
        assert_eq!((packet.time.0, packet.counted), (9_000_000_000, Counted::Here));
        assert_eq!(packet.ip_len, 4 * 20 + 108);
        reader.flush();
        let expected = FragmentCounts { joined: 1, ..FragmentCounts::default() };
        assert_eq!((reader.given.len(), *reader.decoder.fragments()), (1, expected));
    }
}

#[test]
fn ipv6_fragments_are_joined_and_an_atomic_one_is_whole() {
    let whole = datagram(100);
    let mut reader = Reader::default();
    assert_eq!(reader.ip(0, &part6(&whole, 48, 108)), Err(Skip::Fragment));
    assert_eq!(reader.ip(1, &part6(&whole, 0, 48)), Ok(()));
    assert_eq!(reader.ip(2, &part6(&whole, 0, 108)), Ok(()));
    assert!(reader.given.iter().all(|packet| is_the_datagram(packet, 100)));
    assert_eq!(reader.given.iter().map(|one| one.ip_len).collect::<Vec<_>>(), [204, 156]);

    // Destination options between the fragment header and the datagram are in the first part.
    let options = [&[17, 0, 1, 4, 0, 0, 0, 0], &whole[20..]].concat();
    let mut with_options = ipv4(60, &options);
    with_options[9] = 60;
    let mut reader = Reader::default();
    assert_eq!(reader.ip(0, &part6(&with_options, 0, 64)), Err(Skip::Fragment));
    assert_eq!(reader.ip(0, &part6(&with_options, 64, 116)), Ok(()));
    assert!(is_the_datagram(&reader.given[0], 100));
}

#[test]
fn datagrams_are_told_apart_by_every_part_of_their_key() {
    let whole = datagram(40);
    let mut other_id = whole.clone();
    other_id[5] ^= 1;
    let mut other_source = whole.clone();
    other_source[15] ^= 1;
    let mut other_target = whole.clone();
    other_target[19] ^= 1;
    let mut other_protocol = whole.clone();
    other_protocol[9] = 6;
    let tenant = |id: u32, packet: &[u8]| vxlan(id, &layers::ethernet(0x0800, packet));
    let mut reader = Reader::default();
    let _waits = reader.ip(0, &part(&whole, 0, 24));
    for other in [other_id, other_source, other_target, other_protocol] {
        assert_eq!(reader.ip(0, &part(&other, 24, 48)), Err(Skip::Fragment));
    }
    for id in [1, 2] {
        reader.ip(0, &tenant(id, &part(&whole, 24, 48))).expect("the carrier");
    }
    assert!(reader.given.iter().all(|packet| packet.tenant.is_none()));
    reader.ip(0, &tenant(2, &part(&whole, 0, 24))).expect("the carrier");
    let last = reader.given.last().expect("a packet");
    assert!(is_the_datagram(last, 40) && last.counted == Counted::ByCarrier);
    assert_eq!(last.tenant.map(|tenant| tenant.id), Some(2));
    assert_eq!(reader.ip(0, &part(&whole, 24, 48)), Ok(()));
    assert_eq!(reader.decoder.fragments().joined, 2);
}

#[test]
fn a_duplicate_is_left_out_and_an_overlap_ends_the_datagram() {
    let whole = datagram(100);
    // What comes between two parts of the datagram, and whether the datagram is joined.
    let cases = [
        ((24, 48), true),
        ((24, 32), true),
        ((0, 24), true),
        ((16, 40), true),
        ((40, 56), false),
        ((0, 56), false),
    ];
    for ((start, end), joined) in cases {
        let mut reader = Reader::default();
        let _waits = reader.ip(0, &part(&whole, 0, 24));
        let _waits = reader.ip(0, &part(&whole, 24, 48));
        assert_eq!(reader.ip(1, &part(&whole, start, end)), Err(Skip::Fragment));
        let read = reader.ip(2, &part(&whole, 48, 108));
        reader.flush();
        assert_eq!(read.is_ok(), joined, "{start} {end}");
        let [packet] = &reader.given[..] else { panic!("{start} {end}: {:?}", reader.given) };
        let counts = reader.decoder.fragments();
        if joined {
            assert!(is_the_datagram(packet, 100) && packet.counted == Counted::Here);
            assert_eq!((counts.joined, counts.overlaps), (1, 0));
        } else {
            assert_eq!((packet.time.0, packet.counted), (0, Counted::AsFragment));
            assert_eq!((counts.joined, counts.overlaps), (0, 1));
        }
    }
}

#[test]
fn parts_that_contradict_where_the_datagram_ends_end_it() {
    let whole = datagram(100);
    let longer = datagram(200);
    let last = part(&whole, 96, 108);
    let mut empty = part(&whole, 24, 24);
    empty[6] = 0x20;
    let mut too_far = part(&whole, 24, 48);
    too_far[6..8].copy_from_slice(&[0x3f, 0xff]);
    // A second last part, a part behind the last one, one that holds nothing, one beyond 65,535.
    for second in [part(&longer, 96, 208), part(&longer, 112, 120), empty, too_far] {
        let mut reader = Reader::default();
        let _waits = reader.ip(0, &part(&whole, 0, 8));
        let _waits = reader.ip(0, &last);
        assert_eq!(reader.ip(1, &second), Err(Skip::Fragment));
        assert_eq!(reader.decoder.fragments().overlaps, 1, "{second:?}");
        assert!(matches!(&reader.given[..], [packet] if packet.counted == Counted::AsFragment));
    }
}

#[test]
fn a_part_that_is_no_multiple_of_eight_counts_in_whole_units_over_ipv4_alone() {
    let whole = datagram(100);
    let mut reader = Reader::default();
    assert_eq!(reader.ip(0, &part(&whole, 0, 29)), Err(Skip::Fragment));
    assert_eq!(reader.ip(0, &part(&whole, 24, 108)), Ok(()));
    assert!(is_the_datagram(&reader.given[0], 100));
    let mut reader = Reader::default();
    assert_eq!(reader.ip(0, &part6(&whole, 0, 29)), Ok(()), "it counts alone");
    assert_eq!(reader.ip(0, &part6(&whole, 24, 108)), Err(Skip::Fragment));
    assert_eq!((reader.given.len(), reader.decoder.fragments().overlaps), (1, 1));
}

#[test]
fn what_is_not_complete_counts_by_its_first_fragment() {
    let whole = datagram(100);
    let first = part(&whole, 0, 24);
    for second in [part(&whole, 48, 108), part(&whole, 24, 48)] {
        let mut reader = Reader::default();
        let _waits = reader.ip(5, &first);
        let _waits = reader.ip(6, &second);
        reader.flush();
        let [packet] = &reader.given[..] else { panic!("{:?}", reader.given) };
        assert_eq!((packet.time.0, packet.counted), (5_000_000_000, Counted::AsFragment));
        // The datagram's own word on its length stays.
        let Body::Udp(datagram) = &packet.body else { panic!("{packet:?}") };
        assert_eq!((datagram.payload_len, datagram.payload.len(), packet.ip_len), (100, 16, 44));
        assert_eq!(reader.decoder.fragments().incomplete, 1);
        reader.flush();
        assert_eq!(reader.given.len(), 1, "it counts once");
    }
    let mut reader = Reader::default();
    let _waits = reader.ip(0, &part(&whole, 24, 48));
    reader.flush();
    assert!(reader.given.is_empty() && reader.decoder.fragments().incomplete == 1);
}

#[test]
fn a_datagram_waits_thirty_seconds_and_sixty_over_ipv6() {
    let whole = datagram(100);
    let halves = [
        [part(&whole, 0, 48), part(&whole, 48, 108)],
        [part6(&whole, 0, 48), part6(&whole, 48, 108)],
    ];
    for ([first, second], age) in halves.iter().zip([30, 60]) {
        for (after, joined) in [(age - 1, true), (age, false)] {
            let mut reader = Reader::default();
            let _waits = reader.ip(100, first);
            assert_eq!(reader.ip(100 + after, second).is_ok(), joined, "{after}");
            let [packet] = &reader.given[..] else { panic!("{:?}", reader.given) };
            assert_eq!(packet.counted == Counted::Here, joined);
            assert_eq!(reader.decoder.fragments().incomplete, u64::from(!joined));
        }
    }
    // Any frame lets the time pass.
    let mut reader = Reader::default();
    let _waits = reader.ip(0, &part(&whole, 0, 48));
    reader.ip(31, &layers::syn()).expect("a packet");
    assert_eq!(reader.given.len(), 2);
    assert_eq!(reader.given[0].counted, Counted::AsFragment);
}

#[test]
fn a_fragment_that_was_cut_leaves_the_first_one_to_count() {
    let whole = datagram(200);
    let [first, second, third] = &parts(&whole, &[80, 160])[..] else { panic!("three parts") };
    // The first one itself: it counts at once, with what was captured of it.
    let mut reader = Reader::default();
    assert_eq!(reader.cut(0, first, 60), Ok(()));
    // A later one: the first one that came before it counts as a fragment.
    assert_eq!(reader.ip(1, second), Err(Skip::Fragment));
    assert_eq!(reader.ip(1, third), Err(Skip::Fragment));
    reader.flush();
    let [packet] = &reader.given[..] else { panic!("{:?}", reader.given) };
    assert_eq!(packet.counted, Counted::Here);
    assert_eq!(reader.decoder.fragments().incomplete, 1);

    let mut reader = Reader::default();
    assert_eq!(reader.ip(0, first), Err(Skip::Fragment));
    assert_eq!(reader.cut(1, second, 60), Err(Skip::Fragment));
    assert_eq!((reader.given.len(), reader.given[0].counted), (1, Counted::AsFragment));
    assert_eq!(reader.ip(2, third), Err(Skip::Fragment));

    let mut reader = Reader::default();
    assert_eq!(reader.cut(0, second, 60), Err(Skip::Fragment));
    assert_eq!(reader.ip(1, first), Ok(()));
    assert_eq!((reader.given.len(), reader.given[0].counted), (1, Counted::Here));
}

/// First fragments of so many datagrams: how many were evicted to make room.
fn flood(size: usize, count: u32) -> u64 {
    let mut reader = Reader::default();
    let mut first = part(&datagram(size), 0, size / 8 * 8);
    for number in 0..count {
        first[12..16].copy_from_slice(&number.to_be_bytes());
        assert_eq!(reader.ip(0, &first), Err(Skip::Fragment));
    }
    let evicted = reader.decoder.fragments().evicted;
    assert_eq!(reader.given.len() as u64, evicted);
    assert!(reader.given.iter().all(|packet| packet.counted == Counted::AsFragment));
    reader.flush();
    assert_eq!((reader.given.len(), reader.decoder.fragments().evicted), (count as usize, evicted));
    evicted
}

#[test]
fn no_more_datagrams_wait_than_there_is_room_for() {
    assert_eq!(flood(16, 4096), 0);
    assert_eq!(flood(16, 4097), 1);
    // 16 MiB hold 277 of these with what they take beside their bytes.
    assert_eq!(flood(60_000, 277), 0);
    assert_eq!(flood(60_000, 287), 10);
}

#[test]
fn fragments_inside_tunnels_and_of_tunnels_are_joined() {
    let whole = datagram(100);
    let [first, second] = &parts(&whole, &[48])[..] else { panic!("two parts") };
    // Without a carrier the inner fragments are the frames.
    let mut reader = Reader::default();
    assert_eq!(reader.ip(0, &gre(0, 0x0800, first)), Err(Skip::Fragment));
    assert_eq!(reader.ip(1, &gre(0, 0x0800, second)), Ok(()));
    assert!(is_the_datagram(&reader.given[0], 100));

    // A tunnel's datagram in fragments is joined, then what it carries is read.
    let inner = layers::ethernet(0x0800, &whole);
    let outer = vxlan(7, &inner);
    let mut reader = Reader::default();
    let pieces = parts(&outer, &[16, 64]);
    for piece in &pieces[..2] {
        assert_eq!(reader.ip(0, piece), Err(Skip::Fragment));
    }
    assert_eq!(reader.ip(0, &pieces[2]), Ok(()));
    let [carrier, carried] = &reader.given[..] else { panic!("{:?}", reader.given) };
    assert_eq!((carrier.counted, carried.counted), (Counted::Here, Counted::ByCarrier));
    assert!(is_the_datagram(carried, 100) && carried.tenant.is_some());

    // Where it is never whole, its first fragment may reach into what it carries.
    let mut reader = Reader::default();
    let _waits = reader.ip(0, &parts(&outer, &[80])[0]);
    reader.flush();
    let counted: Vec<_> = reader.given.iter().map(|packet| packet.counted).collect();
    assert_eq!(counted, [Counted::AsFragment, Counted::ByCarrier]);
}

proptest! {
    #[test]
    fn any_split_in_any_order_gives_the_same_datagram(
        len in 17..3000usize,
        cuts in proptest::collection::btree_set(1..380usize, 0..12),
        order in any::<u64>(),
        six in any::<bool>(),
        repeated in any::<proptest::sample::Index>(),
    ) {
        let whole = datagram(len);
        let payload_len = whole.len() - 20;
        let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut * 8).filter(|end| *end < payload_len).collect();
        ends.push(payload_len);
        if ends.len() == 1 {
            ends.insert(0, 8);
        }
        let mut pieces = Vec::new();
        let mut start = 0;
        for end in ends {
            pieces.push(if six { part6(&whole, start, end) } else { part(&whole, start, end) });
            start = end;
        }
        let mut random = order | 1;
        pieces.sort_by_cached_key(|_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random >> 32
        });
        // One of them comes twice, but not after the last.
        let twice = pieces[repeated.index(pieces.len() - 1)].clone();
        pieces.insert(pieces.len() - 1, twice);
        let mut reader = Reader::default();
        let last = pieces.pop().expect("a piece");
        for piece in &pieces {
            prop_assert_eq!(reader.ip(0, piece), Err(Skip::Fragment));
        }
        prop_assert_eq!(reader.ip(1, &last), Ok(()));
        prop_assert_eq!(reader.given.len(), 1);
        prop_assert!(is_the_datagram(&reader.given[0], len));
    }

    #[test]
    fn every_frame_counts_once_whatever_the_fragments_are(
        frames in proptest::collection::vec((0..3u8, 0..20u16, any::<bool>(), 0..40usize, 0..40i64, any::<bool>()), 1..60),
    ) {
        let mut reader = Reader::default();
        let mut time = 0;
        let (mut counted, mut skipped) = (0_usize, 0_usize);
        for (id, offset, more, len, pause, tcp) in frames.iter().copied() {
            let mut packet = ipv4(if tcp { 6 } else { 17 }, &vec![0x50; len]);
            packet[5] = id;
            packet[6..8].copy_from_slice(&(u16::from(more) << 13 | offset).to_be_bytes());
            time += pause;
            match reader.ip(time, &packet) {
                Ok(()) => counted += 1,
                Err(_) => skipped += 1,
            }
        }
        reader.flush();
        let of = |how: Counted| reader.given.iter().filter(|packet| packet.counted == how).count();
        prop_assert_eq!(of(Counted::Here), counted);
        prop_assert!(of(Counted::AsFragment) <= skipped);
        prop_assert_eq!(of(Counted::Here) + of(Counted::AsFragment), reader.given.len());
    }
}
