//! The matrix: the page's entries and their companions.

use super::{Entry, matrix_file};
use crate::identify::Complaints;

/// The entries of the page and its companions.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The entries; those of the page first, in the page's order.
    pub entries: Vec<Entry>,
}

const PAGE: &str = include_str!("../../data/matrix.toml");
const COMPANION: &str = include_str!("../../data/companion.toml");

impl Matrix {
    /// The matrix that this program carries.
    ///
    /// # Errors
    /// The embedded files are checked by a test; a mistake in them is answered as in a user's file.
    pub fn embedded() -> Result<Self, Complaints> {
        Self::with_page("data/matrix.toml", PAGE)
    }

    /// A user's own matrix in the place of the page's; the companions stay.
    ///
    /// # Errors
    /// Every mistake in the file, each with its line and remedy.
    pub fn with_page(file: &str, text: &str) -> Result<Self, Complaints> {
        let mut entries = matrix_file::parse(file, text)?;
        let companions = matrix_file::parse("data/companion.toml", COMPANION)?;
        let known = |entry: &Entry| entries.iter().any(|other| other.id == entry.id);
        let added: Vec<Entry> = companions.into_iter().filter(|entry| !known(entry)).collect();
        entries.extend(added);
        Ok(Self { entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_matrix_has_every_row_of_the_page_in_its_order() {
        let matrix = Matrix::embedded().unwrap_or_else(|complaints| panic!("{complaints}"));
        let rows: Vec<u8> = matrix.entries.iter().filter_map(|entry| entry.row).collect();
        assert!(rows.is_sorted(), "{rows:?}");
        let mut distinct = rows.clone();
        distinct.dedup();
        assert_eq!(distinct, (1..=29).collect::<Vec<u8>>());
    }

    #[test]
    fn every_entry_says_in_one_sentence_what_one_should_know() {
        let matrix = Matrix::embedded().unwrap_or_else(|complaints| panic!("{complaints}"));
        for entry in &matrix.entries {
            assert!(entry.note.ends_with('.'), "{}", entry.id);
            assert_eq!(entry.note.matches(". ").count(), 0, "{}", entry.id);
        }
    }
}
