//! The rules of lines as the check of every request sees them: a second old at most, and the last known ones while the
//! engine does not answer.

use domain::line::{LineId, LineRule};
use hot::HotError;
use hot::line::LinePort;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// For how long a rule is used without asking again.
const FRESH: Duration = Duration::from_secs(1);
/// For how long the last known rule is used while the engine does not answer.
const KEPT: Duration = Duration::from_secs(3_600);
/// Most rules in memory. Lines beyond it are asked for each time.
const LINES_MAX: usize = 10_000;

struct Known {
    rule: Arc<LineRule>,
    /// When the engine told it.
    told_at: Instant,
    /// When it is asked for again: one call asks, and all others use what is known meanwhile.
    ask_at: Instant,
}

/// Rules of lines, of one process. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct RuleCache {
    port: Arc<dyn LinePort>,
    rules: Arc<Mutex<HashMap<LineId, Known>>>,
}

impl RuleCache {
    /// Without any rule.
    pub fn new(port: Arc<dyn LinePort>) -> Self {
        Self { port, rules: Arc::default() }
    }

    fn rules(&self) -> MutexGuard<'_, HashMap<LineId, Known>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rule of a line; none if there is no such line. A line that is missing is asked for each time.
    ///
    /// # Errors
    /// [`HotError`] when the engine does not answer, and has not for an hour.
    pub async fn rule(&self, line: &LineId) -> Result<Option<Arc<LineRule>>, HotError> {
        if let Some(rule) = self.fresh(line) {
            return Ok(Some(rule));
        }
        match self.port.rule(line).await {
            Ok(Some(rule)) => Ok(Some(self.keep(line, rule))),
            Ok(None) => {
                self.rules().remove(line);
                Ok(None)
            }
            Err(error) => self.last(line).map(Some).ok_or(error),
        }
    }

    /// The known rule, unless this call is to ask for it.
    fn fresh(&self, line: &LineId) -> Option<Arc<LineRule>> {
        let now = Instant::now();
        let mut rules = self.rules();
        let known = rules.get_mut(line)?;
        if known.ask_at <= now || known.told_at + KEPT <= now {
            known.ask_at = now + FRESH;
            return None;
        }
        Some(known.rule.clone())
    }

    fn keep(&self, line: &LineId, rule: LineRule) -> Arc<LineRule> {
        let (rule, now) = (Arc::new(rule), Instant::now());
        let mut rules = self.rules();
        if rules.len() >= LINES_MAX {
            rules.retain(|_, known| known.ask_at > now);
        }
        if rules.len() < LINES_MAX || rules.contains_key(line) {
            rules.insert(line.clone(), Known { rule: rule.clone(), told_at: now, ask_at: now + FRESH });
        }
        rule
    }

    fn last(&self, line: &LineId) -> Option<Arc<LineRule>> {
        let rules = self.rules();
        rules.get(line).filter(|known| known.told_at.elapsed() < KEPT).map(|known| known.rule.clone())
    }

    /// Forgets what is known of a line that this process has changed or ended.
    pub fn forget(&self, line: &LineId) {
        self.rules().remove(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot::embedded::{EmbeddedLines, JournalOptions};
    use hot::line::Clock;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_change_and_an_end_are_seen_without_asking_for_every_request() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let port: Arc<dyn LinePort> = Arc::new(lines);
        let (line, cache) = ("queue:shop".parse::<LineId>().expect("a line"), RuleCache::new(port.clone()));
        assert_eq!(cache.rule(&line).await, Ok(None));
        port.make_line(&line, LineRule::new(1)).await.expect("made");
        let first = cache.rule(&line).await.expect("answers").expect("is there");
        let again = cache.rule(&line).await.expect("answers").expect("is there");
        assert!(Arc::ptr_eq(&first, &again), "it was asked for again at once");
        port.change_rule(&line, LineRule { paused: true, ..(*first).clone() }).await.expect("changed");
        let begun = Instant::now();
        while !cache.rule(&line).await.expect("answers").is_some_and(|rule| rule.paused) {
            assert!(begun.elapsed() < PATIENCE, "the change is not seen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        port.end_line(&line, Clock::Engine).await.expect("ended");
        while cache.rule(&line).await.expect("answers").is_some() {
            assert!(begun.elapsed() < PATIENCE, "the end is not seen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
