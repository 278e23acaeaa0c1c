//! libpcap, bound late.
//!
//! The pcap crate declares libpcap's functions and would have the linker find them. They are defined
//! here instead, each asking the library that is opened when somebody first wants to listen. So the
//! program is built where libpcap is not installed, starts where it is not, and can say what to
//! install. All of them are here, used or not: a debug link resolves every one.

#![expect(
    unsafe_code,
    reason = "a C library's functions can be defined and called in no other way"
)]

use std::{
    cell::RefCell,
    error::Error,
    ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_void},
    ptr::{null, null_mut},
    sync::OnceLock,
};

use libloading::Library;
use pcap::{Capture, Inactive};

/// A `pcap_t`, or a file, a dumper, a list: whatever libpcap alone looks into.
type Opaque = *mut c_void;
type Text = *const c_char;
type TextBuffer = *mut c_char;
type Bytes = *const c_uchar;
type Handler = extern "C" fn(*mut c_uchar, *const c_void, *const c_uchar);

static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();

/// The library, opened on the first call, or what the system's loader said.
pub(super) fn library() -> &'static Result<Library, String> {
    LIBRARY.get_or_init(|| {
        let library = open_library()?;
        call_init(&library);
        Ok(library)
    })
}

/// Looked for by its name alone: where libraries lie is the system's business, and it keeps a
/// program with capabilities from being given another by its user.
#[cfg(unix)]
fn open_library() -> Result<Library, String> {
    let names: &[&str] = if cfg!(target_vendor = "apple") {
        &["/usr/lib/libpcap.A.dylib", "libpcap.dylib"]
    } else {
        &["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"]
    };
    let mut refusals = Vec::new();
    for name in names {
        // SAFETY: libpcap's initialisers do nothing that this program could not bear.
        match unsafe { Library::new(*name) } {
            Ok(library) => return Ok(library),
            Err(error) => refusals.push(reason(&error)),
        }
    }
    // The first name is the one that should be there.
    Err(refusals.swap_remove(0))
}

/// Npcap lies in a folder of its own, or in the system's where it was installed "in WinPcap mode";
/// nowhere else is looked, so nobody's folder can hold another.
#[cfg(windows)]
fn open_library() -> Result<Library, String> {
    use libloading::os::windows::{
        LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR, LOAD_LIBRARY_SEARCH_SYSTEM32, Library as Dll,
    };
    use std::{ffi::OsString, os::windows::ffi::OsStringExt, path::PathBuf};
    use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

    let mut buffer = [0_u16; 260];
    // SAFETY: the buffer is as long as is said.
    let len = unsafe { GetSystemDirectoryW(buffer.as_mut_ptr(), buffer.len() as c_uint) } as usize;
    let folder = buffer.get(..len).filter(|name| !name.is_empty());
    let folder = PathBuf::from(OsString::from_wide(folder.ok_or("no system folder")?));
    let flags = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32;
    let mut refusal = None;
    for place in ["Npcap\\wpcap.dll", "wpcap.dll"] {
        // SAFETY: as on other systems.
        match unsafe { Dll::load_with_flags(folder.join(place).as_os_str(), flags) } {
            Ok(library) => return Ok(library.into()),
            Err(error) => _ = refusal.get_or_insert_with(|| reason(&error)),
        }
    }
    // The first place is the one where it should be.
    Err(refusal.unwrap_or_default())
}

