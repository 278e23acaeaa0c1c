//! UDP exchanges and pings.

use crate::{
    packet::Body,
    scene::{Entry, MILLISECOND, SECOND, Scene},
    world::Host,
};

/// A UDP exchange that is being told.
pub struct Udp<'scene> {
    scene: &'scene mut Scene,
    client: Host,
    server: Host,
    ports: [u16; 2],
}

impl<'scene> Udp<'scene> {
    pub fn new(scene: &'scene mut Scene, client: Host, server: Host, port: u16) -> Self {
        let client_port = scene.client_port(client);
        Self { scene, client, server, ports: [client_port, port] }
    }

    pub fn answered(mut self, [question, answer]: [Vec<u8>; 2]) -> &'scene mut Entry {
        self.ask(question);
        self.scene.now += MILLISECOND;
        let [client_port, port] = self.ports;
        self.scene.send(
            self.server,
            self.client,
            Body::Udp { ports: [port, client_port], payload: answer },
        );
        self.end("answered")
    }

    fn ask(&mut self, question: Vec<u8>) {
        self.scene.send(
            self.client,
            self.server,
            Body::Udp { ports: self.ports, payload: question },
        );
    }

    fn end(self, outcome: &'static str) -> &'scene mut Entry {
        self.scene.enter(self.client, self.server, format!("udp/{}", self.ports[1]), outcome)
    }
}

/// Echo requests, a second apart, each answered.
pub struct Ping<'scene> {
    scene: &'scene mut Scene,
    client: Host,
    server: Host,
}

impl<'scene> Ping<'scene> {
    pub const fn new(scene: &'scene mut Scene, client: Host, server: Host) -> Self {
        Self { scene, client, server }
    }

    pub fn answered(self, times: u16) -> &'scene mut Entry {
        let began = self.scene.now;
        for sequence in 0..times {
            self.scene.now = began + u64::from(sequence) * SECOND;
            self.scene.send(
                self.client,
                self.server,
                Body::Echo { reply: false, sequence: sequence + 1 },
            );
            self.scene.send(
                self.server,
                self.client,
                Body::Echo { reply: true, sequence: sequence + 1 },
            );
        }
        self.scene.enter(self.client, self.server, "icmp echo".into(), "answered")
    }
}
