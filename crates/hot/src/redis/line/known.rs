//! A line as this process knows it: its keys, and whether Redis answers.

use super::draw::Lots;
use super::once::Caller;
use crate::port::HotError;
use crate::redis::activity::Attention;
use crate::redis::client::uptime_ms;
use crate::redis::names::LineKeys;
use domain::breaker::{Breaker, BreakerRule};
use domain::line::LineId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An outage is one when a line's shard has failed so often in a row; it is asked again so often.
const BREAKER: BreakerRule = BreakerRule { failures_max: 3, open_ms: 500 };

/// A line that this process has just found is looked at for so long: people may be in it whom nobody has told of lately.
const LOOKED_AT_FIRST_MS: i64 = 5_000;

pub(super) struct Known {
    pub id: LineId,
    pub keys: LineKeys,
    /// Whether any server is asked for it, or people are in it.
    pub attention: Attention,
    breaker: Mutex<Breaker>,
    lots: Mutex<Option<Arc<Lots>>>,
    caller: tokio::sync::Mutex<Caller>,
}

impl Known {
    pub fn new(id: LineId) -> Self {
        Self {
            keys: LineKeys::new(&id),
            id,
            attention: Attention::for_ms(LOOKED_AT_FIRST_MS),
            breaker: Mutex::new(Breaker::new(BREAKER)),
            lots: Mutex::default(),
            caller: tokio::sync::Mutex::new(Caller::new()),
        }
    }

    /// Whether the score of a place is the time of entry; the queue number else (`contract.md`, Hot state).
    pub fn is_by_time(&self) -> bool {
        matches!(self.id, LineId::Queue(_))
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lots of a draw under way, where this process has worked them out.
    pub fn lots(&self) -> MutexGuard<'_, Option<Arc<Lots>>> {
        self.lots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom the line knows this process as; waits while another call of that name is under way.
    pub async fn caller(&self) -> tokio::sync::MutexGuard<'_, Caller> {
        self.caller.lock().await
    }

    /// Whether Redis may be asked now.
    pub fn enter(&self) -> Result<(), HotError> {
        if self.breaker().lets_through(uptime_ms()) {
            return Ok(());
        }
        Err(HotError::unavailable("Redis does not answer for this line right now"))
    }

    pub fn answered(&self) {
        self.breaker().succeeded();
    }

    /// Says once when it begins.
    pub fn failed(&self, error: &HotError) {
        if self.breaker().failed(uptime_ms()) {
            tracing::error!(line = %self.id, %error, "nothing moves in this line for now");
        }
    }
}
