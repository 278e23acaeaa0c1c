//! Where one can listen.

use std::net::IpAddr;

use pcap::Device;

use super::{TapError, error::message};

/// A place to listen.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name for `-i`.
    pub name: String,
    /// What people call it, such as `Ethernet 2`; Windows alone has such names.
    pub friendly_name: Option<String>,
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
    if devices.is_empty() {
        return Err(TapError::NoneShown);
    }
    let mut interfaces: Vec<Interface> = devices.into_iter().map(Interface::from).collect();
    name_friendly(&mut interfaces);
    Ok(interfaces)
}

/// Npcap's names end with the GUID that Windows knows the adapter by.
#[cfg(windows)]
fn name_friendly(interfaces: &mut [Interface]) {
    let names = super::adapters::friendly_names();
    for interface in interfaces {
        let guid = interface.name.find('{').map(|at| interface.name[at..].to_lowercase());
        interface.friendly_name = guid.and_then(|guid| names.get(&guid).cloned());
    }
}

#[cfg(not(windows))]
fn name_friendly(_interfaces: &mut [Interface]) {}

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
            friendly_name: None,
            description: device.desc.filter(|text| !text.trim().is_empty()),
            name: device.name,
        }
    }
}

/// The interface of a name or, failing that, of a friendly name, a description or an address, as on
/// Windows the names are numbers that nobody can type.
///
/// # Errors
/// There is none; the nearest name goes with it.
pub(super) fn find<'k>(wanted: &str, known: &'k [Interface]) -> Result<&'k Interface, TapError> {
    // GUIDs are written in either case, and nothing else has braces.
    let is_name =
        |name: &str| name == wanted || name.contains('{') && name.eq_ignore_ascii_case(wanted);
    let same = |text: &str| text.trim().eq_ignore_ascii_case(wanted.trim());
    let address = wanted.trim().parse::<IpAddr>().ok();
    let friendly = |one: &&Interface| one.friendly_name.as_deref().is_some_and(same);
    let described = |one: &&Interface| one.description.as_deref().is_some_and(same);
    let at_address =
        |one: &&Interface| address.is_some_and(|address| one.addresses.contains(&address));
    known
        .iter()
        .find(|interface| is_name(&interface.name))
        .or_else(|| known.iter().find(friendly))
        .or_else(|| known.iter().find(described))
        .or_else(|| known.iter().find(at_address))
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
        .flat_map(|interface| [&interface.name].into_iter().chain(&interface.friendly_name))
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
            friendly_name: description.map(|_| "Ethernet 2".to_owned()),
            description: description.map(str::to_owned),
            addresses: vec![IpAddr::from([10, 0, 0, name.len() as u8])],
            up: true,
            running: true,
            loopback: false,
            wireless: false,
        }
    }

    #[test]
    fn an_interface_is_found_by_any_of_its_names_or_an_address_and_a_near_one_is_offered() {
        let known = [
            interface("eth0", None),
            interface("lo", None),
            interface(r"\Device\NPF_{A1}", Some("Intel(R) Ethernet #2")),
        ];
        for (wanted, found, offered) in [
            ("eth0", Some("eth0"), None),
            ("intel(r) ethernet #2", Some(r"\Device\NPF_{A1}"), None),
            (r"\device\npf_{a1}", Some(r"\Device\NPF_{A1}"), None),
            ("ethernet 2", Some(r"\Device\NPF_{A1}"), None),
            ("Ehternet 2", None, Some("Ethernet 2")),
            ("10.0.0.2", Some("lo"), None),
            ("10.0.0.3", None, None),
            ("eht0", None, Some("eth0")),
            ("ETH0", None, Some("eth0")),
            ("ens192", None, None),
            ("", None, None),
        ] {
            match find(wanted, &known) {
                Ok(one) => assert_eq!(Some(one.name.as_str()), found, "{wanted}"),
                Err(TapError::NoSuchInterface { near, .. }) => {
                    assert_eq!((None, near.as_deref()), (found, offered), "{wanted}");
                }
                Err(other) => panic!("{wanted}: {other}"),
            }
        }
    }
}
