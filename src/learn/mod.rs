//! A site file proposed from traffic: who serves which rule's port, with which protocol, to whom.
//!
//! Nothing here is known; every role comes with what speaks for it and how sure that is.

mod evidence;
mod proposal;

pub use self::{
    evidence::{Clue, Exchange, Sureness, exchanges},
    proposal::{Guess, Proposal, Suspect, propose},
};
