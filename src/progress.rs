//! A progress bar on standard error, while a long read lasts.

use std::{fs, io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::capture::Source;

/// A bar over the bytes of the captures; nothing where standard error is no terminal.
pub struct Progress(ProgressBar);

/// Shorter reads than this show nothing.
const SMALL: u64 = 8 << 20;
/// Redraws of the bar per second.
const REDRAWS: u8 = 10;

impl Progress {
    /// Begins. A source whose length is not known, such as a pipe, shows a count instead of a bar.
    #[must_use]
    pub fn start(sources: &[Source]) -> Self {
        let length = |source: &Source| fs::metadata(source.path()?).ok().map(|file| file.len());
        let lengths = sources.iter().map(length);
        let total: Option<u64> = lengths.sum();
        let shown = std::io::stderr().is_terminal() && total.is_none_or(|total| total > SMALL);
        if !shown {
            return Self(ProgressBar::hidden());
        }
        let bar = match total {
            Some(total) => ProgressBar::new(total)
                .with_style(style("reading {bar:30} {percent}%  {bytes_per_sec}, {eta} left")),
            None => ProgressBar::no_length().with_style(style("reading {bytes}, {bytes_per_sec}")),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS));
        bar.enable_steady_tick(Duration::from_millis(500));
        Self(bar)
    }

    /// So many bytes have been read.
    pub fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
