//! When a decided payment is looked up again, and what of it an operator is told (holes 13 and 20): pure.
//!
//! A FAILED one is looked up for a day at least, since money may still be taken: its buyer's window was open. The look-back
//! ends with an answer, not with an hour: after an outage of thirty hours there is one more look. A SUCCESS is looked up each
//! day until its schedule has ended, since an operator may give money back in PortOne's console and the notice may be lost.

use super::lookup::{Lookup, Money, ProviderStatus};
use super::model::{CouponState, CouponUse, Payment, PaymentStatus};
use super::steps::LOOK_AT_SUCCESS_MS;
use crate::time::Timestamp;

/// For how long after FAILED money is looked for at least, in milliseconds.
pub const LOOK_BACK_MS: i64 = 24 * 3_600_000;
/// The longest time for which a payment is looked up that nobody ever tried to pay, in milliseconds. Whoever pays it later
/// all the same is found by the daily comparison with PortOne's list.
pub const READY_MS_MAX: i64 = 30 * 24 * 3_600_000;
/// Shortest pause between two looks, in milliseconds.
const PAUSE_MS_MIN: i64 = 15_000;
/// Longest pause within the look-back, in milliseconds.
const PAUSE_MS_MAX: i64 = 3_600_000;
/// Longest pause after it, while PortOne is not done, in milliseconds.
const LATE_PAUSE_MS_MAX: i64 = 24 * 3_600_000;

/// Whether a payment can still change at PortOne without anybody's doing there.
fn is_final(lookup: &Lookup) -> bool {
    match lookup {
        Lookup::NotFound => true,
        Lookup::Found(found) => found.status.is_final(),
    }
}

/// When a payment is looked up again after a look-up that was answered now; none: never. `is_over`: whether its schedule is
/// known to have ended. A payment that is PENDING is not a matter of this module.
pub fn next_look(payment: &Payment, lookup: &Lookup, is_over: bool, now: Timestamp) -> Option<Timestamp> {
    let later = |ms: i64| Timestamp(now.millis().saturating_add(ms));
    match payment.status {
        PaymentStatus::Pending => payment.due_at,
        PaymentStatus::Failed => look_back(payment.failed_at.unwrap_or(payment.created_at), lookup, now),
        PaymentStatus::Success => (!is_over).then(|| later(LOOK_AT_SUCCESS_MS)),
        PaymentStatus::Refunded => {
            let end = payment.refunded_at.map_or(now.millis(), |at| at.millis().saturating_add(LOOK_BACK_MS));
            (now.millis() < end).then_some(Timestamp(end))
        }
    }
}

fn look_back(failed_at: Timestamp, lookup: &Lookup, now: Timestamp) -> Option<Timestamp> {
    let age = now.millis().saturating_sub(failed_at.millis()).max(0);
    let pause = age / 4;
    if age < LOOK_BACK_MS {
        let end = failed_at.millis().saturating_add(LOOK_BACK_MS);
        let next = now.millis().saturating_add(pause.clamp(PAUSE_MS_MIN, PAUSE_MS_MAX));
        return Some(Timestamp(next.min(end)));
    }
    let was_never_tried = matches!(lookup, Lookup::Found(found) if found.status == ProviderStatus::Ready);
    let is_over = is_final(lookup) || (was_never_tried && age >= READY_MS_MAX);
    (!is_over).then(|| Timestamp(now.millis().saturating_add(pause.min(LATE_PAUSE_MS_MAX))))
}

/// The same payment, whose coupon is asked for once more a day after its end. A call of a try that had lapsed may have reached
/// coupon after the answer that the coupon is back; by now none is on its way any more (hole 21).
#[must_use]
pub fn with_coupon_asked_again(payment: &Payment, now: Timestamp) -> Payment {
    let ended_at = match payment.status {
        PaymentStatus::Failed => payment.failed_at,
        PaymentStatus::Refunded => payment.refunded_at,
        PaymentStatus::Pending | PaymentStatus::Success => None,
    };
    let is_late = ended_at.is_some_and(|at| now.millis().saturating_sub(at.millis()) >= LOOK_BACK_MS);
    let again = |coupon: CouponUse| match coupon.state {
        CouponState::Released if is_late => {
            CouponUse { state: CouponState::Releasing, due_at: Some(now), tries: 0, ..coupon }
        }
        _ => coupon,
    };
    Payment { coupon: payment.coupon.map(again), ..payment.clone() }
}

/// What an operator is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// PortOne says that there is no such payment, or that nothing was taken, and we have seen money taken (hole 2).
    Contradiction,
    /// A SUCCESS was given back in part at PortOne; its ticket is good (hole 2).
    GivenBackInPart,
    /// More was taken than the amount of a SUCCESS (hole 18).
    TakenTwice,
    /// A SUCCESS was given back whole, and not by us (hole 20).
    GivenBackThere,
    /// Money was taken of a payment that had failed, or was given back.
    TakenLate,
}

impl Alarm {
    /// Its name in the metric and the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contradiction => "contradiction",
            Self::GivenBackInPart => "given_back_in_part",
            Self::TakenTwice => "taken_twice",
            Self::GivenBackThere => "given_back_there",
            Self::TakenLate => "taken_late",
        }
    }

    /// What is to be done.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Contradiction => {
                "PortOne does not know money that it has shown before; compare payment.portone.store_id and the console"
            }
            Self::GivenBackInPart => {
                "part of a paid ticket was given back in PortOne's console; the ticket stays good, a later refund is of the rest"
            }
            Self::TakenTwice => "more was taken than the ticket costs; the excess is given back by itself",
            Self::GivenBackThere => {
                "a paid ticket was given back in PortOne's console; its reservation is cancelled by itself"
            }
            Self::TakenLate => "money was taken of a payment that had ended; it is given back by itself",
        }
    }
}

/// What a look-up of a decided payment shows that nobody here has done. `payment`: as it was before the look-up;
/// `is_owed`: whether a refund of all is owed already.
pub fn alarm(payment: &Payment, lookup: &Lookup, is_owed: bool) -> Option<Alarm> {
    let money = lookup.money();
    let is_nothing = money == (Money { total: money.total, ..Money::default() });
    if is_nothing {
        return payment.was_seen_paid().then_some(Alarm::Contradiction);
    }
    let (left, was_left) = (money.left(), payment.kept_amount());
    match payment.status {
        _ if is_owed => None,
        PaymentStatus::Pending => None,
        PaymentStatus::Failed | PaymentStatus::Refunded => (left > was_left).then_some(Alarm::TakenLate),
        PaymentStatus::Success if left == 0 => Some(Alarm::GivenBackThere),
        PaymentStatus::Success if left > payment.amount => (left > was_left).then_some(Alarm::TakenTwice),
        PaymentStatus::Success if left < payment.amount => (left < was_left).then_some(Alarm::GivenBackInPart),
        PaymentStatus::Success => None,
    }
}

#[cfg(test)]
#[path = "look_back_tests.rs"]
mod tests;
