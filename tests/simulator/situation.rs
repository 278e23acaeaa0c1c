//! A connection, a path and a recorder drawn from a seed, and what is true of them.

use crate::{
    dice::Dice,
    endpoint::{ClientHabits, Close, MILLI, SECOND, Service},
    frame::From,
    gap::Gap,
    network::{Network, Path},
    recorder::{Fault, Recorder},
};

pub const CLIENT_PORT: u16 = 50_077;
const OTHER_PORT: u16 = 50_011;
const SERVER_PORT: u16 = 5985;
/// 2026-03-01 08:00 UTC.
pub const BEGIN: i64 = 1_772_352_000 * SECOND;

/// What became of the connection by the end of the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// The client read the reply.
    Worked,
    /// The client gave up, or waits in vain.
    Failed,
    /// Too early to say.
    Open,
}

pub struct Situation {
    pub frames: Vec<(i64, Vec<u8>)>,
    pub truth: Truth,
    /// Whether the capture shows the failure to anyone who looks.
    pub must_be_found: bool,
    gap: (Gap, usize),
    service: Service,
    habits: ClientHabits,
    recorder: Recorder,
    loss: [u64; 2],
    until: i64,
    sizes: (usize, usize),
}

impl Situation {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let habits = habits(&mut dice);
        let gap = gap(&mut dice);
        let service = service(&mut dice);
        let path = path(&mut dice, gap);
        let loss = path.loss;
        let sizes = (dice.pick(&[300, 900, 2_000, 5_000]), dice.pick(&[200, 900, 3_000, 9_000]));
        let messages = messages(sizes);
        let recorder = recorder(&mut dice, gap.0);
        let mut network =
            Network::new(path, habits, service, messages, Dice::new(seed ^ 0xabcd), 1_400);
        let long = dice.pick(&[4, 15, 60, 150]) * SECOND;
        let until = dice.between(long / 2, long);
        network.run(until);
        let mut frames = background(&mut dice, &recorder);
        let own = recorder.record(
            &network.sightings,
            (CLIENT_PORT, SERVER_PORT),
            BEGIN,
            until,
            &mut dice,
        );
        let alone = own.is_empty();
        let (has_reply, shown) = (has_reply(&own), shows_request(&own));
        frames.extend(own);
        let goes_on =
            if dice.per_mille(500) && !alone { marker(until, recorder.fault) } else { None };
        // The capture shows nothing after its last packet, whatever its clock says.
        let last = match recorder.fault {
            _ if goes_on.is_some() => until,
            Fault::Loses(_) => frames.last().map_or(0, |frame| frame.0 - BEGIN),
            _ => recorder.last(&network.sightings, until),
        };
        frames.extend(goes_on.clone());
        let truth = match truth(&network, last) {
            // The reset itself may be lost, and silence of less than 3 s shows nothing.
            Truth::Failed if matches!(recorder.fault, Fault::Loses(_)) => {
                truth(&network, last - 3 * SECOND)
            }
            // Of the reply and its acknowledgements nothing was recorded: as if there were none.
            Truth::Worked if matches!(recorder.fault, Fault::Loses(_)) && !has_reply => Truth::Open,
            truth => truth,
        };
        let must_be_found = truth == Truth::Failed
            && recorder.fault == Fault::None
            && !alone
            && must_be_visible(&network, &recorder, last, shown);
        let truth = if shown || truth == Truth::Worked { truth } else { Truth::Open };
        Self { frames, truth, must_be_found, gap, service, habits, recorder, loss, until, sizes }
    }

    pub fn describe(&self) -> String {
        let Self { gap, service, habits, recorder, loss, until, sizes, .. } = self;
        format!(
            "{:?} {gap:?} {service:?} {recorder:?} loss {loss:?} until {} ms sizes {sizes:?} {habits:?}",
            self.truth,
            until / MILLI
        )
    }

    /// The frames, one a line: milliseconds, sender, flags, numbers, length.
    pub fn listing(&self) -> String {
        let line = |(time, frame): &(i64, Vec<u8>)| {
            let word = |at: usize| {
                u32::from_be_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]])
            };
            let millis = (time - BEGIN) as f64 / 1e6;
            if frame[23] != 6 {
                return format!("{millis:.3} protocol {}\n", frame[23]);
            }
            let names = ["F", "S", "R", "P", "A"];
            let flags: String = names
                .iter()
                .enumerate()
                .filter(|(bit, _)| frame[47] & 1 << bit != 0)
                .map(|(_, name)| *name)
                .collect();
            let len = frame.len() - HEADERS;
            let from = if frame[29] == 10 { '>' } else { '<' };
            format!("{millis:.3} {from} {flags} seq {} ack {} len {len}\n", word(38), word(42))
        };
        self.frames.iter().map(line).collect()
    }

    pub fn kind(&self) -> String {
        let name = |text: String| text.split(['(', ' ']).next().unwrap_or_default().to_owned();
        format!(
            "{} {} at {:?} fault {}",
            name(format!("{:?}", self.gap.0)),
            name(format!("{:?}", self.service)),
            self.recorder.places,
            name(format!("{:?}", self.recorder.fault))
        )
    }
}

