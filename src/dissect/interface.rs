//! RPC interfaces by their identifiers.

use uuid::{Uuid, uuid};

/// The name of a known interface.
pub(super) fn name(interface: Uuid) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == interface).map(|(_, name)| *name)
}

/// Interfaces as their specifications name them, each at its first mention there.
const KNOWN: &[(Uuid, &str)] = &[(uuid!("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), "epmapper")];
