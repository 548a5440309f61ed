//! The configured lines: those before any site.
//!
//! The source of a rule, here and at gates (`gate::campaigns`): the configured rate applies to new lines, and to
//! existing ones when the configured rate changes ([`LineRule::configured`]). An administrator's rate stands until
//! then, and an administrator's pause always stands. All other values come from the configuration.
//!
//! A server updates lines once, when it starts, and never in its later rounds. If servers have different
//! configurations, as during a rolling restart, the configuration of the server started last applies, and no server
//! reverts another.

use domain::EventName;
use domain::line::{Admits, LineId, LineRule};
use hot::HotError;
use hot::line::LinePort;
use lines::rules::change_rule;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often missing lines are created.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// The lines, and the rule of those that no administrator has changed.
#[derive(Clone, Debug)]
pub struct LineSettings {
    /// The names.
    pub lines: Vec<EventName>,
    /// People a second (QUEUE-005).
    pub rate_per_second: u32,
    /// Milliseconds between two batches.
    pub interval_ms: u32,
    /// Most people waiting in one line (QUEUE-006).
    pub capacity: u32,
    /// Lifetime of a pass in milliseconds (QUEUE-003).
    pub pass_ttl_ms: u32,
    /// A user inactive for longer, in milliseconds, is passed over; 0 for never.
    pub abandon_after_ms: u32,
    /// Most people inside at once; 0 for no limit.
    pub inside_max: u32,
}

impl LineSettings {
    /// The rule of a line that no administrator has changed.
    pub fn rule(&self) -> LineRule {
        LineRule {
            interval_ms: self.interval_ms,
            capacity: self.capacity,
            admits: Admits::Pass { ttl_ms: self.pass_ttl_ms },
            inside_max: self.inside_max,
            abandon_after_ms: self.abandon_after_ms,
            configured_rate_per_second: Some(self.rate_per_second),
            ..LineRule::new(self.rate_per_second)
        }
    }

    /// The rule of an existing line, updated to this configuration.
    fn updated_rule(&self, rule: LineRule) -> LineRule {
        let configured = self.rule();
        LineRule {
            interval_ms: configured.interval_ms,
            capacity: configured.capacity,
            admits: configured.admits,
            inside_max: configured.inside_max,
            abandon_after_ms: configured.abandon_after_ms,
            ..rule.configured(self.rate_per_second)
        }
    }
}

/// Creates missing lines at any time, and updates existing lines once.
pub struct ConfiguredLines {
    port: Arc<dyn LinePort>,
    settings: LineSettings,
    updated: HashSet<EventName>,
}

impl ConfiguredLines {
    /// The configured lines of an engine. [`ConfiguredLines::follow`] creates them.
    pub fn new(port: Arc<dyn LinePort>, settings: LineSettings) -> Self {
        Self { port, settings, updated: HashSet::new() }
    }

    /// Creates missing lines, and updates the lines that this server has not updated yet.
    ///
    /// # Errors
    /// When the engine does not answer for a line. The other lines are still created, and the next call retries.
    pub async fn follow(&mut self) -> Result<(), HotError> {
        let existing: HashSet<LineId> = self.port.lines().await?.into_iter().collect();
        let mut followed = Ok(());
        for name in self.settings.lines.clone() {
            followed = followed.and(self.follow_line(name, &existing).await);
        }
        followed
    }

    async fn follow_line(&mut self, name: EventName, existing: &HashSet<LineId>) -> Result<(), HotError> {
        let line = LineId::Queue(name.clone());
        let is_updated = self.updated.contains(&name);
        if is_updated && existing.contains(&line) && self.port.is_quiet(&line) {
            return Ok(());
        }
        let change = |rule| Ok::<_, HotError>(if is_updated { rule } else { self.settings.updated_rule(rule) });
        if change_rule(&*self.port, &line, change).await?.is_none() {
            self.port.make_line(&line, self.settings.rule()).await?;
        }
        self.updated.insert(name);
        Ok(())
    }

    /// Follows until the process ends.
    pub async fn follow_in_background(lines: Arc<Mutex<Self>>) {
        loop {
            if let Err(error) = lines.lock().await.follow().await {
                tracing::warn!(%error, "the configured lines could not be looked after");
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot::embedded::{EmbeddedLines, JournalOptions};

    fn settings(rate_per_second: u32, capacity: u32) -> LineSettings {
        LineSettings {
            lines: vec![EventName::new("shop").expect("a name")],
            rate_per_second,
            interval_ms: 1_000,
            capacity,
            pass_ttl_ms: 600_000,
            abandon_after_ms: 120_000,
            inside_max: 0,
        }
    }

    fn line() -> LineId {
        "queue:shop".parse().expect("a line")
    }

    /// Starts with this configuration. Returns the rule afterwards.
    async fn start(port: &Arc<dyn LinePort>, settings: LineSettings) -> LineRule {
        ConfiguredLines::new(port.clone(), settings).follow().await.expect("followed");
        port.rule(&line()).await.expect("answers").expect("is there")
    }

    #[tokio::test]
    async fn an_operators_rate_stands_until_the_configured_rate_changes_and_other_values_follow_the_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let port: Arc<dyn LinePort> = Arc::new(lines);
        assert_eq!(start(&port, settings(10, 100)).await.rate_per_second, 10);
        let rule = start(&port, settings(20, 100)).await;
        assert_eq!((rule.rate_per_second, rule.check().is_ok()), (20, true), "no operator has changed it");
        assert_eq!(start(&port, settings(20, 100)).await.revision, rule.revision, "nothing to change");
        let changed = LineRule { rate_per_second: 3, paused: true, ..rule };
        port.change_rule(&line(), changed).await.expect("changed");
        for capacity in [200, 300] {
            let rule = start(&port, settings(20, capacity)).await;
            assert_eq!((rule.rate_per_second, rule.paused, rule.capacity), (3, true, capacity));
        }
        let rule = start(&port, settings(30, 300)).await;
        assert_eq!((rule.rate_per_second, rule.paused), (30, true), "the pause of an operator stays");
    }

    #[tokio::test]
    async fn a_running_server_does_not_revert_another_servers_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let port: Arc<dyn LinePort> = Arc::new(lines);
        let mut old = ConfiguredLines::new(port.clone(), settings(10, 100));
        old.follow().await.expect("followed");
        let new = start(&port, settings(20, 100)).await;
        old.follow().await.expect("followed");
        assert_eq!(port.rule(&line()).await.expect("answers"), Some(new));
    }
}
