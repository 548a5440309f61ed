//! The metrics of the bus.

use ::metrics::{counter, gauge};

pub(crate) fn published(topic: &str, count: usize) {
    counter!("onsale_bus_published_total", "topic" => topic.to_owned()).increment(count as u64);
}

pub(crate) fn consumed(group: &str, count: usize) {
    counter!("onsale_bus_consumed_total", "group" => group.to_owned()).increment(count as u64);
}

pub(crate) fn retried(group: &str, count: usize) {
    counter!("onsale_bus_retried_total", "group" => group.to_owned()).increment(count as u64);
}

pub(crate) fn dead_lettered(topic: &str, reason: &'static str) {
    counter!("onsale_bus_dead_lettered_total", "topic" => topic.to_owned(), "reason" => reason).increment(1);
}

/// 1 while a group waits for its database, or a relay for the bus.
pub(crate) fn waiting(name: &str, waits: bool) {
    gauge!("onsale_bus_waiting", "who" => name.to_owned()).set(f64::from(u8::from(waits)));
}

/// Messages that a relay found in its outbox and has not published, of one read, and the age of the oldest in milliseconds: however
/// many more there are, that age says how far the relay is behind.
pub(crate) fn outbox(relay: &str, count: usize, oldest_ms: i64) {
    gauge!("onsale_bus_outbox_pending", "relay" => relay.to_owned()).set(count as f64);
    gauge!("onsale_bus_outbox_oldest_seconds", "relay" => relay.to_owned()).set(oldest_ms.max(0) as f64 / 1_000.0);
}

/// Messages that a group was given and has not handled; counted down when dropped.
pub(crate) struct Lag {
    group: String,
    count: f64,
}

impl Lag {
    pub(crate) fn of(group: &str, count: usize) -> Self {
        let lag = Self { group: group.to_owned(), count: count as f64 };
        gauge!("onsale_bus_lag", "group" => lag.group.clone()).increment(lag.count);
        lag
    }
}

impl Drop for Lag {
    fn drop(&mut self) {
        gauge!("onsale_bus_lag", "group" => self.group.clone()).decrement(self.count);
    }
}

/// Messages of a partition that a group has not handled.
pub(crate) fn lag(group: &str, topic: &str, partition: i32, count: u64) {
    let (group, topic, partition) = (group.to_owned(), topic.to_owned(), partition.to_string());
    gauge!("onsale_bus_lag", "group" => group, "topic" => topic, "partition" => partition).set(count as f64);
}

/// 1 while a group fetches nothing because its handler is stuck.
pub(crate) fn paused(group: &str, paused: bool) {
    gauge!("onsale_bus_paused", "group" => group.to_owned()).set(f64::from(u8::from(paused)));
}

/// A group's offsets were not committed.
pub(crate) fn commit_failed(group: &str) {
    counter!("onsale_bus_commit_failed_total", "group" => group.to_owned()).increment(1);
}
