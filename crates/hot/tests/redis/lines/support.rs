//! Shared by the tests of lines on Redis.

use domain::line::{Admits, LineId, LineRule};
use domain::{CampaignId, EventName, PassId, TenantName, UserId};
use hot::line::LineUser;
use hot::redis::{Ack, LineOptions, RedisLines};
use std::time::{Duration, Instant};
use uuid::Uuid;

pub const PATIENCE: Duration = Duration::from_secs(60);
pub const TTL_MS: u32 = 3_600_000;

pub async fn open(url: &str, ack: Ack) -> RedisLines {
    open_with(url, LineOptions { ack, ..LineOptions::default() }).await
}

pub async fn open_with(url: &str, options: LineOptions) -> RedisLines {
    RedisLines::new(crate::connect(url).await, options)
}

pub fn rule(rate_per_second: u32) -> LineRule {
    LineRule { capacity: 1_000_000, admits: Admits::Pass { ttl_ms: TTL_MS }, ..LineRule::new(rate_per_second) }
}

pub fn gate() -> LineId {
    let event = EventName::new(&format!("gate-{}", Uuid::new_v4().simple())).expect("valid");
    LineId::Gate(CampaignId::new(TenantName::default_tenant(), event))
}

pub fn queue() -> LineId {
    LineId::Queue(EventName::new(&format!("queue-{}", Uuid::new_v4().simple())).expect("valid"))
}

pub fn people(line: &LineId, numbers: impl IntoIterator<Item = u64>) -> Vec<LineUser> {
    let user = |n: u64| UserId::new(&format!("user-{n}")).expect("valid");
    numbers.into_iter().map(|n| LineUser { line: line.clone(), user: user(n) }).collect()
}

pub fn passes(count: usize) -> Vec<PassId> {
    (0..count).map(|_| PassId(Uuid::new_v4())).collect()
}

/// Tries until a condition holds, with a deadline.
pub struct Tries(&'static str, Instant);

impl Tries {
    pub fn until(what: &'static str) -> Self {
        Self(what, Instant::now())
    }

    pub async fn again(&self) {
        assert!(self.1.elapsed() < PATIENCE, "never happened: {}", self.0);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn until(what: &'static str, mut holds: impl AsyncFnMut() -> bool) {
    let tries = Tries::until(what);
    while !holds().await {
        tries.again().await;
    }
}
