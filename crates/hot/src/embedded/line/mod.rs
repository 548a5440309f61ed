//! Lines of one process: rules in memory, places journalled in SQLite before any caller is told.
//!
//! ```text
//! any thread --guard--> slot    one line, one call at a time: decides in memory
//!               \-----> writer  every line's changes in order -> journal, one flush a round -> answers
//! ```

mod calls;
pub use calls::read_pending;
mod change;
mod draw;
mod ended;
mod guard;
mod journal;
mod slot;

use super::file::{JournalError, JournalOptions};
use super::writer;
use crate::line::{Admission, Clock, Entrant, LinePort, LineUser, Recovery, RuleChange};
use crate::port::{HotError, HotHealth};
use async_trait::async_trait;
use calls::CallTables;
use domain::line::{
    DrawStep, EntryHash, Line, LineCounts, LineId, LineOutcome, LineRule, LineStatus, Pass, QueueNumber, ValueOutcome,
};
use domain::{PassId, Timestamp, UserId};
use ended::EndedLines;
use guard::{LineGuard, Pending};
use journal::LinesJournal;
use slot::Slot;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

type Writer = writer::Writer<LinesJournal>;
type Slots = papaya::HashMap<LineId, Arc<Slot>, hashbrown::DefaultHashBuilder>;

/// The embedded engine for lines. Cheap to clone; the last clone dropped stops its writer, when all is written.
///
/// A status that is on the disk is returned at once; a status that was changed lately is returned after the next flush.
/// While the journal cannot be written nothing is decided: a call whose changes could not be written ends with
/// [`HotError::Unknown`], for its decision stands as soon as it can be written; later calls end with
/// [`HotError::Unavailable`].
#[derive(Clone)]
pub struct EmbeddedLines {
    slots: Arc<Slots>,
    /// The last line's row in the journal; held while one is made.
    last_id: Arc<Mutex<i64>>,
    ended: Arc<EndedLines>,
    writer: Writer,
    calls: CallTables,
    checked: Arc<tokio::sync::Mutex<Option<(Instant, HotHealth)>>>,
}

/// A write is tried at most so often for health.
const CHECKED_EVERY: Duration = Duration::from_secs(2);

fn moment(clock: Clock) -> Timestamp {
    match clock {
        Clock::Engine => clock::now(),
        Clock::At(now) => now,
    }
}

impl EmbeddedLines {
    /// Opens or makes the journal `lines.db` in `folder` and reads it.
    ///
    /// # Errors
    /// [`JournalError`]: in use by another process, of another format, damaged, or unreadable.
    pub fn open(folder: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        let journal = LinesJournal::open(folder, options)?;
        let told = journal.restore(clock::now())?;
        let ended = EndedLines::restored(journal.restore_passes(clock::now())?);
        let last_id = told.last().map_or(0, |line| line.id);
        let slots: Slots = told.into_iter().map(|line| (line.name.clone(), Arc::new(Slot::stored(line)))).collect();
        let calls = CallTables::open(journal.path())?;
        let writer = Writer::start(journal)?;
        Ok(Self {
            slots: Arc::new(slots),
            last_id: Arc::new(Mutex::new(last_id)),
            ended: Arc::new(ended),
            writer,
            calls,
            checked: Arc::default(),
        })
    }

    /// Whether the writer has ended: it panicked, and nothing is decided until the engine is opened again.
    pub fn has_failed(&self) -> bool {
        self.writer.has_failed()
    }

    fn slot(&self, line: &LineId) -> Option<Arc<Slot>> {
        self.slots.pin().get(line).cloned()
    }

    /// Makes a line, unless it exists. Returns whether it did, and what to wait for until the line is on the disk.
    fn make(&self, line: &LineId, rule: LineRule) -> Result<(bool, Option<Pending>), HotError> {
        let mut last_id = self.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = self.slot(line) {
            let known = with_guard(&slot, &self.writer, |guard| Ok(guard.rule()))?;
            return Ok((false, known.and_then(|(_, pending)| pending)));
        }
        let slot = Arc::new(Slot::new(*last_id + 1, line.clone(), Line::new(rule)));
        let made = with_guard(&slot, &self.writer, |guard| guard.make())?;
        *last_id += 1;
        self.slots.pin().insert(line.clone(), slot);
        self.ended.forget(line);
        Ok((true, made.and_then(|((), pending)| pending)))
    }

