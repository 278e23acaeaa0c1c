//! Security tokens: what is really exchanged.

use super::Auth;

/// The mechanism of a token; empty where it is none that is known.
pub(super) fn mechanism(_token: &[u8]) -> Auth {
    Auth::empty()
}
