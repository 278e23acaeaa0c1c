//! An interface that is listened to.

use std::path::PathBuf;

use pcap::{Active, Capture, Inactive, Packet};

use super::{
    TapError, TapOptions,
    binding::{Activation, ask_for_nanoseconds, last_activation},
    error::{MAX_INSTRUCTIONS, message},
    interface::{find, interfaces},
    watch::Watch,
};
use crate::capture::{Frame, LinkType, NANOS_PER_SECOND, Said, Timestamp};

/// The kernel hands over a block of frames when it is full or this old, so it is also how late a
/// frame on a quiet interface is seen.
const BLOCK_MS: i32 = 100;

/// Frames lost since the tap was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// For want of room in the kernel's buffer: the program was too slow.
    pub kernel: u64,
    /// By the interface or its driver.
    pub interface: u64,
}

/// What came of listening for a moment.
#[derive(Clone, Debug)]
pub enum Heard<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// No frame, for now.
    Nothing,
    /// Nothing will come any more, for this reason.
    Ended(String),
}

/// An open interface.
pub struct Tap {
    capture: Capture<Active>,
    interface: String,
    title: String,
    link: LinkType,
    /// Nanoseconds in the smaller unit of libpcap's time stamps.
    fraction: i64,
    watch: Watch,
    /// Whether the last read found nothing.
    is_dry: bool,
    ended: Option<String>,
    kernel_drops: Counter,
    interface_drops: Counter,
    notes: Vec<String>,
}

impl Tap {
    /// Starts listening.
    ///
    /// # Errors
    /// The library or the permission is missing, there is no such interface or it is down, or the
    /// filter cannot be used.
    pub fn open(options: &TapOptions) -> Result<Self, TapError> {
        let known = interfaces()?;
        let found = find(&options.interface, &known)?;
        let title = found.friendly_name.as_ref().unwrap_or(&found.name).clone();
        let interface = found.name.clone();
        let other = |error| TapError::Other { interface: title.clone(), reason: message(&error) };
        let inactive = Capture::from_device(interface.as_str()).map_err(other)?;
        let in_nanoseconds = ask_for_nanoseconds(&inactive);
        let (mut capture, warning) = activate(inactive, &title, options)?;
        let link = of_data_link(capture.get_datalink().0);
        if let Some(filter) = &options.filter {
            set_filter(&mut capture, &title, filter)?;
        }
        let capture = Watch::prepare(capture).map_err(other)?;
        let mut notes = Vec::from_iter(warning);
        if !in_nanoseconds {
            notes.push(format!("{title} gives times in microseconds"));
        }
        let mut tap = Self {
            watch: Watch::new(&title),
            capture,
            interface,
            title,
            link,
            fraction: if in_nanoseconds { 1 } else { 1000 },
            is_dry: false,
            ended: None,
            kernel_drops: Counter::default(),
            interface_drops: Counter::default(),
            notes,
        };
        tap.count_interface_drops_from_here();
        Ok(tap)
    }

    /// The next frame. Waits at most a tenth of a second for it, and not at all while there are some.
    ///
    /// The frame lies in libpcap's memory until the next call.
    #[expect(clippy::should_implement_trait, reason = "an iterator's items cannot borrow from it")]
    pub fn next(&mut self) -> Heard<'_> {
        if let Some(why) = &self.ended {
            return Heard::Ended(why.clone());
        }
        if self.is_dry
            && let Some(why) = self.watch.wait(&self.capture)
        {
            self.ended = Some(why.clone());
            return Heard::Ended(why);
        }
        match self.capture.next_packet() {
            Ok(packet) => {
                self.is_dry = false;
                Heard::Frame(frame(packet, self.link, self.fraction))
            }
            Err(pcap::Error::TimeoutExpired) => {
                self.is_dry = true;
                Heard::Nothing
            }
            Err(error) => {
                let why = format!("{} ({})", self.watch.ending(), message(&error));
                self.ended = Some(why.clone());
                Heard::Ended(why)
            }
        }
    }

    /// Frames lost since the opening. Of an interface that is gone, what was last known.
    pub fn drops(&mut self) -> Drops {
        if let Ok(stats) = self.capture.stats() {
            self.kernel_drops.reads(stats.dropped);
            self.interface_drops.reads(stats.if_dropped);
        }
        Drops { kernel: self.kernel_drops.total, interface: self.interface_drops.total }
    }

    /// What frames begin with.
    #[must_use]
    pub fn link(&self) -> LinkType {
        self.link
    }

    /// What people call the interface: by its friendly name, where it has one.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the user should know of how it is listened.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What must stay readable for [`Self::drops`] to go on: on Linux libpcap reads the interface's
    /// own counters from files.
    #[must_use]
    pub fn reads(&self) -> Vec<PathBuf> {
        if cfg!(target_os = "linux") {
            vec![["/sys/class/net", &self.interface, "statistics"].iter().collect()]
        } else {
            Vec::new()
        }
    }

    /// Some systems count what the interface has dropped since it exists, not since the opening.
    fn count_interface_drops_from_here(&mut self) {
        if let Ok(stats) = self.capture.stats() {
            self.interface_drops.last = stats.if_dropped;
        }
    }
}

