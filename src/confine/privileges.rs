//! Capabilities (capabilities(7)).

use caps::{CapSet, errors::CapsError, runtime::thread_all_supported};

/// Empties the bounding set: what a program started by this one could get. Only those may who could
/// give; for others `refuse_new` comes to the same.
pub(super) fn lower_bounds() {
    for capability in thread_all_supported() {
        if caps::drop(None, CapSet::Bounding, capability).is_err() {
            return;
        }
    }
}

/// Empties the sets that count. Ambient ones follow the inheritable ones.
pub(super) fn drop_all() -> Result<(), CapsError> {
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        caps::clear(None, set)?;
    }
    Ok(())
}

/// No file that is executed gives privileges any more.
pub(super) fn refuse_new() -> nix::Result<()> {
    nix::sys::prctl::set_no_new_privs()
}
