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
mod seats;
mod tls;

use hot::conformance::Histories;
use hot::redis::{RedisAddress, RedisConnections, RedisEngine, RedisOptions};

/// Those who play histories side by side: one alone mostly waits for its next answer.
const SHARES: u8 = 4;

/// Plays the histories in shares, each in a thread of its own, so that a history that fails is named alone.
fn in_shares(histories: Histories, play: impl AsyncFn(Histories) + Sync) {
    std::thread::scope(|scope| {
        for share in histories.shared_out(SHARES) {
            let play = &play;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(play(share));
            });
        }
    });
}

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
