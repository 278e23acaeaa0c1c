//! The machine's memory.

use std::mem;

use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};

/// Bytes of memory that the machine has, or `None` where the system does not tell. A crate for this would
/// bring a dozen of the system's libraries along, which are looked for beside the program first.
pub(crate) fn total_memory() -> Option<u64> {
    let mut status = MEMORYSTATUSEX {
        dwLength: mem::size_of::<MEMORYSTATUSEX>() as u32,
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the structure is as long as it says.
    let told = unsafe { GlobalMemoryStatusEx(&mut status) } != 0;
    told.then_some(status.ullTotalPhys)
}
