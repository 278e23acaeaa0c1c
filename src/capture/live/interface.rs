//! Where one can listen.

use std::net::IpAddr;

use pcap::Device;

use super::{TapError, error::message};

/// A place to listen.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name for `-i`.
    pub name: String,
    /// What the system calls it besides.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it is switched on.
    pub up: bool,
    /// Whether it has a link.
    pub running: bool,
    /// Whether it leads to this machine itself.
    pub loopback: bool,
    /// Whether it is a radio.
    pub wireless: bool,
}

/// The interfaces that libpcap knows, in its order: the most useful first.
///
/// # Errors
/// The library is missing, or the system does not tell.
pub fn interfaces() -> Result<Vec<Interface>, TapError> {
    TapError::unless_library()?;
    let devices = Device::list().map_err(|error| TapError::NoList { reason: message(&error) })?;
    Ok(devices.into_iter().map(Interface::from).collect())
}

impl From<Device> for Interface {
    fn from(device: Device) -> Self {
        let mut addresses: Vec<IpAddr> =
            device.addresses.iter().map(|address| address.addr).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Self {
            addresses,
            up: device.flags.is_up(),
            running: device.flags.is_running(),
            loopback: device.flags.is_loopback(),
            wireless: device.flags.is_wireless(),
            description: device.desc.filter(|text| !text.trim().is_empty()),
            name: device.name,
        }
    }
}

/// The interface of a name or, failing that, of a description, as on Windows the names are numbers
/// that nobody can type.
///
/// # Errors
/// There is none; the nearest name goes with it.
pub(super) fn find(wanted: &str, known: &[Interface]) -> Result<String, TapError> {
    let same = |text: &str| text.trim().eq_ignore_ascii_case(wanted.trim());
    let described = |interface: &&Interface| interface.description.as_deref().is_some_and(same);
    known
        .iter()
        .find(|interface| interface.name == wanted)
        .or_else(|| known.iter().find(described))
        .map(|interface| interface.name.clone())
        .ok_or_else(|| TapError::NoSuchInterface {
            name: wanted.to_owned(),
            near: near(wanted, known),
        })
}

/// At most a third of the letters differ.
fn near(wanted: &str, known: &[Interface]) -> Option<String> {
    let wanted = wanted.to_lowercase();
    known
        .iter()
        .map(|interface| &interface.name)
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, description: Option<&str>) -> Interface {
        Interface {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            addresses: Vec::new(),
            up: true,
            running: true,
            loopback: false,
            wireless: false,
        }
    }

    #[test]
    fn an_interface_is_found_by_name_or_description_and_a_near_one_is_offered() {
        let known = [
            interface("eth0", None),
            interface("lo", None),
            interface(r"\Device\NPF_{1}", Some("Intel(R) Ethernet #2")),
        ];
        for (wanted, found, offered) in [
            ("eth0", Some("eth0"), None),
            ("intel(r) ethernet #2", Some(r"\Device\NPF_{1}"), None),
            ("eht0", None, Some("eth0")),
            ("ETH0", None, Some("eth0")),
            ("ens192", None, None),
            ("", None, None),
        ] {
            match find(wanted, &known) {
                Ok(name) => assert_eq!(Some(name.as_str()), found, "{wanted}"),
                Err(TapError::NoSuchInterface { near, .. }) => {
                    assert_eq!((None, near.as_deref()), (found, offered), "{wanted}");
                }
                Err(other) => panic!("{wanted}: {other}"),
            }
        }
    }
}
