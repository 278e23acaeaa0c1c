//! Waiting for frames, and for the end of the interface, where reads themselves wait.

use pcap::{Active, Capture};

/// Looks after an interface.
#[derive(Debug)]
pub(super) struct Watch {
    name: String,
}

impl Watch {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// Npcap's read ends after the read timeout, so there is nothing to prepare.
    pub(super) fn prepare(capture: Capture<Active>) -> Result<Capture<Active>, pcap::Error> {
        Ok(capture)
    }

    /// The read has waited already, and fails where the interface is gone.
    pub(super) fn wait(&mut self, _capture: &Capture<Active>) -> Option<String> {
        None
    }

    /// How the interface ended.
    pub(super) fn ending(&self) -> String {
        format!("the interface {} went down or vanished", self.name)
    }
}
