//! Redis and Valkey: one server, and a cluster of six.

mod cluster;
mod node;
mod resp;
mod topology;

pub use cluster::RedisCluster;
pub use node::RedisNode;

use crate::error::Result;
use crate::install;
use std::path::PathBuf;

/// Two servers of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavor {
    /// Debian's `redis-server`.
    Redis,
    /// The newest Valkey.
    Valkey,
}

/// Whether a server answers.
pub(crate) fn ping(port: u16) -> std::result::Result<(), String> {
    match resp::ask_text(port, &["PING"])?.as_str() {
        "PONG" => Ok(()),
        other => Err(other.to_owned()),
    }
}

impl Flavor {
    /// `redis` or `valkey`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
        }
    }

    fn program(self) -> Result<PathBuf> {
        match self {
            Self::Redis => install::redis_server(),
            Self::Valkey => install::valkey_server(),
        }
    }
}
