//! Judge: expectation x outcome = verdict, with the rule, the evidence and a sentence why.
//!
//! The matrix is data ([`Matrix`]); the site says which machine is what; this stage puts the two
//! together ([`Policy`]) and holds a conversation against them ([`Judgement`]). It knows nothing of
//! how a verdict is shown.

mod choice;
mod context;
mod coverage;
mod direction;
mod entry;
mod expectation;
mod firewall;
mod fix;
mod judgement;
mod matrix;
mod matrix_file;
mod policy;
mod question;
mod remotes;
mod tally;
mod verdict;
mod virtual_networks;
mod why;
mod witness;

pub use context::{Context, Grade};
pub use coverage::{CoverageRow, Status, coverage};
pub use direction::orient;
pub use entry::{Entry, Requirement, Section};
pub use expectation::{Expectation, Kind, RuleRef};
pub use firewall::{Exception, FirewallProtocol, exceptions, exceptions_of};
pub use fix::FixAt;
pub use judgement::Judgement;
pub use matrix::Matrix;
pub use policy::{Policy, Service, Talk};
pub use question::{Answer, Nearest, Who, may_talk};
pub use remotes::{ClientList, IpVersion, Remote};
pub use tally::{PairCount, RuleCount, Tally};
pub use verdict::{Basics, Evidence, Verdict};
pub use witness::Witness;
