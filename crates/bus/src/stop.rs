//! Telling loops to end, and hearing it.

use std::time::Duration;
use tokio::sync::watch;

/// Tells every [`Shutdown`] made from it. Dropping it tells them too.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// Hears that it is time to end.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Somebody who hears.
    pub fn shutdown(&self) -> Shutdown {
        Shutdown(self.0.subscribe())
    }

    /// It is time to end. Again changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether it is time to end.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when it is time to end.
    pub async fn stopped(&self) {
        // An error means that nobody is left who could tell: time to end as well.
        let _ = self.0.clone().wait_for(|stopped| *stopped).await;
    }

    /// Waits; whether it was the whole time rather than until the end.
    pub async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.stopped() => false,
            () = tokio::time::sleep(time) => true,
        }
    }
}
