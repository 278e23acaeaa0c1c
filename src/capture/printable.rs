//! Characters that must not reach a terminal, a table or a script, and text without them.

use std::{borrow::Cow, path::Path};

/// Whether a character controls, reorders or hides text instead of being seen: control characters;
/// everything of the general category Cf, bidirectional controls among them (Unicode TR 36, section
/// 2.5); line and paragraph separators; default ignorable code points, such as variation selectors,
/// tags and Hangul fillers; blanks that are no space; noncharacters.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    match c {
        ' '..='~' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d159}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control() || u32::from(c) & 0xfffe == 0xfffe,
    }
}

/// The text with U+FFFD in the place of each character that is not printable, on one line.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most text is ASCII, and lists of many megabytes are checked here, too.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    if text.chars().any(is_unprintable) {
        Cow::Owned(text.chars().map(|c| if is_unprintable(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A path as messages and reports show it: printable and on one line, whatever its bytes.
#[must_use]
pub fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

    use super::*;

    #[test]
    fn nothing_that_unicode_calls_invisible_or_bidirectional_is_printable() {
        let properties = "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\p{Join_Control}\
            \\p{Default_Ignorable_Code_Point}\\p{Variation_Selector}\\p{Noncharacter_Code_Point}]";
        let hidden = regex::Regex::new(properties).expect("properties of Unicode");
        let mut buffer = [0; 4];
        let mut seen = 0;
        for c in '\0'..=char::MAX {
            if hidden.is_match(c.encode_utf8(&mut buffer)) {
                seen += 1;
                assert!(is_unprintable(c), "U+{:04X}", u32::from(c));
            }
        }
        assert!(seen > 4000, "{seen}");
    }

    #[test]
    fn letters_of_all_scripts_are_printable() {
        for text in [
            "hv07 ~!",
            "b\u{fc}ro",
            "\u{5e9}\u{5e8}\u{5ea}",
            "\u{62e}\u{627}\u{62f}\u{645}",
            "\u{30b5}\u{30fc}\u{30d0}\u{30fc}",
            "\u{c11c}\u{bc84}",
            "\u{1f5a7}",
            "a\u{301}",
        ] {
            assert!(matches!(printable(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn each_hidden_character_is_replaced() {
        for c in [
            '\n',
            '\r',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fffb}',
            '\u{fffe}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e007f}',
            '\u{e0100}',
            '\u{10ffff}',
        ] {
            let name = format!("a{c}b");
            assert_eq!(printable(&name), "a\u{fffd}b", "U+{:04X}", u32::from(c));
            assert_eq!(shown(Path::new(&name)), "a\u{fffd}b", "U+{:04X}", u32::from(c));
        }
    }
}
