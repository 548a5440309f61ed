//! Steps of reservations: those of many callers are decided together, by the rules of [`domain::reservation`], in one transaction
//! with their messages ([`ledger::group`]).
//!
//! ```text
//! locked: the named rows, then holds that are over and in the way, then the counter
//! decided: in a book of what was read ([`domain::reservation::ReservationBook`]), one after the other
//! written: seats, counter, reservations, messages, calls
//! ```
//!
//! The outcome of a step that comes again is what stands. After [`LedgerError::Unavailable`] a step may have been stored or not:
//! ask again with the same request.

mod decide;
mod fence;
mod message;

pub(crate) use decide::{Opened, Wished, decide_all};
pub use fence::Fence;
pub(crate) use message::Cause;

use crate::rows::TimeSource;
use crate::rows::cancelled;
use async_trait::async_trait;
use call::{Entry, Facts};
use domain::catalog::PreciseTime;
use domain::reservation::{
    Cancellation, ClaimRequest, HoldWish, Refusal, SecureRequest, Step, StepAnswer, SwapWish, UseWish,
};
use domain::{AccountId, ReservationId, ScheduleId};
use ledger::group::{Asked, GroupCommit, Steps};
use ledger::{Ledger, LedgerError, Transaction};
use serde_json::json;
use std::collections::BTreeMap;

/// What has come of a step.
pub type Outcome = Result<StepAnswer, Refusal>;

/// What steps are decided by.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Whose clock decides (hole 15).
    pub time: TimeSource,
    /// What is known of numbers that others have stored (hole 7).
    pub fence: Fence,
}

/// A step, with what is known of its call.
#[derive(Clone, Debug)]
struct Request {
    step: Step,
    cause: Cause,
}

/// The machine for steps. Cheap to clone.
#[derive(Clone)]
pub struct ReservationSteps {
    ledger: Ledger,
    group: GroupCommit<Decider>,
    terms: Terms,
}

struct Decider(Terms);

#[async_trait]
impl Steps for Decider {
    type Step = Request;
    type Outcome = Outcome;

    const NAME: &'static str = "reservation";

    /// Steps of one schedule that may want the same seats stand in one lane, as far as they name it.
    fn key(request: &Request) -> u64 {
        let id = match &request.step {
            Step::Hold(wish) => wish.schedule.get(),
            other => other.reservation().get(),
        };
        let (high, low) = id.as_u64_pair();
        high ^ low
    }

    async fn decide(&self, change: &Transaction, asked: &[Asked<Request>]) -> Result<Vec<Outcome>, LedgerError> {
        let wished: Vec<Wished<'_>> = asked
            .iter()
            .map(|one| Wished { step: &one.step.step, cause: &one.step.cause, is_done: one.is_done() })
            .collect();
        let outcomes = decide_all(change, &wished, &self.0).await?;
        for (one, outcome) in asked.iter().zip(&outcomes) {
            if let Ok(answer) = outcome
                && answer.has_changed
            {
                one.settle(change, |request| entry_of(&request.step, answer)).await?;
            }
        }
        Ok(outcomes)
    }
}

/// What the audit log says of a step by the call under way: of tickets at doors, where and when. All else is the buyer's own.
fn entry_of(step: &Step, answer: &StepAnswer) -> Option<Entry> {
    let (Step::Use(_), Some(mark)) = (step, &answer.reservation.used) else { return None };
    Entry::of(Facts {
        action: "ticket.use",
        target: format!("reservation:{}", answer.reservation.id),
        before: None,
        after: Some(json!({"gate": mark.gate, "usedAt": PreciseTime(mark.at)})),
    })
}

impl ReservationSteps {
    /// Starts the lanes. Needs a tokio runtime.
    pub fn start(ledger: &Ledger, terms: Terms) -> Self {
        let group = GroupCommit::start(ledger, Decider(terms.clone()));
        Self { ledger: ledger.clone(), group, terms }
    }

    /// What is decided by.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The number that others have stored is above the own counter, or not (hole 7): looked up now, for health and alarms.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn is_behind(&self) -> Result<bool, LedgerError> {
        self.terms.fence.is_behind(&self.ledger).await
    }

    /// Does one step.
    ///
    /// # Errors
    /// [`LedgerError`]; a refusal is an outcome.
    pub async fn decide(&self, step: Step) -> Result<Outcome, LedgerError> {
        self.group.run(Request { step, cause: Cause::of_call() }).await
    }

    /// Makes a reservation of seats that hot state holds already (RSV-001, RSV-005).
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn hold(&self, wish: HoldWish) -> Result<Outcome, LedgerError> {
        self.decide(Step::Hold(wish)).await
    }

    /// Changes the seats of a hold (RSV-002). `given_up` goes in hot state afterwards.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn swap(&self, wish: SwapWish) -> Result<Outcome, LedgerError> {
        self.decide(Step::Swap(wish)).await
    }

    /// Lets a hold live longer, once.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn extend(
        &self,
        reservation: ReservationId,
        user: AccountId,
        by_ms: i64,
    ) -> Result<Outcome, LedgerError> {
        self.decide(Step::Extend { reservation, user, by_ms }).await
    }

    /// Lets a hold go (`DELETE /reservations/hold/{id}`).
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn release_hold(&self, reservation: ReservationId, user: AccountId) -> Result<Outcome, LedgerError> {
        self.decide(Step::ReleaseHold { reservation, user }).await
    }

    /// Cancels (`DELETE /reservations/{id}`); `paid_amount` of the answer is what goes back.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn cancel(&self, request: Cancellation) -> Result<Outcome, LedgerError> {
        self.decide(Step::Cancel(request)).await
    }

    /// Lets a payment stand on a reservation (hole 10).
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] where the payment stands on another reservation; others.
    pub async fn claim(&self, request: ClaimRequest) -> Result<Outcome, LedgerError> {
        self.decide(Step::Claim(request)).await
    }

    /// Keeps the seats for a payment that has its money (holes 4, 15, 16). Afterwards hot state keeps them, too.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn secure(&self, request: SecureRequest) -> Result<Outcome, LedgerError> {
        self.decide(Step::Secure(request)).await
    }

    /// Marks a ticket as used (RSV-016, hole 19). The audit log says where and when, as it is stored.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn mark_used(&self, wish: UseWish) -> Result<Outcome, LedgerError> {
        self.decide(Step::Use(wish)).await
    }

    /// The catalog calls schedules cancelled: as if `EventCancelled` had come (hole 6). Cheap where they are remembered.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn remember_cancelled(&self, schedules: &[ScheduleId]) -> Result<(), LedgerError> {
        let asked = schedules.iter().copied().collect();
        let known = cancelled::among(self.ledger.connection(), &asked).await?;
        let new = asked.into_iter().filter(|id| !known.contains_key(id));
        let new: BTreeMap<ScheduleId, Cause> = new.map(|id| (id, Cause::default())).collect();
        if new.is_empty() {
            return Ok(());
        }
        let remember = async |change: Transaction| {
            cancelled::remember(&change, &new).await?;
            change.commit().await
        };
        self.ledger.change(remember).await
    }
}
