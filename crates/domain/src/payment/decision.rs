//! What follows from a look-up of a PENDING payment (PAY-010, PAY-011, PAY-016).

use super::lookup::{Channel, Found, Lookup, ProviderStatus};
use super::model::{FailureReason, Payment, ToldCode};
use super::refund::captured;
use super::standing::Ended;
use crate::time::Timestamp;

/// The currency of all prices.
pub const CURRENCY: &str = "KRW";

/// Why a payment is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion<'a> {
    /// The buyer's page says that it is paid. The hold runs, or the seats are kept.
    Confirm {
        /// The transaction that the page names.
        transaction: &'a str,
    },
    /// A notice of PortOne, or our own look-up, while the hold runs.
    Notice,
    /// The hold is over, or its reservation is.
    Settlement(Ended),
    /// Reservation has the ticket: the payment was SUCCESS once, and was lost with its database (hole 9).
    Sold,
}

/// What an operator has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether money over a channel of tests counts (`payment.portone.accept_test_channel`).
    pub accept_test_channel: bool,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is paid as it was to be: reservation is asked to keep the seats for what was paid at this moment; a yes is SUCCESS,
    /// a no FAILED ([`refused_by_reservation`]).
    Secure {
        /// When it was paid.
        paid_at: Timestamp,
    },
    /// It is FAILED. What was taken is given back.
    Fail(FailureReason),
    /// PortOne is not done, or the buyer may still pay: it stays PENDING.
    Wait,
    /// The answer cannot be believed: it stays PENDING, and an operator is told.
    Disbelieve,
}

/// Decides. Closes hole 2 (money is `paid` less `cancelled`, whatever the status; a payment that was seen paid cannot be
/// unknown), 13 (under way is unpaid at settlement), 12 (with `told` nothing is secured) and 15 (`paid_at`).
pub fn decide(payment: &Payment, lookup: &Lookup, occasion: Occasion<'_>, policy: Policy, now: Timestamp) -> Decision {
    match lookup {
        // It is SUCCESS again, whatever was given back of it since: that is told as of any SUCCESS (holes 2 and 20).
        Lookup::Found(found) if occasion == Occasion::Sold && captured(found.money) > 0 => {
            Decision::Secure { paid_at: paid_at(payment, found, now) }
        }
        Lookup::NotFound if payment.was_seen_paid() => Decision::Disbelieve,
        Lookup::NotFound => unpaid(payment, ProviderStatus::Ready, occasion),
        Lookup::Found(found) if found.money.left() == 0 => unpaid(payment, found.status, occasion),
        Lookup::Found(found) => paid(payment, found, occasion, policy, now),
    }
}

/// Nothing is taken, or all of it was given back.
fn unpaid(payment: &Payment, status: ProviderStatus, occasion: Occasion<'_>) -> Decision {
    match occasion {
        Occasion::Confirm { .. } if status.is_under_way() => Decision::Wait,
        Occasion::Confirm { .. } | Occasion::Sold => Decision::Fail(FailureReason::NotPaid),
        Occasion::Notice => Decision::Wait,
        Occasion::Settlement(ended) => Decision::Fail(reason_of_end(payment, ended)),
    }
}

fn paid(payment: &Payment, found: &Found, occasion: Occasion<'_>, policy: Policy, now: Timestamp) -> Decision {
    if let Some(reason) = mismatch(payment, found, occasion, policy) {
        return Decision::Fail(reason);
    }
    match (payment.told, occasion) {
        (Some(told), _) => Decision::Fail(reason_told(told.code)),
        (None, Occasion::Settlement(Ended::Cancelled)) => Decision::Fail(FailureReason::ReservationCancelled),
        (None, _) => Decision::Secure { paid_at: paid_at(payment, found, now) },
    }
}

/// What is wrong with money that was taken.
fn mismatch(payment: &Payment, found: &Found, occasion: Occasion<'_>, policy: Policy) -> Option<FailureReason> {
    let money = found.money;
    // Taken twice for the right total is the buyer's payment and something beyond it, which is given back (hole 18).
    let is_amount = money.total == payment.amount && money.paid >= payment.amount && money.cancelled == 0;
    let is_other_transaction = match occasion {
        Occasion::Confirm { transaction } => found.transaction.as_deref() != Some(transaction),
        Occasion::Notice | Occasion::Settlement(_) | Occasion::Sold => false,
    };
    if !is_amount {
        Some(FailureReason::AmountMismatch)
    } else if found.currency != CURRENCY {
        Some(FailureReason::CurrencyMismatch)
    } else if !found.is_our_store {
        Some(FailureReason::StoreMismatch)
    } else if is_other_transaction {
        Some(FailureReason::TxIdMismatch)
    } else if found.channel == Channel::Test && !policy.accept_test_channel {
        Some(FailureReason::TestChannel)
    } else {
        None
    }
}

/// When it was paid: PortOne's moment, cut to our first look-up that saw it; that one where PortOne names none (hole 15).
pub fn paid_at(payment: &Payment, found: &Found, now: Timestamp) -> Timestamp {
    let seen = payment.first_paid_at.unwrap_or(now);
    found.paid_at.map_or(seen, |at| at.min(seen))
}

/// Whether the moment of this look-up decides when it was paid, so that it must be stored before anything follows from it.
pub fn must_keep_moment(payment: &Payment, found: &Found, now: Timestamp) -> bool {
    payment.first_paid_at.is_none() && found.money.left() > 0 && found.paid_at.is_none_or(|at| at > now)
}

/// Why a payment fails whose seats reservation would not keep: its answer is final (hole 4).
pub fn refused_by_reservation(payment: &Payment, occasion: Occasion<'_>, paid_at: Timestamp) -> FailureReason {
    match occasion {
        Occasion::Settlement(Ended::Cancelled) => FailureReason::ReservationCancelled,
        _ if paid_at >= payment.hold_expires_at => FailureReason::HoldExpired,
        _ => FailureReason::SeatsGone,
    }
}

fn reason_of_end(payment: &Payment, ended: Ended) -> FailureReason {
    match (payment.told, ended) {
        (Some(told), _) => reason_told(told.code),
        (None, Ended::RunOut) => FailureReason::HoldExpired,
        (None, Ended::Cancelled) => FailureReason::ReservationCancelled,
    }
}

/// The reason of a payment whose buyer was told so at confirm.
pub fn reason_told(code: ToldCode) -> FailureReason {
    match code {
        ToldCode::HoldExpired => FailureReason::HoldExpired,
        ToldCode::NotPayable => FailureReason::ReservationCancelled,
    }
}