/// Adds up a counter of 32 bits that goes round.
#[derive(Debug, Default)]
struct Counter {
    last: u32,
    total: u64,
}

impl Counter {
    /// A reading that would be a step back is none: libpcap subtracts what it read at the start, and
    /// reads 0 of an interface that is gone.
    fn reads(&mut self, now: u32) {
        let step = now.wrapping_sub(self.last);
        if step <= u32::MAX / 2 {
            self.last = now;
            self.total += u64::from(step);
        }
    }
}

/// Opens the capture; what libpcap has to say though it worked goes with it.
fn activate(
    inactive: Capture<Inactive>,
    interface: &str,
    options: &TapOptions,
) -> Result<(Capture<Active>, Option<String>), TapError> {
    let in_range = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let opened = inactive
        .snaplen(in_range(options.snap_len))
        .buffer_size(in_range(options.buffer_bytes))
        .promisc(options.promiscuous)
        .timeout(BLOCK_MS)
        .open();
    let activation = last_activation();
    match opened {
        Ok(capture) => Ok((capture, warning(interface, activation))),
        Err(_) => Err(TapError::of_activation(interface, activation)),
    }
}

/// The promiscuous mode was not to be had (`PCAP_WARNING_PROMISC_NOTSUP`).
const NOT_PROMISCUOUS: i32 = 2;

fn warning(interface: &str, activation: Activation) -> Option<String> {
    match activation.status {
        NOT_PROMISCUOUS => Some(format!(
            "{interface} shows only frames for this machine: it has no promiscuous mode"
        )),
        status if status > 0 && !activation.text.is_empty() => {
            Some(format!("{interface}: {}", activation.text))
        }
        _ => None,
    }
}

/// libpcap takes minutes to shorten programs that are much longer than this.
const MAX_TO_OPTIMIZE: usize = 20_000;

fn set_filter(
    capture: &mut Capture<Active>,
    interface: &str,
    filter: &str,
) -> Result<(), TapError> {
    let refused = |error| TapError::of_filter(interface, &error);
    let length = |optimize| -> Result<usize, TapError> {
        Ok(capture.compile(filter, optimize).map_err(refused)?.get_instructions().len())
    };
    let mut instructions = length(false)?;
    if (MAX_INSTRUCTIONS..MAX_TO_OPTIMIZE).contains(&instructions) {
        instructions = length(true)?;
    }
    if instructions > MAX_INSTRUCTIONS {
        return Err(TapError::FilterTooLarge { instructions });
    }
    capture.filter(filter, true).map_err(refused)
}

#[cfg_attr(
    not(windows),
    expect(clippy::unnecessary_cast, reason = "the fields are narrower on some systems")
)]
fn frame<'a>(packet: Packet<'a>, link: LinkType, fraction: i64) -> Frame<'a> {
    let at = packet.header.ts;
    let seconds = (at.tv_sec as i64).saturating_mul(NANOS_PER_SECOND);
    let time = Timestamp(seconds.saturating_add(at.tv_usec as i64 * fraction));
    let wire_len = packet.header.len.max(packet.header.caplen);
    Frame { time, link, data: packet.data, wire_len, said: Said::default() }
}

/// libpcap's numbers in memory (`DLT_`) are those of files, save for raw IP.
fn of_data_link(number: i32) -> LinkType {
    match LinkType(u32::try_from(number).unwrap_or(u32::MAX)) {
        LinkType::RAW_DLT | LinkType::RAW_OPENBSD => LinkType::RAW,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_goes_round_and_never_back() {
        let mut counter = Counter { last: 5, total: 0 };
        let billion = 1_000_000_000;
        for (reading, total) in [
            (5, 0),
            (7, 2),
            (0, 2),
            (7, 2),
            (2 * billion, 2 * u64::from(billion) - 5),
            (4 * billion, 4 * u64::from(billion) - 5),
            (4, u64::from(u32::MAX)),
            (u32::MAX, u64::from(u32::MAX)),
        ] {
            counter.reads(reading);
            assert_eq!(counter.total, total, "{reading}");
        }
    }

    #[test]
    fn a_tap_can_be_given_to_a_thread() {
        fn is_send<T: Send>() {}
        is_send::<Tap>();
    }
}
