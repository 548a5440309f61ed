//! The only ways in which a payment changes. Each takes the row as it stands and answers the row as it is to be, or why
//! nothing may change: a compare-and-set. What is owed to others comes with it, for the same transaction.

mod asking;
mod decided;
mod given_back;
mod heard;
mod made;

pub use decided::Secured;
pub use made::Begin;

use super::model::{Payment, PaymentStatus, RefundKind, ToldCode};
use crate::message::event::{PaymentFailed, PaymentRefunded, PaymentSuccess};
use crate::time::Timestamp;

/// How long after FAILED a payment is looked up for the first time again, in milliseconds.
pub const FIRST_LOOK_BACK_MS: i64 = 60_000;
/// How often a SUCCESS is looked up, in milliseconds (hole 20).
pub const LOOK_AT_SUCCESS_MS: i64 = 24 * 3_600_000;
/// A payment that is not registered by then is looked up and FAILED, in milliseconds (hole 10).
pub const REGISTER_MS: i64 = 60_000;

/// Why a step is not made. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not PENDING any more.
    Decided(PaymentStatus),
    /// Another try has it for itself.
    Busy {
        /// Until when at most.
        until: Timestamp,
    },
    /// This try has lapsed, and another came.
    NotAsking,
    /// Its buyer was told that it is not taken: it can only be FAILED (hole 12).
    Told(ToldCode),
    /// Its reservation ended meanwhile, and not by an older hold (hole 14).
    Cancelled,
    /// It is registered already.
    Registered,
}

/// What is told of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// It is SUCCESS.
    Success(PaymentSuccess),
    /// It is FAILED.
    Failed(PaymentFailed),
    /// A SUCCESS was given back.
    Refunded(PaymentRefunded),
}

/// A step that was made. All of it is stored in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The payment from now on.
    pub payment: Payment,
    /// What is told.
    pub message: Option<Outgoing>,
    /// What is owed to the buyer from now on: a row of `refunds`, unless there is one of its kind (hole 18).
    pub refund: Option<Owed>,
}

/// Money that is owed to the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// What of the payment.
    pub kind: RefundKind,
    /// Why: the reason of the reservation's end, or of the payment's failure.
    pub reason: String,
}

impl Owed {
    /// Everything.
    fn all(reason: &str) -> Self {
        Self { kind: RefundKind::All, reason: reason.to_owned() }
    }

    /// What is beyond the amount.
    fn excess() -> Self {
        Self { kind: RefundKind::Excess, reason: RefundKind::Excess.as_str().to_owned() }
    }
}

impl Changed {
    /// A change that nobody is told of and that owes nothing.
    pub fn quietly(payment: Payment) -> Self {
        Self { payment, message: None, refund: None }
    }
}

fn later(now: Timestamp, ms: i64) -> Timestamp {
    Timestamp(now.millis().saturating_add(ms))
}

/// The earlier of two moments of which the first may be "never".
fn earlier(due: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    Some(due.map_or(at, |due| due.min(at)))
}
