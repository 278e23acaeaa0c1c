//! The console: its code page, and its being closed.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use windows_sys::{
    Win32::System::Console::{
        CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, GetConsoleOutputCP,
        SetConsoleCtrlHandler, SetConsoleOutputCP,
    },
    core::BOOL,
};

/// The code page of UTF-8.
const UTF_8: u32 = 65_001;

static CLOSING: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Raises the wish when the console is closed or the session ends, and holds that up while the program
/// ends by itself: the process dies as soon as the system is answered.
///
/// To be called after the handler of Ctrl-C was set, for the last handler is asked first.
pub(crate) fn hold_closing(wish: &Arc<AtomicBool>) {
    if CLOSING.set(Arc::clone(wish)).is_ok() {
        // SAFETY: the function lives as long as the program.
        unsafe { SetConsoleCtrlHandler(Some(closing), 1) };
    }
}

/// The system gives five seconds.
const LONGEST_ENDING: Duration = Duration::from_secs(6);

unsafe extern "system" fn closing(event: u32) -> BOOL {
    if !matches!(event, CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT) {
        return 0;
    }
    if let Some(wish) = CLOSING.get() {
        wish.store(true, Ordering::Relaxed);
        sleep(LONGEST_ENDING);
    }
    1
}

/// The console's code page before; it is put back when this is dropped.
#[derive(Debug)]
pub(crate) struct CodePage(u32);

/// Has the console read this program's bytes as UTF-8. `None` where it does already, or there is none,
/// or it cannot.
pub(crate) fn speak_utf8() -> Option<CodePage> {
    // SAFETY: neither call takes a pointer.
    let before = unsafe { GetConsoleOutputCP() };
    let changed = before != 0 && before != UTF_8 && unsafe { SetConsoleOutputCP(UTF_8) } != 0;
    changed.then_some(CodePage(before))
}

impl Drop for CodePage {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { SetConsoleOutputCP(self.0) };
    }
}
