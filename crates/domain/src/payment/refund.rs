//! A refund until it is done (PAY-016; holes 1 and 18): pure.
//!
//! ```text
//! REQUESTED -look-up-> nothing is left ------------------------------------> DONE
//!        |-> something is left: attempt n is stored, then asked for
//!        |     |-> no answer: the outcome is unknown, n is asked for again
//!        |     `-> an answer, yes or no: looked up again, what is left then is asked for as n + 1
//!        `-> a cancellation is under way: looked up later
//! ```
//!
//! An answer to a cancellation never ends a refund; a look-up does. PortOne tells a kept answer for ever under the same
//! key, a failure, too. So a definite no gets a new key, and an unknown outcome keeps the old one with the same words.
//! Each attempt names what the look-up before it left, and PortOne refuses it when that is no longer so: two attempts at
//! once never give back more than was taken.

use super::lookup::{Found, GivenBackStatus, Lookup, Money};
use super::model::{Payment, PaymentStatus, RefundKind, RefundStatus};
use super::pause;
use crate::id::{PaymentId, RefundId};
use crate::time::Timestamp;

/// What is asked of PortOne under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The number in its key, from 1.
    pub number: u32,
    /// What is to be given back, in won.
    pub amount: i64,
    /// What can be given back, as the look-up before it said.
    pub cancellable: i64,
}

/// A refund that is owed, or was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The id, which begins the keys of its attempts.
    pub id: RefundId,
    /// The payment. It has at most one refund of a kind.
    pub payment: PaymentId,
    /// What of the payment.
    pub kind: RefundKind,
    /// Why, as `PaymentRefunded` says it: `USER_REQUEST`, `EVENT_CANCELLED`, or why the payment is FAILED.
    pub reason: String,
    /// Where it stands.
    pub status: RefundStatus,
    /// The number of the last attempt; 0 before the first.
    pub attempts: u32,
    /// The last attempt, if its outcome is unknown.
    pub open: Option<Attempt>,
    /// Looks and attempts since it was owed.
    pub tries: u32,
    /// When it is looked at next; none once it is done.
    pub due_at: Option<Timestamp>,
    /// PortOne's own name of the last cancellation.
    pub cancellation: Option<String>,
}

/// What a look-up asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing is left: the refund is done.
    Done(Amounts),
    /// This is to be stored ([`Refund::begin`]) and then asked for.
    Ask(Attempt),
    /// Nothing can be asked for now.
    Wait(Waiting),
}

/// Why nothing can be asked for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A cancellation is under way.
    UnderWay,
    /// PortOne says that nothing was ever taken, and we have seen it taken: an operator must look.
    Contradiction,
}

/// The amounts of a payment at PortOne, in won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// Taken.
    pub captured: i64,
    /// Given back of it.
    pub refunded: i64,
    /// PortOne's own name of the last cancellation that succeeded.
    pub cancellation: Option<String>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// PortOne has taken it up, done or to be done; with its name of the cancellation.
    TakenUp {
        /// PortOne's own name of it.
        cancellation: Option<String>,
        /// Whether it says that it is done.
        is_done: bool,
    },
    /// A definite no, such as a cancellation that is `FAILED`.
    Refused,
    /// A definite no, because another amount is left than the attempt says, or none: a look-up tells what is.
    Outdated,
    /// No answer, or one that does not tell: it may have happened, or may still happen.
    Unknown,
}

