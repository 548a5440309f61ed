//! The clock: the one place that reads the time of day. A lint refuses other readers (`clippy.toml`).
//!
//! Rules take the time as an argument. A test sets it for its own thread with [`set`], and moves it on without waiting.
//! How long something took is measured with `std::time::Instant`, which tells no time of day.

use domain::Timestamp;
use std::cell::Cell;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

thread_local! {
    /// The time that a test has set on this thread, in microseconds.
    static SET_US: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Microseconds since 1970-01-01T00:00:00 UTC.
pub fn now_us() -> u64 {
    SET_US.get().unwrap_or_else(|| since_epoch().as_micros() as u64)
}

/// Now.
pub fn now() -> Timestamp {
    at(now_us())
}

/// The moment of a count of microseconds.
pub fn at(now_us: u64) -> Timestamp {
    Timestamp((now_us / 1000) as i64)
}

/// Now, as the standard library writes it: for formats that take nothing else.
pub fn system_time() -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(now_us())
}

#[expect(clippy::disallowed_methods, reason = "the one reader of the time of day")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A clock that a test has set. It stands still until it is moved, and ends with this value.
#[must_use = "the clock goes on as before when this is dropped"]
pub struct SetClock {
    before_us: Option<u64>,
    /// It belongs to its thread.
    not_send: PhantomData<*const ()>,
}

/// Sets the clock of this thread, for a test. Tasks of a current-thread runtime read the same clock.
pub fn set(at: Timestamp) -> SetClock {
    let before_us = SET_US.replace(Some(at.millis().unsigned_abs() * 1000));
    SetClock { before_us, not_send: PhantomData }
}

impl SetClock {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        SET_US.set(SET_US.get().map(|us| us + by.as_micros() as u64));
    }
}

impl Drop for SetClock {
    fn drop(&mut self) {
        SET_US.set(self.before_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_stands_still_until_it_is_moved() {
        let before = now();
        {
            let clock = set(Timestamp(5_000));
            assert_eq!((now(), now_us()), (Timestamp(5_000), 5_000_000));
            clock.advance(Duration::from_millis(250));
            assert_eq!(now(), Timestamp(5_250));
            assert_eq!(system_time(), UNIX_EPOCH + Duration::from_millis(5_250));
        }
        assert!(now() >= before, "the real clock goes on");
    }
}
