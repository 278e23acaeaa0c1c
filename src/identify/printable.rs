//! Characters that must not reach a terminal, a table or a script.

/// Whether a character controls, reorders or hides text instead of being seen: C0, DEL and C1; bidirectional marks, embeddings and isolates (Unicode TR 36, 2.5); separators and
/// invisible characters.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
