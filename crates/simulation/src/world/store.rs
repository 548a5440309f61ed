//! A database: rows that change in transactions, a clock of its own, and copies of what was.

use super::messages::Rows;
use crate::machine::{Machine, Notify};
use domain::Timestamp;
use std::cell::{Cell, RefCell};

/// No answer of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRows {
    /// Nothing has happened.
    Away,
    /// The commit may have happened.
    Unknown,
}

/// A database with these rows.
pub(crate) struct Store<R> {
    machine: Machine,
    rows: RefCell<R>,
    /// Told when a transaction has written messages.
    pub(crate) outbox_news: Notify,
    /// How often rows were changed.
    changes: Cell<u64>,
    away_until_ms: Cell<i64>,
    skew_ms: Cell<i64>,
    /// Thousandths of commits whose answer is lost.
    lost_commits: u32,
    copy: RefCell<Option<R>>,
}

impl<R: Rows> Store<R> {
    pub(crate) fn new(machine: &Machine, rows: R, skew_ms: i64, lost_commits: u32) -> Self {
        Self {
            machine: machine.clone(),
            rows: RefCell::new(rows),
            outbox_news: Notify::default(),
            changes: Cell::new(0),
            away_until_ms: Cell::new(i64::MIN),
            skew_ms: Cell::new(skew_ms),
            lost_commits,
            copy: RefCell::new(None),
        }
    }

    /// The time by the database's clock.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.machine.now_ms() + self.skew_ms.get())
    }

    /// One transaction. It must not change anything when it refuses.
    pub(crate) async fn change<T>(&self, work: impl FnOnce(&mut R, Timestamp) -> T) -> Result<T, NoRows> {
        self.arrive().await?;
        self.machine.point();
        let answer = self.at_once(work);
        self.machine.point();
        let is_lost = self.machine.fault(self.lost_commits);
        self.machine.sleep(self.machine.pick(0..8)).await;
        if is_lost { Err(NoRows::Unknown) } else { Ok(answer) }
    }

    /// A look at what is committed.
    pub(crate) async fn read<T>(&self, look: impl FnOnce(&R, Timestamp) -> T) -> Result<T, NoRows> {
        self.arrive().await?;
        Ok(look(&self.rows.borrow(), self.now()))
    }

    async fn arrive(&self) -> Result<(), NoRows> {
        self.machine.sleep(self.machine.pick(0..8)).await;
        if self.is_away() { Err(NoRows::Away) } else { Ok(()) }
    }

    /// The same without the way there: for what the world does by itself.
    pub(crate) fn at_once<T>(&self, work: impl FnOnce(&mut R, Timestamp) -> T) -> T {
        self.changes.set(self.changes.get() + 1);
        let mut rows = self.rows.borrow_mut();
        let written = rows.messages().outbox.len();
        let answer = work(&mut rows, self.now());
        if rows.messages().outbox.len() > written {
            self.outbox_news.tell(&self.machine);
        }
        answer
    }

    /// The rows as they are, for those who stand outside.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&R) -> T) -> T {
        look(&self.rows.borrow())
    }

    /// How often rows were changed: who has seen a number of changes need not look at the same again.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.get()
    }

    pub(crate) fn is_away(&self) -> bool {
        self.machine.now_ms() < self.away_until_ms.get()
    }

    pub(crate) fn go_away(&self, until_ms: i64) {
        self.away_until_ms.set(until_ms);
    }

    /// Keeps a copy of the rows.
    pub(crate) fn save(&self) {
        *self.copy.borrow_mut() = Some(self.rows.borrow().clone());
    }

    /// Puts the copy back. Whether there was one.
    pub(crate) fn put_back(&self) -> bool {
        let copy = self.copy.borrow_mut().take();
        let is_there = copy.is_some();
        self.changes.set(self.changes.get() + 1);
        if let Some(copy) = copy {
            *self.rows.borrow_mut() = copy;
        }
        is_there
    }
}
