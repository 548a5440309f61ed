//! The engines on real servers: a single Redis, a cluster, Valkey.
//!
//! `ONSALE_FAULTS=20` tries each fault twenty times.

mod coupon_conformance;
mod coupon_safety;
mod failover;
mod health;
mod lamed_shard;
mod lines;
mod news;
mod tls;

use hot::redis::{RedisAddress, RedisConnections, RedisEngine, RedisOptions};

/// The connections of one process.
async fn connect(url: &str) -> RedisConnections {
    let address = RedisAddress::parse(url).expect("an address");
    RedisConnections::open(&address, 2).await.expect("connects")
}

/// The engine of one process, watched.
async fn open(url: &str, options: RedisOptions) -> RedisEngine {
    let engine = RedisEngine::new(connect(url).await, options);
    tokio::spawn(engine.watch());
    engine
}
