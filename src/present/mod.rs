//! Present: judgements become a report, a list, a script.
//!
//! One file per output, all reading the same [`Report`](crate::report::Report). Nothing taken from
//! packets or files leaves here uncleaned.

mod announcement;
mod clean;
mod client_lists;
mod findings;
mod firewall;
mod fix;
mod flow_list;
mod flow_record;
mod grid;
mod interfaces;
mod json;
mod matrix;
mod names;
mod powershell;
mod record;
pub mod screen;
mod site;
mod summary;
mod text;

pub use announcement::{announcement, withheld};
pub use clean::{clean, clean_lines};
pub use firewall::firewall;
pub use flow_list::{flow_csv, flow_markdown, flow_text};
pub use grid::Grid;
pub use interfaces::interfaces;
pub use json::{flow_line, flow_lines, report};
pub use matrix::{answer, matrix};
pub use site::site;
pub use summary::summary;
pub use text::{markdown, text};

use serde::Serialize;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON value.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values.
    Csv,
    /// Markdown tables.
    Markdown,
    /// A script of `New-NetFirewallRule` (firewall only).
    Powershell,
}

/// Values as pretty JSON, or one a line.
fn json_list<T: Serialize>(values: &[T], format: Format) -> serde_json::Result<String> {
    if format == Format::Ndjson {
        let lines: serde_json::Result<Vec<String>> =
            values.iter().map(serde_json::to_string).collect();
        return Ok(lines?.into_iter().map(|line| line + "\n").collect());
    }
    Ok(serde_json::to_string_pretty(values)? + "\n")
}
