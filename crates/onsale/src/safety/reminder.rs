//! Says in the log, again and again, that the program runs unsafe.

use super::Fault;
use domain::Timestamp;
use std::time::Duration;

/// How often it is said.
const EVERY_MS: i64 = 60_000;
/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// When it was said last.
#[derive(Debug, Default)]
struct Reminder {
    said_at: Option<Timestamp>,
}

impl Reminder {
    /// Whether it is to be said now: at the start, and each minute after. A clock that was set back counts anew.
    fn is_due(&mut self, now: Timestamp) -> bool {
        let is_due = self.said_at.is_none_or(|at| !(0..EVERY_MS).contains(&(now.millis() - at.millis())));
        if is_due {
            self.said_at = Some(now);
        }
        is_due
    }
}

/// Says each minute what is unsafe, for as long as the program runs.
pub async fn remind(faults: Vec<Fault>) {
    let mut reminder = Reminder::default();
    loop {
        if reminder.is_due(clock::now()) {
            tracing::error!(
                faults = faults.len(),
                "UNSAFE: http.allow_unsafe = true, for a test that nobody else can reach"
            );
            for fault in &faults {
                tracing::error!(
                    check = fault.check,
                    change = fault.change,
                    "UNSAFE (http.allow_unsafe = true): {}",
                    fault.what
                );
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_at_the_start_and_every_minute() {
        let clock = clock::set(Timestamp(1_700_000_000_000));
        let mut reminder = Reminder::default();
        let mut said = 0;
        for _ in 0..=600 {
            said += u32::from(reminder.is_due(clock::now()));
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(said, 11);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_silence_it() {
        let mut reminder = Reminder::default();
        assert!(reminder.is_due(Timestamp(1_000_000)));
        assert!(!reminder.is_due(Timestamp(1_000_001)));
        assert!(reminder.is_due(Timestamp(5)));
    }
}
