//! A table of text: as columns, as CSV, as Markdown.

use unicode_width::UnicodeWidthStr;

use super::{
    clean,
    clean::{csv_cell, markdown_cell},
};

/// Rows of cells under a header.
pub struct Grid {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// An empty table.
    #[must_use]
    pub fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    /// Adds a row of as many cells as the header has.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As CSV (RFC 4180).
    ///
    /// # Errors
    /// None that a writer into memory can meet.
    pub fn csv(&self) -> csv::Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.header)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| csv_cell(cell).into_owned()))?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// As JSON objects, one a row, with the headings as keys.
    #[must_use]
    pub fn objects(&self) -> Vec<serde_json::Value> {
        let object = |row: &Vec<String>| {
            let cells = row.iter().map(|cell| serde_json::Value::from(clean(cell).into_owned()));
            self.header.iter().map(|key| (*key).to_owned()).zip(cells).collect()
        };
        self.rows.iter().map(object).collect()
    }

    /// As a Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = markdown_line(&self.header);
        text += &markdown_line(self.header.iter().map(|_| "---"));
        for row in &self.rows {
            text += &markdown_line(row.iter().map(|cell| markdown_cell(cell)));
        }
        text
    }

    /// As columns, two spaces apart; the last one is as wide as it is. Lines are indented.
    #[must_use]
    pub fn columns(&self, indent: usize) -> String {
        let header: Vec<String> = self.header.iter().map(|cell| (*cell).to_owned()).collect();
        let cleaned = |row: &Vec<String>| row.iter().map(|cell| clean(cell).into_owned()).collect();
        let rows: Vec<Vec<String>> =
            std::iter::once(header.clone()).chain(self.rows.iter().map(cleaned)).collect();
        let widths: Vec<usize> = (0..header.len())
            .map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in &rows {
            let mut line = " ".repeat(indent);
            for (cell, width) in row.iter().zip(&widths) {
                line += cell;
                line += &" ".repeat(width.saturating_sub(cell.width()) + 2);
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// A line of a Markdown table; the cells are clean.
pub(super) fn markdown_line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut line = String::from("|");
    for cell in cells {
        line.push(' ');
        line += cell.as_ref();
        line += " |";
    }
    line + "\n"
}
