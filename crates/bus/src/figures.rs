//! What operators see of the bus.

use metrics::{counter, gauge};

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

/// 1 while a consumer waits for its database, or a relay for the bus.
pub(crate) fn waiting(who: &str, waits: bool) {
    gauge!("onsale_bus_waiting", "who" => who.to_owned()).set(f64::from(u8::from(waits)));
}

/// Messages that a relay found in its outbox and has not handed over.
pub(crate) fn outbox(relay: &str, count: usize) {
    gauge!("onsale_bus_outbox_pending", "relay" => relay.to_owned()).set(count as f64);
}

/// Messages that a group was given and has not dealt with; counted down when dropped.
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
