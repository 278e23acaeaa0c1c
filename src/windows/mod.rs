//! What only Windows has, and no crate of ours gives safely.

#![expect(unsafe_code, reason = "the system's functions can be called in no other way")]

mod console;
mod memory;
mod restraint;

pub(crate) use self::{
    console::{hold_closing, restore_code_page, shows_unicode, speak_utf8},
    memory::total_memory,
    restraint::{drop_privileges, forbid_children, load_from_system_only},
};
