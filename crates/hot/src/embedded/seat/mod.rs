//! Seats of one process: rules in memory, holds journalled in SQLite before any caller is told.
//!
//! ```text
//! any thread --guard--> slot    one schedule, one call at a time: decides in memory
//!               \-----> writer  every schedule's changes in order -> journal, one flush a round -> answers
//! ```

mod guard;
mod journal;
mod slot;

use super::file::{JournalError, JournalOptions};
use super::writer;
use crate::port::line::Clock;
use crate::port::{HotError, HotHealth, SeatPort};
use async_trait::async_trait;
use domain::seat::{
    HoldOutcome, HoldRequest, Holding, PutRight, Release, SeatBook, SeatCounts, SeatHold, SeatsNow, Window,
};
use domain::{ScheduleId, SeatId, Timestamp};
use guard::{Pending, SeatGuard};
use journal::SeatsJournal;
use slot::Slot;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Writer = writer::Writer<SeatsJournal>;
type Slots = papaya::HashMap<ScheduleId, Arc<Slot>, hashbrown::DefaultHashBuilder>;

/// A write is tried at most so often for health.
const CHECKED_EVERY: Duration = Duration::from_secs(2);

/// The embedded engine for seats. Cheap to clone; the last clone dropped stops its writer, when all is written.
///
/// A refusal is told at once: it writes nothing, but for the end of a hold that it met. While the journal cannot be written
/// nothing is decided: a call whose changes could not be written ends with [`HotError::Unknown`], for its decision stands as
/// soon as it can be written; later calls end with [`HotError::Unavailable`], and only what stands is shown.
#[derive(Clone)]
pub struct EmbeddedSeats {
    /// One for each schedule that was ever asked for here: they are few, and are forgotten at the next start.
    slots: Arc<Slots>,
    /// The sequence with which every book begins.
    sequence: u64,
    writer: Writer,
    checked: Arc<tokio::sync::Mutex<Option<(Instant, HotHealth)>>>,
}

fn moment(clock: Clock) -> Timestamp {
    match clock {
        Clock::Engine => clock::now(),
        Clock::At(now) => now,
    }
}

/// What requests of one schedule are answered, and what to wait for before they are told.
struct Group<T> {
    /// Their places in the batch.
    places: Vec<usize>,
    /// One answer each.
    decided: Result<(Vec<T>, Option<Pending>), HotError>,
}

impl EmbeddedSeats {
    /// Opens or makes the journal `seats.db` in `folder` and reads it.
    ///
    /// # Errors
    /// [`JournalError`]: in use by another process, of another format, damaged, or unreadable.
    pub fn open(folder: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        let journal = SeatsJournal::open(folder, options)?;
        let sequence = journal.next_sequence(clock::now())?;
        let book = |(schedule, stands)| {
            let book = SeatBook::restored(stands, sequence);
            (schedule, Arc::new(Slot::new(schedule, book)))
        };
        let slots: Slots = journal.restore()?.into_iter().map(book).collect();
        let writer = Writer::start(journal)?;
        Ok(Self { slots: Arc::new(slots), sequence, writer, checked: Arc::default() })
    }

    /// Whether the writer has ended: it panicked, and nothing is decided until the engine is opened again.
    pub fn has_failed(&self) -> bool {
        self.writer.has_failed()
    }

    /// The schedule's, made where there is none.
    fn slot(&self, schedule: ScheduleId) -> Arc<Slot> {
        let slots = self.slots.pin();
        let make = || Arc::new(Slot::new(schedule, SeatBook::new(self.sequence)));
        slots.get_or_insert_with(schedule, make).clone()
    }

    /// Decides on the requests of each schedule in their order.
    fn decide<R, T>(
        &self,
        batch: &[R],
        schedule: impl Fn(&R) -> ScheduleId,
        act: impl Fn(&mut SeatBook, &R) -> T,
        must_wait: impl Fn(&T) -> bool,
    ) -> Vec<Group<T>> {
        let mut places: BTreeMap<ScheduleId, Vec<usize>> = BTreeMap::new();
        for (place, request) in batch.iter().enumerate() {
            places.entry(schedule(request)).or_default().push(place);
        }
        let of_one = |(schedule, places): (ScheduleId, Vec<usize>)| {
            let slot = self.slot(schedule);
            let decided = SeatGuard::begin(&slot, &self.writer).map(|mut guard| {
                let answer = |place: &usize| guard.call(|book| act(book, &batch[*place]));
                let answers: Vec<T> = places.iter().map(answer).collect();
                let waits = answers.iter().any(&must_wait);
                (answers, guard.end(waits))
            });
            Group { places, decided }
        };
        places.into_iter().map(of_one).collect()
    }

