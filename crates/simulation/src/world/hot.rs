//! Hot state: a book of holds for each schedule, by a clock of its own. All of it can be lost.

use crate::machine::Machine;
use domain::ScheduleId;
use domain::Timestamp;
use domain::seat::{HoldOutcome, HoldRequest, Holding, Release, SeatBook, SeatHold, SeatsNow, Window};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// No answer; what was asked for may have happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HotAway;

/// The engine.
pub(crate) struct Hot {
    machine: Machine,
    books: RefCell<BTreeMap<ScheduleId, SeatBook>>,
    /// How often it was asked for a change, or lost.
    changes: Cell<u64>,
    skew_ms: i64,
    away_until_ms: Cell<i64>,
    /// Thousandths of answers that are lost.
    lost_answers: u32,
}

impl Hot {
    pub(crate) fn new(machine: &Machine, skew_ms: i64, lost_answers: u32) -> Self {
        Self {
            machine: machine.clone(),
            books: RefCell::default(),
            changes: Cell::new(0),
            skew_ms,
            away_until_ms: Cell::new(i64::MIN),
            lost_answers,
        }
    }

    /// The time by the engine's clock.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.machine.now_ms() + self.skew_ms)
    }

    async fn ask<T>(
        &self,
        schedule: ScheduleId,
        work: impl FnOnce(&mut SeatBook, Timestamp) -> T,
    ) -> Result<T, HotAway> {
        self.machine.sleep(self.machine.pick(0..4)).await;
        if self.machine.now_ms() < self.away_until_ms.get() {
            return Err(HotAway);
        }
        let answer = self.at_once(schedule, work);
        self.machine.point();
        let is_lost = self.machine.fault(self.lost_answers);
        self.machine.sleep(self.machine.pick(0..4)).await;
        if is_lost { Err(HotAway) } else { Ok(answer) }
    }

    fn at_once<T>(&self, schedule: ScheduleId, work: impl FnOnce(&mut SeatBook, Timestamp) -> T) -> T {
        self.changes.set(self.changes.get() + 1);
        let mut books = self.books.borrow_mut();
        work(books.entry(schedule).or_insert_with(|| SeatBook::new(1)), self.now())
    }

    pub(crate) async fn hold(&self, request: &HoldRequest) -> Result<HoldOutcome, HotAway> {
        self.ask(request.schedule, |book, now| book.hold(request, now)).await
    }

    pub(crate) async fn release(&self, release: &Release) -> Result<(), HotAway> {
        self.ask(release.of.schedule, |book, now| drop(book.release(release, now))).await
    }

    pub(crate) async fn extend(&self, of: &Holding, until: Timestamp) -> Result<(), HotAway> {
        self.ask(of.schedule, |book, now| drop(book.extend(of, until, now))).await
    }

    pub(crate) async fn keep(&self, of: &Holding) -> Result<(), HotAway> {
        self.ask(of.schedule, |book, now| drop(book.keep(of, now))).await
    }

    pub(crate) async fn sold(&self, of: &Holding) -> Result<(), HotAway> {
        self.ask(of.schedule, |book, _| drop(book.sold(of))).await
    }

    pub(crate) async fn put_right(
        &self,
        schedule: ScheduleId,
        rows: &[(domain::SeatId, SeatHold)],
        older_than: Timestamp,
        window: Window,
    ) -> Result<(), HotAway> {
        self.ask(schedule, |book, now| book.put_right(rows, older_than, window, now)).await.map(|_| ())
    }

    /// What stands, for those who stand outside.
    pub(crate) fn stands(&self, schedule: ScheduleId) -> SeatsNow {
        self.at_once(schedule, |book, now| book.holds(Window::OPEN, now))
    }

    /// As of a database.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// All of it is lost.
    pub(crate) fn lose(&self) {
        self.changes.set(self.changes.get() + 1);
        self.books.borrow_mut().clear();
    }

    pub(crate) fn go_away(&self, until_ms: i64) {
        self.away_until_ms.set(until_ms);
    }
}
