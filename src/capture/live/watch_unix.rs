//! Waiting for frames, and for the end of the interface.

use std::{
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use nix::{
    ifaddrs::getifaddrs,
    net::if_::InterfaceFlags,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{getsockopt, sockopt::SocketError},
};
use pcap::{Active, Capture};

/// How long one waits for a frame.
const PATIENCE_MS: u16 = 100;
/// How often a silent interface is looked at: libpcap 1.10 waits in silence for one that is down.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Frames heard before the end are still in the kernel's block until its time is up.
const AFTERMATH: Duration = Duration::from_millis(200);

/// Looks after an interface.
#[derive(Debug)]
pub(super) struct Watch {
    name: String,
    /// Whether the system lists it: pseudo interfaces such as `any` never go down.
    is_listed: bool,
    looked: Instant,
    ends: Option<Instant>,
}

impl Watch {
    pub(super) fn new(name: &str) -> Self {
        let is_listed = state(name) == State::Up;
        Self { name: name.to_owned(), is_listed, looked: Instant::now(), ends: None }
    }

    /// Prepares a capture for being waited for: a read may block for ever on Linux (TPACKET_V3)
    /// though a timeout is set, so reads do not block and poll(2) waits.
    pub(super) fn prepare(capture: Capture<Active>) -> Result<Capture<Active>, pcap::Error> {
        capture.setnonblock()
    }

    /// Waits a little for a frame, where there was none; says why there will be none any more.
    pub(super) fn wait(&mut self, capture: &Capture<Active>) -> Option<String> {
        let socket = capture.as_fd();
        let mut polled = [PollFd::new(socket, PollFlags::POLLIN)];
        let trouble = match poll(&mut polled, PollTimeout::from(PATIENCE_MS)) {
            Ok(0) => false,
            Ok(_) => {
                let bad = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
                polled[0].revents().is_some_and(|events| events.intersects(bad))
            }
            // A signal; its handler has done what is to be done.
            Err(_) => return None,
        };
        if trouble {
            self.ends.get_or_insert_with(|| Instant::now() + AFTERMATH);
            forget_error(socket);
        }
        if self.ends.is_none() && self.looked.elapsed() >= LOOK_EVERY {
            self.looked = Instant::now();
            if self.is_listed && state(&self.name) != State::Up {
                self.ends = Some(Instant::now() + AFTERMATH);
            }
        }
        self.ends.filter(|end| Instant::now() >= *end).map(|_| self.ending())
    }

    /// How the interface ended.
    pub(super) fn ending(&self) -> String {
        match state(&self.name) {
            State::Gone => format!("the interface {} vanished", self.name),
            // One that is up again was down for a moment, and what passed then is not known.
            State::Down | State::Up => format!("the interface {} went down", self.name),
        }
    }
}

/// An error stays with the socket, and poll(2) does not wait, until somebody asks for it.
fn forget_error(socket: BorrowedFd<'_>) {
    let _asked = getsockopt(&socket, SocketError);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    Down,
    Gone,
}

fn state(name: &str) -> State {
    let Ok(mut interfaces) = getifaddrs() else { return State::Gone };
    match interfaces.find(|interface| interface.interface_name == name) {
        Some(interface) if interface.flags.contains(InterfaceFlags::IFF_UP) => State::Up,
        Some(_) => State::Down,
        None => State::Gone,
    }
}