    /// As [`EmbeddedSeats::decide`]; what must wait is told when it is on the disk. One answer each.
    async fn each<R: Sync, T: Send>(
        &self,
        batch: &[R],
        schedule: impl Fn(&R) -> ScheduleId + Send,
        act: impl Fn(&mut SeatBook, &R) -> T + Send,
        must_wait: impl Fn(&T) -> bool + Send + Sync,
    ) -> Vec<Result<T, HotError>> {
        self.writer.catch_up().await;
        let groups = self.decide(batch, schedule, act, &must_wait);
        let mut told: Vec<(usize, Result<T, HotError>)> = Vec::with_capacity(batch.len());
        for Group { places, decided } in groups {
            match decided {
                Err(error) => told.extend(places.into_iter().map(|place| (place, Err(error.clone())))),
                Ok((answers, pending)) => {
                    let kept = kept(pending).await;
                    let tell = |answer| match &kept {
                        Err(error) if must_wait(&answer) => Err(error.clone()),
                        _ => Ok(answer),
                    };
                    told.extend(places.into_iter().zip(answers.into_iter().map(tell)));
                }
            }
        }
        told.sort_unstable_by_key(|(place, _)| *place);
        told.into_iter().map(|(_, answer)| answer).collect()
    }

    /// One call on one book, told when it is on the disk, with all before it.
    async fn change<T>(&self, schedule: ScheduleId, act: impl FnOnce(&mut SeatBook) -> T) -> Result<T, HotError> {
        self.writer.catch_up().await;
        let (value, pending) = {
            let slot = self.slot(schedule);
            let mut guard = SeatGuard::begin(&slot, &self.writer)?;
            let value = guard.call(act);
            (value, guard.end(true))
        };
        kept(pending).await?;
        Ok(value)
    }
}

/// Waits where there is something to wait for.
async fn kept(pending: Option<Pending>) -> Result<(), HotError> {
    match pending {
        Some(pending) => pending.kept().await,
        None => Ok(()),
    }
}

#[async_trait]
impl SeatPort for EmbeddedSeats {
    async fn hold(&self, batch: Vec<HoldRequest>, clock: Clock) -> Vec<Result<HoldOutcome, HotError>> {
        let now = moment(clock);
        let must_wait = |outcome: &HoldOutcome| matches!(outcome, HoldOutcome::Held { .. });
        self.each(&batch, |request| request.schedule, move |book, request| book.hold(request, now), must_wait).await
    }

    async fn release(&self, batch: Vec<Release>, clock: Clock) -> Vec<Result<Vec<SeatId>, HotError>> {
        let now = moment(clock);
        self.each(&batch, |release| release.of.schedule, move |book, release| book.release(release, now), |_| true)
            .await
    }

    async fn extend(&self, of: &Holding, until: Timestamp, clock: Clock) -> Result<Vec<SeatId>, HotError> {
        let now = moment(clock);
        self.change(of.schedule, |book| book.extend(of, until, now)).await
    }

    async fn keep(&self, of: &Holding, clock: Clock) -> Result<Vec<SeatId>, HotError> {
        let now = moment(clock);
        self.change(of.schedule, |book| book.keep(of, now)).await
    }

    async fn sold(&self, of: &Holding, _clock: Clock) -> Result<Vec<SeatId>, HotError> {
        self.change(of.schedule, |book| book.sold(of)).await
    }

    async fn holds(&self, schedule: ScheduleId, window: Window, clock: Clock) -> Result<SeatsNow, HotError> {
        let now = moment(clock);
        let slot = self.slot(schedule);
        let Ok(mut guard) = SeatGuard::begin(&slot, &self.writer) else {
            return Ok(slot.state().book.look(window, now));
        };
        let seats = guard.call(|book| book.holds(window, now));
        // That a hold has run out the clock tells: nobody waits until the journal has it, too.
        guard.end(false);
        Ok(seats)
    }

    async fn counts(&self, schedule: ScheduleId, clock: Clock) -> Result<SeatCounts, HotError> {
        let slot = self.slots.pin().get(&schedule).cloned();
        Ok(slot.map(|slot| slot.state().book.counts(moment(clock))).unwrap_or_default())
    }

    async fn put_right(
        &self,
        schedule: ScheduleId,
        rows: Vec<(SeatId, SeatHold)>,
        older_than: Timestamp,
        window: Window,
        clock: Clock,
    ) -> Result<PutRight, HotError> {
        let now = moment(clock);
        self.change(schedule, |book| book.put_right(&rows, older_than, window, now)).await
    }

    async fn schedules(&self) -> Result<Vec<ScheduleId>, HotError> {
        let slots: Vec<Arc<Slot>> = self.slots.pin().values().cloned().collect();
        Ok(slots.iter().filter(|slot| !slot.state().book.is_empty()).map(|slot| slot.schedule).collect())
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
}
