//! Configuration: the commented defaults compiled in, under a file, the environment, and the command line.
//!
//! Every key and value is checked against [`keys::KEYS`] before anything is built from it; what is not known or not
//! right is refused with the key, the value, where it was written, and what would be right.

pub mod engine;
pub mod keys;
pub mod kind;
pub mod load;
pub mod print;
pub mod problem;
pub mod queue;
pub mod sections;

#[cfg(test)]
mod tests;

pub use engine::{BusEngine, HotEngine};
pub use kind::without_password;
pub use load::{DEFAULT_TOML, ENVIRONMENT_PREFIX, Loaded, Sources, load};
pub use problem::ConfigError;
pub use sections::{Config, DispatchMode, HotAck, Log, LogFormat};
