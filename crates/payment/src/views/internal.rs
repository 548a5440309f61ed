//! The JSON between services. Times have milliseconds.

use super::given::{GivenId, GivenTime, present};
use domain::catalog::PreciseTime;
use domain::payment::{AMOUNT_MAX, Begin, Payment};
use domain::{AccountId, CouponId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId, Timestamp};
use onsale_http::RequestBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A payment, as other services see it (hole 5).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InternalPayment {
    #[schema(value_type = String)]
    payment_id: PaymentId,
    #[schema(value_type = String)]
    payment_key: PaymentKey,
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    #[schema(value_type = String)]
    user_id: AccountId,
    #[schema(value_type = String)]
    schedule_id: ScheduleId,
    #[schema(value_type = Vec<String>)]
    seat_ids: Vec<SeatId>,
    /// `PENDING`, `SUCCESS`, `FAILED` or `REFUNDED`.
    status: &'static str,
    /// What is to be paid, or was, in won.
    amount: i64,
    /// What a coupon has taken off, in won: with the amount it is the reservation's total.
    discount_amount: i64,
    #[schema(value_type = Option<String>)]
    coupon_id: Option<CouponId>,
    /// The number of the hold that it has.
    hold_no: i64,
    #[schema(value_type = Option<String>)]
    paid_at: Option<PreciseTime>,
    /// Why it is FAILED.
    failure_reason: Option<&'static str>,
    /// `RUNNING` while all of it is owed to its buyer, `DONE` when it was given back; null where nobody has begun.
    refund: Option<&'static str>,
}

impl InternalPayment {
    /// Of a payment. `refund`: whether its refund of all is done; none without one.
    pub(crate) fn of(payment: &Payment, refund: Option<bool>) -> Self {
        Self {
            payment_id: payment.id,
            payment_key: payment.key,
            reservation_id: payment.reservation,
            user_id: payment.user,
            schedule_id: payment.schedule,
            seat_ids: payment.seats.clone(),
            status: payment.status.as_str(),
            amount: payment.amount,
            discount_amount: payment.discount(),
            coupon_id: payment.coupon.map(|coupon| coupon.coupon),
            hold_no: payment.hold_no,
            paid_at: payment.paid_at.map(PreciseTime),
            failure_reason: payment.failure.map(|reason| reason.as_str()),
            refund: refund.map(|is_done| if is_done { "DONE" } else { "RUNNING" }),
        }
    }
}

/// Payments, by the number of their holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InternalPayments {
    /// At most as many as were asked for.
    pub list: Vec<InternalPayment>,
}

/// A payment that reservation knows (hole 9).
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptBody {
    payment_id: GivenId,
    payment_key: GivenId,
    reservation_id: GivenId,
    user_id: GivenId,
    /// What is to be paid, in won.
    amount: i64,
    /// The number of the claimed hold.
    hold_no: i64,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    schedule_id: Option<GivenId>,
    #[serde(default)]
    seat_ids: Vec<GivenId>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    hold_expires_at: Option<GivenTime>,
    #[serde(default)]
    coupon_id: Option<GivenId>,
    /// What a coupon has taken off, in won.
    #[serde(default)]
    discount_amount: Option<i64>,
    /// Whether reservation has the ticket.
    #[serde(default)]
    confirmed: bool,
}

impl RequestBody for AdoptBody {
    const LIMIT_BYTES: usize = 8_192;
}

impl AdoptBody {
    /// Whether the amounts can be.
    pub fn is_valid(&self) -> bool {
        (1..=AMOUNT_MAX).contains(&self.amount) && (0..=AMOUNT_MAX).contains(&self.discount_amount.unwrap_or(0))
    }

    /// Whether reservation has the ticket.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// What the payment begins with. What is not said is told by `secure`.
    pub fn begin(&self, now: Timestamp) -> Begin {
        let discount = self.discount_amount.unwrap_or(0);
        Begin {
            id: PaymentId(self.payment_id.0),
            key: PaymentKey(self.payment_key.0),
            reservation: ReservationId(self.reservation_id.0),
            user: AccountId(self.user_id.0),
            schedule: ScheduleId(self.schedule_id.map_or_else(uuid::Uuid::nil, |id| id.0)),
            seats: self.seat_ids.iter().map(|id| SeatId(id.0)).collect(),
            total_amount: self.amount + discount,
            discount,
            coupon: self.coupon_id.filter(|_| discount > 0).map(|id| CouponId(id.0)),
            hold_no: self.hold_no,
            hold_expires_at: self.hold_expires_at.map_or(now, |at| at.0),
        }
    }
}
