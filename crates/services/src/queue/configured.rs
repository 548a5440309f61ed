//! The lines that the configuration names: those before any site.

use domain::EventName;
use domain::line::{Admits, LineId, LineRule};
use hot::HotError;
use hot::line::LinePort;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How often it is made sure that the lines are there.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// What the configuration says takes a rule to the next multiple of this; what an operator says counts up by one. So a
/// rule tells whether anybody has touched it, and an operator's rate outlives every restart.
const CONFIGURED_STEP: u64 = 1 << 20;

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
            rate_per_second: self.rate_per_second,
            interval_ms: self.interval_ms,
            capacity: self.capacity,
            admits: Admits::Pass { ttl_ms: self.pass_ttl_ms },
            inside_max: self.inside_max,
            abandon_after_ms: self.abandon_after_ms,
            opens_at: None,
            draw: None,
            paused: false,
            closed: false,
            revision: CONFIGURED_STEP,
        }
    }

    /// The rule to put in place of this one; none where it is as it should be. Rate and pause are an operator's once
    /// an operator has changed the line; the rest is the configuration's.
    fn wanted(&self, known: &LineRule) -> Option<LineRule> {
        let is_touched = !known.revision.is_multiple_of(CONFIGURED_STEP);
        let ours = self.rule();
        let wanted = LineRule {
            rate_per_second: if is_touched { known.rate_per_second } else { ours.rate_per_second },
            interval_ms: ours.interval_ms,
            capacity: ours.capacity,
            admits: ours.admits,
            inside_max: ours.inside_max,
            abandon_after_ms: ours.abandon_after_ms,
            ..known.clone()
        };
        let revision = known.revision + if is_touched { 1 } else { CONFIGURED_STEP };
        (wanted != *known).then_some(LineRule { revision, ..wanted })
    }
}

/// Sees to it that the lines are there, and once that they are as configured: of servers with different configuration
/// the one started last has its way, and none fights another.
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
        let wanted = match self.port.rule(&line).await? {
            None => Some(self.settings.rule()),
            Some(known) if !self.brought.contains(&name) => self.settings.wanted(&known),
            Some(_) => None,
        };
        if let Some(rule) = wanted {
            self.port.put_line(&line, rule).await?;
        }
        self.brought.insert(name);
        Ok(())
    }

    /// Follows until the process ends.
    pub async fn follow_in_background(mut self) {
        loop {
            if let Err(error) = self.follow().await {
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
    async fn an_operators_rate_outlives_starts_and_the_rest_follows_the_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let port: Arc<dyn LinePort> = Arc::new(lines);
        assert_eq!(started(&port, settings(10, 100)).await.rate_per_second, 10);
        let rule = started(&port, settings(20, 100)).await;
        assert_eq!((rule.rate_per_second, rule.check().is_ok()), (20, true), "nobody had touched it");
        assert_eq!(started(&port, settings(20, 100)).await.revision, rule.revision, "nothing to change");
        let changed = LineRule { rate_per_second: 3, paused: true, revision: rule.revision + 1, ..rule };
        port.put_line(&line(), changed).await.expect("put");
        let rule = started(&port, settings(30, 200)).await;
        assert_eq!((rule.rate_per_second, rule.paused, rule.capacity), (3, true, 200));
        let rule = started(&port, settings(40, 300)).await;
        assert_eq!((rule.rate_per_second, rule.paused, rule.capacity), (3, true, 300), "it is the operator's for good");
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
