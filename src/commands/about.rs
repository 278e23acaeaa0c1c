//! What the program says of itself to shells and to `man`.

use anyhow::bail;
use clap::CommandFactory;

use super::AS_EXPECTED;
use crate::{
    arguments::{Arguments, Color, CompletionsArguments, ManArguments},
    files_in_use::FilesInUse,
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
    let mut title = command.get_name().to_owned();
    // A page is asked for by its command's words, or by the name that it has among the others.
    for name in arguments.command.iter().flat_map(|name| name.split('-')) {
        let Some(inner) = command.find_subcommand(name) else {
            bail!("`{}` has no command `{name}`; see --help", command.get_name());
        };
        title += &format!("-{name}");
        command = inner.clone();
    }
    let mut text = Vec::new();
    let version = concat!("vmmtap ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command).title(title).source(version).render(&mut text)?;
    write(text, color)
}

fn write(text: Vec<u8>, color: Color) -> anyhow::Result<u8> {
    Output::new(None, color, &FilesInUse::default())?.text(&String::from_utf8(text)?)?;
    Ok(AS_EXPECTED)
}
