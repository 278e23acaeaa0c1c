//! An entry of the matrix: who may open which conversation to whom.

use crate::{
    dissect::Protocol,
    flow::Transport,
    identify::{Ports, RoleSet, Setting},
};

/// The part of the matrix that an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// The page's general table, rows 1 to 24.
    General,
    /// The page's VMware table, rows 25 to 29.
    Vmware,
    /// The page's note on dynamic ports.
    Note,
    /// Known traffic that the page does not list.
    Companion,
}

impl Section {
    pub(super) const ALL: [Self; 4] = [Self::General, Self::Vmware, Self::Note, Self::Companion];

    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Vmware => "vmware",
            Self::Note => "note",
            Self::Companion => "companion",
        }
    }
}

/// How much a deployment needs an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// Every deployment with machines in both roles.
    Required,
    /// One of its ports, or one entry of its group.
    Alternative,
    /// Only under a condition that the note names.
    Conditional,
    /// Only with old releases.
    Legacy,
    /// Never on the wire.
    Local,
}

impl Requirement {
    pub(super) const ALL: [Self; 5] =
        [Self::Required, Self::Alternative, Self::Conditional, Self::Legacy, Self::Local];

    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Alternative => "alternative",
            Self::Conditional => "conditional",
            Self::Legacy => "legacy",
            Self::Local => "local",
        }
    }

    /// Whether a deployment lacks something where the entry was not seen.
    #[must_use]
    pub fn must_be_seen(self) -> bool {
        matches!(self, Self::Required | Self::Alternative)
    }
}

/// An entry of the matrix. The keys are explained in `data/matrix.toml`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, unique in the matrix.
    pub id: String,
    /// Row of the page, 1 to 29, counted over both tables.
    pub row: Option<u8>,
    /// Part of the matrix.
    pub section: Section,
    /// What is served.
    pub service: String,
    /// Where the page puts the inbound rule.
    pub page_inbound: String,
    /// What the page says can be changed.
    pub page_change: String,
    /// Who opens the conversation.
    pub client_roles: RoleSet,
    /// Who listens.
    pub server_roles: RoleSet,
    /// Transport; `None` for what never reaches the wire.
    pub transport: Option<Transport>,
    /// Ports where no setting says otherwise.
    pub ports: Ports,
    /// The setting that replaces the ports.
    pub setting: Option<Setting>,
    /// What may be spoken; empty for whatever.
    pub protocols: Vec<Protocol>,
    /// How much a deployment needs it.
    pub requirement: Requirement,
    /// Entries of one group are alternatives of each other.
    pub group: Option<String>,
    /// Entries that make a legacy one unnecessary where they work.
    pub replaced_by: Vec<String>,
    /// Why the same port the other way round is plausible.
    pub reverse: Option<String>,
    /// Whether it differs from what the page says.
    pub corrected: bool,
    /// One sentence: the reason of a correction, or what else one should know.
    pub note: String,
}

impl Entry {
    /// `agent-winrm (row 3)`.
    #[must_use]
    pub fn title(&self) -> String {
        match self.row {
            Some(row) => format!("{} (row {row})", self.id),
            None => self.id.clone(),
        }
    }
}