    /// Lets a call do something in a line; what it says is returned when it is on the disk. None where there is no line.
    async fn act<T>(
        &self,
        line: &LineId,
        act: impl FnOnce(&mut LineGuard<'_>) -> Result<T, HotError>,
    ) -> Result<Option<T>, HotError> {
        let Some(slot) = self.slot(line) else { return Ok(None) };
        let Some((value, pending)) = with_guard(&slot, &self.writer, act)? else { return Ok(None) };
        kept(pending).await?;
        Ok(Some(value))
    }

    /// As [`Self::act`], for what may change a line.
    async fn change<T>(
        &self,
        line: &LineId,
        act: impl FnOnce(&mut LineGuard<'_>) -> Result<T, HotError>,
    ) -> Result<Option<T>, HotError> {
        self.writer.catch_up().await;
        self.act(line, act).await
    }

    /// Lets people of any lines do something, each line's in order.
    async fn act_all<W>(
        &self,
        batch: &[W],
        who: impl Fn(&W) -> &LineUser,
        act: impl Fn(&mut LineGuard<'_>, &W) -> Result<(LineStatus, u64), HotError>,
    ) -> Vec<Result<LineStatus, HotError>> {
        let mut heard = vec![Ok(LineStatus::NoLine); batch.len()];
        let mut groups = Vec::new();
        for (line, members) in by_line(batch.iter().map(|one| &who(one).line)) {
            let Some(slot) = self.slot(line) else { continue };
            let group = with_guard(&slot, &self.writer, |guard| {
                Ok(members.iter().map(|at| act(guard, &batch[*at])).collect::<Vec<_>>())
            });
            match group {
                Ok(None) => {}
                Ok(Some((told, pending))) => groups.push((slot, members, told, pending)),
                Err(error) => members.iter().for_each(|at| heard[*at] = Err(error.clone())),
            }
        }
        for (slot, members, told, pending) in groups {
            let kept = kept(pending).await;
            for (at, told) in members.into_iter().zip(told) {
                heard[at] = told.and_then(|(standing, record)| match &kept {
                    Err(error) if !slot.is_kept(record) => Err(error.clone()),
                    _ => Ok(standing),
                });
            }
        }
        heard
    }
}

/// What a call says, and what to wait for before the caller gets it.
type Acted<T> = (T, Option<Pending>);

/// Lets one call act on a line; none if the line was ended meanwhile.
fn with_guard<T>(
    slot: &Arc<Slot>,
    writer: &Writer,
    act: impl FnOnce(&mut LineGuard<'_>) -> Result<T, HotError>,
) -> Result<Option<Acted<T>>, HotError> {
    let mut guard = LineGuard::begin(slot, writer);
    if guard.has_ended() {
        return Ok(None);
    }
    let value = act(&mut guard)?;
    Ok(Some((value, guard.end()?)))
}

/// Waits where there is something to wait for.
async fn kept(pending: Option<Pending>) -> Result<(), HotError> {
    match pending {
        Some(pending) => pending.kept().await,
        None => Ok(()),
    }
}

/// The places in a batch of each line's people, lines in order of appearance.
fn by_line<'a>(batch: impl Iterator<Item = &'a LineId>) -> Vec<(&'a LineId, Vec<usize>)> {
    let mut groups: Vec<(&LineId, Vec<usize>)> = Vec::new();
    let mut known = hashbrown::HashMap::new();
    for (at, of) in batch.enumerate() {
        // Most batches are of one line.
        let group = match groups.last() {
            Some((line, _)) if *line == of => groups.len() - 1,
            _ => *known.entry(of).or_insert(groups.len()),
        };
        match groups.get_mut(group) {
            Some((_, members)) => members.push(at),
            None => groups.push((of, vec![at])),
        }
    }
    groups
}

#[async_trait]
impl LinePort for EmbeddedLines {
    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<bool, HotError> {
        self.writer.catch_up().await;
        let (is_made, pending) = self.make(line, rule)?;
        kept(pending).await?;
        Ok(is_made)
    }

    async fn end_line(&self, line: &LineId, clock: Clock) -> Result<bool, HotError> {
        self.end(line, moment(clock)).await
    }

    async fn kept_pass(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        Ok(self.ended.pass(who, moment(clock)))
    }

    /// The journal loses no line.
    async fn recover_line(&self, line: &LineId) -> Result<Recovery, HotError> {
        Ok(if self.slot(line).is_some() { Recovery::There } else { Recovery::Ended })
    }

    async fn change_rule(&self, line: &LineId, rule: LineRule) -> Result<RuleChange, HotError> {
        let change = self.change(line, |guard| guard.change_rule(rule)).await?;
        Ok(change.unwrap_or(RuleChange::NoLine))
    }

    /// A write is tried: records that could not be written, or else a small one.
    async fn health(&self) -> HotHealth {
        let mut checked = self.checked.lock().await;
        if let Some((at, health)) = checked.as_ref()
            && at.elapsed() < CHECKED_EVERY
        {
            return health.clone();
        }
        let written = self.writer.check().await;
        let health = HotHealth { down: written.err().map(|error| error.to_string()), warnings: Vec::new() };
        *checked = Some((Instant::now(), health.clone()));
        health
    }

    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError> {
        self.act(line, |guard| Ok(guard.rule())).await
    }

    async fn lines(&self) -> Result<Vec<LineId>, HotError> {
        self.forget_ended(clock::now());
        Ok(self.slots.pin().values().filter(|slot| slot.is_kept(1)).map(|slot| slot.name.clone()).collect())
    }

    async fn enter_from(&self, batch: Vec<Entrant>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        self.writer.catch_up().await;
        let now = moment(clock);
        self.act_all(&batch, |one| &one.who, |guard, one| guard.enter(&one.who.user, one.network, now)).await
    }

    async fn check_in(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        let now = moment(clock);
        self.act_all(&batch, |who| who, |guard, who| guard.check_in(&who.user, now)).await
    }

    fn check_in_now(&self, who: &LineUser) -> Option<LineStatus> {
        let Some(slot) = self.slot(&who.line) else { return Some(LineStatus::NoLine) };
        let told = with_guard(&slot, &self.writer, |guard| guard.check_in_now(&who.user, clock::now()));
        // A status that is not on the disk yet must be waited for.
        match told.ok()? {
            None => Some(LineStatus::NoLine),
            Some((standing, pending)) => standing.filter(|_| pending.is_none()),
        }
    }

    async fn leave(&self, who: &LineUser, clock: Clock) -> Result<bool, HotError> {
        let left = self.change(&who.line, |guard| guard.leave(&who.user, moment(clock))).await?;
        Ok(left.unwrap_or(false))
    }

    async fn admit(&self, line: &LineId, passes: Vec<PassId>, clock: Clock) -> Result<Admission, HotError> {
        let admission = self.change(line, |guard| guard.admit(&passes, moment(clock))).await?;
        Ok(admission.unwrap_or(Admission { admitted: Vec::new(), next_in_ms: None }))
    }

    async fn admit_newcomer(&self, who: &LineUser, pass: PassId, clock: Clock) -> Result<Option<Pass>, HotError> {
        let now = moment(clock);
        Ok(self.change(&who.line, |guard| guard.admit_newcomer(&who.user, pass, now)).await?.flatten())
    }

    async fn renew(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        let now = moment(clock);
        Ok(self.change(&who.line, |guard| guard.renew(&who.user, now)).await?.flatten())
    }

    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        let back = self.change(line, |guard| guard.put_back(moment(clock))).await?;
        Ok(back.unwrap_or_default())
    }

    async fn put_all_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        let back = self.change(line, |guard| guard.put_all_back(moment(clock))).await?;
        Ok(back.unwrap_or_default())
    }

    async fn finish(&self, who: &LineUser, outcome: LineOutcome) -> Result<bool, HotError> {
        let has = self.change(&who.line, |guard| guard.finish(&who.user, outcome)).await?;
        Ok(has.unwrap_or(false))
    }

    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        self.continue_draw(line, moment(clock)).await
    }

    async fn give_draw_value(&self, line: &LineId, value: &[u8]) -> Result<ValueOutcome, HotError> {
        let outcome = self.change(line, |guard| guard.give_draw_value(value)).await?;
        Ok(outcome.unwrap_or(ValueOutcome::NotAwaited))
    }

    async fn draw_entries(&self, line: &LineId, first: u32, most: u32) -> Result<Option<Vec<EntryHash>>, HotError> {
        Ok(self.act(line, |guard| Ok(guard.entries(first, most))).await?.flatten())
    }

    fn is_quiet(&self, line: &LineId) -> bool {
        let Some(slot) = self.slot(line) else { return false };
        let counts = with_guard(&slot, &self.writer, |guard| Ok(guard.counts(0, clock::now())));
        // A line that was ended meanwhile is not at rest: it is gone.
        counts.ok().flatten().is_some_and(|(counts, pending)| {
            pending.is_none() && counts.waiting + counts.inactive + counts.processing + counts.inside == 0
        })
    }

    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError> {
        self.act(line, |guard| Ok(guard.counts(gone_max, moment(clock)))).await
    }
}
