//! Waiting for a part that is unavailable: the one retry loop of the bus.

use crate::stop::Shutdown;
use backon::{BackoffBuilder, ExponentialBuilder};
use std::future::Future;
use std::time::Duration;

/// Waits between two tries. They double from the first to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Wait before the second try.
    pub first: Duration,
    /// Longest wait.
    pub longest: Duration,
}

/// The loop was stopped before its work was done: nothing may be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Tries until it works, however long that takes. `on_failure` gets each error and the wait before the next try.
///
/// # Errors
/// [`Stopped`] when the shutdown came during a wait. A try is never interrupted.
pub async fn until_available<T, E, F>(
    backoff: Backoff,
    shutdown: &Shutdown,
    mut attempt: impl FnMut() -> F,
    mut on_failure: impl FnMut(E, Duration),
) -> Result<T, Stopped>
where
    F: Future<Output = Result<T, E>>,
{
    let builder = ExponentialBuilder::default().with_min_delay(backoff.first).with_max_delay(backoff.longest);
    let mut delays = builder.without_max_times().build();
    loop {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => {
                let delay = delays.next().unwrap_or(backoff.longest);
                on_failure(error, delay);
                if !shutdown.pause(delay).await {
                    return Err(Stopped);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Stopped, until_available};
    use crate::stop::Stop;
    use std::time::Duration;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(1) };

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_longest() {
        let (stop, mut tries, mut waits) = (Stop::default(), 0, Vec::new());
        let attempt = || {
            tries += 1;
            std::future::ready(if tries > 200 { Ok(tries) } else { Err("not yet") })
        };
        let done = until_available(BACKOFF, &stop.shutdown(), attempt, |_, wait| waits.push(wait.as_millis())).await;
        assert_eq!(done, Ok(201));
        assert_eq!(waits[..6], [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(waits.len(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_ends_the_wait_without_another_try() {
        let (stop, mut tries) = (Stop::default(), 0);
        let attempt = || {
            tries += 1;
            std::future::ready(Err::<(), _>("never"))
        };
        let done = until_available(BACKOFF, &stop.shutdown(), attempt, |_, _| stop.stop()).await;
        assert_eq!((done, tries), (Err(Stopped), 1));
    }
}
