//! The `vmmtap` program.

use std::process::ExitCode;

use clap::Parser;
use vmmtap::{
    arguments::Arguments,
    commands::{COULD_NOT_VERIFY, eprint, run},
};

fn main() -> ExitCode {
    run(&Arguments::parse()).unwrap_or_else(|error| {
        eprint(&format!("error: {error:#}\n"));
        ExitCode::from(COULD_NOT_VERIFY)
    })
}
