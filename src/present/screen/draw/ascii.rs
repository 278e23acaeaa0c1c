//! The screen for terminals that show nothing beyond ASCII.

use ratatui::buffer::Buffer;

/// What stands for a character that such a terminal lacks. Verdicts keep marks of their own: each is
/// told by its word besides.
fn substitute(symbol: &str) -> &'static str {
    match symbol.chars().next() {
        Some('×') => "x",
        Some('√') => "+",
        Some('≠') => "#",
        Some('·') => ".",
        Some('●') => "*",
        Some('…') => "~",
        Some('▲') => "^",
        Some('▼') => "v",
        Some('─') => "-",
        Some('│') => "|",
        Some('┌' | '┐' | '└' | '┘' | '├' | '┤') => "+",
        Some('▁' | '▂') => "_",
        Some('▃' | '▄' | '▅') => "=",
        Some('▆' | '▇' | '█') => "#",
        _ => "?",
    }
}

/// Puts ASCII in the place of everything else that was drawn.
pub(super) fn replace(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            cell.set_symbol(substitute(cell.symbol()));
        }
    }
}
