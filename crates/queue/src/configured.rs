//! The lines before sites, as this server's configuration has them.
//!
//! `queue.lines` makes the lines that are missing when a server starts, and changes none: what an administrator makes,
//! changes or ends stands (QUEUE-014). Only the interval of admissions and the time after which a visitor counts as gone
//! are settings of all lines, not of one: a server that starts brings all lines up to date with its own, once, so that no
//! server reverts another.
//!
//! A line that the engine has lost is made again as it was. A line of the configuration that was ended comes back when a
//! server starts.

use domain::EventName;
use domain::line::{Admits, Challenge, LineId, LineRule};
use hot::HotError;
use hot::line::{LinePort, Recovery};
use lines::rules::change_rule;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often the lines are looked after.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// How long a place before a site is remembered after it is over, in milliseconds: whoever comes later begins anew with a
/// visitor's cookie anyway.
const REMEMBER_MS: u32 = 3_600_000;

/// The configured lines, and the rule of those of which nothing else is said.
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
    /// How long after that the user gets the old position back, in milliseconds.
    pub return_ms: u32,
    /// Most users of one network in one line; 0 for no limit.
    pub positions_per_network: u32,
    /// What is asked for before a position.
    pub challenge: Challenge,
    /// Most people inside at once; 0 for no limit.
    pub inside_max: u32,
}

impl LineSettings {
    /// The rule of a line of which nothing else is said.
    pub fn rule(&self) -> LineRule {
        LineRule {
            interval_ms: self.interval_ms,
            capacity: self.capacity,
            admits: Admits::Pass { ttl_ms: self.pass_ttl_ms },
            inside_max: self.inside_max,
            abandon_after_ms: self.abandon_after_ms,
            return_ms: self.return_ms,
            remember_ms: REMEMBER_MS,
            positions_per_network: self.positions_per_network,
            challenge: self.challenge,
            ..LineRule::new(self.rate_per_second)
        }
    }

    /// The rule of an existing line, with the settings of all lines.
    fn updated_rule(&self, rule: LineRule) -> LineRule {
        LineRule {
            interval_ms: self.interval_ms,
            abandon_after_ms: self.abandon_after_ms,
            return_ms: self.return_ms,
            remember_ms: REMEMBER_MS,
            positions_per_network: self.positions_per_network,
            challenge: self.challenge,
            ..rule
        }
    }
}

/// Looks after the lines before sites.
pub struct ConfiguredLines {
    port: Arc<dyn LinePort>,
    settings: LineSettings,
    /// Configured lines that were there since this server started.
    made: HashSet<EventName>,
    /// Those of them that an administrator has ended.
    ended: HashSet<EventName>,
    /// Lines that this server has brought up to date.
    updated: HashSet<LineId>,
}

impl ConfiguredLines {
    /// The lines of an engine. [`ConfiguredLines::follow`] makes those that are configured and missing.
    pub fn new(port: Arc<dyn LinePort>, settings: LineSettings) -> Self {
        Self { port, settings, made: HashSet::new(), ended: HashSet::new(), updated: HashSet::new() }
    }

    /// Makes the missing lines, and brings those up to date that this server has not looked at yet.
    ///
    /// # Errors
    /// When the engine does not answer for a line. The others are still looked after, and the next call tries again.
    pub async fn follow(&mut self) -> Result<(), HotError> {
        let lines = self.port.lines().await?;
        let existing: HashSet<LineId> = lines.into_iter().filter(LineId::is_of_site).collect();
        self.updated.retain(|line| existing.contains(line));
        let mut followed = Ok(());
        for line in &existing {
            followed = followed.and(self.follow_line(line).await);
        }
        for name in self.settings.lines.clone() {
            if existing.contains(&LineId::Queue(name.clone())) {
                self.ended.remove(&name);
                self.made.insert(name);
            } else if !self.ended.contains(&name) {
                followed = followed.and(self.make(name).await);
            }
        }
        followed
    }

    async fn follow_line(&mut self, line: &LineId) -> Result<(), HotError> {
        let is_new = !self.updated.contains(line);
        if !is_new && (self.port.is_quiet(line) || self.port.rule(line).await?.is_some()) {
            return Ok(());
        }
        if self.port.recover_line(line).await? != Recovery::There {
            return Ok(());
        }
        if is_new {
            change_rule(&*self.port, line, |rule| Ok::<_, HotError>(self.settings.updated_rule(rule))).await?;
            self.updated.insert(line.clone());
        }
        Ok(())
    }

