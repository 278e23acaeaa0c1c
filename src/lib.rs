//! vmmtap.
pub mod capture;
pub mod decode;
pub mod dissect;
pub mod flow;
pub mod identify;
pub mod judge;
