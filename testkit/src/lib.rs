//! Real servers for tests and for a whole system on one machine, without containers.
//!
//! Each server runs as an unprivileged user on a free loopback port in a folder of its own; its handle waits until it
//! really answers, can stall, kill and restart it, and ends it when dropped. Servers of a process that was killed end by
//! themselves. Tests share servers through [`shared`]; a test that kills one starts its own in a [`Kit::temporary`].
//! Linux only.

mod account;
pub mod edge;
mod error;
mod facts;
pub mod http;
pub mod install;
mod kafka;
mod kit;
mod mariadb;
mod nginx;
pub mod onsale;
mod port;
mod postgres;
mod process;
mod procfs;
mod program;
mod question;
mod redis;
mod servers;
mod shared;
mod skipped;
mod sql;
#[cfg(test)]
mod tests;
mod tls;
pub mod tools;
mod toxiproxy;
mod trials;
mod wait;

pub use error::{KitError, Result};
pub use kafka::Kafka;
pub use kit::{Kit, OFF};
pub use mariadb::MariaDb;
pub use nginx::Nginx;
pub use port::Port;
pub use postgres::{Postgres, PostgresVersion};
pub use process::Process;
pub use program::{Program, ProgramSpec};
pub use redis::{Flavor, RedisCluster, RedisNode};
pub use servers::{Server, servers};
pub use shared::{RUN, Shared, shared};
pub use skipped::{available, missing, skip, skipped};
pub use tls::{Authority, Certificate};
pub use toxiproxy::{Proxy, Toxiproxy};
pub use trials::trials;
pub use wait::until;
