//! A shutdown signal for loops.

use std::time::Duration;
use tokio::sync::watch;

/// Sends the signal to every [`Shutdown`] made from it. Dropping it sends the signal too.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// Receives the signal.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// A receiver of the signal.
    pub fn shutdown(&self) -> Shutdown {
        Shutdown(self.0.subscribe())
    }

    /// Sends the signal. A second call changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether the signal was sent.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when the signal was sent.
    pub async fn stopped(&self) {
        // An error means that the sender is gone, which is the signal too.
        let _ = self.0.clone().wait_for(|stopped| *stopped).await;
    }

    /// Waits for this time or for the signal. Returns whether the whole time has passed.
    pub async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.stopped() => false,
            () = tokio::time::sleep(time) => true,
        }
    }
}
