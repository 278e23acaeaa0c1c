//! Ctrl-C, Ctrl-Break, SIGTERM, SIGHUP and the closing of the window: a wish to end, which is heeded between two steps.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;

use crate::commands::COULD_NOT_VERIFY;

/// A flag that is up once the user or the system wants the program to end. A second signal ends it
/// at once.
///
/// # Errors
/// The system does not let signals be handled.
pub fn wish_to_end() -> anyhow::Result<Arc<AtomicBool>> {
    let wish = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&wish);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            #[cfg(windows)]
            crate::windows::restore_code_page();
            process::exit(COULD_NOT_VERIFY.into());
        }
    })
    .context("cannot listen for signals")?;
    #[cfg(windows)]
    crate::windows::hold_closing(&wish);
    Ok(wish)
}
