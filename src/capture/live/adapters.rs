//! The names that people know network adapters by.

#![expect(unsafe_code, reason = "the system's functions can be called in no other way")]

use std::{collections::HashMap, ffi::CStr, ptr::null};

use windows_sys::Win32::{
    Foundation::{ERROR_BUFFER_OVERFLOW, ERROR_SUCCESS},
    NetworkManagement::IpHelper::{
        GAA_FLAG_INCLUDE_ALL_INTERFACES, GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_DNS_SERVER,
        GAA_FLAG_SKIP_MULTICAST, GAA_FLAG_SKIP_UNICAST, GetAdaptersAddresses,
        IP_ADAPTER_ADDRESSES_LH,
    },
    Networking::WinSock::AF_UNSPEC,
};

/// The list may grow between asking for its size and for itself.
const TRIES: usize = 4;

/// Friendly names, such as `Ethernet 2`, by the GUID that Npcap's names end with, in lower case.
/// Empty where the system does not tell.
pub(super) fn friendly_names() -> HashMap<String, String> {
    // A card that belongs to a virtual switch has no addresses and is listed only so.
    const FLAGS: u32 = GAA_FLAG_INCLUDE_ALL_INTERFACES
        | GAA_FLAG_SKIP_UNICAST
        | GAA_FLAG_SKIP_ANYCAST
        | GAA_FLAG_SKIP_MULTICAST
        | GAA_FLAG_SKIP_DNS_SERVER;
    let mut bytes = 16_384_u32;
    for _ in 0..TRIES {
        // Words, so that the structures in it are aligned.
        let mut buffer = vec![0_u64; bytes as usize / 8 + 1];
        let first = buffer.as_mut_ptr().cast::<IP_ADAPTER_ADDRESSES_LH>();
        // SAFETY: the buffer is at least as long as is said and aligned for its structures.
        let answer =
            unsafe { GetAdaptersAddresses(AF_UNSPEC.into(), FLAGS, null(), first, &mut bytes) };
        match answer {
            // SAFETY: the system has just filled the list, and the buffer outlives the walk.
            ERROR_SUCCESS => return unsafe { names(first) },
            ERROR_BUFFER_OVERFLOW => {}
            _ => break,
        }
    }
    HashMap::new()
}

/// # Safety
/// `adapter` is null or the head of a list that the system has filled and that is not freed yet.
unsafe fn names(mut adapter: *const IP_ADAPTER_ADDRESSES_LH) -> HashMap<String, String> {
    let mut names = HashMap::new();
    // SAFETY: each element and its two strings, which end with a zero, belong to the list.
    while let Some(one) = unsafe { adapter.as_ref() } {
        if !one.AdapterName.is_null() && !one.FriendlyName.is_null() {
            let guid = unsafe { CStr::from_ptr(one.AdapterName.cast()) };
            let length = (0..).take_while(|at| unsafe { *one.FriendlyName.add(*at) } != 0).count();
            let name = unsafe { std::slice::from_raw_parts(one.FriendlyName, length) };
            names.insert(guid.to_string_lossy().to_lowercase(), String::from_utf16_lossy(name));
        }
        adapter = one.Next;
    }
    names
}
