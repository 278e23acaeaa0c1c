//! The `vmmtap` program.

use std::process::ExitCode;

use clap::Parser;
use vmmtap::{
    arguments::Arguments,
    commands::{COULD_NOT_VERIFY, eprint, error_text, run},
    present::clean,
};

fn main() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| {
        // The message quotes arguments: they are parsed again in a form that can be shown.
        let shown = std::env::args_os().map(|word| clean(&word.to_string_lossy()).into_owned());
        Arguments::try_parse_from(shown).map_or_else(|shown| shown.exit(), |_| error.exit())
    });
    run(&arguments).unwrap_or_else(|error| {
        eprint(&format!("error: {}\n", error_text(&error)));
        ExitCode::from(COULD_NOT_VERIFY)
    })
}
