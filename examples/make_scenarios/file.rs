//! The capture files.

use crate::{
    packet::Packet,
    scene::{MICROSECOND, SECOND, Scene},
    world::HV07,
};
use std::error::Error;

/// Link types, from the registry that pcap and pcapng share.
const ETHERNET: u32 = 1;
const LINUX_SLL2: u32 = 276;

const SNAP_LENGTH: u32 = 262_144;

/// How a scenario is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// Classic pcap, little endian, microseconds, Ethernet.
    Pcap,
    /// The same, cut off within the bytes of the last packet: the recorder was stopped hard, or the
    /// disk was full.
    PcapCutOff,
    /// pcapng with two interfaces: Ethernet in nanoseconds for the servers' network, and Linux
    /// cooked frames in microseconds for the networks beyond the router.
    PcapngTwoTaps,
    /// pcapng as etl2pcapng makes it of what hv07's packet monitor saw: each packet at two components
    /// of its stack under one number, with its direction, and whether Windows dropped it.
    PcapngOfWindows,
}

impl File {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcap | Self::PcapCutOff => "capture.pcap",
            Self::PcapngTwoTaps | Self::PcapngOfWindows => "capture.pcapng",
        }
    }

    pub fn bytes(self, scene: &Scene) -> Result<Vec<u8>, Box<dyn Error>> {
        let recording = scene.recording();
        match self {
            Self::Pcap => pcap(&recording),
            Self::PcapCutOff => {
                let mut bytes = pcap(&recording)?;
                let (_, last) =
                    recording.last().ok_or("a capture without packets cannot be cut off")?;
                bytes.truncate(bytes.len() - last.ethernet()?.len() / 2);
                Ok(bytes)
            }
            Self::PcapngTwoTaps => pcapng(&recording),
            Self::PcapngOfWindows => of_windows(&recording),
        }
    }
}

fn pcap(recording: &[(u64, &Packet)]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Vec::new();
    words(&mut file, &[0xa1b2_c3d4, 0x0004_0002, 0, 0, SNAP_LENGTH, ETHERNET]);
    for (time, packet) in recording {
        let frame = packet.ethernet()?;
        let length = u32::try_from(frame.len())?;
        let seconds = u32::try_from(time / SECOND)?;
        let microseconds = u32::try_from(time % SECOND / MICROSECOND)?;
        words(&mut file, &[seconds, microseconds, length, length]);
        file.extend(frame);
    }
    Ok(file)
}

fn pcapng(recording: &[(u64, &Packet)]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Vec::new();
    block(&mut file, 0x0a0d_0d0a, &section())?;
    block(&mut file, 1, &interface(ETHERNET, "servers", Some(9)))?;
    block(&mut file, 1, &interface(LINUX_SLL2, "hosts", None))?;
    for (time, packet) in recording {
        let (index, ticks, frame) = if packet.from.is_beyond_router() {
            (1, time / MICROSECOND, packet.cooked()?)
        } else {
            (0, *time, packet.ethernet()?)
        };
        let length = u32::try_from(frame.len())?;
        let mut body = Vec::new();
        words(&mut body, &[index, (ticks >> 32) as u32, ticks as u32, length, length]);
        body.extend(frame);
        pad(&mut body);
        block(&mut file, 6, &body)?;
    }
    Ok(file)
}

fn of_windows(recording: &[(u64, &Packet)]) -> Result<Vec<u8>, Box<dyn Error>> {
    /// Between the network adapter and the filter above it.
    const FROM_ONE_TO_THE_NEXT: u64 = 6 * MICROSECOND;
    let mut file = Vec::new();
    block(&mut file, 0x0a0d_0d0a, &section())?;
    block(&mut file, 1, &interface(ETHERNET, "hv07", Some(9)))?;
    for (number, (time, packet)) in (1_u64..).zip(recording) {
        let frame = packet.ethernet()?;
        let length = u32::try_from(frame.len())?;
        let direction: u32 = if packet.to.name == HV07.name { 1 } else { 2 };
        for component in 0..2 {
            let ticks = time + component * FROM_ONE_TO_THE_NEXT;
            let mut body = Vec::new();
            words(&mut body, &[0, (ticks >> 32) as u32, ticks as u32, length, length]);
            body.extend(&frame);
            pad(&mut body);
            option(&mut body, 2, &direction.to_le_bytes());
            option(&mut body, 5, &number.to_le_bytes());
            if packet.dropped && component == 1 {
                option(&mut body, 7, &[&[2][..], &1_u64.to_le_bytes()].concat());
            }
            option(&mut body, 0, &[]);
            block(&mut file, 6, &body)?;
        }
    }
    Ok(file)
}

/// Byte order, version 1.0, length not given, and who wrote it.
fn section() -> Vec<u8> {
    let mut body = Vec::new();
    words(&mut body, &[0x1a2b_3c4d, 0x0000_0001, u32::MAX, u32::MAX]);
    option(&mut body, 4, b"vmmtap make_scenarios");
    option(&mut body, 0, &[]);
    body
}

/// Without a stated resolution an interface counts microseconds.
fn interface(link_type: u32, name: &str, decimals: Option<u8>) -> Vec<u8> {
    let mut body = Vec::new();
    words(&mut body, &[link_type, SNAP_LENGTH]);
    option(&mut body, 2, name.as_bytes());
    if let Some(decimals) = decimals {
        option(&mut body, 9, &[decimals]);
    }
    option(&mut body, 0, &[]);
    body
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) -> Result<(), Box<dyn Error>> {
    let length = u32::try_from(body.len() + 12)?;
    words(file, &[kind, length]);
    file.extend(body);
    words(file, &[length]);
    Ok(())
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

fn words(file: &mut Vec<u8>, words: &[u32]) {
    file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}
