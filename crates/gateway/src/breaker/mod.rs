//! A breaker for each service (GW-006): an outage becomes quick refusals.

use crate::Service;
use domain::breaker::window::{WindowBreaker, WindowRule};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Half of the last hundred calls, of twenty at least; then a minute's rest, and ten trials.
pub(crate) const RULE: WindowRule = WindowRule { calls: 100, calls_min: 20, open_ms: 60_000, trials: 10 };

/// The breakers of all services.
pub(crate) struct Breakers([Mutex<WindowBreaker>; Service::ALL.len()]);

impl Breakers {
    pub(crate) fn new(rule: WindowRule) -> Self {
        Self(std::array::from_fn(|_| Mutex::new(WindowBreaker::new(rule))))
    }

    fn of(&self, service: Service) -> MutexGuard<'_, WindowBreaker> {
        self.0[service as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave for a call.
    ///
    /// # Errors
    /// Seconds to wait while the service rests.
    pub(crate) fn admit(&self, service: Service) -> Result<Leave<'_>, u32> {
        let admitted = self.of(service).admit(clock::now().millis());
        match admitted {
            Ok(()) => Ok(Leave { breakers: self, service, is_told: false }),
            Err(wait_ms) => {
                let wait_seconds = wait_ms.max(0).unsigned_abs().div_ceil(1_000).max(1);
                Err(u32::try_from(wait_seconds).unwrap_or(u32::MAX))
            }
        }
    }
}

/// Leave for one call, to be told how it ended. A call that is dropped on its way counts neither way.
pub(crate) struct Leave<'b> {
    breakers: &'b Breakers,
    service: Service,
    is_told: bool,
}

impl Leave<'_> {
    /// The service answered, whatever it said.
    pub(crate) fn succeeded(mut self) {
        self.tell(Some(true));
    }

    /// It could not be reached, broke off, or answered too late.
    pub(crate) fn failed(mut self) {
        self.tell(Some(false));
    }

    fn tell(&mut self, outcome: Option<bool>) {
        self.is_told = true;
        let mut breaker = self.breakers.of(self.service);
        let was_open = breaker.is_open();
        match outcome {
            Some(succeeded) => breaker.ended(succeeded, clock::now().millis()),
            None => breaker.abandoned(),
        }
        let is_open = breaker.is_open();
        drop(breaker);
        if is_open != was_open {
            let service = self.service.name();
            metrics::gauge!("onsale_gateway_breaker_open", "service" => service).set(f64::from(u8::from(is_open)));
            match is_open {
                true => tracing::warn!(service, "half of the last calls failed: the service rests"),
                false => tracing::info!(service, "the service answers again"),
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
