//! Starts a server program, waits until it listens, and stops it.
//!
//! `onsale rush` ships with this; tests, benchmarks and `cargo xtask` start servers with it too. It is a crate of its
//! own so that the shipped program contains no test code, and so that a test program links nothing else of `lab`.
//! Linux only.

pub mod descriptors;
mod error;
mod log;
mod onsale;
mod running;
mod start;
#[cfg(test)]
mod tests;

pub use error::{LaunchError, Result};
pub use onsale::{create_key, onsale};
pub use running::Running;
pub use rustix::process::Signal;
pub use start::Launch;
