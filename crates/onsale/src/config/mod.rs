//! Configuration, from the built-in defaults, a file, the environment, and the command line.
//!
//! Every key and value is checked against [`keys::KEYS`] first. An unknown key or an invalid value is refused with its
//! source and the permitted values.

pub mod draw;
mod engine;
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
