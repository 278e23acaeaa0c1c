//! The user's own settings of the screen: theme, columns, bell, keys.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::anyhow;
use etcetera::BaseStrategy;
use serde::Deserialize;

use crate::{
    capture::shown,
    present::screen::{Column, Keymap, ThemeName, action::Action},
    text_file::read_text,
};

/// The settings; what is left out is as usual.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Configuration {
    /// Colours.
    pub theme: Option<ThemeName>,
    /// Whether to ring when a finding arises.
    #[serde(default)]
    pub bell: bool,
    /// Columns of the flows.
    pub columns: Option<Vec<Column>>,
    /// Keys by action.
    #[serde(default)]
    keys: BTreeMap<Action, Vec<String>>,
    #[serde(skip)]
    /// The keys in force.
    pub keymap: Keymap,
}

impl Configuration {
    /// Reads the file named, or the user's own where there is one.
    ///
    /// # Errors
    /// The file named cannot be read, or a file has a mistake in it.
    pub fn load(named: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = named.map(Path::to_path_buf).or_else(usual_path) else {
            return Ok(Self::default());
        };
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let name = shown(&path);
        let text = read_text(&path, "configuration")?;
        Self::parse(&text).map_err(|what| anyhow!("the configuration {name}: {what}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut read: Self = toml::from_str(text).map_err(|error| on_one_line(text, &error))?;
        if read.columns.as_ref().is_some_and(Vec::is_empty) {
            return Err("columns: name at least one".to_owned());
        }
        if let Some(columns) = read.columns.as_mut() {
            let mut seen = Vec::new();
            columns.retain(|column| {
                let fresh = !seen.contains(column);
                seen.push(*column);
                fresh
            });
        }
        read.keymap = Keymap::with(&read.keys).map_err(|what| format!("keys: {what}"))?;
        Ok(read)
    }
}

/// A mistake in TOML with its line.
fn on_one_line(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
        None => message,
    }
}

/// `vmmtap/config.toml` in the folder for configuration (XDG; on Windows the roaming folder).
fn usual_path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("vmmtap").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_powershell_writes_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        let text = "theme = \"mono\"\r\n";
        let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16).collect();
        for bytes in [text.as_bytes(), &utf16] {
            std::fs::write(&path, bytes).expect("written");
            let read = Configuration::load(Some(&path)).expect("a good configuration");
            assert_eq!(read.theme, Some(ThemeName::Mono));
        }
        assert!(Configuration::load(Some(&folder.path().join("absent.toml"))).is_err());
    }

    #[test]
    fn a_configuration_says_what_is_wrong_with_it() {
        for (text, word) in [
            ("theme = \"drak\"", "drak"),
            ("colour = 1", "colour"),
            ("columns = []", "at least one"),
            ("columns = [\"verdikt\"]", "verdikt"),
            ("[keys]\npause = [\"hyper-p\"]", "hyper-p"),
            ("[keys]\npuase = [\"p\"]", "puase"),
        ] {
            let mistake = Configuration::parse(text).expect_err(text);
            assert!(mistake.contains(word), "{text}: {mistake}");
        }
        let good = "theme = \"color-blind\"\nbell = true\ncolumns = [\"verdict\", \"verdict\", \
                    \"handshake\"]\n[keys]\nquit = [\"ctrl-q\"]\n";
        let good = Configuration::parse(good).expect("a good configuration");
        assert_eq!(good.theme, Some(ThemeName::ColorBlind));
        assert_eq!(good.columns, Some(vec![Column::Verdict, Column::Handshake]));
    }
}
