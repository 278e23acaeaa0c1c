//! The connection: a client, a server and the path between them.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    dice::Dice,
    endpoint::{Act, ClientHabits, Close, SECOND, Service, Stream, Timer},
    frame::{From, Segment},
    gap::Gap,
};

/// Where a packet is seen: at the client, between the links, at the server.
pub type Place = usize;

/// A packet at a place.
pub enum Sighting {
    Segment(Segment),
    /// An ICMP error about a segment, with type and code.
    Error(Segment, u8, u8),
}

pub struct Path {
    pub delays: [i64; 2],
    pub jitter: i64,
    /// Packets lost on each link, out of a thousand.
    pub loss: [u64; 2],
    pub gap: Gap,
    /// The link that the gap is on.
    pub gap_link: usize,
}

pub enum Event {
    Arrive(Segment),
    Refused(From),
    Wake(From, Timer),
}

pub struct Network {
    pub path: Path,
    pub habits: ClientHabits,
    pub service: Service,
    pub request: Vec<u8>,
    pub reply: Vec<u8>,
    pub service_time: i64,
    pub sightings: Vec<(i64, Place, Sighting)>,
    client: Stream,
    server: Stream,
    /// The server's retransmissions of data; those of its SYN-ACK are fewer.
    data_tries: u32,
    /// When an idle connection first lost a packet to the gap.
    pub cut: Option<i64>,
    dice: Dice,
    events: BinaryHeap<Reverse<(i64, u64)>>,
    waiting: std::collections::HashMap<u64, Event>,
    order: u64,
    now: i64,
    pub connected: Option<i64>,
    requested: bool,
    replied: bool,
    accepted: bool,
    pub read_reply: Option<i64>,
    pub gave_up: Option<i64>,
    /// The client or its application gave up by itself, rather than because it was told.
    pub by_itself: bool,
    /// When the client last got payload, or sent the request.
    pub progress: i64,
    /// When the client's own payload was last acknowledged.
    pub last_ack: i64,
    resetting: bool,
}

impl Network {
    pub fn new(
        path: Path,
        habits: ClientHabits,
        service: Service,
        messages: (Vec<u8>, Vec<u8>),
        mut dice: Dice,
        mss: usize,
    ) -> Self {
        let number = |dice: &mut Dice| dice.next() as u32;
        let (client_iss, server_iss) = (number(&mut dice), number(&mut dice));
        let client = Stream::new(
            From::Client,
            client_iss,
            habits.first_timeout,
            habits.data_tries,
            100,
            mss,
        );
        let tries = dice.pick(&[2, 3, 5]);
        let server = Stream::new(From::Server, server_iss, SECOND, tries, 40_000, mss);
        let data_tries = dice.pick(&[5, 6]);
        let service_time = dice.pick(&[0, 1, 20, 500, 2_000]) * 1_000_000;
        Self {
            path,
            habits,
            service,
            request: messages.0,
            reply: messages.1,
            service_time,
            sightings: Vec::new(),
            client,
            server,
            data_tries,
            cut: None,
            dice,
            events: BinaryHeap::new(),
            waiting: std::collections::HashMap::new(),
            order: 0,
            now: 0,
            connected: None,
            requested: false,
            replied: false,
            accepted: false,
            read_reply: None,
            gave_up: None,
            by_itself: false,
            progress: 0,
            last_ack: 0,
            resetting: false,
        }
    }

    pub fn schedule(&mut self, time: i64, event: Event) {
        self.order += 1;
        self.events.push(Reverse((time, self.order)));
        self.waiting.insert(self.order, event);
    }

    /// Runs until nothing happens any more, or the time is over.
    pub fn run(&mut self, until: i64) {
        let mut acts = Vec::new();
        self.client.syn(&mut acts);
        self.perform(From::Client, acts);
        while let Some(Reverse((time, order))) = self.events.pop() {
            if time > until {
                break;
            }
            self.now = time;
            let Some(event) = self.waiting.remove(&order) else { continue };
            match event {
                Event::Arrive(segment) => self.arrive(&segment),
                Event::Refused(side) => {
                    if side == From::Client && self.connected.is_none() {
                        self.client.dead = true;
                        self.gave_up.get_or_insert(self.now);
                    }
                }
                Event::Wake(side, timer) => self.wake(side, timer),
            }
        }
        self.now = until;
    }

