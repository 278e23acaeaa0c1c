//! Writes the bundled scenario captures: `cargo run --example make_scenarios [FOLDER]`.
//!
//! Every scenario becomes a folder with a capture, the site file to judge it by, and a page that
//! says what a correct judge must find. The generator reads no clock and rolls no dice, so two runs
//! give the same bytes and a test may compare them with the folder in the repository. It does not
//! use the library either: a fault in the decoder cannot hide in its own test.
//!
//! The way of the data is the library's, backwards: [`scenarios`] tell conversations, [`tcp`] and
//! [`datagram`] turn them into packets, [`packet`] into bytes, [`file`] into a capture, [`page`]
//! into the page beside it.

mod datagram;
mod file;
mod hash;
mod packet;
mod page;
mod scenarios;
mod scene;
mod speech;
mod tcp;
mod world;

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = env::args_os().nth(1).map_or_else(|| PathBuf::from("captures"), PathBuf::from);
    for scene in scenarios::all() {
        let folder = root.join(scene.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(scene.file.name()), scene.file.bytes(&scene)?)?;
        fs::write(folder.join("vmmtap.toml"), page::site(&scene))?;
        fs::write(folder.join("README.md"), page::readme(&scene))?;
    }
    Ok(())
}
