//! Takes the terminal over and panics, to show that the terminal is given back all the same.

use vmmtap::terminal::Stage;

#[expect(clippy::panic, reason = "that is what it is for")]
fn main() -> std::io::Result<()> {
    let _stage = Stage::enter()?;
    panic!("a mistake while the screen is up");
}
