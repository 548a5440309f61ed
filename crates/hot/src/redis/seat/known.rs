//! A schedule as this process knows it: its keys, and whether Redis answers.

use crate::port::HotError;
use crate::redis::client::uptime_ms;
use crate::redis::names::SeatKeys;
use domain::ScheduleId;
use domain::breaker::{Breaker, BreakerRule};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An outage is one when a schedule's shard has failed so often in a row; it is asked again so often.
const BREAKER: BreakerRule = BreakerRule { failures_max: 3, open_ms: 500 };

pub(super) struct Known {
    pub schedule: ScheduleId,
    pub keys: SeatKeys,
    breaker: Mutex<Breaker>,
    /// When this process listed it last; never: long ago.
    listed_at_ms: AtomicI64,
}

impl Known {
    pub fn new(schedule: ScheduleId) -> Self {
        Self {
            schedule,
            keys: SeatKeys::new(schedule),
            breaker: Mutex::new(Breaker::new(BREAKER)),
            listed_at_ms: AtomicI64::new(i64::MIN / 2),
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether Redis may be asked now.
    pub fn enter(&self) -> Result<(), HotError> {
        if self.breaker().lets_through(uptime_ms()) {
            return Ok(());
        }
        Err(HotError::unavailable("Redis does not answer for this schedule right now"))
    }

    /// A call has ended. Says once when an outage begins.
    pub fn note(&self, failure: Option<&HotError>) {
        match failure {
            None => self.breaker().succeeded(),
            Some(error) => {
                if self.breaker().failed(uptime_ms()) {
                    tracing::error!(schedule = %self.schedule, %error, "no seat of this schedule can be held for now");
                }
            }
        }
    }

    /// Whether it has to be listed again, and by this caller.
    pub fn is_to_list(&self, every_ms: i64) -> bool {
        let (now_ms, listed_at_ms) = (uptime_ms(), self.listed_at_ms.load(Ordering::Relaxed));
        let order = Ordering::Relaxed;
        now_ms - listed_at_ms >= every_ms
            && self.listed_at_ms.compare_exchange(listed_at_ms, now_ms, order, order).is_ok()
    }

    /// It could not be listed, and is to be listed so much sooner.
    pub fn list_again(&self, sooner_ms: i64) {
        self.listed_at_ms.fetch_sub(sooner_ms, Ordering::Relaxed);
    }
}