/// What the system's loader said, which stands behind what libloading says.
fn reason(error: &libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Asks for names and messages in UTF-8; a library that cannot (before 1.10) is used as it is.
fn call_init(library: &Library) {
    const UTF_8: c_uint = 1;
    const ERROR_BYTES: usize = 256;
    let mut error = [0 as c_char; ERROR_BYTES];
    // SAFETY: the signature is the one in libpcap's header, which says how long the buffer must be.
    unsafe {
        if let Ok(init) =
            library.get::<unsafe extern "C" fn(c_uint, TextBuffer) -> c_int>("pcap_init")
        {
            init(UTF_8, error.as_mut_ptr());
        }
    }
}

/// What a function answers that the library at hand does not have.
const FAILED: c_int = -1;

/// Defines libpcap's functions, each with the answer for a library that lacks it.
macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*) $(-> $answer:ty)? = $absent:expr;)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $kind),*) $(-> $answer)? {
            static ADDRESS: OnceLock<Option<unsafe extern "C" fn($($kind),*) $(-> $answer)?>> =
                OnceLock::new();
            match ADDRESS.get_or_init(|| {
                let library = library().as_ref().ok()?;
                // SAFETY: the signature is the one in libpcap's header, and the library stays open.
                unsafe { library.get(concat!(stringify!($name), "\0")) }.ok().map(|found| *found)
            }) {
                // SAFETY: the arguments are the caller's, who promised what libpcap asks for.
                Some(function) => unsafe { function($($argument),*) },
                None => $absent,
            }
        }
    )* };
}

forward! {
    pcap_create(source: Text, error: TextBuffer) -> Opaque = null_mut();
    pcap_set_snaplen(pcap: Opaque, len: c_int) -> c_int = FAILED;
    pcap_set_promisc(pcap: Opaque, on: c_int) -> c_int = FAILED;
    pcap_set_timeout(pcap: Opaque, milliseconds: c_int) -> c_int = FAILED;
    pcap_set_buffer_size(pcap: Opaque, bytes: c_int) -> c_int = FAILED;
    pcap_open_dead(link: c_int, snap_len: c_int) -> Opaque = null_mut();
    pcap_open_offline(path: Text, error: TextBuffer) -> Opaque = null_mut();
    pcap_fopen_offline(file: Opaque, error: TextBuffer) -> Opaque = null_mut();
    pcap_close(pcap: Opaque) = ();
    pcap_loop(pcap: Opaque, count: c_int, handler: Handler, user: *mut c_uchar) -> c_int = FAILED;
    pcap_dispatch(pcap: Opaque, count: c_int, handler: Handler, user: *mut c_uchar) -> c_int
        = FAILED;
    pcap_next_ex(pcap: Opaque, header: *mut Opaque, data: *mut Bytes) -> c_int = FAILED;
    pcap_breakloop(pcap: Opaque) = ();
    pcap_stats(pcap: Opaque, stats: Opaque) -> c_int = FAILED;
    pcap_setfilter(pcap: Opaque, program: Opaque) -> c_int = FAILED;
    pcap_setdirection(pcap: Opaque, direction: c_uint) -> c_int = FAILED;
    pcap_setnonblock(pcap: Opaque, on: c_int, error: TextBuffer) -> c_int = FAILED;
    pcap_sendpacket(pcap: Opaque, data: Bytes, len: c_int) -> c_int = FAILED;
    pcap_geterr(pcap: Opaque) -> TextBuffer = null_mut();
    pcap_compile(pcap: Opaque, program: Opaque, text: Text, optimize: c_int, mask: c_uint) -> c_int
        = FAILED;
    pcap_freecode(program: Opaque) = ();
    pcap_offline_filter(program: *const c_void, header: *const c_void, data: Bytes) -> c_int = 0;
    pcap_datalink(pcap: Opaque) -> c_int = FAILED;
    pcap_list_datalinks(pcap: Opaque, list: *mut *mut c_int) -> c_int = FAILED;
    pcap_set_datalink(pcap: Opaque, link: c_int) -> c_int = FAILED;
    pcap_free_datalinks(list: *mut c_int) = ();
    pcap_datalink_name_to_val(name: Text) -> c_int = FAILED;
    pcap_datalink_val_to_name(link: c_int) -> Text = null();
    pcap_datalink_val_to_description(link: c_int) -> Text = null();
    pcap_major_version(pcap: Opaque) -> c_int = 0;
    pcap_minor_version(pcap: Opaque) -> c_int = 0;
    pcap_fileno(pcap: Opaque) -> c_int = FAILED;
    pcap_dump_open(pcap: Opaque, path: Text) -> Opaque = null_mut();
    pcap_dump_fopen(pcap: Opaque, file: Opaque) -> Opaque = null_mut();
    pcap_dump_flush(dumper: Opaque) -> c_int = FAILED;
    pcap_dump_close(dumper: Opaque) = ();
    pcap_dump(dumper: *mut c_uchar, header: *const c_void, data: Bytes) = ();
    pcap_findalldevs(list: *mut Opaque, error: TextBuffer) -> c_int = FAILED;
    pcap_freealldevs(list: Opaque) = ();
    pcap_get_selectable_fd(pcap: Opaque) -> c_int = FAILED;
    pcap_set_tstamp_type(pcap: Opaque, kind: c_int) -> c_int = FAILED;
    pcap_fopen_offline_with_tstamp_precision(file: Opaque, precision: c_uint, error: TextBuffer)
        -> Opaque = null_mut();
    pcap_open_dead_with_tstamp_precision(link: c_int, snap_len: c_int, precision: c_uint) -> Opaque
        = null_mut();
    pcap_open_offline_with_tstamp_precision(path: Text, precision: c_uint, error: TextBuffer)
        -> Opaque = null_mut();
    pcap_set_immediate_mode(pcap: Opaque, on: c_int) -> c_int = FAILED;
    pcap_set_tstamp_precision(pcap: Opaque, precision: c_int) -> c_int = FAILED;
    pcap_dump_open_append(pcap: Opaque, path: Text) -> Opaque = null_mut();
}

