//! Takes the terminal over and panics, to show that the terminal is given back all the same.

use vmmtap::terminal::Stage;

fn main() -> std::io::Result<()> {
    let _stage = Stage::enter()?;
    panic!("a mistake while the screen is up");
}
