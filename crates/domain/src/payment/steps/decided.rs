//! A payment is SUCCESS or FAILED: once, by the try that has it for itself.

use super::{Changed, FIRST_LOOK_BACK_MS, LOOK_AT_SUCCESS_MS, Outgoing, Owed, Refusal, later};
use crate::catalog::PreciseTime;
use crate::id::{ScheduleId, SeatId};
use crate::message::event::{PaymentFailed, PaymentSuccess};
use crate::payment::lookup::{Found, Lookup};
use crate::payment::model::{AskId, CouponState, FailureReason, Payment, PaymentStatus};
use crate::time::Timestamp;

/// What `secure` answered: the seats are kept until the payment is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secured {
    /// The number of the hold that is kept; a new one where seats were taken again (hole 16).
    pub hold_no: i64,
    /// The schedule.
    pub schedule: ScheduleId,
    /// The seats.
    pub seats: Vec<SeatId>,
}

impl Payment {
    /// Paid, and reservation keeps the seats: SUCCESS, and told. What was captured beyond the amount is owed (hole 18).
    ///
    /// # Errors
    /// [`Refusal::Decided`], [`Refusal::NotAsking`], [`Refusal::Told`] (hole 12), [`Refusal::Cancelled`]: SUCCESS is never
    /// written over a note that its hold or a later one ended (hole 14).
    pub fn succeed(
        &self,
        by: AskId,
        found: &Found,
        secured: &Secured,
        paid_at: Timestamp,
        now: Timestamp,
    ) -> Result<Changed, Refusal> {
        self.demand_asking(by)?;
        if let Some(told) = self.told {
            return Err(Refusal::Told(told.code));
        }
        if self.cancelled.as_ref().is_some_and(|note| note.hold_no.is_none_or(|ended| ended >= secured.hold_no)) {
            return Err(Refusal::Cancelled);
        }
        let mut payment = self.clone();
        payment.keep_facts(found, now);
        // PortOne names every payment by our key; where it has no other name the ticket is not refused for that.
        payment.transaction = payment.transaction.or_else(|| Some(payment.key.to_string()));
        payment.status = PaymentStatus::Success;
        payment.hold_no = secured.hold_no;
        payment.schedule = secured.schedule;
        payment.seats.clone_from(&secured.seats);
        payment.paid_at = Some(paid_at);
        payment.looked_at = Some(now);
        payment.tries = 0;
        // What was given back of it already is told as of any SUCCESS that is looked up again (hole 20).
        let is_whole = found.money.left() >= payment.amount;
        payment = payment.due(Some(if is_whole { later(now, LOOK_AT_SUCCESS_MS) } else { now }));
        payment.asking = None;
        if let Some(coupon) = &mut payment.coupon {
            coupon.state = CouponState::Confirmed;
        }
        let message = Some(Outgoing::Success(payment.success()));
        let refund = (found.money.left() > payment.amount).then(Owed::excess);
        Ok(Changed { payment, message, refund })
    }

    fn success(&self) -> PaymentSuccess {
        PaymentSuccess {
            payment_key: self.key.get(),
            reservation_id: self.reservation.get(),
            amount: self.amount,
            paid_at: PreciseTime(self.paid_at.unwrap_or_default()),
            schedule_id: self.schedule,
            seat_ids: self.seats.clone(),
            portone_transaction_id: self.transaction.clone().unwrap_or_default(),
            hold_no: Some(self.hold_no),
            coupon_id: self.coupon.map(|coupon| coupon.coupon),
            discount_amount: self.coupon.map(|coupon| coupon.discount),
        }
    }

    /// FAILED, and told. Money that was taken is owed whole, the coupon is owed back (hole 21), and look-back begins
    /// (hole 13). `lookup`: the one that it follows from; none where PortOne did not answer.
    ///
    /// # Errors
    /// [`Refusal::Decided`], [`Refusal::NotAsking`].
    pub fn fail(
        &self,
        by: AskId,
        reason: FailureReason,
        lookup: Option<&Lookup>,
        now: Timestamp,
    ) -> Result<Changed, Refusal> {
        self.demand_asking(by)?;
        let mut payment = self.clone();
        if let Some(lookup) = lookup {
            payment = payment.looked(lookup, now);
        }
        payment.status = PaymentStatus::Failed;
        payment.failure = Some(reason);
        payment.failed_at = Some(now);
        payment = payment.due(Some(later(now, FIRST_LOOK_BACK_MS)));
        payment.asking = None;
        payment.tries = 0;
        payment.release_coupon(now);
        let message = Some(Outgoing::Failed(payment.failed(reason, now)));
        let refund = (payment.kept_amount() > 0).then(|| Owed::all(reason.as_str()));
        Ok(Changed { payment, message, refund })
    }

    fn failed(&self, reason: FailureReason, now: Timestamp) -> PaymentFailed {
        PaymentFailed {
            payment_key: self.key.get(),
            reservation_id: self.reservation.get(),
            amount: self.amount,
            failure_reason: reason.as_str().to_owned(),
            failed_at: PreciseTime(now),
        }
    }

    /// The coupon is owed back from now on.
    pub(super) fn release_coupon(&mut self, now: Timestamp) {
        if let Some(coupon) = self.coupon.as_mut().filter(|coupon| coupon.state != CouponState::Released) {
            coupon.state = CouponState::Releasing;
            coupon.due_at = coupon.due_at.or(Some(now));
        }
    }
}
