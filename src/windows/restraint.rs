//! Privileges given up, children forbidden, and libraries taken from the system alone.

use std::{
    io, mem,
    ptr::{from_ref, null, null_mut},
};

use windows_sys::Win32::{
    Foundation::{CloseHandle, ERROR_NOT_ALL_ASSIGNED, GetLastError, HANDLE},
    Security::{
        AdjustTokenPrivileges, GetTokenInformation, LUID_AND_ATTRIBUTES, SE_PRIVILEGE_REMOVED,
        TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY, TokenPrivileges,
    },
    System::{
        JobObjects::{
            AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
            JOBOBJECT_BASIC_LIMIT_INFORMATION, JobObjectBasicLimitInformation,
            SetInformationJobObject,
        },
        LibraryLoader::{LOAD_LIBRARY_SEARCH_SYSTEM32, SetDefaultDllDirectories},
        Threading::{GetCurrentProcess, OpenProcessToken},
    },
};

/// Has libraries that are loaded later looked for in the system's folder alone.
pub(crate) fn load_from_system_only() {
    // SAFETY: the call takes no pointer.
    unsafe { SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32) };
}

/// `SeChangeNotifyPrivilege`: walking through folders, which everybody may (its number is fixed).
const CHANGE_NOTIFY: u32 = 23;

/// Removes the privileges of this process for good, all but the one that everybody has.
pub(crate) fn drop_privileges() -> io::Result<()> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the handle is written where it is said, used while open and closed once.
    unsafe {
        ok(OpenProcessToken(
            GetCurrentProcess(),
            TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
            &mut token,
        ))?;
        let removed = remove_privileges(token);
        CloseHandle(token);
        removed
    }
}

/// # Safety
/// `token` is open for asking and adjusting.
unsafe fn remove_privileges(token: HANDLE) -> io::Result<()> {
    let mut length = 0;
    // SAFETY: with no buffer only the length is written.
    unsafe { GetTokenInformation(token, TokenPrivileges, null_mut(), 0, &mut length) };
    let size = mem::size_of::<TOKEN_PRIVILEGES>();
    let mut buffer = vec![0_u64; (length as usize).max(size) / 8 + 1];
    let list = buffer.as_mut_ptr().cast::<TOKEN_PRIVILEGES>();
    // SAFETY: the buffer is at least as long as is said and aligned for the list; its entries follow
    // each other, as many as it says.
    unsafe {
        ok(GetTokenInformation(token, TokenPrivileges, list.cast(), length, &mut length))?;
        let count = (*list).PrivilegeCount as usize;
        let first = (&raw mut (*list).Privileges).cast::<LUID_AND_ATTRIBUTES>();
        for at in 0..count {
            let privilege = &mut *first.add(at);
            if (privilege.Luid.HighPart, privilege.Luid.LowPart) != (0, CHANGE_NOTIFY) {
                privilege.Attributes = SE_PRIVILEGE_REMOVED;
            }
        }
        ok(AdjustTokenPrivileges(token, 0, list, 0, null_mut(), null_mut()))?;
        // It calls half a success one, too.
        match GetLastError() {
            ERROR_NOT_ALL_ASSIGNED => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

/// Puts this process into a job that holds one process and no more. The job lives as long as the
/// process, since its handle is never closed.
pub(crate) fn forbid_children() -> io::Result<()> {
    let limits = JOBOBJECT_BASIC_LIMIT_INFORMATION {
        LimitFlags: JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
        ActiveProcessLimit: 1,
        // SAFETY: zeroes are numbers and flags that say nothing.
        ..unsafe { mem::zeroed() }
    };
    // SAFETY: the limits are as long as is said.
    unsafe {
        let job = CreateJobObjectW(null(), null());
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        ok(SetInformationJobObject(
            job,
            JobObjectBasicLimitInformation,
            from_ref(&limits).cast(),
            mem::size_of_val(&limits) as u32,
        ))?;
        ok(AssignProcessToJobObject(job, GetCurrentProcess()))
    }
}

fn ok(answer: windows_sys::core::BOOL) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
