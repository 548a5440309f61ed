//! Its calls. An answer that does not come says nothing: half of the time what was asked for has happened.

use super::record::{Cancellation, PayOutcome, Record};
use crate::machine::{Machine, WORLD};
use domain::Timestamp;
use domain::id::PaymentKey;
use domain::payment::refund::{Answer, Attempt};
use domain::payment::{Away, GivenBackStatus, Lookup};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Our limit for a call, in milliseconds (`payment.timeout_ms`).
const LIMIT_MS: i64 = 10_000;
/// A call that hangs on its way is carried out within this time, in milliseconds.
const LATE_MS: i64 = 60_000;
/// A cancellation that was only taken up is decided within this time, in milliseconds.
const DECIDED_MS: i64 = 7_200_000;

/// The provider. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Provider {
    machine: Machine,
    records: Rc<RefCell<BTreeMap<PaymentKey, Record>>>,
    skew_ms: i64,
    away_until_ms: Rc<Cell<i64>>,
    /// Thousandths of calls without an answer.
    faults: u32,
}

/// What happens to a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    /// Carried out, and not answered.
    Silent,
    /// Neither.
    Lost,
}

impl Provider {
    pub(crate) fn new(machine: &Machine, skew_ms: i64, faults: u32) -> Self {
        Self {
            machine: machine.clone(),
            records: Rc::default(),
            skew_ms,
            away_until_ms: Rc::new(Cell::new(i64::MIN)),
            faults,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.machine.now_ms() + self.skew_ms)
    }

    pub(crate) fn go_away(&self, until_ms: i64) {
        self.away_until_ms.set(until_ms);
    }

    async fn arrive(&self) -> Fate {
        self.machine.point();
        self.machine.sleep(self.machine.pick(5..60)).await;
        if self.machine.now_ms() < self.away_until_ms.get() {
            return Fate::Lost;
        }
        match self.machine.fault(self.faults) {
            false => Fate::Answered,
            true if self.machine.chance(500) => Fate::Silent,
            true => Fate::Lost,
        }
    }

    /// No answer: at once, or at the end of our patience.
    async fn silence(&self) -> Away {
        if self.machine.chance(500) {
            return Away::Broken;
        }
        self.machine.sleep(LIMIT_MS).await;
        Away::TimedOut
    }

    fn with<T>(&self, key: PaymentKey, work: impl FnOnce(&mut Record, &Self) -> T) -> T {
        let mut records = self.records.borrow_mut();
        let record = records.entry(key).or_default();
        record.settle(self.machine.now_ms(), self.now());
        work(record, self)
    }

    /// `POST /payments/{id}/pre-register`.
    pub(crate) async fn register(&self, key: PaymentKey, total: i64) -> Result<(), Away> {
        let fate = self.arrive().await;
        if fate != Fate::Lost {
            self.with(key, |record, _| record.total = total);
        }
        if fate == Fate::Answered { Ok(()) } else { Err(self.silence().await) }
    }

    /// `GET /payments/{id}`.
    pub(crate) async fn look_up(&self, key: PaymentKey) -> Result<Lookup, Away> {
        if self.arrive().await != Fate::Answered {
            return Err(self.silence().await);
        }
        if !self.records.borrow().contains_key(&key) {
            return Ok(Lookup::NotFound);
        }
        Ok(Lookup::Found(Box::new(self.with(key, |record, _| record.found()))))
    }

    /// `POST /payments/{id}/cancel`. Without an attempt: all that can be given back, and no questions.
    pub(crate) async fn cancel(&self, key: PaymentKey, idempotency_key: Option<String>, attempt: Attempt) -> Answer {
        let fate = self.arrive().await;
        if fate == Fate::Answered {
            return self.take_up(key, idempotency_key, attempt);
        }
        // Carried out, at once or when we have long given up; or never.
        let late_ms = if self.machine.chance(500) { self.machine.pick(0..LATE_MS) } else { 0 };
        if fate == Fate::Silent {
            let there = self.clone();
            self.machine.spawn(WORLD, async move {
                there.machine.sleep(late_ms).await;
                there.take_up(key, idempotency_key, attempt);
            });
        }
        self.silence().await;
        Answer::Unknown
    }

