//! Text from packets and files, made harmless for the place that it is written to.

use std::borrow::Cow;

use crate::capture::printable;

/// The text without control characters and without those that reorder or hide what is written.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    printable(text)
}

/// Cleans a text of several lines, leaving its line ends.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// A cell of a CSV file: a spreadsheet must not take it for a formula.
pub(super) fn csv_cell(text: &str) -> Cow<'_, str> {
    let cleaned = clean(text);
    if cleaned.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']) {
        Cow::Owned(format!("'{cleaned}"))
    } else {
        cleaned
    }
}

/// A cell of a Markdown table.
pub(super) fn markdown_cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            // An ampersand may begin a character reference, such as that of a bidirectional control.
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' | '&' | '~' => {
                cell.push('\\');
                cell.push(c);
            }
            c => cell.push(c),
        }
    }
    cell
}

/// A string expression of PowerShell in ASCII alone: Windows PowerShell reads a script without a byte
/// order mark in the system's code page, where a letter's second byte may be a typographic quote,
/// which ends a literal just as a plain one does.
pub(super) fn powershell_string(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for run in clean(text).split_inclusive(|c: char| !c.is_ascii()) {
        let (plain, special) = match run.chars().last() {
            Some(last) if !last.is_ascii() => (run.trim_end_matches(last), Some(last)),
            _ => (run, None),
        };
        if !plain.is_empty() {
            parts.push(format!("'{}'", plain.replace('\'', "''")));
        }
        parts.extend(special.map(|c| format!("[char]::ConvertFromUtf32(0x{:04X})", u32::from(c))));
    }
    match parts.as_slice() {
        [] => "''".to_owned(),
        [literal] if literal.starts_with('\'') => literal.clone(),
        _ => format!("({})", parts.join(" + ")),
    }
}

/// A remark of a PowerShell script, in ASCII alone.
pub(super) fn powershell_remark(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() && !c.is_control() { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capture::is_unprintable;

    #[test]
    fn escape_sequences_and_reordering_marks_do_not_pass() {
        assert_eq!(clean("hv\u{1b}[31m07"), "hv\u{fffd}[31m07");
        assert_eq!(clean("a\u{202e}b\u{9b}c\u{7f}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(clean("büro-hv07"), "büro-hv07");
        assert_eq!(clean_lines("a\r\nb"), "a\u{fffd}\nb");
    }

    proptest! {
        #[test]
        fn no_format_lets_a_hidden_character_through(text in hostile()) {
            let outputs = [
                clean(&text).into_owned(),
                csv_cell(&text).into_owned(),
                markdown_cell(&text),
                powershell_string(&text),
                powershell_remark(&text),
            ];
            for output in &outputs {
                prop_assert!(!output.chars().any(is_unprintable), "{output:?}");
            }
            prop_assert_eq!(clean(&outputs[0]), outputs[0].as_str());
            prop_assert_eq!(outputs[0].chars().count(), text.chars().count());
            prop_assert!(outputs[3].is_ascii() && outputs[4].is_ascii());
            prop_assert_eq!(outputs[3].matches('\'').count() % 2, 0);
            let lines = clean_lines(&text);
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
            prop_assert!(!lines.chars().any(|c| c != '\n' && is_unprintable(c)));
        }
    }

    /// Text in which characters that hide, reorder, quote or begin formulas are as common as letters.
    fn hostile() -> impl Strategy<Value = String> {
        let hidden =
            prop::char::range('\0', char::MAX).prop_filter("hidden", |c| is_unprintable(*c));
        let hidden = prop_oneof![
            prop::char::range('\0', '\u{9f}'),
            prop::char::range('\u{2000}', '\u{206f}'),
            prop::char::range('\u{e0000}', '\u{e01ff}'),
            hidden
        ];
        let quoting =
            prop::sample::select(vec!['\'', '\u{2019}', '"', '`', '$', '|', '&', '=', '#']);
        let c = prop_oneof![hidden, quoting, any::<char>()];
        prop::collection::vec(c, 0..20).prop_map(|all| all.into_iter().collect())
    }

    #[test]
    fn markdown_gets_no_character_references() {
        assert_eq!(markdown_cell("a&#x202e;b"), "a\\&\\#x202e;b");
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        assert_eq!(csv_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(csv_cell("hv=07"), "hv=07");
    }

    #[test]
    fn powershell_gets_one_ascii_string_whatever_the_name() {
        for (name, literal) in [
            ("hv07", "'hv07'"),
            ("o'brien", "'o''brien'"),
            ("a\u{2019}; calc", "('a' + [char]::ConvertFromUtf32(0x2019) + '; calc')"),
            ("\u{d1}", "([char]::ConvertFromUtf32(0x00D1))"),
            ("", "''"),
            ("$(calc)`\"", "'$(calc)`\"'"),
        ] {
            assert_eq!(powershell_string(name), literal);
        }
    }
}
