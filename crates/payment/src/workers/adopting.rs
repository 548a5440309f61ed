//! A payment that PortOne knows and this database has lost is made again from what reservation keeps of it (hole 9).

use crate::rows::payments;
use crate::service::PaymentService;
use domain::catalog::PreciseTime;
use domain::payment::Begin;
use domain::{AccountId, CouponId, ErrorCode, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use onsale_http::ApiError;
use serde::Deserialize;

/// What reservation keeps of a payment. Fields that are not read are borne.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    reservation_id: ReservationId,
    user_id: AccountId,
    schedule_id: ScheduleId,
    seat_ids: Vec<SeatId>,
    status: String,
    total_amount: i64,
    /// What the payment is to pay, as `secure` has said: less than the total where a coupon was taken off.
    payment_amount: Option<i64>,
    /// Told where reservation knows it.
    coupon_id: Option<CouponId>,
    hold_no: i64,
    hold_expires_at: PreciseTime,
    payment_id: Option<PaymentId>,
    payment_key: Option<PaymentKey>,
}

impl Kept {
    /// What the payment begins with, if this is the reservation of the key.
    fn begin(self, key: PaymentKey) -> Option<Begin> {
        let id = self.payment_id.filter(|_| self.payment_key == Some(key))?;
        let payable = self.payment_amount.unwrap_or(self.total_amount);
        if payable < 1 {
            return None;
        }
        let discount = (self.total_amount - payable).clamp(0, self.total_amount.saturating_sub(1).max(0));
        Some(Begin {
            id,
            key,
            reservation: self.reservation_id,
            user: self.user_id,
            schedule: self.schedule_id,
            seats: self.seat_ids,
            total_amount: self.total_amount,
            discount,
            coupon: self.coupon_id.filter(|_| discount > 0),
            hold_no: self.hold_no,
            hold_expires_at: self.hold_expires_at.into(),
        })
    }
}

impl PaymentService {
    /// Whether a payment of this key is here, or was adopted now: then a worker looks it up.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: nobody knows.
    pub(super) async fn is_known_or_adopted(&self, key: PaymentKey) -> Result<bool, ApiError> {
        if payments::by_key(&self.ledger, key).await?.is_some() {
            return Ok(true);
        }
        let Some(kept) = self.kept_by_reservation(key).await? else { return Ok(false) };
        let is_confirmed = kept.status == "CONFIRMED";
        let Some(new) = kept.begin(key) else { return Ok(false) };
        match self.adopt(new, is_confirmed).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == ErrorCode::PaymentAlreadyExists => {
                tracing::error!(payment_key = %key, "another payment stands on the reservation of this one");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn kept_by_reservation(&self, key: PaymentKey) -> Result<Option<Kept>, ApiError> {
        let away = |why: String| {
            tracing::warn!(payment_key = %key, why, "reservation does not say whose payment this is");
            ApiError::unavailable().detail("reservation gave no usable answer")
        };
        let path = format!("/internal/reservations/by-payment-key/{key}");
        let reply = self.reservation.get(&path).await.map_err(|error| away(error.to_string()))?;
        match reply.status.as_u16() {
            404 => Ok(None),
            200 => reply.read().map(Some).map_err(|error| away(error.to_string())),
            status => Err(away(format!("{status} {}", reply.code()))),
        }
    }
}
