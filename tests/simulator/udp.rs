//! Requests over UDP: DNS, IPMI, and TFTP, whose data comes from another port.

use crate::{
    dice::Dice,
    endpoint::{MILLI, SECOND},
    recorder::Fault,
    situation::{BEGIN, Truth},
};

const SERVER: [u8; 4] = [10, 81, 4, 20];
const ROUTER: [u8; 4] = [10, 81, 0, 1];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dns,
    Ipmi,
    Tftp,
}

/// What becomes of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Reply,
    /// The server does not reply, or a firewall before it drops the request.
    Silence,
    /// The reply is dropped behind the recorder at the client.
    ReplyLost,
    PortUnreachable,
    Prohibited,
}

pub struct Exchange {
    pub frames: Vec<(i64, Vec<u8>)>,
    pub truth: Truth,
    pub must_be_found: bool,
    pub port: u16,
    description: String,
}

struct Wire {
    frames: Vec<(i64, Vec<u8>)>,
    client: [u8; 4],
    ip_id: u16,
}

impl Wire {
    fn datagram(&mut self, time: i64, from_client: bool, ports: (u16, u16), payload: &[u8]) {
        let (src, dst, from, to) = if from_client {
            (self.client, SERVER, ports.0, ports.1)
        } else {
            (SERVER, self.client, ports.1, ports.0)
        };
        self.ip_id += 1;
        let mut ip = etherparse::Ipv4Header::new(0, 128, 17.into(), src, dst).expect("a header");
        ip.identification = self.ip_id;
        let mut bytes = Vec::new();
        etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ip(etherparse::IpHeaders::Ipv4(ip, etherparse::Ipv4Extensions::default()))
            .udp(from, to)
            .write(&mut bytes, payload)
            .expect("written to memory");
        self.frames.push((BEGIN + time, bytes));
    }

    fn error(&mut self, time: i64, from: [u8; 4], code: u8) {
        let Some((_, request)) = self.frames.last() else { return };
        let quoted = request[14..42].to_vec();
        let mut bytes = Vec::new();
        etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4(from, self.client, 64)
            .icmpv4_raw(3, code, [0; 4])
            .write(&mut bytes, &quoted)
            .expect("written to memory");
        self.frames.push((BEGIN + time, bytes));
    }
}

impl Exchange {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x5555_0000);
        let kind = dice.pick(&[Kind::Dns, Kind::Ipmi, Kind::Tftp]);
        let fate = dice.pick(&[
            Fate::Reply,
            Fate::Reply,
            Fate::Silence,
            Fate::ReplyLost,
            Fate::PortUnreachable,
            Fate::Prohibited,
        ]);
        let fault = dice.pick(&[
            Fault::None,
            Fault::None,
            Fault::Duplicates(300),
            Fault::Reorders(500),
            Fault::ClockStandsStill,
        ]);
        let (tries, wait) = (dice.between(1, 4), dice.pick(&[500, 1_000, 3_000]) * MILLI);
        let delay = dice.pick(&[100, 2_000, 40_000]) * 1_000;
        let until = dice.pick(&[1, 5, 20]) * SECOND;
        let port = 40_000 + (dice.next() % 20_000) as u16;
        let client = if kind == Kind::Tftp { [10, 81, 4, 60] } else { [10, 81, 4, 10] };
        let mut wire = Wire { frames: Vec::new(), client, ip_id: 1 };
        let worked = play(&mut wire, (kind, fate, port), (tries, wait, delay));
        wire.frames.retain(|(time, _)| *time <= BEGIN + until);
        let gave_up = tries * wait;
        let told = matches!(fate, Fate::PortUnreachable | Fate::Prohibited);
        let truth = match worked {
            Some(time) if time <= until => Truth::Worked,
            Some(_) => Truth::Open,
            None if told && 2 * delay <= until || gave_up + 4 * SECOND <= until => Truth::Failed,
            None => Truth::Open,
        };
        let mut frames = other(&mut dice);
        let shows_replies = !frames.is_empty();
        let mut own = std::mem::take(&mut wire.frames);
        distort(&mut own, fault, &mut dice);
        frames.extend(own);
        if fault != Fault::ClockStandsStill {
            frames.extend(crate::situation::marker(until, Fault::None));
        }
        let must_be_found =
            truth == Truth::Failed && fault == Fault::None && (told || tries > 1 || shows_replies);
        let description = format!(
            "{kind:?} {fate:?} {fault:?} {tries} tries every {} ms, delay {} us, until {} s",
            wait / MILLI,
            delay / 1_000,
            until / SECOND
        );
        Self { frames, truth, must_be_found, port, description }
    }

    pub fn describe(&self) -> &str {
        &self.description
    }
}

