//! Where everything stands: the same for drawing and for the mouse.
//!
//! ```text
//! vmmtap  Contoso VMM  live eth0   12:01:33      1,234 packets  12/s ▁▂▅    header
//! ×1 blocked  !1 unexpected  ≠0 mismatch  -0 denied  ?0 unknown  √9 ok      tallies
//! 1 Findings  2 Flows  3 Coverage  4 Machines          filter ...  3 of 12  tabs
//! headings of columns                                                       heading
//! rows                                                                      rows
//! keys, or what is being typed, or how the last thing went                  footer
//! ```

use ratatui::layout::Rect;

use super::state::{Screen, View, Window};

/// The areas of the screen.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Source, time, rate and losses.
    pub header: Rect,
    /// Counts of the verdicts.
    pub tallies: Rect,
    /// Views and filter.
    pub tabs: Rect,
    /// Headings of the columns; empty where a view has none.
    pub heading: Rect,
    /// The rows of the list, or a window.
    pub rows: Rect,
    /// Keys, prompt or message.
    pub footer: Rect,
}

impl Layout {
    /// The areas for a screen as it is.
    #[must_use]
    pub fn of(screen: &Screen) -> Self {
        let (width, height) = screen.size;
        let line = |y: u16, lines: u16| Rect {
            x: 0,
            y: y.min(height),
            width,
            height: lines.min(height.saturating_sub(y)),
        };
        let footer = height.saturating_sub(1);
        let in_detail = matches!(screen.windows.last(), Some(Window::Detail(..)));
        let has_heading = screen.view != View::Findings && !in_detail;
        let first_row = 3 + u16::from(has_heading);
        Self {
            header: line(0, 1),
            tallies: line(1, 1),
            tabs: line(2, 1),
            heading: line(3, u16::from(has_heading)),
            rows: line(first_row, footer.saturating_sub(first_row)),
            footer: line(footer, 1),
        }
    }

    /// The text of each tab and where it begins.
    #[must_use]
    pub fn tab_texts(screen: &Screen) -> Vec<(u16, String)> {
        let mut x = 0;
        let mut texts = Vec::new();
        for (place, view) in View::ALL.iter().enumerate() {
            let narrow = screen.size.0 < 100;
            let text = if narrow {
                format!("{} {}", place + 1, view.name())
            } else {
                format!(" {} {} ", place + 1, view.name())
            };
            let width = u16::try_from(text.len()).unwrap_or(u16::MAX);
            texts.push((x, text));
            x += width + 2;
        }
        texts
    }
}
