//! The lines that the configuration names: those before any site.
//!
//! Whose a rule is, here and at gates (`gate::campaigns`): the configured rate is that of new lines, and of those that
//! are there when it changes ([`LineRule::configured`]); an administrator's rate stands until then, and an administrator's
//! pause always. Everything else is the configuration's.
//!
//! A server brings lines up to date once, when it starts, and never in its rounds: of servers with different
//! configuration, as while they are restarted one by one, the one started last has its way, and none fights another.

use domain::EventName;
use domain::line::{Admits, LineId, LineRule};
use hot::HotError;
use hot::line::LinePort;
use lines::rules::change_rule;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often it is made sure that the lines are there.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// The lines, and how those admit that nobody has changed.
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
    /// How long a pass lives (QUEUE-003).
    pub pass_ttl_ms: u32,
    /// Who was not heard of for longer is passed over; 0 for never.
    pub abandon_after_ms: u32,
    /// Most people inside at once; 0 for no limit.
    pub inside_max: u32,
}

impl LineSettings {
    /// The rule of a line that nobody has changed.
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

    /// The rule of a line that is there, as this configuration has it.
    fn bring_up_to_date(&self, rule: LineRule) -> LineRule {
        let ours = self.rule();
        LineRule {
            interval_ms: ours.interval_ms,
            capacity: ours.capacity,
            admits: ours.admits,
            inside_max: ours.inside_max,
            abandon_after_ms: ours.abandon_after_ms,
            ..rule.configured(self.rate_per_second)
        }
    }
}

/// Sees to it that the lines are there, and once that they are as configured.
pub struct ConfiguredLines {
    port: Arc<dyn LinePort>,
    settings: LineSettings,
    brought: HashSet<EventName>,
}

impl ConfiguredLines {
    /// Lines that are to be looked at.
    pub fn new(port: Arc<dyn LinePort>, settings: LineSettings) -> Self {
        Self { port, settings, brought: HashSet::new() }
    }

    /// Makes those that are not there; brings those up to date that were not yet.
    ///
    /// # Errors
    /// When the engine does not answer for one of them, which keeps no other from being made; the next call goes on.
    pub async fn follow(&mut self) -> Result<(), HotError> {
        let mut followed = Ok(());
        for name in self.settings.lines.clone() {
            followed = followed.and(self.follow_line(name).await);
        }
        followed
    }

    async fn follow_line(&mut self, name: EventName) -> Result<(), HotError> {
        let line = LineId::Queue(name.clone());
        let is_brought = self.brought.contains(&name);
        let change = |rule| Ok::<_, HotError>(if is_brought { rule } else { self.settings.bring_up_to_date(rule) });
        if change_rule(&*self.port, &line, change).await?.is_none() {
            self.port.make_line(&line, self.settings.rule()).await?;
        }
        self.brought.insert(name);
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

    /// A start with this configuration; the rule afterwards.
    async fn started(port: &Arc<dyn LinePort>, settings: LineSettings) -> LineRule {
        ConfiguredLines::new(port.clone(), settings).follow().await.expect("followed");
        port.rule(&line()).await.expect("answers").expect("is there")
    }

    #[tokio::test]
    async fn an_operators_rate_stands_until_another_is_configured_and_the_rest_follows_the_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let port: Arc<dyn LinePort> = Arc::new(lines);
        assert_eq!(started(&port, settings(10, 100)).await.rate_per_second, 10);
        let rule = started(&port, settings(20, 100)).await;
        assert_eq!((rule.rate_per_second, rule.check().is_ok()), (20, true), "nobody had touched it");
        assert_eq!(started(&port, settings(20, 100)).await.revision, rule.revision, "nothing to change");
        let changed = LineRule { rate_per_second: 3, paused: true, ..rule };
        port.change_rule(&line(), changed).await.expect("changed");
        for capacity in [200, 300] {
            let rule = started(&port, settings(20, capacity)).await;
            assert_eq!((rule.rate_per_second, rule.paused, rule.capacity), (3, true, capacity));
        }
        let rule = started(&port, settings(30, 300)).await;
        assert_eq!((rule.rate_per_second, rule.paused), (30, true), "the pause is the operator's for good");
    }

    #[tokio::test]
    async fn a_running_server_does_not_fight_one_with_other_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let port: Arc<dyn LinePort> = Arc::new(lines);
        let mut old = ConfiguredLines::new(port.clone(), settings(10, 100));
        old.follow().await.expect("followed");
        let new = started(&port, settings(20, 100)).await;
        old.follow().await.expect("followed");
        assert_eq!(port.rule(&line()).await.expect("answers"), Some(new));
    }
}
