//! Text from packets and files, made harmless for the place that it is written to.

use std::borrow::Cow;

/// The text without control characters and without those that reorder or hide what is written.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_harmful) {
        Cow::Owned(text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Cleans a text of several lines, leaving its line ends.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// C0, DEL and C1; bidirectional marks, embeddings and isolates (Unicode TR 36, 2.5); separators and
/// invisible characters.
fn is_harmful(c: char) -> bool {
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

/// A cell of a CSV file: a spreadsheet must not take it for a formula.
pub(super) fn csv_cell(text: &str) -> String {
    let cleaned = clean(text);
    if cleaned.starts_with(['=', '+', '-', '@']) {
        format!("'{cleaned}")
    } else {
        cleaned.into_owned()
    }
}

/// A cell of a Markdown table.
pub(super) fn markdown_cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' => {
                cell.push('\\');
                cell.push(c);
            }
            c => cell.push(c),
        }
    }
    cell
}

/// A string literal of PowerShell. It takes the typographic quotes for plain ones, too.
pub(super) fn powershell_string(text: &str) -> String {
    let mut literal = String::from("'");
    for c in clean(text).chars() {
        literal.push(c);
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            literal.push(c);
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_reordering_marks_do_not_pass() {
        assert_eq!(clean("hv\u{1b}[31m07"), "hv\u{fffd}[31m07");
        assert_eq!(clean("a\u{202e}b\u{9b}c\u{7f}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(clean("büro-hv07"), "büro-hv07");
        assert_eq!(clean_lines("a\r\nb"), "a\u{fffd}\nb");
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        assert_eq!(csv_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(csv_cell("hv=07"), "hv=07");
    }

    #[test]
    fn powershell_gets_one_literal_whatever_the_name() {
        for (name, literal) in [
            ("hv07", "'hv07'"),
            ("o'brien", "'o''brien'"),
            ("a\u{2019}; calc; \u{2018}", "'a\u{2019}\u{2019}; calc; \u{2018}\u{2018}'"),
            ("$(calc)`\"", "'$(calc)`\"'"),
        ] {
            assert_eq!(powershell_string(name), literal);
        }
    }
}