fn habits(dice: &mut Dice) -> ClientHabits {
    ClientHabits {
        first_timeout: dice.pick(&[300, 1_000, 1_000, 3_000]) * MILLI,
        syn_tries: dice.pick(&[1, 3, 3, 5]).try_into().unwrap_or(3),
        data_tries: dice.pick(&[3, 5, 6]).try_into().unwrap_or(5),
        think: dice.pick(&[0, 1, 50, 4_000]) * MILLI,
        patience: dice.pick(&[5, 15, 30, 100]) * SECOND,
        closes: dice.pick(&[Close::Fin, Close::Fin, Close::Reset, Close::Never]),
    }
}

fn gap(dice: &mut Dice) -> (Gap, usize) {
    let idle = dice.between(0, 4_000) * MILLI;
    let (a, b) = (dice.next() as u32, dice.next() as u32);
    let gap = if dice.per_mille(450) {
        Gap::Nothing
    } else {
        dice.pick(&[
            Gap::DropsAllOf(From::Client),
            Gap::DropsAllOf(From::Server),
            Gap::DropsSynAck,
            Gap::DropsAfterSyn,
            Gap::DropsLargeOf(From::Client),
            Gap::DropsLargeOf(From::Server),
            Gap::DropsWhenIdle(idle),
            Gap::ProhibitsSyn,
            Gap::ProhibitsData,
            Gap::ResetsSyn,
            Gap::ResetsAfterFirstData,
            Gap::RewritesNumbers(a, b),
        ])
    };
    (gap, (dice.next() % 2) as usize)
}

fn service(dice: &mut Dice) -> Service {
    if dice.per_mille(700) {
        return Service::Replies;
    }
    dice.pick(&[
        Service::NeverReplies,
        Service::ResetsAtOnce,
        Service::ResetsAfterFirstData,
        Service::ClosesWithoutReply,
        Service::Refuses,
        Service::Ignores,
        Service::AnswersAnotherSyn,
        Service::ChallengeAck,
    ])
}

fn path(dice: &mut Dice, (gap, gap_link): (Gap, usize)) -> Path {
    let mut delay = || dice.pick(&[20, 200, 1_000, 15_000, 90_000]) * 1_000;
    let delays = [delay(), delay()];
    let mut loss = || dice.pick(&[0_u64, 0, 0, 10, 50]);
    let loss = [loss(), loss()];
    let jitter = dice.pick(&[0, 10, 200]) * 1_000;
    Path { delays, jitter, loss, gap, gap_link }
}

fn recorder(dice: &mut Dice, gap: Gap) -> Recorder {
    let places = if matches!(gap, Gap::RewritesNumbers(..)) && dice.per_mille(500) {
        vec![0, 2]
    } else {
        vec![dice.pick(&[0, 0, 1, 2])]
    };
    let fault = if dice.per_mille(500) {
        Fault::None
    } else {
        let share = dice.pick(&[20_u64, 50, 100]);
        dice.pick(&[
            Fault::Loses(share),
            Fault::Loses(share),
            Fault::Reorders(share * 2),
            Fault::Duplicates(share * 3),
            Fault::StartsLate(share.cast_signed() * 10 * MILLI),
            Fault::OneSided(From::Client),
            Fault::OneSided(From::Server),
            Fault::ClockStandsStill,
            Fault::ClockDrifts(50),
            Fault::OneWrongTime(46 * 365 * 86_400 * SECOND),
            Fault::ClockIsSet(-3_600 * SECOND),
            Fault::ClockIsSet(3_600 * SECOND),
        ])
    };
    Recorder { places, fault }
}

fn messages((request, reply): (usize, usize)) -> (Vec<u8>, Vec<u8>) {
    let head = format!(
        "POST /wsman HTTP/1.1\r\nHost: hv07\r\nUser-Agent: Microsoft WinRM Client\r\nContent-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
        request.saturating_sub(160)
    );
    let mut request_bytes = head.into_bytes();
    request_bytes.resize(request.max(request_bytes.len()), b'x');
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: {}\r\n\r\n",
        reply.saturating_sub(80)
    );
    let mut reply_bytes = head.into_bytes();
    reply_bytes.resize(reply.max(reply_bytes.len()), b'y');
    (request_bytes, reply_bytes)
}

