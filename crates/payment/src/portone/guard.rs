//! Every call goes through here: the breaker, the metrics, the clock of the other side.

use super::http::{Answer, NoAnswer, answer};
use crate::drift;
use domain::breaker::window::{WindowBreaker, WindowRule};
use domain::payment::Away;
use reqwest::RequestBuilder;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// PAY-009: half of the last 20 calls failed, 10 at least; then 3 try.
const CALLS: usize = 20;
const CALLS_MIN: usize = 10;
const TRIALS: usize = 3;

pub(super) struct Guard(Mutex<WindowBreaker>);

/// Leave for one call. A call that is dropped on its way counts neither way.
struct Leave<'g> {
    guard: &'g Guard,
    is_told: bool,
}

impl Guard {
    pub fn new(open: Duration) -> Self {
        let open_ms = i64::try_from(open.as_millis()).unwrap_or(i64::MAX);
        Self(Mutex::new(WindowBreaker::new(WindowRule { calls: CALLS, calls_min: CALLS_MIN, open_ms, trials: TRIALS })))
    }

    fn breaker(&self) -> MutexGuard<'_, WindowBreaker> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_open(&self) -> bool {
        self.breaker().is_open()
    }

    /// Makes a call and reads its answer. `name` stands in metrics and logs.
    pub async fn call<T>(
        &self,
        name: &'static str,
        request: RequestBuilder,
        read: impl FnOnce(&Answer) -> Result<T, NoAnswer> + Send,
    ) -> Result<T, Away> {
        if self.breaker().admit(clock::now().millis()).is_err() {
            count(name, "refused");
            return Err(Away::CircuitOpen);
        }
        let leave = Leave { guard: self, is_told: false };
        let sent = clock::now();
        let outcome = match answer(request).await {
            Ok(answer) => {
                drift::look("portone", answer.date.as_deref(), sent, clock::now());
                read_answer(&answer, read)
            }
            Err(why) => Err(why),
        };
        leave.end(outcome.as_ref().err().is_none_or(|why| !why.is_failure()));
        match outcome {
            Ok(read) => {
                count(name, "answered");
                Ok(read)
            }
            Err(why) => {
                count(name, "away");
                match why {
                    NoAnswer::Refused => {
                        tracing::error!(
                            call = name,
                            "PortOne refuses our calls; see payment.portone.api_secret, .store_id"
                        );
                    }
                    _ => tracing::warn!(call = name, %why, "PortOne gave no usable answer"),
                }
                Err(why.into())
            }
        }
    }
}

/// What every answer may be: an error of PortOne's own, or a word about us and not about a payment.
fn read_answer<T>(answer: &Answer, read: impl FnOnce(&Answer) -> Result<T, NoAnswer>) -> Result<T, NoAnswer> {
    match answer.status.as_u16() {
        401 | 403 => Err(NoAnswer::Refused),
        408 | 429 => Err(NoAnswer::Declined),
        500.. => Err(NoAnswer::ServerError),
        _ => read(answer),
    }
}

fn count(call: &'static str, outcome: &'static str) {
    metrics::counter!("onsale_payment_portone_calls_total", "call" => call, "outcome" => outcome).increment(1);
}

impl Leave<'_> {
    fn end(mut self, succeeded: bool) {
        self.tell(Some(succeeded));
    }

    fn tell(&mut self, outcome: Option<bool>) {
        self.is_told = true;
        let mut breaker = self.guard.breaker();
        let was_open = breaker.is_open();
        match outcome {
            Some(succeeded) => breaker.ended(succeeded, clock::now().millis()),
            None => breaker.abandoned(),
        }
        let is_open = breaker.is_open();
        drop(breaker);
        if is_open != was_open {
            metrics::gauge!("onsale_payment_portone_breaker_open").set(f64::from(u8::from(is_open)));
            match is_open {
                true => tracing::warn!("half of the last calls of PortOne failed: it is not asked for a while"),
                false => tracing::info!("PortOne answers again"),
            }
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(None);
        }
    }
}
