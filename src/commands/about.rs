//! What the program says of itself to shells and to `man`.

use anyhow::bail;
use clap::CommandFactory;

use super::AS_EXPECTED;
use crate::{
    arguments::{Arguments, Color, CompletionsArguments, ManArguments},
    output::Output,
};

pub(super) fn completions(arguments: &CompletionsArguments, color: Color) -> anyhow::Result<u8> {
    let mut text = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    write(text, color)
}

pub(super) fn man(arguments: &ManArguments, color: Color) -> anyhow::Result<u8> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    for name in &arguments.command {
        let Some(inner) = command.find_subcommand(name) else {
            bail!("`{}` has no command `{name}`; see --help", command.get_name());
        };
        command = inner.clone();
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    write(text, color)
}

fn write(text: Vec<u8>, color: Color) -> anyhow::Result<u8> {
    Output::new(None, color, &[])?.text(&String::from_utf8(text)?)?;
    Ok(AS_EXPECTED)
}
