//! TCP conversations as Windows Server 2022 has them.

use crate::{
    hash::hash,
    packet::{Body, Family},
    scene::{Entry, MILLISECOND, SECOND, Scene},
    speech::{Line, Side},
    world::Host,
};
use etherparse::{TcpHeader, TcpOptions};

/// The window of a SYN, and of an established connection (already scaled down by 256).
const OPENING_WINDOW: u16 = 64_240;
const WINDOW: u16 = 8_212;

/// Windows doubles its patience: retries come this long after the first SYN ...
const SYN_RETRIES: [u64; 4] = [0, SECOND, 3 * SECOND, 7 * SECOND];
/// ... and the connection fails this long after it.
const GIVES_UP: u64 = 15 * SECOND;

/// Data that is not acknowledged is sent again this long after it was sent first.
const DATA_RETRIES: [u64; 6] = [
    0,
    300 * MILLISECOND,
    900 * MILLISECOND,
    2_100 * MILLISECOND,
    4_500 * MILLISECOND,
    9_300 * MILLISECOND,
];

/// A refused connection is tried again, twice, after half a second each.
const REFUSED_TRIES: u64 = 3;
const REFUSED_PAUSE: u64 = 500 * MILLISECOND;

/// Flags by the letters that packet printers use.
struct Flags(&'static str);

impl Flags {
    fn has(&self, letter: char) -> bool {
        self.0.contains(letter)
    }
}

/// A conversation that is being told.
pub struct Tcp<'scene> {
    scene: &'scene mut Scene,
    client: Host,
    server: Host,
    client_port: u16,
    port: u16,
    /// The next sequence number of the client and of the server.
    next: [u32; 2],
    /// Whose packets the recorder sees.
    visible: [bool; 2],
}

impl<'scene> Tcp<'scene> {
    pub fn new(scene: &'scene mut Scene, client: Host, server: Host, port: u16) -> Self {
        let client_port = scene.client_port(client);
        let key = format!("{}:{client_port}>{}:{port}", client.name, server.name);
        let next = [hash(key.as_bytes()) as u32, hash(key.as_bytes()).rotate_left(32) as u32];
        Self { scene, client, server, client_port, port, next, visible: [true; 2] }
    }

    /// The recorder stands where only this side's packets pass.
    pub fn seen_only_from(mut self, side: Side) -> Self {
        self.visible = [side == Side::Client, side == Side::Server];
        self
    }

