//! The console: its code page, and its being closed.

use std::{
    mem,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use windows_sys::{
    Win32::System::Console::{
        CONSOLE_FONT_INFOEX, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
        GetConsoleOutputCP, GetCurrentConsoleFontEx, GetStdHandle, STD_OUTPUT_HANDLE,
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

/// The code page that the console had; 0 where nothing is to be put back.
static CODE_PAGE_BEFORE: AtomicU32 = AtomicU32::new(0);

/// Puts the console's code page back when it is dropped.
#[derive(Debug)]
pub(crate) struct CodePage;

/// Has the console read this program's bytes as UTF-8, if it can, until the program ends, in whatever
/// way.
pub(crate) fn speak_utf8() -> CodePage {
    // SAFETY: none of the calls takes a pointer but to a function that lives as long as the program.
    unsafe {
        let before = GetConsoleOutputCP();
        if before != 0 && before != UTF_8 && SetConsoleOutputCP(UTF_8) != 0 {
            CODE_PAGE_BEFORE.store(before, Ordering::Relaxed);
            // The first handler is asked last: only where nobody else heeds Ctrl-C, which then kills.
            SetConsoleCtrlHandler(Some(killed), 1);
        }
    }
    CodePage
}

impl Drop for CodePage {
    fn drop(&mut self) {
        restore_code_page();
    }
}

/// Puts the console's code page back; to be called before a way out that drops nothing.
pub(crate) fn restore_code_page() {
    let before = CODE_PAGE_BEFORE.swap(0, Ordering::Relaxed);
    if before != 0 {
        // SAFETY: the call takes no pointer.
        unsafe { SetConsoleOutputCP(before) };
    }
}

unsafe extern "system" fn killed(_event: u32) -> BOOL {
    restore_code_page();
    0
}

/// The only raster font that consoles come with; it has the characters of one old code page.
const RASTER_FONT: &str = "Terminal";

/// Whether the console shows more than ASCII: it takes UTF-8, and its font is none of the old ones.
pub(crate) fn shows_unicode() -> bool {
    let mut font = CONSOLE_FONT_INFOEX {
        cbSize: mem::size_of::<CONSOLE_FONT_INFOEX>() as u32,
        ..CONSOLE_FONT_INFOEX::default()
    };
    // SAFETY: the structure is as long as it says.
    let (takes_utf8, has_font) = unsafe {
        let screen = GetStdHandle(STD_OUTPUT_HANDLE);
        (GetConsoleOutputCP() == UTF_8, GetCurrentConsoleFontEx(screen, 0, &mut font) != 0)
    };
    let name = font.FaceName.split(|unit| *unit == 0).next().unwrap_or_default();
    takes_utf8 && !(has_font && String::from_utf16_lossy(name) == RASTER_FONT)
}
