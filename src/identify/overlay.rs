//! Virtual networks whose traffic is the site's own.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::{Document, machine::read_name};

/// The largest VNI or VSID: 24 bits (RFC 7348, section 4; RFC 7637, section 3.2; RFC 8926, section 3.4).
const LARGEST: u32 = 0x00ff_ffff;

/// An `[[overlay]]`: networks in VXLAN, NVGRE or Geneve that belong to the site rather than to tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverlayNetworks {
    /// A name for people, where it has one.
    pub name: Option<String>,
    /// Their VNIs or VSIDs.
    pub vnis: BTreeSet<u32>,
}

impl OverlayNetworks {
    /// Reads an `[[overlay]]`; `None` where it lists no network.
    pub(super) fn read(document: &mut Document<'_>, table: &DeTable<'_>) -> Option<Self> {
        const WHAT: &str = "[[overlay]]";
        document.only(table, WHAT, &["name", "vni"]);
        let name = table.contains_key("name").then(|| read_name(document, table, WHAT)).flatten();
        if !table.contains_key("vni") {
            document.complain_of_missing(table, WHAT, "vni", "vni = [5001]");
            return None;
        }
        let mut vnis = BTreeSet::new();
        let values = document.array(table, "vni");
        if values.is_empty() && table.get("vni").is_some_and(|value| value.get_ref().is_array()) {
            let spot = table.get("vni").map_or(0..0, toml::Spanned::span);
            document.complain(
                spot,
                "`vni` of [[overlay]] is empty",
                "list the network identifiers, for example vni = [5001]",
            );
        }
        for value in values {
            let number = match value.get_ref() {
                DeValue::Integer(number) => {
                    let digits = number.as_str().replace('_', "");
                    u32::from_str_radix(&digits, number.radix()).ok()
                }
                _ => None,
            };
            match number.filter(|number| *number <= LARGEST) {
                Some(number) => {
                    vnis.insert(number);
                }
                None => document.complain(
                    value.span(),
                    "`vni` is not a network identifier",
                    format!("write a number from 0 to {LARGEST}, for example vni = [5001]"),
                ),
            }
        }
        Some(Self { name, vnis })
    }
}