    /// Opened, spoken, closed.
    pub fn answered(mut self, lines: &[Line]) -> &'scene mut Entry {
        self.open();
        self.speak(lines);
        self.close();
        let outcome = if self.visible == [true; 2] { "answered" } else { "partial" };
        self.end(outcome)
    }

    /// Already open when the recording began, still open when it ended.
    pub fn under_way(mut self, lines: &[Line]) -> &'scene mut Entry {
        self.speak(lines);
        self.end("partial")
    }

    /// The server's system says no to every try.
    pub fn refused(mut self) -> &'scene mut Entry {
        for _ in 0..REFUSED_TRIES {
            let asked = self.scene.now;
            self.emit(Side::Client, "S", &[]);
            self.next[0] = self.next[0].wrapping_add(1);
            self.emit_reset();
            self.next[0] = self.next[0].wrapping_sub(1);
            self.scene.now = asked + REFUSED_PAUSE;
        }
        self.end("refused")
    }

    /// A filter on the way says that it dropped the SYN; Windows takes that for a passing fault and
    /// tries on.
    pub fn prohibited_by(self, filter: Host) -> &'scene mut Entry {
        let began = self.scene.now;
        for pause in SYN_RETRIES {
            self.scene.now = began + pause;
            let syn = self.packet(Side::Client, "S", &[]);
            let quoted = self.scene.send(self.client, self.server, syn);
            self.scene.send(filter, self.client, Body::Prohibited(Box::new(quoted)));
        }
        self.scene.now = began + GIVES_UP;
        self.end("prohibited")
    }

    /// The server's own firewall drops each SYN.
    pub fn dropped_on_arrival(mut self) -> &'scene mut Entry {
        let began = self.scene.now;
        for pause in SYN_RETRIES {
            self.scene.now = began + pause;
            self.emit(Side::Client, "S", &[]);
            self.scene.drop_latest();
        }
        self.scene.now = began + GIVES_UP;
        self.end("prohibited")
    }

    /// Asked once, and nothing more. Whether that is `pending` or `silent` depends on how long the
    /// recorder stays.
    pub fn asked(mut self, outcome: &'static str) -> &'scene mut Entry {
        self.emit(Side::Client, "S", &[]);
        self.end(outcome)
    }

    /// The SYN-ACK does not reach the client: both sides repeat what they sent, and the server gives up.
    pub fn half_open(mut self) -> &'scene mut Entry {
        let began = self.scene.now;
        let [client, server] = self.next;
        for pause in SYN_RETRIES {
            self.scene.now = began + pause;
            self.next[0] = client;
            self.emit(Side::Client, "S", &[]);
            self.next = [client.wrapping_add(1), server];
            self.emit(Side::Server, "SA", &[]);
        }
        self.scene.now = began + GIVES_UP;
        self.end("half-open")
    }

    /// The server, or a device in its name, resets the connection after the first line of the client.
    pub fn reset_after(mut self, line: &Line) -> &'scene mut Entry {
        self.open();
        self.say(line.side, &line.bytes);
        self.emit(Side::Server, "RA", &[]);
        self.end("reset")
    }

    /// The client's data is never acknowledged: it is sent again until the client gives up.
    pub fn stalled_after(mut self, line: &Line) -> &'scene mut Entry {
        self.open();
        let began = self.scene.now;
        let start = self.next[0];
        for pause in DATA_RETRIES {
            self.scene.now = began + pause;
            self.next[0] = start;
            self.say(line.side, &line.bytes);
        }
        self.scene.now = began + GIVES_UP;
        self.emit(Side::Client, "RA", &[]);
        self.end("stalled")
    }

    /// The server acknowledges the client's line and never sends a byte; the client gives up.
    pub fn never_replied_to(mut self, line: &Line) -> &'scene mut Entry {
        self.open();
        self.say(line.side, &line.bytes);
        self.emit(Side::Server, "A", &[]);
        self.scene.now += GIVES_UP;
        self.emit(Side::Client, "RA", &[]);
        self.end("stalled")
    }

    fn open(&mut self) {
        self.emit(Side::Client, "S", &[]);
        self.next[0] = self.next[0].wrapping_add(1);
        self.emit(Side::Server, "SA", &[]);
        self.next[1] = self.next[1].wrapping_add(1);
        self.emit(Side::Client, "A", &[]);
    }

    fn speak(&mut self, lines: &[Line]) {
        for line in lines {
            self.scene.now += MILLISECOND;
            self.say(line.side, &line.bytes);
        }
    }

    /// Cuts the bytes into segments; the other side acknowledges every second one, as Windows does.
    fn say(&mut self, side: Side, bytes: &[u8]) {
        let segments: Vec<_> = bytes.chunks(self.segment_size()).collect();
        for (index, segment) in segments.iter().enumerate() {
            let last = index + 1 == segments.len();
            self.emit(side, if last { "PA" } else { "A" }, segment);
            self.next[side as usize] = self.next[side as usize].wrapping_add(segment.len() as u32);
            if index % 2 == 1 && !last {
                self.emit(side.other(), "A", &[]);
            }
        }
    }

    fn close(&mut self) {
        for side in [Side::Client, Side::Server] {
            self.emit(side, "FA", &[]);
            self.next[side as usize] = self.next[side as usize].wrapping_add(1);
            self.emit(side.other(), "A", &[]);
        }
    }

    fn end(self, outcome: &'static str) -> &'scene mut Entry {
        self.scene.enter(self.client, self.server, format!("tcp/{}", self.port), outcome)
    }

    /// A reset that answers a SYN has no sequence number of its own and no window.
    fn emit_reset(&mut self) {
        let own = std::mem::replace(&mut self.next[1], 0);
        self.emit(Side::Server, "RA", &[]);
        self.next[1] = own;
    }

    /// Sends a packet, unless the recorder stands where this side's packets do not pass.
    fn emit(&mut self, side: Side, flags: &'static str, payload: &[u8]) {
        if !self.visible[side as usize] {
            return;
        }
        let body = self.packet(side, flags, payload);
        let [from, to] = if side == Side::Client {
            [self.client, self.server]
        } else {
            [self.server, self.client]
        };
        self.scene.send(from, to, body);
    }

    fn packet(&self, side: Side, flags: &'static str, payload: &[u8]) -> Body {
        let flags = Flags(flags);
        let ports = [self.client_port, self.port];
        let mut header = TcpHeader::new(
            ports[side as usize],
            ports[side.other() as usize],
            self.next[side as usize],
            if flags.has('R') { 0 } else { WINDOW },
        );
        header.syn = flags.has('S');
        header.fin = flags.has('F');
        header.rst = flags.has('R');
        header.psh = flags.has('P');
        header.ack = flags.has('A');
        if header.ack {
            header.acknowledgment_number = self.next[side.other() as usize];
        }
        if header.syn {
            header.window_size = if header.ack { u16::MAX } else { OPENING_WINDOW };
            header.options = self.opening_options();
        }
        Body::Tcp(Box::new(header), payload.to_vec())
    }

    /// Segment size, window scale 8, selective acknowledgements: in Windows' order and with its
    /// padding.
    fn opening_options(&self) -> TcpOptions {
        let [high, low] = (self.segment_size() as u16).to_be_bytes();
        [2, 4, high, low, 1, 3, 3, 8, 1, 1, 4, 2].into()
    }

    const fn segment_size(&self) -> usize {
        match self.scene.family {
            Family::V4 => 1460,
            Family::V6 => 1440,
        }
    }
}