/// A connection before that works, so that the capture shows what it can show.
fn background(dice: &mut Dice, recorder: &Recorder) -> Vec<(i64, Vec<u8>)> {
    if dice.per_mille(400) || recorder.fault == Fault::ClockStandsStill {
        return Vec::new();
    }
    let habits = ClientHabits {
        first_timeout: SECOND,
        syn_tries: 3,
        data_tries: 5,
        think: 0,
        patience: 30 * SECOND,
        closes: Close::Fin,
    };
    let path = Path { delays: [MILLI; 2], jitter: 0, loss: [0; 2], gap: Gap::Nothing, gap_link: 0 };
    let messages = messages((400, 400));
    let mut network =
        Network::new(path, habits, Service::Replies, messages, Dice::new(dice.next()), 1_400);
    network.run(5 * SECOND);
    let begin = BEGIN - 20 * SECOND;
    // The clock's faults are drawn for the connection under test.
    let fault = match recorder.fault {
        fault @ (Fault::Loses(_) | Fault::OneSided(_)) => fault,
        _ => Fault::None,
    };
    let recorder = Recorder { places: vec![recorder.places[0]], fault };
    recorder.record(&network.sightings, (OTHER_PORT, SERVER_PORT), begin, 5 * SECOND, dice)
}

/// A last packet of something else, so that the capture goes on until the end.
pub fn marker(until: i64, fault: Fault) -> Option<(i64, Vec<u8>)> {
    if !matches!(fault, Fault::None | Fault::Loses(_)) {
        return None;
    }
    let mut bytes = Vec::new();
    etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .udp(9, 9)
        .write(&mut bytes, b"x")
        .expect("written to memory");
    Some((BEGIN + until, bytes))
}

/// Long enough after the last hope.
const IN_VAIN: i64 = 12 * SECOND;

/// A client that gives up by itself so soon does not show that it waited in vain.
const NOT_YET_IN_VAIN: i64 = 4 * SECOND;

fn truth(network: &Network, until: i64) -> Truth {
    if network.read_reply.is_some_and(|time| time <= until) {
        // What breaks after the reply is a failure to the server and none to the client.
        let broke = network.cut.is_some_and(|time| time <= until);
        return if broke { Truth::Open } else { Truth::Worked };
    }
    let last = network.sightings.iter().map(|one| one.0).filter(|time| *time <= until).max();
    let quiet = last.is_none_or(|last| until - last >= IN_VAIN);
    let patience = if network.has_part_of_reply() { IN_VAIN } else { NOT_YET_IN_VAIN };
    let ended =
        |time: i64| time <= until && !(network.by_itself && time - network.progress < patience);
    let quiet = quiet && network.gave_up.is_none();
    if network.gave_up.is_some_and(ended) || quiet { Truth::Failed } else { Truth::Open }
}

/// Length of the headers of a segment's frame.
const HEADERS: usize = 54;

fn tcp(frames: &[(i64, Vec<u8>)]) -> impl Iterator<Item = &[u8]> {
    frames.iter().map(|(_, frame)| frame.as_slice()).filter(|frame| frame[23] == 6)
}

/// Whether payload of the server, or an acknowledgement of it, is among the frames.
fn has_reply(frames: &[(i64, Vec<u8>)]) -> bool {
    let word = |frame: &[u8], at: usize| {
        u32::from_be_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]])
    };
    let from_server = |frame: &&[u8]| frame[34..36] == SERVER_PORT.to_be_bytes();
    let begin = tcp(frames).filter(from_server).map(|frame| word(frame, 38)).next();
    tcp(frames).any(|frame| {
        if from_server(&frame) {
            return frame.len() > HEADERS;
        }
        let beyond = begin.map_or(0, |begin| word(frame, 42).wrapping_sub(begin).cast_signed());
        frame[47] & 0x10 != 0 && beyond > 1
    })
}

/// Whether the capture has anything of the client's request or of its attempt to connect: where only a
/// handshake is recorded, it may be a port test.
fn shows_request(frames: &[(i64, Vec<u8>)]) -> bool {
    const SYN_OR_RST: u8 = 0x06;
    let of_client = |frame: &&[u8]| frame[34..36] == CLIENT_PORT.to_be_bytes();
    let own = || tcp(frames).filter(of_client);
    let connected = own().any(|frame| frame[47] & SYN_OR_RST == 0);
    own().any(|frame| frame.len() > HEADERS) || !connected
}

/// Whether a perfect recorder at the client shows that the connection failed: the client was told, or
/// waited so long that anybody would say so, by the end of the capture.
fn must_be_visible(network: &Network, recorder: &Recorder, last: i64, shown: bool) -> bool {
    const SO_LONG: i64 = 11 * SECOND;
    let Some(gave_up) = network.gave_up.filter(|time| *time <= last) else { return false };
    let waited = gave_up - network.progress.max(network.last_ack) >= SO_LONG;
    // That the end of a reply is missing shows by the length that it states alone.
    if network.has_part_of_reply() {
        return false;
    }
    let retried = network.unacknowledged(gave_up).is_none_or(|times| times >= 4);
    let visible = !network.by_itself || waited && retried || network.never_connected_after_retry();
    recorder.places == [0] && visible && shown && network.tries_enough(last)
}
