//! Waiting for a condition, never for a fixed time.

use crate::error::{KitError, Result};
use std::time::{Duration, Instant};

/// Between two attempts: short, because the things waited for take tens of milliseconds.
const PAUSE: Duration = Duration::from_millis(20);

/// Calls `ask` until it succeeds. After the limit the last failure is the error.
///
/// # Errors
/// After `limit`: `what` was waited for, and the last failure of `ask`.
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
