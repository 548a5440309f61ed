//! The payloads of messages about events, reservations and payments (`contract-ticketing.md`, Messages).
//!
//! Times are written with milliseconds, and read with any number of digits. Fields that a consumer does not know are borne.

use super::{Envelope, Metadata, VERSION};
use crate::catalog::PreciseTime;
use crate::id::{CouponId, EventId, ScheduleId, SeatId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use super::topic::EVENT_EVENTS;

/// `EventCancelled`: nobody shall hold, buy or keep a ticket of these schedules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventCancelled {
    /// The event.
    pub event_id: EventId,
    /// Its schedules that had not ended.
    pub schedule_ids: Vec<ScheduleId>,
    /// The operator's words, or `EVENT_CANCELLED`, `EVENT_DELETED`.
    pub reason: String,
    /// When.
    pub cancelled_at: PreciseTime,
}

/// `PaymentSuccess`: a payment stands, and its seats are sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSuccess {
    /// Our key of the payment at the provider.
    pub payment_key: Uuid,
    /// The reservation.
    pub reservation_id: Uuid,
    /// Paid, in won.
    pub amount: i64,
    /// When.
    pub paid_at: PreciseTime,
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// The seats.
    pub seat_ids: Vec<SeatId>,
    /// The provider's own name of the payment.
    pub portone_transaction_id: String,
    /// The number of the hold that was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_no: Option<i64>,
    /// The coupon whose discount was taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_id: Option<CouponId>,
    /// That discount, in won.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_amount: Option<i64>,
}

/// `PaymentFailed`: a payment has failed; its reservation ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFailed {
    /// Our key of the payment at the provider.
    pub payment_key: Uuid,
    /// The reservation.
    pub reservation_id: Uuid,
    /// What was to be paid, in won.
    pub amount: i64,
    /// Such as `NOT_PAID`, `HOLD_EXPIRED`, `AMOUNT_MISMATCH`.
    pub failure_reason: String,
    /// When.
    pub failed_at: PreciseTime,
}

/// `PaymentRefunded`: a payment that stood was given back whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The payment.
    pub payment_id: Uuid,
    /// Our key of the payment at the provider.
    pub payment_key: Uuid,
    /// The reservation.
    pub reservation_id: Uuid,
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// The seats.
    pub seat_ids: Vec<SeatId>,
    /// Given back, in won.
    pub amount: i64,
    /// Why, such as `USER_REQUEST`, `EVENT_CANCELLED`.
    pub reason: String,
    /// When.
    pub refunded_at: PreciseTime,
    /// The provider's own name of the cancellation.
    pub portone_cancellation_id: String,
}

/// `ReservationCancelled`: a reservation has ended, and its seats are free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationCancelled {
    /// The reservation.
    pub reservation_id: Uuid,
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// The seats.
    pub seat_ids: Vec<SeatId>,
    /// Such as `HOLD_EXPIRED`, `USER_REQUEST`, `EVENT_CANCELLED`.
    pub reason: String,
    /// When.
    pub cancelled_at: PreciseTime,
    /// The number of the reservation's last hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_no: Option<i64>,
}

impl EventCancelled {
    /// The message. `correlation_id`: the trace id of the call that cancelled the event; `user_id`: the administrator.
    pub fn message(&self, event_id: Uuid, correlation_id: String, user_id: Option<String>) -> Envelope {
        let at: Timestamp = self.cancelled_at.into();
        Envelope {
            event_id,
            event_type: "EventCancelled".to_owned(),
            aggregate_id: self.event_id.to_string(),
            aggregate_type: "Event".to_owned(),
            version: VERSION.to_owned(),
            timestamp: at,
            metadata: Metadata { correlation_id, causation_id: None, user_id },
            payload: serde_json::to_value(self).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cancelled_event_is_told_with_milliseconds_and_the_administrator() {
        let cancelled = EventCancelled {
            event_id: EventId(Uuid::from_u128(1)),
            schedule_ids: vec![ScheduleId(Uuid::from_u128(2))],
            reason: "태풍".into(),
            cancelled_at: PreciseTime(Timestamp(1_700_000_000_123)),
        };
        let message = cancelled.message(Uuid::from_u128(3), "trace-1".into(), Some("admin".into()));
        assert_eq!((message.aggregate_type.as_str(), message.event_type.as_str()), ("Event", "EventCancelled"));
        assert_eq!(message.aggregate_id, cancelled.event_id.to_string());
        assert_eq!(message.payload["cancelledAt"], "2023-11-14T22:13:20.123");
        assert_eq!(serde_json::from_value::<EventCancelled>(message.payload).expect("read"), cancelled);
    }

    #[test]
    fn a_hold_number_may_be_missing_and_nothing_else() {
        let whole = json!({"reservationId": Uuid::from_u128(1), "scheduleId": Uuid::from_u128(2), "seatIds": [],
            "reason": "USER_REQUEST", "cancelledAt": "2026-12-01T20:00:00", "holdNo": 7, "more": true});
        let read = |value: serde_json::Value| serde_json::from_value::<ReservationCancelled>(value);
        assert_eq!(read(whole.clone()).expect("read").hold_no, Some(7));
        for field in ["reservationId", "scheduleId", "seatIds", "reason", "cancelledAt", "holdNo"] {
            let mut without = whole.clone();
            without.as_object_mut().expect("an object").remove(field);
            assert_eq!(read(without).is_ok(), field == "holdNo", "{field}");
        }
    }
}
