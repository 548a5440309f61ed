//! Waiting for a condition, never for a time.

use crate::error::{KitError, Result};
use std::time::{Duration, Instant};

/// Between two looks: short, for what is waited for takes tens of milliseconds at the least.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until the answer is good, and says the last bad one when the time is over.
///
/// # Errors
/// After `limit`, with what `what` was waited for and why it is not there.
pub fn until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> std::result::Result<T, String>) -> Result<T> {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(why) if start.elapsed() >= limit => {
                return Err(KitError::failed(format!("{what}: not within {} s: {why}", limit.as_secs())));
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}
