//! Why there is no listening, and what to do.

use thiserror::Error;

use super::binding::{Activation, library};

/// The most instructions that a kernel takes (`BPF_MAXINSNS`).
pub(super) const MAX_INSTRUCTIONS: usize =
    if cfg!(any(target_os = "linux", windows)) { 4096 } else { 512 };

#[cfg(windows)]
const HOW_TO_INSTALL: &str = "install Npcap from https://npcap.com";
#[cfg(target_os = "macos")]
const HOW_TO_INSTALL: &str = "it is part of macOS; reinstall it with the system";
#[cfg(all(unix, not(target_os = "macos")))]
const HOW_TO_INSTALL: &str = "install libpcap: `apt install libpcap0.8` on Debian and Ubuntu, \
                              `dnf install libpcap` on Fedora and RHEL";

#[cfg(windows)]
const HOW_TO_BE_ALLOWED: &str = "run it as administrator, or install Npcap anew without \
                                 \"Restrict Npcap driver's access to Administrators only\"";
#[cfg(target_os = "linux")]
const HOW_TO_BE_ALLOWED: &str = "run it with sudo, or grant it once: \
    sudo setcap cap_net_raw,cap_net_admin=eip $(command -v vmmtap)";
#[cfg(not(any(windows, target_os = "linux")))]
const HOW_TO_BE_ALLOWED: &str = "run it with sudo, or let your user read /dev/bpf*";

/// Why an interface cannot be listened to.
#[derive(Debug, Error)]
pub enum TapError {
    /// libpcap or Npcap is not installed.
    #[error(
        "cannot listen: the packet capture library cannot be opened ({reason}); {HOW_TO_INSTALL}"
    )]
    NoLibrary {
        /// What the system's loader said.
        reason: String,
    },
    /// The system does not let this user listen.
    #[error("cannot listen on {interface}: no permission ({reason}); {HOW_TO_BE_ALLOWED}")]
    NoPermission {
        /// The interface.
        interface: String,
        /// What libpcap said.
        reason: String,
    },
    /// There is no interface of this name.
    #[error("there is no interface `{name}`{}; `vmmtap interfaces` lists them", or_near(near))]
    NoSuchInterface {
        /// The name that was given.
        name: String,
        /// The one that may have been meant.
        near: Option<String>,
    },
    /// The interface is there, and down.
    #[error("cannot listen on {interface}: it is down; bring it up and try again")]
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// The filter is no pcap-filter(7) expression, or not one for this kind of interface.
    #[error("the filter cannot be used on {interface}: {reason} (the language is pcap-filter(7))")]
    BadFilter {
        /// The interface.
        interface: String,
        /// What libpcap said.
        reason: String,
    },
    /// The filter is longer than the kernel takes.
    #[error(
        "the filter is too large for the kernel: {instructions} instructions of at most {MAX_INSTRUCTIONS}"
    )]
    FilterTooLarge {
        /// Instructions of the compiled program.
        instructions: usize,
    },
    /// Anything else that libpcap says.
    #[error("cannot listen on {interface}: {reason}")]
    Other {
        /// The interface.
        interface: String,
        /// What libpcap said.
        reason: String,
    },
    /// The interfaces cannot be listed.
    #[error(
        "cannot list the interfaces: {reason}; if a permission is missing, {HOW_TO_BE_ALLOWED}"
    )]
    NoList {
        /// What libpcap said.
        reason: String,
    },
    /// The list is empty.
    #[error("no interface is shown to this user; if a permission is missing, {HOW_TO_BE_ALLOWED}")]
    NoneShown,
}

fn or_near(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}

/// Answers of `pcap_activate` (pcap/pcap.h).
const NO_SUCH_DEVICE: i32 = -5;
const PERMISSION_DENIED: i32 = -8;
const NOT_UP: i32 = -9;
const PROMISCUOUS_DENIED: i32 = -11;

impl TapError {
    /// Whether the library is there.
    pub(super) fn unless_library() -> Result<(), Self> {
        match library() {
            Ok(_) => Ok(()),
            Err(reason) => Err(Self::NoLibrary { reason: reason.clone() }),
        }
    }

    /// An activation that failed.
    pub(super) fn of_activation(interface: &str, activation: Activation) -> Self {
        let interface = interface.to_owned();
        match activation.status {
            PERMISSION_DENIED | PROMISCUOUS_DENIED => {
                Self::NoPermission { interface, reason: in_one_line(activation.text) }
            }
            NO_SUCH_DEVICE => Self::NoSuchInterface { name: interface, near: None },
            NOT_UP => Self::InterfaceDown { interface },
            status if activation.text.is_empty() => {
                Self::Other { interface, reason: format!("libpcap's error {status}") }
            }
            _ => Self::Other { interface, reason: in_one_line(activation.text) },
        }
    }

    /// A filter that was not compiled.
    pub(super) fn of_filter(interface: &str, error: &pcap::Error) -> Self {
        let (interface, reason) = (interface.to_owned(), message(error));
        if ["out of memory", "memory exhausted", "too complex", "offset too large"]
            .iter()
            .any(|words| reason.contains(words))
        {
            // libpcap gave up before it knew how long the program would be.
            Self::FilterTooLarge { instructions: MAX_INSTRUCTIONS + 1 }
        } else {
            Self::BadFilter { interface, reason }
        }
    }
}

/// libpcap's message, without the pcap crate's words before it.
pub(super) fn message(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(text) => in_one_line(text.clone()),
        other => other.to_string(),
    }
}

fn in_one_line(text: String) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { "libpcap gives no reason".to_owned() } else { words.join(" ") }
}
