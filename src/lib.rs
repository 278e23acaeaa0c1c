//! vmmtap.
pub mod capture;
pub mod decode;
pub mod dissect;
pub mod flow;
pub mod identify;
pub mod judge;
pub mod present;

pub mod arguments;
pub mod commands;
pub mod engine;
pub mod output;
pub mod progress;
pub mod replay;
pub mod report;
