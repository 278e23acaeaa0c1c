//! Colours. A verdict is always told by its mark and its word as well.

use ratatui::style::{Color, Modifier, Style};

use crate::judge::{Status, Verdict};

/// A choice of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeName {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// Told apart with any colour vision, on a dark background.
    ColorBlind,
    /// No colours.
    Mono,
}

impl ThemeName {
    /// All of them, in the order of the key that changes them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::ColorBlind, Self::Mono];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::ColorBlind => "color-blind",
            Self::Mono => "mono",
        }
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let place = Self::ALL.iter().position(|one| *one == self).unwrap_or(0);
        Self::ALL[(place + 1) % Self::ALL.len()]
    }
}

/// What each part of the screen looks like.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    verdicts: [Style; 7],
    /// Headings of columns.
    pub heading: Style,
    /// What matters less.
    pub quiet: Style,
    /// The selected row.
    pub selected: Style,
    /// What just arose.
    pub flash: Style,
    /// Title, present view.
    pub accent: Style,
    /// Mistakes and losses.
    pub error: Style,
    /// What has worked again.
    pub good: Style,
}

/// Colours for dark backgrounds that stand apart for all kinds of colour vision (Okabe and Ito, 2008).
mod okabe_ito {
    use ratatui::style::Color;

    pub const ORANGE: Color = Color::Rgb(230, 159, 0);
    pub const SKY_BLUE: Color = Color::Rgb(86, 180, 233);
    pub const GREEN: Color = Color::Rgb(0, 158, 115);
    pub const YELLOW: Color = Color::Rgb(240, 228, 66);
    pub const VERMILION: Color = Color::Rgb(213, 94, 0);
    pub const PURPLE: Color = Color::Rgb(204, 121, 167);
}

impl Theme {
    /// The colours of a name.
    #[must_use]
    pub fn of(name: ThemeName) -> Self {
        use okabe_ito::{GREEN, ORANGE, PURPLE, SKY_BLUE, VERMILION, YELLOW};
        match name {
            ThemeName::Dark => Self::with(
                [Color::LightRed, Color::LightMagenta, Color::LightYellow, Color::Yellow],
                [Color::Gray, Color::LightGreen, Color::DarkGray],
                Color::LightCyan,
                Color::DarkGray,
            ),
            ThemeName::Light => Self::with(
                [Color::Red, Color::Magenta, Color::Rgb(150, 90, 0), Color::Rgb(110, 80, 0)],
                [Color::Rgb(90, 90, 90), Color::Rgb(0, 110, 30), Color::Rgb(110, 110, 110)],
                Color::Blue,
                Color::Rgb(110, 110, 110),
            ),
            ThemeName::ColorBlind => Self::with(
                [VERMILION, PURPLE, YELLOW, ORANGE],
                [Color::Gray, SKY_BLUE, Color::DarkGray],
                GREEN,
                Color::DarkGray,
            ),
            ThemeName::Mono => Self::mono(),
        }
    }

    fn with(urgent: [Color; 4], calm: [Color; 3], accent: Color, quiet: Color) -> Self {
        let [blocked, unexpected, mismatch, denied] = urgent;
        let [unknown, ok, outside] = calm;
        let bold = |colour: Color| Style::new().fg(colour).add_modifier(Modifier::BOLD);
        let plain = |colour: Color| Style::new().fg(colour);
        Self {
            verdicts: [
                bold(blocked),
                bold(unexpected),
                bold(mismatch),
                plain(denied),
                plain(unknown),
                plain(ok),
                plain(outside),
            ],
            heading: Style::new().fg(accent).add_modifier(Modifier::UNDERLINED),
            quiet: plain(quiet),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            flash: bold(blocked).add_modifier(Modifier::REVERSED),
            accent: bold(accent),
            error: bold(blocked),
            good: bold(ok),
        }
    }

    fn mono() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            verdicts: [bold, bold, bold, plain, plain, plain, plain],
            heading: plain.add_modifier(Modifier::UNDERLINED),
            quiet: plain.add_modifier(Modifier::DIM),
            selected: plain.add_modifier(Modifier::REVERSED),
            flash: bold.add_modifier(Modifier::REVERSED | Modifier::UNDERLINED),
            accent: bold,
            error: bold,
            good: bold,
        }
    }

    /// The style of a verdict.
    #[must_use]
    pub fn verdict(&self, verdict: Verdict) -> Style {
        let place = Verdict::ALL.iter().position(|one| *one == verdict).unwrap_or(0);
        self.verdicts[place]
    }

    /// The style of a status of the coverage.
    #[must_use]
    pub fn status(&self, status: Status) -> Style {
        match status {
            Status::Blocked => self.verdict(Verdict::Blocked),
            Status::Flaky => self.verdict(Verdict::Mismatch),
            Status::Verified => self.verdict(Verdict::Ok),
            Status::NotSeen => self.verdict(Verdict::Denied),
            Status::NotObservable => self.quiet,
        }
    }
}

/// The sign of a verdict, told apart without colour; in every console font.
#[must_use]
pub fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Blocked => "×",
        Verdict::Unexpected => "!",
        Verdict::Mismatch => "≠",
        Verdict::Denied => "-",
        Verdict::Unknown => "?",
        Verdict::Ok => "√",
        Verdict::Outside => "·",
    }
}

/// The sign of a status of the coverage.
#[must_use]
pub fn status_mark(status: Status) -> &'static str {
    match status {
        Status::Blocked => "×",
        Status::Flaky => "~",
        Status::Verified => "√",
        Status::NotSeen => "?",
        Status::NotObservable => "·",
    }
}