/// Sends the requests and what they bring; gives the time at which the client has the whole reply.
fn play(
    wire: &mut Wire,
    (kind, fate, port): (Kind, Fate, u16),
    (tries, wait, delay): (i64, i64, i64),
) -> Option<i64> {
    let (request, server_port) = request(kind);
    for attempt in 0..tries {
        let time = attempt * wait;
        wire.datagram(time, true, (port, server_port), &request);
        match fate {
            Fate::Silence | Fate::ReplyLost => {}
            Fate::PortUnreachable => {
                wire.error(time + 2 * delay, SERVER, 3);
                return None;
            }
            Fate::Prohibited => {
                wire.error(time + delay, ROUTER, 13);
                return None;
            }
            Fate::Reply if kind == Kind::Tftp => return Some(transfer(wire, port, time, delay)),
            Fate::Reply => {
                let reply = reply(kind);
                wire.datagram(time + 2 * delay, false, (port, server_port), &reply);
                return Some(time + 2 * delay);
            }
        }
    }
    None
}

/// Blocks of a file, from a port that the server chooses.
fn transfer(wire: &mut Wire, port: u16, time: i64, delay: i64) -> i64 {
    let chosen = 50_123;
    let mut now = time;
    for block in 1..=3_u8 {
        now += 2 * delay;
        let size = if block == 3 { 100 } else { 512 };
        let data = [&[0, 3, 0, block][..], &vec![7; size]].concat();
        wire.datagram(now, false, (port, chosen), &data);
        wire.datagram(now + 1_000, true, (port, chosen), &[0, 4, 0, block]);
    }
    now
}

fn request(kind: Kind) -> (Vec<u8>, u16) {
    match kind {
        Kind::Dns => {
            let head = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            ([&head[..], b"\x04hv07\x07contoso\0\0\x01\0\x01"].concat(), 53)
        }
        Kind::Ipmi => (
            vec![
                6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x20, 0x18, 0xc8, 0x81, 0, 0x38, 0x8e,
                4, 0xb5,
            ],
            623,
        ),
        Kind::Tftp => (b"\0\x01boot.wim\0octet\0".to_vec(), 69),
    }
}

fn reply(kind: Kind) -> Vec<u8> {
    let (mut bytes, _) = request(kind);
    if kind == Kind::Dns {
        bytes[2] = 0x85;
        bytes[3] = 0x80;
    }
    bytes
}

/// A connection of somebody else that works, so that both directions are seen.
fn other(dice: &mut Dice) -> Vec<(i64, Vec<u8>)> {
    if dice.per_mille(300) {
        return Vec::new();
    }
    let mut wire = Wire { frames: Vec::new(), client: [10, 81, 4, 17], ip_id: 500 };
    wire.datagram(-20 * SECOND, true, (33_333, 53), &request(Kind::Dns).0);
    wire.datagram(-20 * SECOND + MILLI, false, (33_333, 53), &reply(Kind::Dns));
    wire.frames
}

fn distort(frames: &mut Vec<(i64, Vec<u8>)>, fault: Fault, dice: &mut Dice) {
    match fault {
        Fault::Duplicates(often) => {
            let twice = std::mem::take(frames);
            for (time, frame) in twice {
                if dice.per_mille(often) {
                    frames.push((time, frame.clone()));
                }
                frames.push((time + 2_000, frame));
            }
        }
        Fault::Reorders(often) => {
            for place in 1..frames.len() {
                if frames[place].0 - frames[place - 1].0 < MILLI && dice.per_mille(often) {
                    frames.swap(place - 1, place);
                }
            }
        }
        Fault::ClockStandsStill => frames.iter_mut().for_each(|frame| frame.0 = BEGIN),
        _ => {}
    }
}
