//! The terminal screen: state, update and view apart.
//!
//! [`Screen`] is plain data; [`Screen::act`] and its like change it and give [`Effect`]s for others
//! to carry out; [`draw`] looks at it and changes nothing. One table ([`action::BINDINGS`]) feeds the
//! handler, the footer, the help and the configuration.

pub mod action;
mod column;
mod cursor;
pub mod draw;
mod export;
mod filter;
mod keymap;
mod layout;
mod listing;
mod mouse;
mod prompt;
mod remedy;
mod state;
mod subject;
mod theme;
mod update;

pub use column::Column;
pub use export::export;
pub use filter::{Filter, Mistake};
pub use keymap::Keymap;
pub use state::{DetailOf, Message, Prompt, Purpose, Screen, Setup, View, Window};
pub use theme::{Theme, ThemeName, mark};
pub use update::Effect;