/// Reads PortOne's refusal of a cancellation: its HTTP status and the `type` of its error.
pub fn refusal(status: u16, kind: &str) -> Answer {
    match (status, kind) {
        (_, "IDEMPOTENCY_OUTSTANDING_REQUEST") | (408 | 429 | 500.., _) => Answer::Unknown,
        // Our secret, our store or a proxy: no word about this payment.
        (401 | 403, _) | (404, "") => Answer::Unknown,
        (_, "PAYMENT_ALREADY_CANCELLED" | "PAYMENT_NOT_PAID" | "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN")
        | (_, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT" | "SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT") => Answer::Outdated,
        _ => Answer::Refused,
    }
}

/// What was taken. Some answers say `paid` less what was given back of it.
pub fn captured(money: Money) -> i64 {
    money.paid.max(money.cancelled)
}

/// What a refund of this kind still has to give back.
pub fn left(kind: RefundKind, amount: i64, money: Money) -> i64 {
    match kind {
        RefundKind::All => money.left(),
        RefundKind::Excess => (money.left() - amount).max(0),
    }
}

fn is_under_way(found: &Found) -> bool {
    let unsettled = |status| matches!(status, GivenBackStatus::Requested | GivenBackStatus::Unknown);
    found.given_back.iter().any(|one| unsettled(one.status))
}

/// The amounts of a payment as a look-up says them.
pub fn amounts(lookup: &Lookup) -> Amounts {
    let money = lookup.money();
    let done = |found: &Found| {
        let succeeded = found.given_back.iter().rev().find(|one| one.status == GivenBackStatus::Succeeded);
        succeeded.map(|one| one.id.clone())
    };
    let cancellation = if let Lookup::Found(found) = lookup { done(found) } else { None };
    Amounts { captured: captured(money), refunded: money.cancelled, cancellation }
}

impl Refund {
    /// A refund that is owed from now on.
    pub fn owed(id: RefundId, payment: PaymentId, kind: RefundKind, reason: &str, now: Timestamp) -> Self {
        Self {
            id,
            payment,
            kind,
            reason: reason.to_owned(),
            status: RefundStatus::Requested,
            attempts: 0,
            open: None,
            tries: 0,
            due_at: Some(now),
            cancellation: None,
        }
    }

    /// The same refund once more, because money was taken after it was done. Keys go on where they were.
    #[must_use]
    pub fn owed_again(&self, now: Timestamp) -> Self {
        match self.status {
            RefundStatus::Requested => Self { due_at: Some(now), ..self.clone() },
            RefundStatus::Done => {
                Self { status: RefundStatus::Requested, open: None, tries: 0, due_at: Some(now), ..self.clone() }
            }
        }
    }

    /// The `Idempotency-Key` of an attempt.
    pub fn key(&self, attempt: Attempt) -> String {
        format!("{}-{}", self.id, attempt.number)
    }

    /// What follows from an answered look-up of its payment.
    pub fn next(&self, payment: &Payment, lookup: &Lookup) -> Next {
        let money = lookup.money();
        if money == (Money { total: money.total, ..Money::default() }) {
            let was_seen = payment.was_seen_paid() || payment.status != PaymentStatus::Failed;
            return if was_seen { Next::Wait(Waiting::Contradiction) } else { Next::Done(amounts(lookup)) };
        }
        let left = left(self.kind, payment.amount, money);
        if left == 0 {
            return Next::Done(amounts(lookup));
        }
        if let Lookup::Found(found) = lookup
            && is_under_way(found)
        {
            return Next::Wait(Waiting::UnderWay);
        }
        let new = Attempt { number: self.attempts.saturating_add(1), amount: left, cancellable: money.left() };
        Next::Ask(self.open.unwrap_or(new))
    }

    /// As it is stored before the attempt is asked for.
    #[must_use]
    pub fn begin(&self, attempt: Attempt) -> Self {
        Self { attempts: attempt.number, open: Some(attempt), ..self.clone() }
    }

    /// As it is stored after an attempt was answered, or was not.
    #[must_use]
    pub fn answered(&self, answer: &Answer, now: Timestamp) -> Self {
        let tries = self.tries.saturating_add(1);
        let waits = Self { tries, due_at: Some(pause::after_tries(tries, now)), ..self.clone() };
        match answer {
            Answer::Unknown => waits,
            Answer::Refused => Self { open: None, ..waits },
            Answer::Outdated => Self { open: None, due_at: Some(waits.look_at(now)), ..waits },
            Answer::TakenUp { cancellation, is_done } => {
                let due_at = if *is_done { Some(waits.look_at(now)) } else { waits.due_at };
                let cancellation = cancellation.clone().or_else(|| self.cancellation.clone());
                Self { open: None, cancellation, due_at, ..waits }
            }
        }
    }

    /// A look-up is due now: but one that finds the same again and again waits.
    fn look_at(&self, now: Timestamp) -> Timestamp {
        if self.tries <= 3 { now } else { pause::after_tries(self.tries, now) }
    }

    /// As it is stored when nothing can be asked for, or the look-up was not answered.
    #[must_use]
    pub fn waited(&self, now: Timestamp) -> Self {
        let tries = self.tries.saturating_add(1);
        Self { tries, due_at: Some(pause::after_tries(tries, now)), ..self.clone() }
    }

    /// As it is stored when it is done.
    #[must_use]
    pub fn done(&self, amounts: &Amounts) -> Self {
        let cancellation = amounts.cancellation.clone().or_else(|| self.cancellation.clone());
        Self { status: RefundStatus::Done, open: None, due_at: None, cancellation, ..self.clone() }
    }
}

#[cfg(test)]
#[path = "refund_tests.rs"]
mod tests;
