//! Waiting for frames, and for the end of the interface, where nothing tells that there are some.

use std::{thread::sleep, time::Duration};

use pcap::{Active, Capture};

/// How long one waits for a frame. At a million frames a second the kernel's buffer holds ten times what
/// comes meanwhile.
const PATIENCE: Duration = Duration::from_millis(20);

/// Looks after an interface.
#[derive(Debug)]
pub(super) struct Watch {
    name: String,
}

impl Watch {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// A read that waits does so for ever where there is no timeout to be had, as under Wine.
    pub(super) fn prepare(capture: Capture<Active>) -> Result<Capture<Active>, pcap::Error> {
        capture.setnonblock()
    }

    /// Waits a little; a read fails where the interface is gone.
    pub(super) fn wait(&mut self, _capture: &Capture<Active>) -> Option<String> {
        sleep(PATIENCE);
        None
    }

    /// How the interface ended.
    pub(super) fn ending(&self) -> String {
        format!("the interface {} went down or vanished", self.name)
    }
}