    fn perform(&mut self, side: From, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Send(segment) => self.transmit(segment),
                Act::Wake(after, timer) => {
                    self.schedule(self.now + after, Event::Wake(side, timer))
                }
            }
        }
    }

    /// Sends a segment along the path, seen at each place that it reaches.
    fn transmit(&mut self, mut segment: Segment) {
        let places: [Place; 3] = if segment.from == From::Client { [0, 1, 2] } else { [2, 1, 0] };
        let links = if segment.from == From::Client { [0, 1] } else { [1, 0] };
        let mut time = self.now;
        self.sightings.push((time, places[0], Sighting::Segment(segment.clone())));
        for (step, link) in links.into_iter().enumerate() {
            if self.dice.per_mille(self.path.loss[link]) {
                return;
            }
            if link == self.path.gap_link && !self.passes(&mut segment, time, &places[..=step]) {
                return;
            }
            time += self.path.delays[link] + self.dice.between(0, self.path.jitter);
            self.sightings.push((time, places[step + 1], Sighting::Segment(segment.clone())));
        }
        self.schedule(time, Event::Arrive(segment));
    }

    fn arrive(&mut self, segment: &Segment) {
        let mut acts = Vec::new();
        let side = match segment.from {
            From::Client => {
                self.at_server(segment, &mut acts);
                From::Server
            }
            From::Server => {
                self.at_client(segment, &mut acts);
                From::Client
            }
        };
        self.perform(side, acts);
    }

    fn at_client(&mut self, segment: &Segment, acts: &mut Vec<Act>) {
        if self.client.dead {
            // RFC 9293, section 3.10.7.1: whoever has no connection resets what acknowledges one.
            if let Some(ack) = segment.ack.filter(|_| !segment.rst && self.connected.is_some()) {
                acts.push(Act::Send(Segment {
                    from: From::Client,
                    seq: ack,
                    ack: None,
                    syn: false,
                    fin: false,
                    rst: true,
                    payload: Vec::new(),
                    ip_id: 9_100,
                    ttl: 128,
                }));
            }
            return;
        }
        let first = self.client.iss().wrapping_add(1);
        if self.connected.is_none() {
            if segment.rst && segment.ack == Some(first) {
                self.client.dead = true;
                self.gave_up.get_or_insert(self.now);
            } else if segment.rst {
            } else if segment.syn && segment.ack == Some(first) {
                self.client.expected = Some(segment.seq.wrapping_add(1));
                self.client.una = first;
                self.connected = Some(self.now);
                self.client.acknowledge(acts);
                acts.push(Act::Wake(self.habits.think, Timer::Application));
            } else if let Some(ack) = segment.ack {
                // RFC 9293, section 3.10.7.3.
                let rst = Segment {
                    from: From::Client,
                    seq: ack,
                    ack: None,
                    syn: false,
                    fin: false,
                    rst: true,
                    payload: Vec::new(),
                    ip_id: 9_000,
                    ttl: 128,
                };
                acts.push(Act::Send(rst));
            }
            return;
        }
        if segment.rst {
            if self.client.expected == Some(segment.seq) {
                self.client.dead = true;
                self.gave_up.get_or_insert(self.now);
            }
            return;
        }
        if segment.syn {
            self.client.acknowledge(acts);
            return;
        }
        let una = self.client.una;
        if self.client.take(segment, acts) {
            self.progress = self.now;
        }
        if self.client.una != una {
            self.last_ack = self.now;
        }
        if self.read_reply.is_none()
            && self.client.received.len() >= self.reply.len()
            && self.requested
        {
            self.read_reply = Some(self.now);
            match self.habits.closes {
                Close::Fin => self.client.finish(acts),
                Close::Reset => self.client.reset(acts),
                Close::Never => {}
            }
        } else if self.client.peer_closed() && self.read_reply.is_none() {
            self.gave_up.get_or_insert(self.now);
            self.client.finish(acts);
        }
    }

    fn at_server(&mut self, segment: &Segment, acts: &mut Vec<Act>) {
        if segment.syn {
            self.syn_at_server(segment, acts);
            return;
        }
        if self.server.dead || self.server.expected.is_none() {
            return;
        }
        if segment.rst {
            self.server.dead = true;
            return;
        }
        let acks = segment.ack.is_some_and(|ack| ack.wrapping_sub(self.server.iss()) >= 1);
        if !self.accepted && acks {
            self.accepted = true;
            self.server.retry(self.data_tries);
            if self.service == Service::ResetsAtOnce {
                self.server.take(segment, acts);
                self.server.reset(acts);
                return;
            }
        }
        if !self.accepted {
            return;
        }
        let fresh = self.server.take(segment, acts);
        if fresh && self.service == Service::ResetsAfterFirstData {
            self.server.reset(acts);
            return;
        }
        if self.server.received.len() >= self.request.len() && !self.replied {
            self.replied = true;
            acts.push(Act::Wake(self.service_time, Timer::Application));
        }
        if self.server.peer_closed() {
            self.server.finish(acts);
        }
    }

    fn syn_at_server(&mut self, segment: &Segment, acts: &mut Vec<Act>) {
        let first = segment.seq.wrapping_add(1);
        let reply = |seq, ack, syn, rst| {
            Act::Send(Segment {
                from: From::Server,
                seq,
                ack: Some(ack),
                syn,
                fin: false,
                rst,
                payload: Vec::new(),
                ip_id: 30_000_u16.wrapping_add(ack as u16),
                ttl: 128,
            })
        };
        match self.service {
            Service::Ignores => {}
            Service::Refuses => acts.push(reply(0, first, false, true)),
            Service::AnswersAnotherSyn => {
                acts.push(reply(555, first.wrapping_add(777_777), true, false))
            }
            Service::ChallengeAck => {
                acts.push(reply(900_000_000, first.wrapping_add(1 << 29), false, false));
            }
            _ if self.server.dead => {}
            _ if self.server.expected.is_some() && !self.accepted => {
                let syn_ack = reply(self.server.iss(), first, true, false);
                acts.push(syn_ack);
            }
            _ if self.accepted => self.server.acknowledge(acts),
            _ => {
                self.server.expected = Some(first);
                self.server.syn(acts);
            }
        }
    }

    fn wake(&mut self, side: From, timer: Timer) {
        let mut acts = Vec::new();
        match (side, timer) {
            (From::Client, Timer::Retransmit(epoch)) => {
                if self.connected.is_none() && self.client_syns() >= self.habits.syn_tries {
                    self.client.dead = true;
                    self.by_itself |= self.gave_up.is_none();
                    self.gave_up.get_or_insert(self.now);
                } else if !self.client.retransmit(epoch, &mut acts) {
                    self.by_itself |= self.gave_up.is_none();
                    self.gave_up.get_or_insert(self.now);
                    if self.dice.per_mille(500) {
                        self.client.reset(&mut acts);
                    }
                }
            }
            (From::Client, Timer::Application) if !self.client.dead => {
                self.requested = true;
                self.progress = self.now;
                let request = self.request.clone();
                self.client.write(&request, &mut acts);
                acts.push(Act::Wake(self.habits.patience, Timer::GiveUp));
            }
            (From::Client, Timer::GiveUp) if self.read_reply.is_none() && !self.client.dead => {
                self.by_itself |= self.gave_up.is_none();
                self.gave_up.get_or_insert(self.now);
                match self.habits.closes {
                    Close::Fin => self.client.finish(&mut acts),
                    Close::Reset => self.client.reset(&mut acts),
                    Close::Never => {}
                }
            }
            (From::Server, Timer::Retransmit(epoch)) => {
                let gives_up = !self.server.retransmit(epoch, &mut acts) && !self.resetting;
                self.resetting |= gives_up;
                if gives_up && self.dice.per_mille(300) {
                    self.server.reset(&mut acts);
                }
            }
            (From::Server, Timer::Application) if !self.server.dead => match self.service {
                Service::Replies => {
                    let reply = self.reply.clone();
                    self.server.write(&reply, &mut acts);
                }
                Service::ClosesWithoutReply => self.server.finish(&mut acts),
                _ => {}
            },
            _ => {}
        }
        self.perform(side, acts);
    }

    /// How often the client sent what waits for an acknowledgement, if anything does.
    pub fn unacknowledged(&self, until: i64) -> Option<usize> {
        let una = self.client.una;
        let sent = self.sightings.iter().filter(|(time, place, sighting)| {
            let of_client = |one: &Segment| {
                one.from == From::Client && one.seq == una && !one.payload.is_empty()
            };
            *time <= until
                && *place == 0
                && matches!(sighting, Sighting::Segment(one) if of_client(one))
        });
        Some(sent.count()).filter(|count| *count > 0)
    }

    /// Whether an attempt to connect without a reply was made again, or long ago.
    pub fn tries_enough(&self, last: i64) -> bool {
        let replied = self.connected.is_some()
            || self.sightings.iter().any(|(_, place, sighting)| {
                *place == 0
                    && !matches!(sighting, Sighting::Segment(one) if one.from == From::Client)
            });
        replied || self.client_syns() >= 2 || last >= 4 * SECOND
    }

    /// Whether the client read some of the reply, and not all.
    pub fn has_part_of_reply(&self) -> bool {
        self.read_reply.is_none() && !self.client.received.is_empty()
    }

    pub fn never_connected_after_retry(&self) -> bool {
        self.connected.is_none() && self.client_syns() >= 2
    }

    /// SYNs that the client has sent.
    fn client_syns(&self) -> u32 {
        let mut count = 0;
        for (_, place, sighting) in &self.sightings {
            if let (0, Sighting::Segment(segment)) = (place, sighting) {
                count += u32::from(segment.syn && segment.from == From::Client);
            }
        }
        count
    }
}
