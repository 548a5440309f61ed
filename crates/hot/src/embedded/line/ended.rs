//! Lines that were ended, as long as anybody has a pass of theirs.

use super::guard::LineGuard;
use super::slot::Slot;
use super::{EmbeddedLines, kept, with_guard};
use crate::line::LineUser;
use crate::port::HotError;
use domain::line::{Line, LineId, LineRule, Pass};
use domain::{Timestamp, UserId};
use hashbrown::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is left of a line.
struct EndedLine {
    passes: HashMap<UserId, Pass>,
    /// The end of the last pass.
    until: Timestamp,
    /// By which the journal hears that the passes are forgotten.
    slot: Arc<Slot>,
}

/// All lines of which something is left.
#[derive(Default)]
pub(super) struct EndedLines(Mutex<HashMap<LineId, EndedLine>>);

impl EndedLines {
    /// As the journal has them.
    pub fn restored(passes: Vec<(LineId, UserId, Pass)>) -> Self {
        let ended = Self::default();
        for (line, user, pass) in passes {
            let slot = || Arc::new(Slot::new(0, line.clone(), Line::new(LineRule::new(0))));
            ended.keep(&line, [(user, pass)], slot);
        }
        ended
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<LineId, EndedLine>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, line: &LineId, passes: impl IntoIterator<Item = (UserId, Pass)>, slot: impl FnOnce() -> Arc<Slot>) {
        let mut passes = passes.into_iter().peekable();
        if passes.peek().is_none() {
            return;
        }
        let mut lines = self.lines();
        let ended = lines.entry_ref(line).or_insert_with(|| EndedLine {
            passes: HashMap::new(),
            until: Timestamp(i64::MIN),
            slot: slot(),
        });
        for (user, pass) in passes {
            ended.until = ended.until.max(pass.until);
            ended.passes.insert(user, pass);
        }
    }

    /// The live pass of a person.
    pub fn pass(&self, who: &LineUser, now: Timestamp) -> Option<Pass> {
        self.lines().get(&who.line)?.passes.get(&who.user).copied().filter(|pass| pass.lives_at(now))
    }

    /// A line of this name was made again.
    pub fn forget(&self, line: &LineId) {
        self.lines().remove(line);
    }

    /// Takes away the lines whose last pass has run out.
    fn run_out(&self, now: Timestamp) -> Vec<(LineId, EndedLine)> {
        self.lines().extract_if(|_, ended| ended.until <= now).collect()
    }
}

impl EmbeddedLines {
    /// See [`crate::line::LinePort::end_line`].
    pub(super) async fn end(&self, line: &LineId, now: Timestamp) -> Result<bool, HotError> {
        self.writer.catch_up().await;
        let Some((ended, pending)) = self.end_now(line, now)? else { return Ok(false) };
        // A line with a million people in it is not forgotten in a moment.
        drop(tokio::task::spawn_blocking(move || drop(ended)));
        kept(pending).await?;
        Ok(true)
    }

    fn end_now(&self, line: &LineId, now: Timestamp) -> Result<Option<super::Acted<Line>>, HotError> {
        // No line of this name is made meanwhile.
        let _making = self.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = self.slot(line) else { return Ok(None) };
        let acted = with_guard(&slot, &self.writer, |guard| guard.end_line(now))?;
        if let Some((ended, _)) = &acted {
            self.ended.keep(line, ended.people_inside(now), || slot);
        }
        self.slots.pin().remove(line);
        Ok(acted)
    }

    /// Forgets passes of ended lines that have run out, in the journal, too.
    pub(super) fn forget_ended(&self, now: Timestamp) {
        for (line, ended) in self.ended.run_out(now) {
            let mut guard = LineGuard::begin(&ended.slot, &self.writer);
            if let Err(error) = guard.forget_passes().and_then(|()| guard.end()) {
                // At the next start they are forgotten in any case.
                tracing::debug!(%line, %error, "the journal keeps passes that have run out");
            }
        }
    }
}