    async fn make(&mut self, name: EventName) -> Result<(), HotError> {
        let line = LineId::Queue(name.clone());
        let is_lost = !self.made.contains(&name) || self.port.recover_line(&line).await? == Recovery::Lost;
        if is_lost {
            if self.port.make_line(&line, self.settings.rule()).await? {
                self.updated.insert(line);
            }
            self.made.insert(name);
        } else {
            self.ended.insert(name);
        }
        Ok(())
    }

    /// Follows until the process ends.
    pub async fn follow_in_background(lines: Arc<Mutex<Self>>) {
        loop {
            if let Err(error) = lines.lock().await.follow().await {
                tracing::warn!(%error, "the lines before sites could not be looked after");
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot::embedded::{EmbeddedLines, JournalOptions};
    use hot::line::Clock;

    fn settings(rate_per_second: u32, abandon_after_ms: u32) -> LineSettings {
        LineSettings {
            lines: vec![EventName::new("shop").expect("a name")],
            rate_per_second,
            interval_ms: 1_000,
            capacity: 100,
            pass_ttl_ms: 600_000,
            abandon_after_ms,
            return_ms: 600_000,
            positions_per_network: 0,
            challenge: Challenge::None,
            inside_max: 0,
        }
    }

    fn line() -> LineId {
        "queue:shop".parse().expect("a line")
    }

    fn opened(folder: &tempfile::TempDir) -> Arc<dyn LinePort> {
        Arc::new(EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened"))
    }

    /// Starts with this configuration. Returns the rule afterwards.
    async fn start(port: &Arc<dyn LinePort>, settings: LineSettings) -> LineRule {
        ConfiguredLines::new(port.clone(), settings).follow().await.expect("followed");
        port.rule(&line()).await.expect("answers").expect("is there")
    }

    #[tokio::test]
    async fn the_configuration_makes_a_line_and_changes_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = opened(&folder);
        let rule = start(&port, settings(10, 100)).await;
        assert_eq!((rule.rate_per_second, rule.check().is_ok()), (10, true));
        assert_eq!(start(&port, settings(20, 100)).await, rule, "nothing to change");
        let changed = LineRule { rate_per_second: 3, capacity: 7, paused: true, ..rule };
        port.change_rule(&line(), changed.clone()).await.expect("changed");
        let rule = start(&port, settings(20, 200)).await;
        assert_eq!(LineRule { abandon_after_ms: 100, revision: changed.revision, ..rule.clone() }, changed);
        assert_eq!(rule.abandon_after_ms, 200, "a setting of all lines");
    }

    #[tokio::test]
    async fn a_running_server_does_not_revert_another_servers_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = opened(&folder);
        let mut old = ConfiguredLines::new(port.clone(), settings(10, 100));
        old.follow().await.expect("followed");
        let new = start(&port, settings(10, 200)).await;
        old.follow().await.expect("followed");
        assert_eq!(port.rule(&line()).await.expect("answers"), Some(new));
    }

    /// Kind: what an administrator ended comes back by itself.
    #[tokio::test]
    async fn a_configured_line_that_was_ended_stays_so_until_a_server_starts() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = opened(&folder);
        let mut lines = ConfiguredLines::new(port.clone(), settings(10, 100));
        lines.follow().await.expect("followed");
        assert!(port.end_line(&line(), Clock::Engine).await.expect("ended"));
        for _ in 0..3 {
            lines.follow().await.expect("followed");
            assert_eq!(port.rule(&line()).await, Ok(None));
        }
        port.make_line(&line(), settings(5, 100).rule()).await.expect("made");
        lines.follow().await.expect("followed");
        assert_eq!(start(&port, settings(10, 100)).await.rate_per_second, 5);
        assert!(port.end_line(&line(), Clock::Engine).await.expect("ended"));
        lines.follow().await.expect("followed");
        assert_eq!(port.rule(&line()).await, Ok(None), "ended again");
        assert_eq!(start(&port, settings(10, 100)).await.rate_per_second, 10);
    }
}
