//! What becomes of money after the decision: found later, given back, found cancelled at PortOne.

use super::{Changed, Outgoing, Owed, later};
use crate::catalog::PreciseTime;
use crate::message::event::PaymentRefunded;
use crate::payment::look_back::LOOK_BACK_MS;
use crate::payment::lookup::Lookup;
use crate::payment::model::{CouponState, CouponUse, Payment, PaymentStatus};
use crate::payment::refund::{amounts, captured};
use crate::time::Timestamp;

impl Payment {
    /// A look-up after the decision, of whichever status, was answered.
    ///
    /// - FAILED, and REFUNDED where money was taken once more: what is left is owed whole. The status stays, and nobody is told
    ///   `PaymentRefunded` by that.
    /// - SUCCESS of which nothing is left, whoever gave it back: REFUNDED with `reason`, told always (hole 20), and the coupon
    ///   is owed back. In part given back it stays SUCCESS, its ticket good (hole 2). More than its amount left: the
    ///   excess is owed (hole 18).
    /// - PENDING: only the facts are kept. "There is no such payment" changes nothing where money was seen.
    #[must_use]
    pub fn found_after(&self, lookup: &Lookup, reason: &str, now: Timestamp) -> Changed {
        let looked = self.looked(lookup, now);
        let Lookup::Found(found) = lookup else { return Changed::quietly(looked) };
        let left = found.money.left();
        let why = self.failure.map_or(reason, |failure| failure.as_str());
        match self.status {
            PaymentStatus::Failed | PaymentStatus::Refunded if left > 0 => {
                Changed { payment: looked, message: None, refund: Some(Owed::all(why)) }
            }
            PaymentStatus::Success if captured(found.money) > 0 && left == 0 => {
                let cancellation = amounts(lookup).cancellation.unwrap_or_default();
                looked.given_back_whole(cancellation, reason, now)
            }
            PaymentStatus::Success if left > self.amount => {
                Changed { payment: looked, message: None, refund: Some(Owed::excess()) }
            }
            PaymentStatus::Pending | PaymentStatus::Success | PaymentStatus::Failed | PaymentStatus::Refunded => {
                Changed::quietly(looked)
            }
        }
    }

    fn given_back_whole(self, cancellation: String, reason: &str, now: Timestamp) -> Changed {
        let mut payment = self;
        payment.status = PaymentStatus::Refunded;
        payment.refunded_at = Some(now);
        // Money that is taken once more is seen by one more look.
        payment.due_at = payment.due(Some(later(now, LOOK_BACK_MS))).due_at;
        payment.release_coupon(now);
        let message = PaymentRefunded {
            payment_id: payment.id.get(),
            payment_key: payment.key.get(),
            reservation_id: payment.reservation.get(),
            schedule_id: payment.schedule,
            seat_ids: payment.seats.clone(),
            amount: payment.amount,
            reason: reason.to_owned(),
            refunded_at: PreciseTime(now),
            portone_cancellation_id: cancellation,
        };
        Changed { payment, message: Some(Outgoing::Refunded(message)), refund: None }
    }

    /// Coupon has answered that its holder has it, or that it never was this payment's: 404, lapsed and done already count
    /// (hole 21). Nothing for a coupon that is not owed back.
    #[must_use]
    pub fn coupon_released(&self) -> Self {
        self.with_coupon(|coupon| CouponUse { state: CouponState::Released, due_at: None, tries: 0, ..coupon })
    }

    /// Coupon has not answered.
    #[must_use]
    pub fn coupon_unanswered(&self, due_at: Timestamp) -> Self {
        let tries = |coupon: CouponUse| coupon.tries.saturating_add(1);
        self.with_coupon(|coupon| CouponUse { due_at: Some(due_at), tries: tries(coupon), ..coupon })
    }

    fn with_coupon(&self, change: impl Fn(CouponUse) -> CouponUse) -> Self {
        let owed = |coupon: &CouponUse| coupon.state == CouponState::Releasing;
        Self { coupon: self.coupon.map(|coupon| if owed(&coupon) { change(coupon) } else { coupon }), ..self.clone() }
    }
}
