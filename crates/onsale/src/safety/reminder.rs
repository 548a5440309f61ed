//! Says in the log, again and again, that the program runs unsafe.

use super::Fault;
use domain::Timestamp;
use std::sync::Arc;
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

/// What is said.
#[derive(Clone)]
pub struct Reminders {
    /// Whether `http.allow_unsafe` is set: said even where nothing is unsafe yet.
    pub allow_unsafe: bool,
    /// What it permits.
    pub faults: Vec<Fault>,
    /// What is open through a proxy in front.
    pub warnings: Vec<Fault>,
    /// The same, as soon as a proxy has forwarded something that no setting names.
    pub behind_proxy: Vec<Fault>,
    /// Whether it has.
    pub is_proxied: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Reminders {
    /// Whether there is anything to say, now or later.
    pub fn are_needed(&self) -> bool {
        self.allow_unsafe || !(self.warnings.is_empty() && self.behind_proxy.is_empty())
    }

    fn say(&self) {
        if self.allow_unsafe {
            let (faults, text) =
                (self.faults.len(), "UNSAFE: http.allow_unsafe = true, for a test that nobody else can reach");
            tracing::error!(faults, "{text}");
        }
        for Fault { check, what, change } in &self.faults {
            tracing::error!(check, change, "UNSAFE (http.allow_unsafe = true): {what}");
        }
        let seen = self.behind_proxy.iter().filter(|_| (self.is_proxied)());
        for Fault { check, what, change } in self.warnings.iter().chain(seen) {
            tracing::warn!(check, change, "OPEN BEHIND A PROXY: {what}");
        }
    }
}

/// Says each minute what is unsafe, for as long as the program runs.
pub async fn remind(reminders: Reminders) {
    let (mut reminder, mut was_proxied) = (Reminder::default(), false);
    loop {
        // A proxy that appears is told of at once.
        let is_proxied = (reminders.is_proxied)();
        if reminder.is_due(clock::now()) || (is_proxied && !was_proxied) {
            reminders.say();
        }
        was_proxied = is_proxied;
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