#[cfg(unix)]
forward! {
    pcap_set_rfmon(pcap: Opaque, on: c_int) -> c_int = FAILED;
}

#[cfg(target_os = "macos")]
forward! {
    pcap_set_want_pktap(pcap: Opaque, on: c_int) -> c_int = FAILED;
}

#[cfg(windows)]
forward! {
    pcap_setmintocopy(pcap: Opaque, bytes: c_int) -> c_int = FAILED;
    pcap_getevent(pcap: Opaque) -> Opaque = null_mut();
    pcap_sendqueue_alloc(bytes: c_uint) -> Opaque = null_mut();
    pcap_sendqueue_destroy(queue: Opaque) = ();
    pcap_sendqueue_queue(queue: Opaque, header: *const c_void, data: Bytes) -> c_int = FAILED;
    pcap_sendqueue_transmit(pcap: Opaque, queue: Opaque, sync: c_int) -> c_uint = 0;
}

/// What `pcap_activate` last answered on this thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Activation {
    /// 0 or positive where the capture was activated.
    pub status: c_int,
    /// What the library has to say of it.
    pub text: String,
}

thread_local! {
    static ACTIVATION: RefCell<Activation> = RefCell::default();
}

/// The pcap crate takes warnings (a positive answer) for failures and keeps no numbers.
#[unsafe(no_mangle)]
unsafe extern "C" fn pcap_activate(pcap: Opaque) -> c_int {
    let Ok(library) = library() else { return FAILED };
    // SAFETY: the signature is the one in libpcap's header; the argument is the caller's.
    let status = unsafe {
        match library.get::<unsafe extern "C" fn(Opaque) -> c_int>("pcap_activate") {
            Ok(activate) => activate(pcap),
            Err(_) => FAILED,
        }
    };
    // SAFETY: a capture's message is a C string that lives as long as the capture.
    let text = unsafe {
        let text = pcap_geterr(pcap);
        if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into() }
    };
    ACTIVATION.replace(Activation { status, text });
    status.min(0)
}

/// What the last activation on this thread came to.
pub(super) fn last_activation() -> Activation {
    ACTIVATION.with_borrow(Clone::clone)
}

/// Asks for time stamps in nanoseconds; false where there are microseconds only. The pcap crate
/// does not tell.
pub(super) fn ask_for_nanoseconds(capture: &Capture<Inactive>) -> bool {
    const NANOSECONDS: c_int = 1;
    // SAFETY: the pointer is a live capture's that is not active yet.
    unsafe { pcap_set_tstamp_precision(capture.as_ptr().cast(), NANOSECONDS) == 0 }
}