    fn take_up(&self, key: PaymentKey, idempotency_key: Option<String>, attempt: Attempt) -> Answer {
        self.with(key, |record, this| match idempotency_key {
            Some(idempotency_key) => this.cancel_once(record, idempotency_key, attempt),
            None => this.cancel_now(record, attempt),
        })
    }

    /// The first answer under a key is the answer for ever, a no, too.
    fn cancel_once(&self, record: &mut Record, idempotency_key: String, attempt: Attempt) -> Answer {
        if let Some((amount, cancellable, answer)) = record.kept.get(&idempotency_key) {
            let is_same = (*amount, *cancellable) == (attempt.amount, attempt.cancellable);
            return if is_same { answer.clone() } else { Answer::Refused };
        }
        let answer = if attempt.cancellable == record.cancellable() {
            self.cancel_now(record, attempt)
        } else {
            Answer::Outdated
        };
        record.kept.insert(idempotency_key, (attempt.amount, attempt.cancellable, answer.clone()));
        answer
    }

    fn cancel_now(&self, record: &mut Record, attempt: Attempt) -> Answer {
        if attempt.amount > record.cancellable() || attempt.amount <= 0 {
            return Answer::Outdated;
        }
        let number = record.cancellations.len() as u32 + 1;
        let is_unsure = self.machine.fault(if self.faults > 0 { 1_000 } else { 0 });
        let (status, settles) = match self.machine.pick(0..10) {
            0 if is_unsure => (GivenBackStatus::Failed, None),
            1 if is_unsure => {
                let at_ms = self.machine.now_ms() + self.machine.pick(0..DECIDED_MS);
                (GivenBackStatus::Requested, Some((at_ms, self.machine.chance(500))))
            }
            _ => (GivenBackStatus::Succeeded, None),
        };
        let amount = attempt.amount;
        record.cancellations.push(Cancellation { number, amount, status, settles, is_by_hand: false });
        match status {
            GivenBackStatus::Failed => Answer::Refused,
            status => Answer::TakenUp {
                cancellation: Some(format!("c-{number}")),
                is_done: status == GivenBackStatus::Succeeded,
            },
        }
    }

    /// A buyer's window. Returns the name of the transaction; none when nothing was paid, or when it was paid before.
    pub(crate) fn pay(&self, key: PaymentKey, outcome: PayOutcome) -> Option<String> {
        self.with(key, |record, this| {
            if record.paid > 0 || record.total == 0 {
                return None;
            }
            record.hides_moment = this.machine.chance(50);
            match outcome {
                PayOutcome::Paid => record.take(record.total, this.now()),
                PayOutcome::Twice => {
                    record.take(record.total, this.now());
                    record.paid += record.total;
                }
                PayOutcome::Less => record.take(record.total / 2, this.now()),
                PayOutcome::Refused => record.has_failed = true,
                PayOutcome::Later { at_ms, is_paid } => record.later = Some((at_ms, is_paid)),
            }
            (record.transaction > 0).then(|| record.transaction_name())
        })
    }

    /// An operator gives money back in the console. Returns what was given back.
    pub(crate) fn give_back_by_hand(&self, key: PaymentKey, is_whole: bool) -> i64 {
        self.with(key, |record, _| {
            let left = record.cancellable();
            let amount = if is_whole { left } else { left / 3 };
            if amount > 0 {
                let (number, status) = (record.cancellations.len() as u32 + 1, GivenBackStatus::Succeeded);
                record.cancellations.push(Cancellation { number, amount, status, settles: None, is_by_hand: true });
            }
            amount
        })
    }

    /// When something is still to be decided there, and not by us.
    pub(crate) fn next_decision_ms(&self, key: PaymentKey) -> Option<i64> {
        let records = self.records.borrow();
        let record = records.get(&key)?;
        let cancellations = record.cancellations.iter().filter_map(|one| one.settles);
        cancellations.chain(record.later).map(|(at_ms, _)| at_ms).min()
    }

    /// The list of payments of our store.
    pub(crate) fn keys(&self) -> Vec<PaymentKey> {
        self.records.borrow().keys().copied().collect()
    }

    /// Everything, for those who stand outside.
    pub(crate) fn records(&self) -> BTreeMap<PaymentKey, Record> {
        let mut records = self.records.borrow_mut();
        for record in records.values_mut() {
            record.settle(self.machine.now_ms(), self.now());
        }
        records.clone()
    }
}
