//! The engines on real servers: a single Redis, a cluster, Valkey.
//!
//! `ONSALE_FAULTS=20` tries each fault twenty times.

mod coupon_conformance;
mod coupon_safety;
mod failover;
mod health;
mod lines;
mod tls;

use hot::redis::{RedisAddress, RedisConnections};

/// The connections of one process.
async fn connect(url: &str) -> RedisConnections {
    let address = RedisAddress::parse(url).expect("an address");
    RedisConnections::open(&address, 2).await.expect("connects")
}
