//! The JSON between services. Times have milliseconds.

use super::given::{GivenId, GivenTime, present};
use domain::catalog::PreciseTime;
use domain::reservation::{ClaimRequest, Reservation, SecureRequest};
use domain::{AccountId, CouponId, EventId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId, Timestamp};
use onsale_http::RequestBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A reservation, as other services see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InternalReservation {
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    #[schema(value_type = String)]
    user_id: AccountId,
    #[schema(value_type = String)]
    schedule_id: ScheduleId,
    #[schema(value_type = String)]
    event_id: EventId,
    /// `PENDING`, `CONFIRMED` or `CANCELLED`.
    status: &'static str,
    /// In won.
    total_amount: i64,
    #[schema(value_type = String)]
    hold_expires_at: PreciseTime,
    /// What is left of the hold by the clock of reservation's database; 0 when it is over, swept or not (hole 15).
    hold_expires_in_ms: i64,
    hold_no: i64,
    #[schema(value_type = Vec<String>)]
    seat_ids: Vec<SeatId>,
    cancel_reason: Option<&'static str>,
    /// The payment that stands on it.
    #[schema(value_type = Option<String>)]
    payment_id: Option<PaymentId>,
    /// Its name at the provider.
    #[schema(value_type = Option<String>)]
    payment_key: Option<PaymentKey>,
    /// What it is to pay, in won.
    payment_amount: Option<i64>,
    /// The coupon whose discount it has.
    #[schema(value_type = Option<String>)]
    coupon_id: Option<CouponId>,
    /// That discount, in won.
    discount_amount: Option<i64>,
    /// Whether its seats are kept for the payment, decided or not.
    secured: bool,
}

impl InternalReservation {
    /// A reservation at `now`, by the clock of the database that decides.
    pub fn new(reservation: &Reservation, now: Timestamp) -> Self {
        let claim = reservation.claim;
        let is_over = reservation.is_expired(now);
        let left_ms = (reservation.hold_expires_at.millis() - now.millis()).max(0);
        Self {
            reservation_id: reservation.id,
            user_id: reservation.user,
            schedule_id: reservation.schedule,
            event_id: reservation.event,
            status: reservation.status.as_str(),
            total_amount: reservation.total_amount,
            hold_expires_at: reservation.hold_expires_at.into(),
            hold_expires_in_ms: if is_over { 0 } else { left_ms },
            hold_no: reservation.hold_no,
            seat_ids: reservation.seat_ids(),
            cancel_reason: reservation.cancel_reason.map(|reason| reason.as_str()),
            payment_id: claim.map(|claim| claim.payment),
            payment_key: claim.map(|claim| claim.key),
            payment_amount: claim.map(|claim| claim.amount),
            coupon_id: claim.and_then(|claim| claim.coupon),
            discount_amount: reservation.discount(),
            secured: reservation.is_live() && reservation.secured_at.is_some(),
        }
    }
}

/// A payment wants to stand on a reservation.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimBody {
    payment_id: GivenId,
    /// Its name at the provider.
    payment_key: GivenId,
    user_id: GivenId,
    /// What is to be paid, in won.
    amount: i64,
    /// Whether a coupon's discount is taken off: then the amount is below the total.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    discounted: Option<bool>,
    /// The discount is not known yet: any amount will do, and the payment claims again before it begins.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    provisional: Option<bool>,
    /// The number of the hold whose total the discount was worked out of.
    #[serde(default)]
    hold_no: Option<i64>,
    /// That coupon.
    #[serde(default)]
    coupon_id: Option<GivenId>,
}

impl RequestBody for ClaimBody {
    const LIMIT_BYTES: usize = 4_096;
}

impl ClaimBody {
    /// Of this reservation.
    pub fn request(&self, reservation: ReservationId) -> ClaimRequest {
        let is_discounted = self.discounted.unwrap_or(false);
        ClaimRequest {
            reservation,
            user: AccountId(self.user_id.0),
            payment: PaymentId(self.payment_id.0),
            key: PaymentKey(self.payment_key.0),
            amount: self.amount,
            is_discounted,
            is_provisional: is_discounted && self.provisional.unwrap_or(false),
            hold_no: self.hold_no,
            coupon: self.coupon_id.map(|id| CouponId(id.0)),
        }
    }
}

/// A payment has found its money.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecureBody {
    payment_id: GivenId,
    /// What was paid, in won.
    amount: i64,
    /// A coupon's discount, in won.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    discount: Option<i64>,
    /// The number of the hold that `claim` answered.
    hold_no: i64,
    /// When it was paid, by the provider.
    paid_at: GivenTime,
}

impl RequestBody for SecureBody {
    const LIMIT_BYTES: usize = 4_096;
}

impl SecureBody {
    /// Of this reservation.
    pub fn request(&self, reservation: ReservationId) -> SecureRequest {
        SecureRequest {
            reservation,
            payment: PaymentId(self.payment_id.0),
            amount: self.amount,
            discount: self.discount.unwrap_or(0),
            hold_no: self.hold_no,
            paid_at: self.paid_at.0,
        }
    }
}

/// A sold seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SoldSeat {
    #[schema(value_type = String)]
    pub(crate) seat_id: SeatId,
    #[schema(value_type = String)]
    pub(crate) reservation_id: ReservationId,
    pub(crate) hold_no: i64,
}

/// The sold seats of a schedule, with the number that was drawn last before they were read (hole 22).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SoldView {
    #[schema(value_type = Vec<String>)]
    pub(crate) sold_seat_ids: Vec<SeatId>,
    pub(crate) seats: Vec<SoldSeat>,
    pub(crate) counter: i64,
}

/// The seats of a schedule that are held or sold, for a catalog that wants to delete it or shows its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldView {
    /// Seats of reservations that stand.
    pub(crate) held: u64,
    /// Those seats, where they are asked for.
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seat_ids: Option<Vec<SeatId>>,
}

/// The stock behind a schedule's line ([`domain::line::Stock`]).
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "a schema: the rule's own type is written")]
pub struct StockView {
    /// Seats that can be held now, those that came back for people in the line among them.
    free: u64,
    /// People with a reservation that was made lately.
    holders: u64,
}
