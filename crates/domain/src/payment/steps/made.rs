//! A payment is made, and registered at PortOne.

use super::{REGISTER_MS, Refusal, later};
use crate::id::{AccountId, CouponId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use crate::payment::model::{ASK_MS, AskId, Asking, CouponState, CouponUse, Payment, PaymentStatus};
use crate::time::Timestamp;

/// What a payment begins with: the pair of ids that reservation keeps with the claim, and the reservation as it answered
/// (hole 10: claim, row, pre-register, `registered_at`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// The id of the claim.
    pub id: PaymentId,
    /// The key of the claim.
    pub key: PaymentKey,
    /// The reservation.
    pub reservation: ReservationId,
    /// The buyer.
    pub user: AccountId,
    /// The schedule.
    pub schedule: ScheduleId,
    /// The seats.
    pub seats: Vec<SeatId>,
    /// The reservation's total in won.
    pub total_amount: i64,
    /// What is taken off it, in won: 0, or less than the total.
    pub discount: i64,
    /// The coupon that is reserved for it, if its discount is known to be one's.
    pub coupon: Option<CouponId>,
    /// The number of the claimed hold.
    pub hold_no: i64,
    /// When the hold ends.
    pub hold_expires_at: Timestamp,
}

impl Payment {
    /// A new payment, which this try registers.
    pub fn begin(new: Begin, by: AskId, now: Timestamp) -> Self {
        let asking = Some(Asking { by, until: later(now, ASK_MS) });
        Self { asking, due_at: Some(later(now, REGISTER_MS)), ..Self::unasked(new, now) }
    }

    /// A payment that reservation knows and this database has lost (hole 9). It is PENDING and looked up at once; money that
    /// its buyer paid is found by that. Nobody is told its key before, and no page waits for it.
    ///
    /// `is_confirmed`: reservation has the ticket, so a coupon is redeemed already.
    pub fn adopt(new: Begin, is_confirmed: bool, now: Timestamp) -> Self {
        let mut adopted = Self { registered_at: Some(now), due_at: Some(now), ..Self::unasked(new, now) };
        if let Some(coupon) = adopted.coupon.as_mut().filter(|_| is_confirmed) {
            coupon.state = CouponState::Confirmed;
        }
        adopted
    }

    fn unasked(new: Begin, now: Timestamp) -> Self {
        let (discount, state) = (new.discount, CouponState::Reserved);
        let coupon = new.coupon.map(|coupon| CouponUse { coupon, discount, state, due_at: None, tries: 0 });
        Self {
            id: new.id,
            key: new.key,
            reservation: new.reservation,
            user: new.user,
            schedule: new.schedule,
            seats: new.seats,
            total_amount: new.total_amount,
            amount: new.total_amount - discount,
            coupon,
            status: PaymentStatus::Pending,
            hold_no: new.hold_no,
            hold_expires_at: new.hold_expires_at,
            registered_at: None,
            asking: None,
            told: None,
            cancelled: None,
            transaction_sent: None,
            transaction: None,
            first_paid_at: None,
            paid_at: None,
            captured_amount: 0,
            refunded_amount: 0,
            failure: None,
            failed_at: None,
            refunded_at: None,
            card: None,
            response: None,
            due_at: None,
            looked_at: None,
            tries: 0,
            created_at: now,
        }
    }

    /// PortOne has registered it: from now on its key may be shown, and it is due `settle_ms` after the hold's end.
    ///
    /// # Errors
    /// [`Refusal::Decided`], [`Refusal::NotAsking`], [`Refusal::Registered`].
    pub fn registered(&self, by: AskId, settle_ms: i64, now: Timestamp) -> Result<Self, Refusal> {
        self.demand_asking(by)?;
        if self.registered_at.is_some() {
            return Err(Refusal::Registered);
        }
        let settled = later(self.hold_expires_at, settle_ms);
        // Its reservation has ended meanwhile: it is due already.
        let due_at = if self.cancelled.is_some() { self.due_at } else { self.due(Some(settled)).due_at };
        Ok(Self { registered_at: Some(now), asking: None, due_at, ..self.clone() })
    }
}
