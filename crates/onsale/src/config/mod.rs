//! Configuration, from the built-in defaults, a file, the environment, and the command line.
//!
//! Every key and value is checked against [`keys::KEYS`] first. An unknown key or an invalid value is refused with its
//! source and the permitted values.

pub mod accounts;
mod aliases;
mod connections;
pub mod draw;
pub mod engine;
pub mod environment;
pub mod internal;
pub mod keys;
pub mod kind;
pub mod load;
pub mod outside;
pub mod print;
pub mod problem;
pub mod queue;
pub mod rehearsal;
pub mod sections;
pub mod tickets;
pub mod url;

#[cfg(test)]
mod tests;

pub use engine::{BusEngine, HotEngine, SQLITE_URL};
pub use environment::is_ours;
pub use load::{DEFAULT_TOML, FILE_NAME, Loaded, Sources, load};
pub use problem::ConfigError;
pub use sections::{Config, DispatchMode, HotAck, Log, LogFormat};
pub use url::without_secrets;
